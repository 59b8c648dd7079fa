//! A log with its source lines: what `ksplat symbolize` prints.
//!
//! A drop-in for the kernel's `scripts/decode_stacktrace.sh`. Every byte of the log comes out again; behind a symbol
//! stands where it is in the source, and before a frame stands a line for each function that is inlined there:
//!
//! ```text
//! [    2.134195]  rebalance_domains+0xef/0x3c0
//! ```
//!
//! becomes
//!
//! ```text
//! [    2.134195]  should_we_balance (kernel/sched/fair.c:10480) [inline]
//! [    2.134195]  rebalance_domains+0xef/0x3c0 (kernel/sched/fair.c:11520)
//! ```
//!
//! What has its place already is left alone, so that twice is as good as once, and a report that is read from the
//! text afterwards has the title and the signature that it had before.

use crate::block::{self, Block};
use crate::bytes;
use crate::log::{Lines, Log};
use crate::report::{InstructionPointer, Kernel, Symbol, Text, is_harmful};
use crate::symbolize::{Answer, CodeAddress, Evidence, KaslrOffset, Position, SourceFrame, Symbolizer};
use crate::{Error, Result};
use memchr::memmem;
use std::io::{self, Write};
use std::ops::Range;

/// Writes logs with source lines.
#[derive(Debug)]
pub struct Filter<'s> {
    symbolizer: &'s mut Symbolizer,
    offset: Option<KaslrOffset>,
    evidence: Evidence,
    /// The log is of another kernel.
    refused: bool,
    errors: Vec<Error>,
    /// Where the last instruction pointer stood: on some architectures the stack starts with it again.
    pointer: Option<(Vec<u8>, Option<u64>)>,
    counts: Counts,
}

/// How many symbols of a log have a source line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// They have one now.
    pub resolved: usize,
    /// None is known.
    pub unknown: usize,
}

/// A line to be written: the lines of inlined functions before it, and what changes in it.
#[derive(Debug, Default)]
struct Decoration {
    before: Vec<Vec<u8>>,
    /// What stands in place of some bytes of the text, by place; most often of none.
    changes: Vec<(Range<usize>, Vec<u8>)>,
}

impl<'s> Filter<'s> {
    /// A filter that asks `symbolizer`.
    pub fn new(symbolizer: &'s mut Symbolizer) -> Self {
        let offset = symbolizer.kaslr_offset();
        Self {
            symbolizer,
            offset,
            evidence: Evidence::new(),
            refused: false,
            errors: Vec::new(),
            pointer: None,
            counts: Counts::default(),
        }
    }

