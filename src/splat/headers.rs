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

/// Where a header would start.
struct Start<'log> {
    text: &'log [u8],
    /// Whether it holds the literal of a row that starts with a conversion.
    has_inner: bool,
}

impl<'log> Start<'log> {
    /// The rows that it fits.
    fn rows(&self) -> impl Iterator<Item = Header<'log>> + use<'log> {
        let inner = self.has_inner.then(|| family::inner(self.text));
        family::literal(self.text).chain(inner.into_iter().flatten())
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
                || raw.may_be_two()
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
            for line in raw.pieces() {
                let start = self.start_of(&line, line.text());
                if start.is_some_and(|start| start.rows().next().is_some()) {
                    return true;
                }
            }
        }
        false
    }

    /// The headers that a line is, if it is one.
    pub(super) fn headers(&mut self, raw: &RawLine<'log>, text: &'log [u8]) -> Vec<Header<'log>> {
        let Some(start) = self.start_of(raw, text) else { return Vec::new() };
        let fits = |h: &Header<'_>| h.rule.after.is_none_or(|fits| fits(&self.history(raw.offset)));
        let found: Vec<_> = start.rows().filter(fits).collect();
        // A symbolizer repeats the header once per inlined function; the last, outermost one is the kernel's.
        let repeated = !found.is_empty() && memchr::memmem::find(start.text, b" [inline]").is_some();
        if repeated { Vec::new() } else { found }
    }

    /// Where the header of a line would start; `None` if it cannot be one.
    fn start_of(&mut self, raw: &RawLine<'log>, text: &'log [u8]) -> Option<Start<'log>> {
        let end = raw.offset + raw.bytes.len();
        let has_inner = self.next_inner < end;
        let start = match family::lead_in(text) {
            Some(start) => start,
            None if has_inner => text,
            None => return None,
        };
        if has_inner {
            self.find_inner(end);
        }
        Some(Start { text: start.trim_ascii_end(), has_inner })
    }

    /// The lines before `offset`, as far back as a row may ask for them.
    fn history(&self, offset: usize) -> Vec<Before<'log>> {
        let before = self.bytes.get(offset.saturating_sub(HISTORY)..offset).unwrap_or_default();
        let lines = Lines::new(before, self.form).map(|raw| raw.read());
        lines.filter(|l| !l.foreign).map(|l| Before { clock: l.clock, text: l.text }).collect()
    }
}
