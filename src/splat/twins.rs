//! Two CPUs that crash in the same moment, on a console that does not say who printed a line.
//!
//! Their lines alternate, in no fixed rhythm:
//!
//! ```text
//! WARNING: CPU: 1 PID: 110 at ring.c:205 ring_fn+0x38/0x50 [ring]
//! WARNING: CPU: 0 PID: 109 at ring.c:205 ring_fn+0x38/0x50 [ring]
//! CPU: 1 PID: 110 Comm: ring/1 …
//! CPU: 0 PID: 109 Comm: ring/0 …
//! ```
//!
//! Both print the same sequence of lines, so a line belongs to the one that has had fewer of its sort, and to the older
//! one if they are even. That is exact as long as the reports have the same shape. Where their stacks turn out to
//! differ, it is a guess, and both reports say so.

use super::open::{Open, row};
use super::{SplatLine, is_dropped};
use crate::block::{self, Block};
use crate::family::Header;
use crate::log::Line;
use std::collections::HashMap;

/// Microseconds within which the second header must follow the first report's last line.
const SAME_MOMENT: u64 = 1_000_000;

/// How many lines of each sort a report has had.
#[derive(Debug, Default)]
pub(super) struct Counts<'log>(HashMap<Sort<'log>, u32>);

/// The first word, up to an offset, and the second if it has no number in it.
type Sort<'log> = (&'log [u8], &'log [u8]);

impl<'log> Counts<'log> {
    fn add(&mut self, sorts: &[Sort<'log>]) {
        for sort in sorts {
            *self.0.entry(*sort).or_default() += 1;
        }
    }

    fn of(&self, sorts: &[Sort<'log>]) -> u32 {
        sorts.first().and_then(|sort| self.0.get(sort)).copied().unwrap_or(0)
    }
}

/// The sorts of a line: each register of a dump is one of its own.
fn sorts<'log>(text: &'log [u8], block: Option<&Block<'log>>) -> Vec<Sort<'log>> {
    if let Some(Block::Registers(_)) = block {
        let names = text.split(|c| *c == b' ').filter_map(|w| w.split(|c| *c == b':').next());
        let is_name = |n: &&[u8]| n.first().is_some_and(u8::is_ascii_alphabetic);
        return names.filter(is_name).map(|n| (n, &b""[..])).collect();
    }
    let mut words = text.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty() && *w != b"?");
    let first = words.next().unwrap_or_default();
    let end = memchr::memmem::find(first, b"+0x").unwrap_or(first.len());
    let second = words.next().filter(|w| !w.iter().any(u8::is_ascii_digit)).unwrap_or_default();
    vec![(first.get(..end).unwrap_or(first), second)]
}

/// Whether it is a line of `die`, which lets one CPU print at a time: a second one is a crash inside the crash.
fn is_die_line(text: &[u8]) -> bool {
    memchr::memmem::find(text, b" [#").is_some()
}

impl<'log> Open<'log> {
    /// Whether a report that starts now runs beside this one instead of ending it: the same kind, in the same moment,
    /// before this one has shown its stack.
    pub(super) fn runs_beside(&self, line: &Line<'log>, headers: &[Header<'log>]) -> bool {
        let name = |headers: &[Header<'log>]| headers.first().map(|h| h.rule.name);
        let needs_stack = self.splat.headers.iter().any(|h| h.rule.meaning.stacks().next().is_some());
        let near = line.since(&self.last).is_some_and(|gap| gap < SAME_MOMENT);
        line.caller.is_none()
            && near
            && !is_die_line(line.text)
            && self.twin.is_none()
            && needs_stack
            && name(&self.splat.headers) == name(headers)
            && (!self.epilogue && !self.has_frames || self.awaits_summary())
    }

    /// Whether the end marker was the last line, and a dump stood before: since 4.20 x86's `oops_end` prints it again.
    fn awaits_summary(&self) -> bool {
        let ended = matches!(self.splat.lines.last(), Some(SplatLine { block: Some(Block::End), .. }));
        ended && self.instruction_pointer().is_some()
    }

    /// x86's line of the instruction pointer.
    fn instruction_pointer(&self) -> Option<&'log [u8]> {
        let mut lines = self.splat.lines.iter().map(|l| l.line.text);
        lines.find(|text| text.starts_with(b"RIP: "))
    }

