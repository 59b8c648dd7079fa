//! Finds splats: which lines of a log belong to one diagnostic.
//!
//! A header starts a splat. From there on, lines of the same caller are read by [`crate::block`]: what a block
//! parser knows belongs; what none knows is kept as long as known lines follow soon. So a splat ends where its
//! blocks end, not at the next crash or the end of the log.
//!
//! Logs with caller ids are demultiplexed exactly: each caller has its own open splat. Without them there is one
//! stream, and foreign lines inside a splat are carried along as text.

mod headers;
mod open;
mod recent;
mod sweep;
mod twins;

use crate::block::{self, Block};
use crate::family::{self, Header, Rule};
use crate::limits::Limits;
use crate::log::{At, Form, Line, Lines, RawLine};
use crate::report::{Caller, Microseconds};
use headers::{Inner, Past};
use open::Open;
pub(crate) use open::is_separator;
use recent::Recent;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use sweep::{BACK_TIME, Seconds};
use twins::Counts;

/// Unknown lines of the same caller after which an open splat is over where programs print on the same console, their
/// lines counted too.
const FOREIGN_LINES: usize = 500;
/// The same after the end marker, behind which only an epilogue can stand.
const EPILOGUE_GAP_LINES: usize = 4;
/// Microseconds without a line after which an open splat is over.
const GAP_TIME: Microseconds = 30_000_000;
/// Lines of anybody after which a silent caller's splat is over.
const SILENT_LINES: usize = 20_000;
/// Lines of the same caller before the header that may belong to it, and how many lines are searched for them.
const LEAD_LINES: usize = 10;
pub(crate) const LEAD_SEARCH: usize = 60;
/// Most bytes before a header in which those lines are searched for: as many of the longest that a report keeps.
pub(crate) const LEAD_BYTES: usize = 1 << 20;
/// Most bytes before a header that a row may ask about.
pub(crate) const HISTORY: usize = 64 << 10;
/// Most lines that say that others were dropped, one behind the other, of which a report keeps all.
const DROPPED_LINES: usize = 16;
/// Lines that most splats have no more of; space for so many is made while few splats are open.
const USUAL_LINES: usize = 128;
/// Lines for which room is kept; it is a part of what one open splat may hold.
const SPARE_LINES: usize = 1024;

/// A line of a splat and what a block parser made of it.
#[derive(Debug, Clone)]
pub(crate) struct SplatLine<'log> {
    pub(crate) line: Line<'log>,
    pub(crate) block: Option<Block<'log>>,
    /// The row by which it could have started a splat of its own.
    row: Option<&'static Rule>,
}

impl<'log> SplatLine<'log> {
    const fn of(line: Line<'log>, block: Option<Block<'log>>) -> Self {
        Self { line, block, row: None }
    }

    fn is_frame(&self) -> bool {
        matches!(self.block, Some(Block::Frame(_)))
    }
}

/// The lines of one diagnostic.
#[derive(Debug, Clone)]
pub(crate) struct Splat<'log> {
    /// The rows whose header the header line is, in table order; never empty.
    pub(crate) headers: Vec<Header<'log>>,
    pub(crate) lines: Vec<SplatLine<'log>>,
    /// Index of the header in `lines`.
    pub(crate) header: usize,
    /// The header that ended it, if one did right behind its last line.
    pub(crate) cut_by: Option<&'log [u8]>,
    /// The header of what its caller ran into before it showed a stack.
    pub(crate) hit_by: Option<&'log [u8]>,
    /// Whether two reports alternated here whose lines cannot be told apart for sure.
    pub(crate) mixed: bool,
    /// Where the header of the younger one stands, where two reports alternated.
    pub(crate) beside: Option<usize>,
    /// Whether it was ended because it has as many lines as one may have.
    pub(crate) full: bool,
    pub(crate) limits: Limits,
}

impl Splat<'_> {
    /// The stream that it is a part of.
    fn stream(&self) -> Option<Caller> {
        self.lines.get(self.header).and_then(|l| l.line.caller)
    }

    /// Where its header stands.
    fn header_at(&self) -> At {
        self.lines.get(self.header).map_or_else(At::default, |l| at(&l.line))
    }
}

