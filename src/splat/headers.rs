//! Which headers a line is.

use super::{HISTORY, Splats};
use crate::family::{self, After, Before, Header};
use crate::log::{Lines, RawLine};

/// Where the next occurrence of an inner literal is.
pub(super) struct Inner {
    finder: memchr::memmem::Finder<'static>,
    next: usize,
}

impl Inner {
    pub(super) fn new(needle: &'static [u8]) -> Self {
        Self { finder: memchr::memmem::Finder::new(needle), next: 0 }
    }
}

/// What was seen of the lines before a header.
#[derive(Default)]
pub(super) struct Past {
    /// Where the lines that were read end.
    read_to: usize,
    /// Where the last ones stand that [`After`] asks for.
    some: Option<usize>,
    none: Option<usize>,
}

/// Whether only a machine prints the line that starts again: the header of a row that asks what was before, whatever
/// that was.
pub(super) fn boots(raw: &RawLine<'_>) -> bool {
    let mut headers = family::lead_in(raw.text()).into_iter().flat_map(family::header);
    headers.any(|header| header.rule.after.is_some()) && !raw.read().foreign
}

impl<'log> Splats<'log> {
    /// Moves every inner literal to its next occurrence at or after `offset`.
    pub(super) fn find_inner(&mut self, offset: usize) {
        let bytes = self.bytes;
        for inner in self.inner.iter_mut().filter(|i| i.next <= offset) {
            let rest = bytes.get(offset..).unwrap_or_default();
            inner.next = inner.finder.find(rest).map_or(usize::MAX, |at| offset + at);
        }
        self.next_inner = self.inner.iter().map(|i| i.next).min().unwrap_or(usize::MAX);
    }

    /// The next line that anything asks for: while no report is open, only lines that may be headers, with their text.
    #[inline]
    pub(super) fn next_line(&mut self) -> Option<(RawLine<'log>, Option<&'log [u8]>)> {
        loop {
            let raw = self.lines.next()?;
            if !self.open.is_empty() {
                return Some((raw, None));
            }
            let text = raw.text();
            let asked = raw.may_be_two(text)
                || self.filter.may_start(text)
                || raw.offset + raw.bytes.len() > self.next_inner;
            if asked {
                return Some((raw, Some(text)));
            }
        }
    }

    /// Whether any line that is left may be a header, whatever stands before it.
    pub(crate) fn may_start(&mut self) -> bool {
        while let Some((raw, text)) = self.next_line() {
            for line in raw.pieces() {
                let text =
                    text.filter(|_| line.bytes.len() == raw.bytes.len()).unwrap_or_else(|| line.text());
                if !self.rows(&line, text).1.is_empty() {
                    return true;
                }
            }
        }
        false
    }

    /// The headers that a line is, if it is one.
    pub(super) fn headers(&mut self, raw: &RawLine<'log>, text: &'log [u8]) -> Vec<Header<'log>> {
        let (start, mut found) = self.rows(raw, text);
        // A symbolizer repeats the header once per inlined function; the last, outermost one is the kernel's.
        if found.is_empty() || memchr::memmem::find(start, b" [inline]").is_some() {
            return Vec::new();
        }
        let boots = found.iter().any(|header| header.rule.after.is_some()) && !raw.read().foreign;
        found.retain(|h| h.rule.after.is_none_or(|after| self.fits(h.rule.name, after, raw.offset)));
        if boots {
            self.reboot(raw, text, !found.is_empty());
        }
        found
    }

    /// Where the header of a line starts, and the rows that it fits.
    fn rows(&mut self, raw: &RawLine<'log>, text: &'log [u8]) -> (&'log [u8], Vec<Header<'log>>) {
        let end = raw.offset + raw.bytes.len();
        let has_inner = self.next_inner < end;
        let has_literal = self.filter.may_start(text);
        if !has_literal && !has_inner {
            return (text, Vec::new());
        }
        if has_inner {
            self.find_inner(end);
        } else if text == self.chatter {
            return (text, Vec::new());
        }
        let (start, found) = family::headers(text, has_literal, has_inner);
        if found.is_empty() {
            self.chatter = text;
        }
        (start, found)
    }

    /// Whether the lines before `offset` are what a row wants. No line is read twice, so that headers may be many.
    fn fits(&mut self, row: &'static str, after: After, offset: usize) -> bool {
        let first = offset.saturating_sub(HISTORY);
        let past = self.past.entry(row).or_default();
        let from = past.read_to.max(first);
        let before = self.bytes.get(from..offset).unwrap_or_default();
        // What is cut in two is no line.
        let is_cut =
            from == first && from.checked_sub(1).is_some_and(|at| self.bytes.get(at) != Some(&b'\n'));
        for raw in Lines::new(before, self.form).flat_map(RawLine::pieces).skip(usize::from(is_cut)) {
            let line = raw.read();
            let seen = Before { clock: line.clock, text: line.text };
            let at = Some(from + line.offset);
            if !line.foreign && (after.some)(&seen) {
                past.some = at;
            }
            if !line.foreign && (after.none)(&seen) {
                past.none = at;
            }
        }
        past.read_to = offset;
        past.some >= Some(first) && past.none < Some(first)
    }
}
