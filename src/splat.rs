//! Finds splats: which lines of a log belong to one diagnostic.
//!
//! A header starts a splat. From there on, lines of the same caller are read by [`crate::block`]: what a block
//! parser knows belongs; what none knows is kept as long as known lines follow soon. So a splat ends where its
//! blocks end, not at the next crash or the end of the log.
//!
//! Logs with caller ids are demultiplexed exactly: each caller has its own open splat. Without them there is one
//! stream, and foreign lines inside a splat are carried along as text.

use crate::block::{self, Block};
use crate::family::{self, Follows, Header};
use crate::log::{Line, Lines, Log, RawLine};
use crate::printk;
use crate::report::Caller;
use memchr::memrchr;
use std::collections::{BTreeMap, HashMap};

/// Unknown lines of the same caller after which an open splat is over.
const GAP_LINES: usize = 25;
/// The same where programs print on the same console, their lines counted too.
const FOREIGN_LINES: usize = 500;
/// The same after the end marker, behind which only an epilogue can stand.
const EPILOGUE_GAP_LINES: usize = 4;
/// Microseconds without a line after which an open splat is over.
const GAP_TIME: u64 = 30_000_000;
/// Lines of anybody after which a silent caller's splat is over.
const SILENT_LINES: usize = 20_000;
/// Lines of the same caller before the header that may belong to it, and how many lines are searched for them.
const LEAD_LINES: usize = 10;
const LEAD_SEARCH: usize = 60;
/// Most bytes of a line that a report keeps; printk's own records end below 2 KiB.
pub(crate) const LINE_BYTES: usize = 16 << 10;
/// Most lines one splat may have: `sysrq-t` on a large machine stays below.
const SPLAT_LINES: usize = 50_000;

/// The line with no more text than a report keeps.
fn capped(line: Line<'_>) -> Line<'_> {
    Line { text: line.text.get(..LINE_BYTES).unwrap_or(line.text), ..line }
}

/// A line of a splat and what a block parser made of it.
#[derive(Debug, Clone)]
pub(crate) struct SplatLine<'log> {
    pub(crate) line: Line<'log>,
    pub(crate) block: Option<Block<'log>>,
}

impl SplatLine<'_> {
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
}

/// A splat whose end is not known yet.
struct Open<'log> {
    splat: Splat<'log>,
    /// Lines up to and with the last known one.
    known: usize,
    /// Unknown lines since, as far as the kernel printed them.
    gap: usize,
    last: Line<'log>,
    epilogue: bool,
    nmi_sent: bool,
}

/// Iterator over the splats of a log, in the order of their headers.
pub(crate) struct Splats<'log> {
    bytes: &'log [u8],
    lines: Lines<'log>,
    open: HashMap<Option<Caller>, Open<'log>>,
    /// CPUs that print on behalf of another caller's splat.
    lent: HashMap<Caller, Option<Caller>>,
    done: BTreeMap<usize, Splat<'log>>,
    /// End of the last line that a finished splat holds: leads are not searched before it.
    taken: usize,
    inner: Vec<Inner>,
    sweep: usize,
}

/// Where the next occurrence of an inner literal is.
struct Inner {
    finder: memchr::memmem::Finder<'static>,
    next: usize,
}

impl<'log> Splats<'log> {
    pub(crate) fn new(log: Log<'log>) -> Self {
        let inner =
            family::needles().map(|n| Inner { finder: memchr::memmem::Finder::new(n), next: 0 }).collect();
        let mut splats = Self {
            bytes: log.as_bytes(),
            lines: log.lines(),
            open: HashMap::new(),
            lent: HashMap::new(),
            done: BTreeMap::new(),
            taken: 0,
            inner,
            sweep: 0,
        };
        splats.find_inner(0);
        splats
    }

    /// Moves every inner literal to its next occurrence at or after `offset`.
    fn find_inner(&mut self, offset: usize) {
        let bytes = self.bytes;
        for inner in self.inner.iter_mut().filter(|i| i.next <= offset) {
            let rest = bytes.get(offset..).unwrap_or_default();
            inner.next = inner.finder.find(rest).map_or(usize::MAX, |at| offset + at);
        }
    }

