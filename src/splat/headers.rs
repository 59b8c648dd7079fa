//! Which headers a line is.

use super::{HISTORY, Splats};
use crate::family::{self, Before, Header};
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

    /// The next line that anything asks for: while no report is open, only lines that may be headers.
    #[inline]
    pub(super) fn next_line(&mut self) -> Option<RawLine<'log>> {
        loop {
            let raw = self.lines.next()?;
            let asked = !self.open.is_empty()
                || raw.may_be_two(false)
                || self.filter.may_start(raw.text())
                || raw.offset + raw.bytes.len() > self.next_inner;
            if asked {
                return Some(raw);
            }
        }
    }

    /// Whether any line that is left may be a header, whatever stands before it.
    pub(crate) fn may_start(&mut self) -> bool {
        while let Some(raw) = self.next_line() {
            let (first, second) =
                raw.unglue(false).map_or((raw, None), |(first, second)| (first, Some(second)));
            for line in [Some(first), second].into_iter().flatten() {
                if !self.rows(&line, line.text()).1.is_empty() {
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
        found.retain(|h| h.rule.after.is_none_or(|fits| fits(&self.history(raw.offset))));
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
        }
        family::headers(text, has_literal, has_inner)
    }

    /// The lines before `offset`, as far back as a row may ask for them.
    fn history(&self, offset: usize) -> Vec<Before<'log>> {
        let before = self.bytes.get(offset.saturating_sub(HISTORY)..offset).unwrap_or_default();
        let lines = Lines::new(before, self.form).map(|raw| raw.read());
        lines.filter(|l| !l.foreign).map(|l| Before { clock: l.clock, text: l.text }).collect()
    }
}