/// Iterator over the splats of a log, in the order of their headers.
pub(crate) struct Splats<'log> {
    bytes: &'log [u8],
    form: Form,
    limits: Limits,
    lines: Lines<'log>,
    open: BTreeMap<Option<Caller>, Box<Open<'log>>>,
    /// Where the headers of the open ones stand.
    headers_open: BTreeSet<usize>,
    /// The last lines that say that others were dropped: whose those were, nobody knows.
    dropped: VecDeque<Line<'log>>,
    seconds: Seconds,
    /// By the line in which it did so, the callers that asked CPUs for backtraces.
    askers: BTreeMap<usize, Option<Caller>>,
    /// CPUs that print on behalf of another caller's splat.
    lent: BTreeMap<Caller, Option<Caller>>,
    /// By the offset of the header, with what [`Splats::taken`] said before.
    done: BTreeMap<usize, (Splat<'log>, Ends)>,
    /// By caller, the end of the last line that a finished splat holds: nothing before it is read again.
    taken: Taken,
    inner: Vec<Inner>,
    /// The first of their next occurrences.
    next_inner: usize,
    filter: &'static family::Filter,
    /// By row, what was seen of the lines before its header.
    past: BTreeMap<&'static str, Past>,
    recent: Recent<'log>,
    /// The last text that might have been a header and is none: who prints it prints it again.
    chatter: &'log [u8],
    /// Behind the last line that only a machine prints that starts again: what stands before it belongs to no header.
    booted: usize,
    /// Room for the lines of the next splat, which one that was read had.
    spare: Vec<SplatLine<'log>>,
    /// The line and the clock from which on an open splat may be over.
    sweep: (usize, Microseconds),
    /// The clock of the line before.
    clock: Option<Microseconds>,
}

/// How far the lines of one caller were read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ends {
    /// Behind the last line that a finished splat holds, line feed included: it belongs to no other.
    pub(crate) taken: usize,
    /// Behind the last line at which an open splat looked: none of them is read again.
    pub(crate) seen: usize,
}

impl Ends {
    /// Both, moved.
    pub(crate) fn map(self, by: impl Fn(usize) -> usize) -> Self {
        Self { taken: by(self.taken), seen: by(self.seen) }
    }

    fn min(self, other: Self) -> Self {
        Self { taken: self.taken.min(other.taken), seen: self.seen.min(other.seen) }
    }

    fn max(self, other: Self) -> Self {
        Self { taken: self.taken.max(other.taken), seen: self.seen.max(other.seen) }
    }
}

/// How far each caller's lines were read.
pub(crate) type Taken = BTreeMap<Option<Caller>, Ends>;

impl<'log> Splats<'log> {
    /// The splats of these lines.
    pub(crate) fn new(bytes: &'log [u8], form: Form, limits: Limits) -> Self {
        Self::from(bytes, form, limits, At { offset: 0, line: 1 }, Taken::new())
    }

    /// The splats of these lines from `at` on, where an iterator over a shorter text stopped.
    pub(crate) fn from(bytes: &'log [u8], form: Form, limits: Limits, at: At, taken: Taken) -> Self {
        let inner = family::needles().map(Inner::new).collect();
        let mut splats = Self {
            bytes,
            form,
            limits,
            lines: Lines::from(bytes, form, at.offset, at.line),
            open: BTreeMap::new(),
            headers_open: BTreeSet::new(),
            dropped: VecDeque::new(),
            seconds: Seconds::default(),
            askers: BTreeMap::new(),
            lent: BTreeMap::new(),
            done: BTreeMap::new(),
            taken,
            inner,
            next_inner: usize::MAX,
            filter: family::filter(),
            past: BTreeMap::new(),
            recent: Recent::default(),
            chatter: b"",
            booted: 0,
            spare: Vec::new(),
            sweep: (0, Microseconds::MAX),
            clock: None,
        };
        splats.find_inner(at.offset);
        splats
    }

    /// Feeds a line, or those that ran into one.
    fn feed(&mut self, raw: RawLine<'log>, text: Option<&'log [u8]>) {
        if !self.open.is_empty()
            && let Some(line) = raw.read_alone()
        {
            self.feed_read(&raw, &line);
            self.recent.push(&line);
            return;
        }
        for line in raw.pieces() {
            self.feed_one(line, text.filter(|_| line.bytes.len() == raw.bytes.len()));
        }
    }

    fn feed_one(&mut self, raw: RawLine<'log>, text: Option<&'log [u8]>) {
        if !self.open.is_empty() {
            return self.feed_read(&raw, &raw.read());
        }
        // Most lines are no header: their prefix is not read.
        let headers = self.headers(&raw, text.unwrap_or_else(|| raw.text()));
        if !headers.is_empty() {
            self.take(&self.capped(raw.read()), headers);
        }
    }