    /// Writes a whole log. What is said only at its end, as the `Kernel Offset:` of a panic, is known from the start.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn log(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        let log = Log::from_bytes(bytes);
        let lines = || Lines::new(bytes, log.detection().form);
        self.offset = self.symbolizer.kaslr_offset();
        self.evidence = Evidence::new();
        self.refused = false;
        self.symbolizer.expect(names(bytes));
        for line in lines() {
            self.learn(line.read().text);
        }
        self.offset = self.offset.or(self.evidence.offset());
        let mut end = 0;
        for line in lines() {
            end = line.offset + line.bytes.len();
            self.write(line.bytes, line.read().text, out)?;
            if end < bytes.len() {
                out.write_all(b"\n")?;
            }
        }
        debug_assert!(end <= bytes.len(), "a line ends with its log");
        Ok(())
    }

    /// Writes one line of a log that is still coming, without its line feed; what earlier lines said is used.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn line(&mut self, line: &[u8], out: &mut impl Write) -> io::Result<()> {
        for raw in Lines::new(line, crate::log::Form::Console) {
            let text = raw.read().text;
            self.learn(text);
            self.offset = self.offset.or(self.evidence.offset());
            self.write(raw.bytes, text, out)?;
        }
        Ok(())
    }

    /// What went wrong since the last call.
    pub fn take_errors(&mut self) -> Vec<Error> {
        let mut errors = std::mem::take(&mut self.errors);
        errors.extend(self.symbolizer.take_errors());
        errors
    }

    /// How many symbols have a line, of all logs so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Takes what a line says of the kernel and of where it ran.
    fn learn(&mut self, text: &[u8]) {
        let checked = if text.starts_with(b"Linux version ") {
            self.symbolizer.check_banner(text)
        } else if let Some(kernel) = kernel_of(text) {
            self.symbolizer.check(&kernel)
        } else if let Some(offset) = offset_of(text) {
            self.offset = self.offset.or(Some(offset));
            Ok(())
        } else {
            self.weigh(text);
            Ok(())
        };
        self.refuse(checked);
    }

    fn refuse(&mut self, checked: Result<()>) {
        if let Err(error) = checked {
            if !self.refused {
                self.errors.push(error);
            }
            self.refused = true;
        }
    }

    /// Takes a line with both name and address as evidence of how far the kernel was moved.
    fn weigh(&mut self, text: &[u8]) {
        if memmem::find(text, b"[<").is_none() {
            return;
        }
        let pair = match block::read(text) {
            Some(Block::Frame(line)) => line.frame.and_then(|f| Some((f.symbol?, f.address?.0))),
            Some(Block::Registers(line)) => line.ip.and_then(|ip| Some((*ip, line.ip_address?.0))),
            _ => None,
        };
        let pair = pair.and_then(|(symbol, run)| Some((self.symbolizer.linked(&symbol)?, run)));
        if let Some((linked, run)) = pair {
            self.evidence.add(linked, run);
        }
    }

    fn write(&mut self, line: &[u8], text: &[u8], out: &mut impl Write) -> io::Result<()> {
        let decoration = self.decorate(text);
        // The text is the line's last part; behind it stands what a serial line adds.
        let at = memmem::rfind(line, text).unwrap_or(0);
        let (prefix, rest) = line.split_at(at);
        let (text, tail) = rest.split_at_checked(text.len()).unwrap_or((rest, b""));
        for before in &decoration.before {
            for part in [prefix, before, tail, b"\n"] {
                out.write_all(part)?;
            }
        }
        out.write_all(prefix)?;
        let mut from = 0;
        for (at, change) in &decoration.changes {
            out.write_all(text.get(from..at.start).unwrap_or_default())?;
            out.write_all(change)?;
            from = at.end;
        }
        out.write_all(text.get(from..).unwrap_or_default())?;
        out.write_all(tail)
    }

    fn decorate(&mut self, text: &[u8]) -> Decoration {
        let worth = memmem::find(text, b"+0x").is_some() || memmem::find(text, b"ffff").is_some();
        if self.refused || !worth {
            return Decoration::default();
        }
        match block::read(text) {
            Some(Block::Frame(line)) => match line.frame {
                Some(frame) if frame.inlined || frame.location.is_some() => Decoration::default(),
                Some(frame) => {
                    let position = self.position(&frame);
                    let address = frame.address.map(|a| a.0);
                    let start = if frame.reliable { " " } else { " ? " };
                    self.frame(text, start, frame.symbol.as_ref(), address, position)
                }
                None => Decoration::default(),
            },
            Some(Block::Registers(line)) if line.user != Some(true) => self.registers(text, &line),
            Some(Block::Registers(_)) => Decoration::default(),
            _ => self.others(text),
        }
    }

    fn position(&mut self, frame: &crate::report::Frame<'_>) -> Position {
        let of_frame = frame.symbol.as_ref().map(|s| (s.name.to_vec(), s.offset));
        let is_pointer = of_frame.is_some() && self.pointer == of_frame;
        self.pointer = None;
        if is_pointer { Position::Executing } else { Position::Returning }
    }

    fn registers(&mut self, text: &[u8], line: &block::RegisterLine<'_>) -> Decoration {
        if line.ip_location.is_some() {
            return Decoration::default();
        }
        let Some(symbol) = &line.ip else {
            let is_x86 = text.starts_with(b"RIP") || text.starts_with(b"EIP");
            let Some(InstructionPointer(address)) = line.ip_address.filter(|_| is_x86) else {
                return self.others(text);
            };
            return self.frame(text, "", None, Some(address), Position::Executing);
        };
        // x86 does not repeat the instruction pointer on the stack; the others do.
        let repeated = !text.starts_with(b"RIP") && !text.starts_with(b"EIP");
        if repeated {
            self.pointer = Some((symbol.name.to_vec(), symbol.offset));
        }
        let start = memmem::find(text, &symbol.name).and_then(|at| text.get(..at));
        let start = start.map(|s| Text::from(s).to_string()).unwrap_or_default();
        let mut decoration =
            self.frame(text, &start, Some(symbol), line.ip_address.map(|a| a.0), Position::Executing);
        if repeated {
            decoration.before.clear();
        }
        decoration
    }

    /// A line that is about one place; the functions inlined there stand on lines that begin with `start`.
    fn frame(
        &mut self,
        text: &[u8],
        start: &str,
        symbol: Option<&Symbol<'_>>,
        address: Option<u64>,
        position: Position,
    ) -> Decoration {
        let linked = address.zip(self.offset).map(|(run, offset)| linked(offset, run, position));
        let answer = self.symbolizer.place(symbol, linked, position);
        self.count(&answer);
        let mut frames = answer.unwrap_or_default();
        let own = frames.pop().as_ref().and_then(place);
        let change = match symbol {
            Some(symbol) => behind(text, &symbol.name).map(|at| at..at).zip(own),
            None => {
                let name = linked.and_then(|address| self.symbolizer.name(address));
                name.zip(address).and_then(|(name, run)| named(text, run, &name, &own.unwrap_or_default()))
            }
        };
        let inlined = |frame: &SourceFrame| {
            let place = place(frame).unwrap_or_default();
            [format!("{start}{}", harmless(&frame.function)).into_bytes(), place, b" [inline]".to_vec()]
                .concat()
        };
        let before = frames.iter().filter(|f| f.file.is_some()).map(inlined).collect();
        Decoration { before, changes: change.into_iter().collect() }
    }

    /// Any other line that names places: headers, locks.
    fn others(&mut self, text: &[u8]) -> Decoration {
        // A warning stands at its own instruction; what others name was mostly called.
        let position = if text.starts_with(b"WARNING: ") { Position::Executing } else { Position::Returning };
        let mut decoration = Decoration::default();
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| memmem::find(rest, b"+0x")).map(|at| from + at)
        {
            from = at + 1;
            let Some((start, symbol, end)) = symbol_around(text, at) else { continue };
            from = end;
            if text.get(start.saturating_sub(1)..start) == Some(b"(") && text.get(end) == Some(&b')') {
                continue;
            }
            let behind = text.get(end..).unwrap_or_default();
            if bytes::trailing_location(behind).is_ok() {
                continue;
            }
            let answer = self.symbolizer.symbol(&symbol, position);
            self.count(&answer);
            let Some(place) = answer.ok().and_then(|frames| place(frames.last()?)) else { continue };
            decoration.changes.push((end..end, place));
        }
        decoration
    }

    fn count(&mut self, answer: &Answer) {
        match answer {
            Ok(_) => self.counts.resolved += 1,
            Err(_) => self.counts.unknown += 1,
        }
    }
}

