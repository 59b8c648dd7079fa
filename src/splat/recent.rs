//! The lines that were just read, for headers that ask what stands before them.

use super::LEAD_SEARCH;
use crate::log::Line;
use std::collections::VecDeque;

/// The last lines, one right behind the other, as many as are searched for what belongs to a header: where many headers
/// come, each line would be read that often. It holds what was read while a report was open and knows of no other line.
#[derive(Default)]
pub(super) struct Recent<'log>(VecDeque<Line<'log>>);

impl<'log> Recent<'log> {
    /// One more line, which stands behind all others.
    pub(super) fn push(&mut self, line: &Line<'log>) {
        if self.0.back().is_none_or(|last| end(last) != line.offset) {
            self.0.clear();
        } else if self.0.len() == LEAD_SEARCH {
            self.0.pop_front();
        }
        self.0.push_back(*line);
    }

    /// The lines before the one that starts at `offset`, the last first.
    pub(super) fn before(&self, offset: usize) -> impl Iterator<Item = &Line<'log>> {
        let count = if self.0.back().is_some_and(|last| end(last) == offset) { self.0.len() } else { 0 };
        self.0.iter().rev().take(count)
    }
}

/// Behind the line feed.
const fn end(line: &Line<'_>) -> usize {
    line.offset + line.length + 1
}