    /// Keeps `older` beside this one.
    pub(super) fn join(&mut self, mut older: Self) {
        for line in older.splat.lines.iter().skip(older.splat.header) {
            older.counts.add(&sorts(line.line.text, line.block.as_ref()));
        }
        for line in self.splat.lines.iter().skip(self.splat.header) {
            self.counts.add(&sorts(line.line.text, line.block.as_ref()));
        }
        older.summing = older.epilogue;
        self.twin = Some(Box::new(older));
    }

    /// Gives the line to the older twin if it is its.
    pub(super) fn give(&mut self, line: &Line<'log>, headers: &[Header<'log>]) -> bool {
        let Some(mut twin) = self.twin.take() else { return false };
        let block = block::read(line.text);
        let sorts = sorts(line.text, block.as_ref());
        let is_olders = if twin.summing {
            let is_dump = matches!(block, Some(Block::Registers(_) | Block::Code(_)));
            twin.summed |= Some(line.text) == twin.instruction_pointer();
            // The younger one's own dump stands below its task line.
            twin.summing = !matches!(&block, Some(Block::Task(task)) if task.task.pid.is_some());
            twin.summing && twin.summed && is_dump
        } else {
            let fits = if headers.is_empty() { block.is_some() } else { twin.absorbs(row(headers)) };
            fits && !twin.silenced && !twin.is_over(line) && twin.counts.of(&sorts) <= self.counts.of(&sorts)
        };
        // One CPU at a time may die: if the younger one does, the older one was the same CPU.
        twin.silenced |= !is_olders && !twin.epilogue && is_die_line(line.text) && !headers.is_empty();
        let taker = if is_olders { &mut *twin } else { &mut *self };
        taker.counts.add(&sorts);
        if is_olders {
            twin.push(line, row(headers));
        }
        self.twin = Some(twin);
        is_olders
    }

    /// Takes the twin out, and says in both whether their lines can have been told apart wrongly.
    pub(super) fn part(&mut self) -> Option<Self> {
        let mut twin = *self.twin.take()?;
        if twin.summed || twin.silenced {
            return Some(twin);
        }
        if self.has_frames || !twin.has_frames {
            let mixed = self.frames() != twin.frames();
            (self.splat.mixed, twin.splat.mixed) = (mixed, mixed);
        } else {
            self.take_back(&mut twin);
        }
        Some(twin)
    }

    fn frames(&self) -> Vec<&'log [u8]> {
        let lines = self.splat.lines.iter().skip(self.splat.header);
        lines.filter(|l| l.is_frame()).map(|l| l.line.text).collect()
    }

    /// There was one stack only: the older report ended where this one began, and its last lines are this one's.
    fn take_back(&mut self, twin: &mut Self) {
        let Some(header) = self.splat.lines.get(self.splat.header).map(|l| l.line) else { return };
        let end = twin.splat.lines.partition_point(|l| l.line.offset < header.offset);
        let mut lines = twin.splat.lines.split_off(end);
        twin.push_again(Vec::new());
        twin.splat.cut_by = Some(header.text);
        lines.extend(self.splat.lines.split_off(self.splat.header + 1));
        lines.sort_by_key(|l| l.line.offset);
        self.push_again(lines);
    }

    /// Takes the lines behind the header anew, and then `more`, as if they came now. Where this report alone would not
    /// have taken one, it is not certain that they are all its own.
    fn push_again(&mut self, more: Vec<SplatLine<'log>>) {
        let lines = self.splat.lines.split_off(self.splat.header + 1);
        let Some(header) = self.splat.lines.last() else { return };
        (self.last, self.known, self.gap) = (header.line, self.splat.lines.len(), 0);
        (self.epilogue, self.ruled_off) = (false, false);
        (self.has_frames, self.shows_stack) = (false, false);
        for SplatLine { line, row, .. } in lines.into_iter().chain(more) {
            if is_dropped(line.text) {
                self.splat.lines.push(SplatLine::of(line, None));
            } else {
                self.splat.mixed |= self.is_over(&line) || row.is_some() && !self.absorbs(row);
                self.push(&line, row);
            }
        }
    }
}