    /// The headers that a line is, if it is one.
    fn headers(&mut self, raw: &RawLine<'log>, text: &'log [u8]) -> Vec<Header<'log>> {
        let end = raw.offset + raw.bytes.len();
        let has_inner = self.inner.iter().any(|i| i.next < end);
        let start = match family::lead_in(text) {
            Some(start) => start,
            None if has_inner => text,
            None => return Vec::new(),
        };
        if has_inner {
            self.find_inner(end);
        }
        if memchr::memmem::find(start, b" [inline]").is_some() {
            // A symbolizer repeats the header once per inlined function; the last, outermost one is the kernel's.
            return Vec::new();
        }
        let before = self.bytes.get(..raw.offset).unwrap_or_default();
        family::header(start.trim_ascii_end())
            .filter(|h| h.rule.after.is_none_or(|fits| fits(before)))
            .collect()
    }

    fn feed(&mut self, raw: RawLine<'log>) {
        let text = raw.text();
        let headers = self.headers(&raw, text);
        if self.open.is_empty() && headers.is_empty() {
            return;
        }
        let line = capped(raw.read());
        self.sweep(line.number);
        let stream = self.stream_of(&line);
        if let Some(open) = self.open.get_mut(&stream) {
            if !open.is_over(&line) && (headers.is_empty() || open.absorbs(&headers)) {
                let is_header = !headers.is_empty();
                open.push(line, is_header);
                if let Some(SplatLine { block: Some(Block::NmiBacktrace { .. }), line }) =
                    open.splat.lines.last()
                    && let Some(caller) = line.caller
                    && Some(caller) != stream
                {
                    self.lent.insert(caller, stream);
                }
                return;
            }
            self.close(stream);
        }
        if !headers.is_empty() {
            self.start(line, headers);
        }
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
        if asked && let Some((owner, _)) = self.open.iter().find(|(_, o)| o.nmi_sent) {
            return *owner;
        }
        Some(caller)
    }

    fn start(&mut self, header: Line<'log>, headers: Vec<Header<'log>>) {
        let mut lines = self.leads(&header);
        let at = lines.len();
        lines.push(SplatLine { line: header, block: None });
        let known = lines.len();
        let open = Open {
            splat: Splat { headers, lines, header: at },
            known,
            gap: 0,
            last: header,
            epilogue: false,
            nmi_sent: false,
        };
        self.open.insert(header.caller, open);
    }

    /// Lines of the same caller right before the header, oldest first.
    fn leads(&self, header: &Line<'log>) -> Vec<SplatLine<'log>> {
        let mut found = Vec::new();
        let mut end = header.offset;
        let mut number = header.number;
        for _ in 0..LEAD_SEARCH {
            if end <= self.taken || end == 0 || found.len() == LEAD_LINES {
                break;
            }
            let before = self.bytes.get(..end - 1).unwrap_or_default();
            let offset = memrchr(b'\n', before).map_or(0, |at| at + 1);
            number -= 1;
            let line = RawLine { offset, number, bytes: before.get(offset..).unwrap_or_default() };
            let line = capped(line.read());
            if line.caller == header.caller && line.time.is_some() == header.time.is_some() {
                let near = header.time.zip(line.time).is_none_or(|(h, l)| h.saturating_sub(l) < GAP_TIME);
                if !near {
                    break;
                }
                found.push(SplatLine { line, block: None });
            }
            end = offset;
        }
        found.reverse();
        announce(&mut found);
        found
    }

    fn close(&mut self, stream: Option<Caller>) {
        let Some(mut open) = self.open.remove(&stream) else { return };
        self.lent.retain(|_, owner| *owner != stream);
        open.splat.lines.truncate(open.known);
        if let Some(last) = open.splat.lines.last() {
            self.taken = self.taken.max(last.line.offset + last.line.length + 1);
        }
        if let Some(header) = open.splat.lines.get(open.splat.header) {
            self.done.insert(header.line.offset, open.splat);
        }
    }

    /// Now and then, closes what has been silent for long, so that a caller that never speaks again holds nothing up.
    fn sweep(&mut self, number: usize) {
        if number < self.sweep {
            return;
        }
        self.sweep = number + SILENT_LINES;
        let silent: Vec<_> = self
            .open
            .iter()
            .filter(|(_, o)| o.last.number + SILENT_LINES < number)
            .map(|(s, _)| *s)
            .collect();
        for stream in silent {
            self.close(stream);
        }
    }

    /// The first finished splat, if no open one starts before it.
    fn ready(&mut self) -> Option<Splat<'log>> {
        let (&offset, _) = self.done.first_key_value()?;
        let header = |o: &Open<'_>| o.splat.lines.get(o.splat.header).map_or(0, |l| l.line.offset);
        if self.open.values().any(|o| header(o) < offset) {
            return None;
        }
        self.done.pop_first().map(|(_, splat)| splat)
    }
}