fn linked(offset: KaslrOffset, run: u64, position: Position) -> CodeAddress {
    CodeAddress { position, ..offset.executing(InstructionPointer(run)) }
}

/// ` (kernel/fork.c:12)`.
fn place(frame: &SourceFrame) -> Option<Vec<u8>> {
    let file = frame.file.as_ref()?;
    let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
    Some(format!(" ({}:{line})", harmless(file)).into_bytes())
}

/// What a file calls something, without what a terminal or a reader of lines would obey: whoever made the file chose it.
fn harmless(name: &str) -> String {
    name.chars().map(|c| if is_harmful(c) { '?' } else { c }).collect()
}

/// Where the symbol called `name` ends in a text, its module included.
fn behind(text: &[u8], name: &[u8]) -> Option<usize> {
    let mut found = memmem::find_iter(text, name);
    found.find_map(|at| {
        let (rest, symbol) = bytes::symbol(text.get(at..)?).ok()?;
        (*symbol.name == *name).then(|| text.len() - rest.len())
    })
}

/// Puts the name of a raw address behind it, as kernels did that printed both: ` ? 0xffffffff81002500` becomes
/// ` [<ffffffff81002500>] ? do_one_initcall+0xa0/0x220 (init/main.c:1271)`.
fn named(text: &[u8], run: u64, name: &Symbol<'_>, place: &[u8]) -> Option<(Range<usize>, Vec<u8>)> {
    let starts = [&b"? "[..], b"[<", b"0x"];
    let start = starts.iter().filter_map(|s| memmem::find(text, s)).min()?;
    let end = text.trim_ascii_end().len();
    let doubt = if text.get(start) == Some(&b'?') { "? " } else { "" };
    let (offset, size) = (name.offset?, name.size?);
    let mut change =
        format!("[<{run:016x}>] {doubt}{}+{offset:#x}/{size:#x}", harmless(&name.name.to_string()))
            .into_bytes();
    change.extend_from_slice(place);
    (start < end).then_some((start..end, change))
}

