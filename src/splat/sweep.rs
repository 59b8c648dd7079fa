//! Which open splats are over though their callers say nothing more: those that have been silent for long, and those of
//! a machine that started again.

use super::open::Open;
use super::{GAP_TIME, SILENT_LINES, Splats};
use crate::log::{Line, RawLine};
use crate::report::{Caller, Microseconds};
use std::collections::BTreeSet;

/// Microseconds by which a clock must fall back to show that the machine started again: CPUs differ by less, and stamps
/// may be rounded to seconds.
pub(super) const BACK_TIME: Microseconds = 2 * SECOND;
const SECOND: Microseconds = 1_000_000;

/// The second of a splat's last line, and whether it is of the kernel's own clock: of others nothing can be said.
type Second = (bool, u64);

/// The open splats in the order of their last lines' seconds, so that those of an earlier boot are found without looking
/// at all.
#[derive(Default)]
pub(super) struct Seconds(BTreeSet<(Second, Option<Caller>)>);

impl Seconds {
    /// Puts a splat where its last line belongs.
    pub(super) fn file(&mut self, stream: Option<Caller>, open: &mut Open<'_>) {
        let now = second(open.latest());
        if open.filed != now {
            self.remove(stream, open);
            self.0.extend(now.map(|second| (second, stream)));
            open.filed = now;
        }
    }

    /// Takes a splat out.
    pub(super) fn remove(&mut self, stream: Option<Caller>, open: &Open<'_>) {
        if let Some(second) = open.filed {
            self.0.remove(&(second, stream));
        }
    }

    /// The streams of those whose last line is of a boot before that of `line`.
    fn before_boot(&self, line: &Line<'_>) -> Vec<Option<Caller>> {
        let Some((own, now)) = second(line) else { return Vec::new() };
        let later = self.0.range(((own, now + BACK_TIME / SECOND + 1), None)..);
        later.take_while(|((clock, _), _)| *clock == own).map(|(_, stream)| *stream).collect()
    }
}

fn second(line: &Line<'_>) -> Option<Second> {
    line.clock.map(|clock| (line.time.is_some(), clock / SECOND))
}

impl<'log> Splats<'log> {
    /// Closes all, whoever prints it: nothing goes on behind a line that only a machine prints that starts again.
    pub(super) fn reboot(&mut self, raw: &RawLine<'log>, line: &'log [u8], is_header: bool) {
        self.booted = raw.offset + raw.bytes.len();
        if is_header {
            self.open.values_mut().for_each(|open| open.cut(line));
        }
        self.close_where(|_| true);
    }

    /// Closes what has been silent for long, so that a caller that never speaks again holds nothing up, and what was
    /// open when the machine started again.
    pub(super) fn sweep(&mut self, line: &Line<'log>) {
        let rebooted = line.clock.zip(self.clock).is_some_and(|(now, then)| now + BACK_TIME < then);
        self.clock = line.clock.or(self.clock);
        if rebooted {
            for stream in self.seconds.before_boot(line) {
                if stream != line.caller {
                    self.close(stream);
                }
            }
        }
        let late = line.clock.is_some_and(|now| now > self.sweep.1);
        if line.number < self.sweep.0 && !late {
            return;
        }
        // With many open ones, some stay open for some lines more: to look at all of them takes as long. Which lines those
        // are does not depend on where a search began.
        if !line.number.is_multiple_of((self.open.len() / 16).max(1)) {
            return;
        }
        let silent: Vec<_> = self.open.iter().filter(|(_, o)| o.is_left(line)).map(|(s, _)| *s).collect();
        for stream in silent {
            self.close(stream);
        }
        let lines = self.open.values().map(|o| o.latest().number);
        let clocks = self.open.values().filter_map(|o| o.latest().clock);
        self.sweep = (
            lines.min().unwrap_or(line.number) + SILENT_LINES + 1,
            clocks.min().map_or(Microseconds::MAX, |clock| clock + GAP_TIME),
        );
    }
}
