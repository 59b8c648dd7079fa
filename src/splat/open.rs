//! A splat whose end is not known yet: which lines still belong to it.

use super::twins::Counts;
use super::{EPILOGUE_GAP_LINES, Ends, FOREIGN_LINES, GAP_TIME, SILENT_LINES, Splat, SplatLine};
use crate::block::{self, Block};
use crate::family::{Follows, Header, Rule};
use crate::log::{At, Line};
use crate::printk;

/// Lines behind a header among which those that prove it must be.
const REQUIRED_LINES: usize = 64;

/// A splat whose end is not known yet.
pub(super) struct Open<'log> {
    pub(super) splat: Splat<'log>,
    /// Lines up to and with the last known one.
    pub(super) known: usize,
    /// How many unknown lines of its own its rows let it have behind the last known one.
    pub(super) max_gap: usize,
    /// Unknown lines since, as far as the kernel printed them.
    pub(super) gap: usize,
    pub(super) last: Line<'log>,
    pub(super) epilogue: bool,
    /// Whether lines of other callers belong to it.
    pub(super) lends: bool,
    /// Whether a frame stands behind the header.
    pub(super) has_frames: bool,
    /// Whether a frame does, or the start of a stack, or registers.
    pub(super) shows_stack: bool,
    /// The line in which it last asked CPUs for backtraces.
    pub(super) asked: Option<usize>,
    /// Where [`Seconds`](super::sweep::Seconds) has it.
    pub(super) filed: Option<(bool, u64)>,
    /// Whether the line of `=` that ends a report was there.
    pub(super) ruled_off: bool,
    /// What `Splats` said of this caller before.
    pub(super) taken: Ends,
    /// An older splat of the same stream whose lines alternate with this one's.
    pub(super) twin: Option<Box<Open<'log>>>,
    /// Lines by sort, counted as long as there are two.
    pub(super) counts: Counts<'log>,
    /// Whether the second dump behind the end marker is still to come.
    pub(super) summing: bool,
    /// Whether it came.
    pub(super) summed: bool,
    /// Whether this one, the older of two, turned out to end with the header of the younger.
    pub(super) silenced: bool,
}

/// Lines of other words that may stand between a header and what hit its caller: those that lead to its own header.
const HIT_GAP: usize = 3;

/// Lines within which the second of two CPUs that ran into the same thing says so; no whole report is that short.
const TWIN_LINES: usize = 16;

impl Open<'_> {
    /// Where the header stands, of two the older one's.
    pub(super) fn header_at(&self) -> At {
        let first = self.twin.as_ref().map_or(&self.splat, |twin| &twin.splat);
        first.header_at()
    }
}