/// The names that have an offset somewhere in a log.
fn names(log: &[u8]) -> impl Iterator<Item = &[u8]> {
    memmem::find_iter(log, b"+0x").filter_map(|at| {
        let before = log.get(..at)?;
        let start = before.iter().rposition(|c| !bytes::is_ident(*c)).map_or(0, |at| at + 1);
        before.get(start..)
    })
}

/// The symbol whose offset starts at `at`: where it starts, what it is, where it ends.
fn symbol_around(text: &[u8], at: usize) -> Option<(usize, Symbol<'_>, usize)> {
    let before = text.get(..at)?;
    let start = before.iter().rposition(|c| !bytes::is_ident(*c)).map_or(0, |at| at + 1);
    let (rest, symbol) = bytes::symbol(text.get(start..)?).ok()?;
    let end = text.len() - rest.len();
    (end > at).then_some((start, symbol, end))
}

/// The kernel that a line names: `CPU: 1 PID: 94 Comm: insmod Not tainted 6.1.0 #1`.
fn kernel_of(text: &[u8]) -> Option<Kernel<'_>> {
    if !text.starts_with(b"CPU: ") && memmem::find(text, b" Comm: ").is_none() {
        return None;
    }
    match block::read(text) {
        Some(Block::Task(line)) if line.kernel.release.is_some() || line.kernel.build_id.is_some() => {
            Some(line.kernel)
        }
        _ => None,
    }
}

/// `Kernel Offset: 0x1a000000 from 0xffffffff81000000`; a kernel that was not moved says so, and in its command line.
fn offset_of(text: &[u8]) -> Option<KaslrOffset> {
    if text.starts_with(b"Kernel Offset: disabled") {
        return Some(KaslrOffset(0));
    }
    if let Some(line) = text.strip_prefix(b"Command line: ").or(text.strip_prefix(b"Kernel command line: ")) {
        return line.split(|c| *c == b' ').any(|word| word == b"nokaslr").then_some(KaslrOffset(0));
    }
    match text.starts_with(b"Kernel Offset: ").then(|| block::read(text)) {
        Some(Some(Block::Epilogue { kaslr_offset })) => kaslr_offset.map(KaslrOffset),
        _ => None,
    }
}