    fn feed_read(&mut self, raw: &RawLine<'log>, line: &Line<'log>) {
        let headers = self.headers(raw, line.text);
        self.take(&self.capped(*line), headers);
    }

    fn take(&mut self, line: &Line<'log>, headers: Vec<Header<'log>>) {
        if line.foreign {
            return;
        }
        self.sweep(line);
        if is_dropped(line.text) {
            self.dropped.truncate(DROPPED_LINES - 1);
            self.dropped.push_front(*line);
            return;
        }
        let stream = self.stream_of(line);
        if self.taken.get(&stream).is_some_and(|ends| line.offset < ends.seen) {
            return;
        }
        if let Some(open) = self.open.get_mut(&stream).filter(|open| !open.is_over(line)) {
            if !self.dropped.is_empty() {
                open.note(self.dropped.iter().rev());
            }
            if open.takes(line, &headers) {
                // The header may have had no clock.
                self.sweep.1 = line.clock.map_or(self.sweep.1, |clock| self.sweep.1.min(clock + GAP_TIME));
                self.seconds.file(stream, open);
                match open.splat.lines.last() {
                    Some(SplatLine { block: Some(Block::NmiBacktrace { .. }), line, .. }) => {
                        if let Some(caller) = line.caller.filter(|caller| Some(*caller) != stream) {
                            self.lent.insert(caller, stream);
                            open.lends = true;
                        }
                    }
                    Some(SplatLine { block: Some(Block::NmiSent), line, .. }) => {
                        if let Some(before) = open.asked.replace(line.number) {
                            self.askers.remove(&before);
                        }
                        self.askers.insert(line.number, stream);
                    }
                    _ => {}
                }
                return;
            }
            if open.runs_beside(line, &headers) {
                self.start_beside(*line, headers);
                return;
            }
            open.cut(line.text);
        }
        if let Some(open) = self.open.get_mut(&stream) {
            open.splat.full = open.is_full();
        }
        self.close(stream);
        if !headers.is_empty() {
            self.start(*line, headers);
        }
    }