impl<'log> Iterator for Splats<'log> {
    type Item = Splat<'log>;

    fn next(&mut self) -> Option<Splat<'log>> {
        loop {
            if !self.done.is_empty()
                && let Some(splat) = self.ready()
            {
                return Some(splat);
            }
            let Some(raw) = self.lines.next() else {
                let streams: Vec<_> = self.open.keys().copied().collect();
                if streams.is_empty() {
                    return self.done.pop_first().map(|(_, splat)| splat);
                }
                for stream in streams {
                    self.close(stream);
                }
                continue;
            };
            self.feed(raw);
        }
    }
}

impl<'log> Open<'log> {
    /// Whether `line` comes too late to belong.
    fn is_over(&self, line: &Line<'log>) -> bool {
        let gap = if self.epilogue { EPILOGUE_GAP_LINES } else { GAP_LINES };
        let waited =
            line.time.zip(self.last.time).is_some_and(|(now, last)| now.saturating_sub(last) > GAP_TIME);
        waited
            || self.gap > gap
            || self.splat.lines.len() - self.known > FOREIGN_LINES
            || self.splat.lines.len() > SPLAT_LINES
    }

    /// Whether a header belongs to this splat and starts none of its own.
    fn absorbs(&self, headers: &[Header<'log>]) -> bool {
        headers.first().is_some_and(|h| match h.rule.follows {
            Follows::Nothing => false,
            // A strict header alone may be no report at all: it must not take a real one along.
            Follows::Anything => !self.splat.headers.iter().all(|own| own.rule.strict),
            // Behind the end marker only a panic is still the same crash.
            Follows::Kinds(_) if self.epilogue => false,
            Follows::Bare(_) if self.splat.lines.iter().any(SplatLine::is_frame) => false,
            Follows::Kinds(kinds) | Follows::Bare(kinds) => {
                self.splat.headers.iter().any(|own| kinds.iter().any(|k| own.rule.name.starts_with(k)))
            }
        })
    }

    fn push(&mut self, line: Line<'log>, is_header: bool) {
        let block = block::read(line.text);
        let known = match &block {
            _ if is_header => true,
            Some(block) => self.belongs(block),
            None => !self.epilogue && self.is_part(line.text),
        };
        match block {
            Some(Block::End) => self.epilogue = true,
            Some(Block::NmiSent) => self.nmi_sent = true,
            _ if is_header => self.epilogue = false,
            _ => {}
        }
        self.splat.lines.push(SplatLine { line, block });
        // On a console with time stamps, a line without one is a program's.
        self.gap += usize::from(line.time.is_some() || self.last.time.is_none());
        if known {
            self.gap = 0;
            self.known = self.splat.lines.len();
            self.last = line;
        }
    }

    /// Whether a row that may be this splat's names the line as one of its own.
    fn is_part(&self, text: &[u8]) -> bool {
        let text = text.trim_ascii_start();
        let next = self.splat.lines.len() == self.splat.header + 1;
        let mut parts = self.splat.headers.iter().flat_map(|h| h.rule.parts()).filter(|p| next || !p.next);
        parts.any(|p| printk::read(p.format.text, text, &mut Vec::new()).is_some())
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

/// A line before the header may announce a stack that comes behind it: that stack is not this report's.
fn announce<'log>(leads: &mut [SplatLine<'log>]) {
    let mut last = None;
    for (at, lead) in leads.iter().enumerate() {
        match block::read(lead.line.text) {
            Some(next @ Block::NextTrace { .. }) => last = Some((at, next)),
            Some(Block::TraceStart { .. } | Block::Frame(_)) => last = None,
            _ => {}
        }
    }
    if let Some((at, next)) = last
        && let Some(lead) = leads.get_mut(at)
    {
        lead.block = Some(next);
    }
}