/// The first row of a header line.
pub(super) fn row(headers: &[Header<'_>]) -> Option<&'static Rule> {
    headers.first().map(|header| header.rule)
}

/// `==================================================================`.
pub(crate) fn is_separator(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.len() > 20 && text.iter().all(|c| *c == b'=')
}

impl<'log> Open<'log> {
    /// Whether `line` comes too late to belong.
    pub(super) fn is_over(&self, line: &Line<'log>) -> bool {
        let gap = if self.epilogue { EPILOGUE_GAP_LINES } else { self.max_gap };
        self.is_left(line)
            || self.gap > gap
            || self.splat.lines.len() - self.known > FOREIGN_LINES
            || self.is_full()
    }

    /// Whether it has as many lines as one may have.
    pub(super) fn is_full(&self) -> bool {
        self.splat.lines.len() - self.splat.header >= self.splat.limits.report_lines
    }

    /// Whether nobody can still go on with this splat, whoever printed `line`.
    pub(super) fn is_left(&self, line: &Line<'log>) -> bool {
        line.since(self.latest()).is_some_and(|gap| gap > GAP_TIME)
            || self.latest().number + SILENT_LINES < line.number
    }

    /// The last known line, of two the later one's.
    pub(super) fn latest(&self) -> &Line<'log> {
        let twin = self.twin.as_ref().map(|twin| &twin.last);
        twin.filter(|last| last.offset > self.last.offset).unwrap_or(&self.last)
    }

    /// Notes the header that ends it, where it stands right behind the last known line.
    pub(super) fn cut(&mut self, header: &'log [u8]) {
        if self.known == self.splat.lines.len() {
            self.splat.cut_by = Some(header);
        }
    }

    /// Keeps those of the lines that stand behind its own.
    pub(super) fn note<'a>(&mut self, dropped: impl Iterator<Item = &'a Line<'log>>)
    where
        'log: 'a,
    {
        let end = self.splat.lines.last().map_or(0, |l| l.line.offset);
        let behind = dropped.filter(|line| line.offset > end);
        self.splat.lines.extend(behind.map(|line| SplatLine::of(*line, None)));
    }

    /// Takes the line if it belongs to this splat, or to the one beside it.
    pub(super) fn takes(&mut self, line: &Line<'log>, headers: &[Header<'log>]) -> bool {
        if self.give(line, headers) {
            return true;
        }
        if !headers.is_empty() && !self.absorbs(row(headers)) {
            if self.is_hit_by(line, headers) {
                self.splat.hit_by = Some(line.text);
            } else if self.is_twin(line, headers) && !self.runs_beside(line, headers) {
                self.splat.mixed = true;
            } else {
                return false;
            }
        }
        self.push(line, row(headers));
        true
    }

    /// Whether a header belongs to this splat and starts none of its own.
    pub(super) fn absorbs(&self, row: Option<&Rule>) -> bool {
        row.is_some_and(|row| match row.follows {
            Follows::Nothing => false,
            // A strict header alone may be no report at all: it must not take a real one along.
            Follows::Anything => {
                self.splat.headers.iter().any(|own| !own.rule.strict || self.has_required(own.rule))
            }
            // Behind the end marker only a panic is still the same crash.
            Follows::Kinds(_) if self.epilogue => false,
            Follows::Bare(_) if self.has_frames => false,
            Follows::Kinds(kinds) | Follows::Bare(kinds) => {
                self.splat.headers.iter().any(|own| kinds.iter().any(|k| own.rule.name.starts_with(k)))
            }
        })
    }

    /// Whether the caller that prints this splat crashed over it: it says of itself that something else went wrong
    /// before it came to the stack, and the stack that follows holds both.
    pub(super) fn is_hit_by(&self, line: &Line<'log>, headers: &[Header<'log>]) -> bool {
        let family = |h: &Header<'log>| h.rule.name.split('/').next();
        let (Some(own), Some(other)) = (self.splat.headers.first(), headers.first()) else { return false };
        line.caller.is_some()
            && !self.epilogue
            && self.gap <= HIT_GAP
            && !other.rule.strict
            && family(own) != family(other)
            && own.rule.meaning.stacks().next().is_some()
            && !self.shows_stack
    }

    /// Whether two CPUs ran into the same thing at the same time and print into each other, in a log that does not say
    /// who prints: one crash. Where its lines can be told apart, [`Open::runs_beside`] says so.
    pub(super) fn is_twin(&self, line: &Line<'log>, headers: &[Header<'log>]) -> bool {
        let place = |h: &Header<'log>| -> Vec<&'log [u8]> {
            let told = h.format.names.iter().zip(&h.captures);
            told.filter(|(name, _)| !["cpu", "pid", "comm"].contains(*name)).map(|(_, text)| *text).collect()
        };
        let cpu = |h: &Header<'log>| {
            h.format.names.iter().zip(&h.captures).find(|(name, _)| **name == "cpu").map(|(_, text)| *text)
        };
        let (Some(own), Some(other)) = (self.splat.headers.first(), headers.first()) else { return false };
        line.caller.is_none()
            && !self.epilogue
            && self.splat.lines.len() - self.splat.header <= TWIN_LINES
            && own.rule.name == other.rule.name
            && cpu(own).zip(cpu(other)).is_some_and(|(a, b)| a != b)
            && place(own) == place(other)
    }

    /// Whether the lines behind the header hold all that the row asks for.
    fn has_required(&self, rule: &Rule) -> bool {
        let lines = || self.splat.lines.iter().skip(self.splat.header + 1).take(REQUIRED_LINES);
        let reads = |format, line: &SplatLine<'_>| {
            printk::read(format, line.line.text.trim_ascii_start(), &mut Vec::new()).is_some()
        };
        rule.parts().filter(|p| p.required).all(|part| lines().any(|line| reads(part.format.text, line)))
    }

    pub(super) fn push(&mut self, line: &Line<'log>, row: Option<&'static Rule>) {
        let next = self.splat.lines.len() == self.splat.header + 1;
        // Read where it is kept: a block is large.
        self.splat.lines.push(SplatLine { row, ..SplatLine::of(*line, block::read(line.text)) });
        let block = self.splat.lines.last().and_then(|l| l.block.as_ref());
        self.has_frames |= matches!(block, Some(Block::Frame(_)));
        self.shows_stack |=
            matches!(block, Some(Block::Frame(_) | Block::TraceStart { .. } | Block::Registers(_)));
        let is_end = matches!(block, Some(Block::End));
        let is_nmi = matches!(block, Some(Block::NmiSent));
        let known = match block {
            _ if row.is_some() => true,
            Some(block) => self.belongs(block),
            None => !self.epilogue && (self.is_part(line.text, next) || self.is_last_rule(line.text)),
        };
        self.epilogue = is_end || (self.epilogue && (is_nmi || row.is_none()));
        // On a console with time stamps, a line without one is a program's.
        self.gap += usize::from(line.clock.is_some() || self.last.clock.is_none());
        if known {
            self.gap = 0;
            self.known = self.splat.lines.len();
            self.last = *line;
        }
    }

    /// Whether a row that may be this splat's names the line as one of its own; `next` is the one behind the header.
    fn is_part(&self, text: &[u8], next: bool) -> bool {
        let text = text.trim_ascii_start();
        let mut parts = self.splat.headers.iter().flat_map(|h| h.rule.parts()).filter(|p| next || !p.next);
        parts.any(|p| printk::read(p.format.text, text, &mut Vec::new()).is_some())
    }

    /// Whether the line is the first line of `=` behind the header of a report that ends in one.
    fn is_last_rule(&mut self, text: &[u8]) -> bool {
        is_separator(text)
            && self.splat.headers.iter().any(|h| h.rule.ruled)
            && !std::mem::replace(&mut self.ruled_off, true)
    }

    /// Behind the end marker only what the kernel prints there counts.
    fn belongs(&self, block: &Block<'_>) -> bool {
        !self.epilogue
            || matches!(
                block,
                Block::Registers(_)
                    | Block::Code(_)
                    | Block::Epilogue { .. }
                    | Block::End
                    | Block::Modules(_)
            )
    }
}