    /// The line with no more text than a report keeps.
    fn capped(&self, line: Line<'log>) -> Line<'log> {
        Line { text: line.text.get(..self.limits.line_bytes).unwrap_or(line.text), ..line }
    }

    /// The stream a line belongs to: its caller's own, or the one that asked its CPU for a backtrace.
    fn stream_of(&self, line: &Line<'log>) -> Option<Caller> {
        let caller = line.caller?;
        if let Some(owner) = self.lent.get(&caller)
            && self.open.contains_key(owner)
            && !self.open.contains_key(&Some(caller))
        {
            return *owner;
        }
        let asked = matches!(caller, Caller::Cpu(_))
            && !self.open.contains_key(&Some(caller))
            && line.text.starts_with(b"NMI backtrace for cpu ");
        let asker = self.askers.last_key_value().filter(|_| asked);
        asker.map_or(Some(caller), |(_, stream)| *stream)
    }

    /// Starts a report without ending the one that the same stream is in.
    fn start_beside(&mut self, header: Line<'log>, headers: Vec<Header<'log>>) {
        let Some(older) = self.remove(header.caller) else { return };
        // What stands before is the older one's.
        self.taken.insert(header.caller, Ends { taken: header.offset, seen: header.offset });
        self.start(header, headers);
        if let Some(open) = self.open.get_mut(&header.caller) {
            open.taken = older.taken;
            open.join(*older);
            self.seconds.file(header.caller, open);
        }
    }

    fn start(&mut self, header: Line<'log>, headers: Vec<Header<'log>>) {
        let mut lines = self.leads(&header);
        if self.open.len() < USUAL_LINES {
            lines.reserve(USUAL_LINES);
        }
        let at = lines.len();
        lines.push(SplatLine::of(header, None));
        let known = lines.len();
        let max_gap = headers.iter().map(|h| h.rule.gap).max().unwrap_or_default();
        let open = Open {
            splat: Splat {
                headers,
                lines,
                header: at,
                cut_by: None,
                hit_by: None,
                mixed: false,
                beside: None,
                full: false,
                limits: self.limits,
            },
            known,
            max_gap,
            gap: 0,
            last: header,
            epilogue: false,
            lends: false,
            has_frames: false,
            shows_stack: false,
            asked: None,
            filed: None,
            ruled_off: false,
            taken: self.taken.get(&header.caller).copied().unwrap_or_default(),
            twin: None,
            counts: Counts::default(),
            summing: false,
            summed: false,
            silenced: false,
        };
        self.sweep.1 = header.clock.map_or(self.sweep.1, |clock| self.sweep.1.min(clock + GAP_TIME));
        self.headers_open.insert(header.offset);
        let mut open = Box::new(open);
        self.seconds.file(header.caller, &mut open);
        self.open.insert(header.caller, open);
    }

    /// Lines of the same caller right before the header, oldest first.
    fn leads(&mut self, header: &Line<'log>) -> Vec<SplatLine<'log>> {
        let mut found = std::mem::take(&mut self.spare);
        let mut at = self::at(header);
        let taken = self.taken.get(&header.caller).map_or(0, |ends| ends.taken).max(self.booted);
        let first = header.offset.saturating_sub(LEAD_BYTES);
        let mut recent = self.recent.before(header.offset);
        for _ in 0..LEAD_SEARCH {
            if at.offset <= taken || found.len() == LEAD_LINES {
                break;
            }
            let older;
            let line = match recent.next() {
                Some(line) => line,
                None => {
                    let raw = self.line_before(at);
                    if raw.pieces().any(|piece| headers::boots(&piece)) {
                        break;
                    }
                    older = raw.read();
                    &older
                }
            };
            at = self::at(line);
            if at.offset < first {
                break;
            }
            if line.caller == header.caller && line.time.is_some() == header.time.is_some() && !line.foreign {
                let behind = header.since(line).is_some_and(|gap| gap >= GAP_TIME);
                let of_earlier_boot = line.since(header).is_some_and(|back| back > BACK_TIME);
                if behind || of_earlier_boot {
                    break;
                }
                found.push(SplatLine::of(self.capped(*line), None));
            }
        }
        found.reverse();
        announce(&mut found);
        found
    }

    /// The line before one that starts there, which is not the first.
    fn line_before(&self, at: At) -> RawLine<'log> {
        // A header that ran into another line starts behind no line feed.
        let is_line = self.bytes.get(at.offset - 1) == Some(&b'\n');
        let end = at.offset - usize::from(is_line);
        Lines::before(self.bytes, self.form, end, at.line - usize::from(is_line))
    }

    /// Takes an open splat out of all lists but that of headers.
    fn remove(&mut self, stream: Option<Caller>) -> Option<Box<Open<'log>>> {
        let open = self.open.remove(&stream)?;
        self.seconds.remove(stream, &open);
        if let Some(line) = open.asked {
            self.askers.remove(&line);
        }
        Some(open)
    }

    fn close(&mut self, stream: Option<Caller>) {
        let Some(mut open) = self.remove(stream) else { return };
        if open.lends {
            self.lent.retain(|_, owner| *owner != stream);
        }
        for open in open.twin.iter().chain([&open]) {
            self.headers_open.remove(&open.splat.header_at().offset);
        }
        let mut twin = open.part();
        if let Some(twin) = &mut twin {
            twin.splat.beside = Some(open.splat.header_at().offset);
        }
        for mut open in twin.into_iter().chain([*open]) {
            let end = |splat: &Splat<'_>| splat.lines.last().map_or(0, |l| l.line.offset + l.line.length);
            let seen = end(&open.splat);
            open.splat.lines.truncate(open.known);
            let ends = Ends { taken: end(&open.splat) + 1, seen };
            let before = self.taken.entry(stream).or_default();
            *before = before.max(ends);
            self.done.insert(open.splat.header_at().offset, (open.splat, open.taken));
        }
    }

    /// Takes back a splat that was read, for the room that its lines had.
    pub(crate) fn recycle(&mut self, splat: Splat<'log>) {
        let mut lines = splat.lines;
        if lines.capacity() <= SPARE_LINES {
            lines.clear();
            self.spare = lines;
        }
    }

    /// The first finished splat, if no open one starts before it, nor before the one that ran beside it: neither can be
    /// read again without the other.
    pub(crate) fn ready(&mut self) -> Option<Splat<'log>> {
        let (&offset, (splat, _)) = self.done.first_key_value()?;
        let offset = splat.beside.unwrap_or(offset);
        if self.headers_open.first().is_some_and(|open| *open < offset) {
            return None;
        }
        self.done.pop_first().map(|(_, (splat, _))| splat)
    }
}

impl<'log> Splats<'log> {
    /// The next splat that lines behind it have closed; `None` at the end of the lines.
    pub(crate) fn next_closed(&mut self) -> Option<Splat<'log>> {
        loop {
            if !self.done.is_empty()
                && let Some(splat) = self.ready()
            {
                return Some(splat);
            }
            let (raw, text) = self.next_line()?;
            self.feed(raw, text);
        }
    }

    /// Reads on until a splat is open; where its header stands, `None` at the end of the lines.
    pub(crate) fn first_header(&mut self) -> Option<At> {
        loop {
            let open = self.open.values().map(|open| open.header_at()).min_by_key(|at| at.offset);
            if open.is_some() {
                return open;
            }
            let (raw, text) = self.next_line()?;
            self.feed(raw, text);
        }
    }

    /// Closes the open splats whose last line is such a one.
    pub(crate) fn close_where(&mut self, is_over: impl Fn(At) -> bool) {
        let over: Vec<_> =
            self.open.iter().filter(|(_, o)| is_over(at(o.latest()))).map(|(s, _)| *s).collect();
        for stream in over {
            self.close(stream);
        }
    }

    /// All splats, and of each whether it still had no end.
    pub(crate) fn take_all(&mut self) -> Vec<(Splat<'log>, bool)> {
        let mut all: Vec<_> = std::iter::from_fn(|| self.next_closed()).map(|splat| (splat, false)).collect();
        let waiting: Vec<_> = self.done.keys().copied().collect();
        self.close_where(|_| true);
        let rest = std::mem::take(&mut self.done).into_iter();
        all.extend(rest.map(|(at, (splat, _))| (splat, waiting.binary_search(&at).is_err())));
        all
    }

    /// Where an iterator over a longer text has to go on so that it finds what this one would: at the first header
    /// that still has no end; and what it must not take again.
    pub(crate) fn suspend(self) -> (At, Taken) {
        let waiting = self.done.values().map(|(splat, _)| splat.header_at());
        let open = self.open.values().map(|open| open.header_at()).chain(waiting);
        let next = open.min_by_key(|at| at.offset).unwrap_or(self.lines.next_at());
        let mut taken = self.taken;
        // What is open or waits for an earlier one is found again.
        let open = self.open.iter().map(|(stream, open)| (*stream, open.taken));
        let done = self.done.values().map(|(splat, taken)| (splat.stream(), *taken));
        for (stream, before) in open.chain(done) {
            if let Some(ends) = taken.get_mut(&stream) {
                *ends = ends.min(before);
            }
        }
        (next, taken)
    }
}

/// `** 1196 printk messages dropped **`.
pub(crate) fn is_dropped(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    match text.last() {
        Some(b'*') => text.ends_with(b" messages dropped **"),
        Some(b'd') => text.ends_with(b" messages suppressed"),
        _ => false,
    }
}

/// Where a line stands.
fn at(line: &Line<'_>) -> At {
    At { offset: line.offset, line: line.number }
}

impl<'log> Iterator for Splats<'log> {
    type Item = Splat<'log>;

    fn next(&mut self) -> Option<Splat<'log>> {
        if let Some(splat) = self.next_closed() {
            return Some(splat);
        }
        self.close_where(|_| true);
        self.done.pop_first().map(|(_, (splat, _))| splat)
    }
}

/// A line before the header may announce a stack that comes behind it: that stack is not this report's. Kept are the
/// announcement, the task line below it, and the last frame of a stack that was being printed.
fn announce<'log>(leads: &mut [SplatLine<'log>]) {
    let (mut next, mut task, mut frame) = (None, None, None);
    for (at, lead) in leads.iter().enumerate() {
        match block::read(lead.line.text) {
            Some(block @ Block::NextTrace { .. }) => (next, task) = (Some((at, block)), None),
            Some(Block::Task(line)) if next.is_some() && line.is_whole() => {
                task = Some((at, Block::Task(line)));
            }
            Some(Block::TraceStart { .. }) => (next, task, frame) = (None, None, None),
            Some(block @ Block::Frame(_)) => (next, task, frame) = (None, None, Some((at, block))),
            _ => {}
        }
    }
    for (at, block) in [next, task, frame].into_iter().flatten() {
        if let Some(lead) = leads.get_mut(at) {
            lead.block = Some(block);
        }
    }
}
