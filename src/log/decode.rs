//! Decoding: records that do not stand verbatim in the bytes → lines as the console would have printed them.
//!
//! A [`Decode`] takes the bytes of its transport piece by piece and hands lines to [`Decoded`], which writes them one
//! behind the other and remembers where each came from. All decoders are one pass over their input.

use super::{Form, prefix};
use crate::report::{Caller, Microseconds};
use memchr::{memchr, memchr3};
use std::io::Write as _;

/// Most bytes that a decoder holds back waiting for the end of a record.
pub(crate) const RECORD_BYTES: usize = 4 << 20;

/// A place in the bytes as they were carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct At {
    /// Bytes from the start of the log.
    pub(crate) offset: usize,
    /// Line number, from 1.
    pub(crate) line: usize,
}

impl At {
    /// The place behind `bytes`, which stand here.
    pub(crate) fn behind(self, bytes: &[u8]) -> Self {
        Self {
            offset: self.offset + bytes.len(),
            line: self.line + memchr::memchr_iter(b'\n', bytes).count(),
        }
    }
}

/// A decoder of one transport.
pub(crate) trait Decode: Send {
    /// Decodes what is whole in `source`, which stands at `at`, and says how many bytes that were. `last` says that
    /// nothing will follow.
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize;

    /// Hands out what was held back to bring records into order.
    fn flush(&mut self, _out: &mut Decoded) {}
}

/// One record, for [`Decoded::record`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Record<'a> {
    pub(crate) level: Option<u8>,
    pub(crate) time: Option<Microseconds>,
    pub(crate) caller: Option<Caller>,
    pub(crate) text: &'a [u8],
}

/// From this line on, lines come from there.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Offset and number of the decoded line.
    line: At,
    source: At,
    /// Whether the lines are copies, so that offsets inside them count.
    exact: bool,
}

/// Lines in the console's form, and where they came from.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The lines from `start` on.
    pub(crate) text: Vec<u8>,
    /// Where `text` stands among all that was decoded.
    pub(crate) start: At,
    /// Where the next line will stand.
    end: At,
    runs: Vec<Run>,
    /// The place behind the last lines that were copied.
    read_to: At,
}

impl Default for Decoded {
    fn default() -> Self {
        let first = At { offset: 0, line: 1 };
        Self { text: Vec::new(), start: first, end: first, runs: Vec::new(), read_to: first }
    }
}

impl Decoded {
    /// Copies whole, clean lines that stand at `at`.
    pub(crate) fn copy(&mut self, lines: &[u8], at: At) {
        self.run(at, true);
        self.text.extend_from_slice(lines);
        self.read_to = at.behind(lines);
        self.end.offset += lines.len();
        self.end.line += self.read_to.line - at.line;
        if !lines.ends_with(b"\n") {
            self.finish_line();
        }
    }

    /// The place in the source behind the last lines that were copied.
    pub(crate) const fn read_to(&self) -> At {
        self.read_to
    }

    /// Goes on behind whole, clean lines that stand at `at` and of which only those from `keep` on are still asked for.
    pub(crate) fn pass(&mut self, lines: &[u8], count: usize, keep: At, at: At) {
        self.run(at, true);
        let from = keep.offset.saturating_sub(self.end.offset).min(lines.len());
        self.text.clear();
        self.text.extend_from_slice(lines.get(from..).unwrap_or_default());
        self.start = keep;
        self.end = At { offset: self.end.offset + lines.len(), line: self.end.line + count };
        let first = self.runs.partition_point(|r| r.line.offset <= keep.offset).saturating_sub(1);
        self.runs.drain(..first);
    }

    /// Writes a line with its own prefix, without control sequences and NUL; a lone CR ends a line too.
    pub(crate) fn line(&mut self, line: &[u8], form: Form, at: At) {
        // A CR before the line feed stays, as it does where many lines are copied at once.
        let crs = line.iter().rev().take_while(|c| **c == b'\r').count();
        if memchr3(b'\r', 0x1b, 0, line).is_none_or(|dirt| dirt + crs == line.len()) {
            self.copy(line, at);
            return;
        }
        let line = prefix::trim_end(line);
        let mut start = 0;
        for piece in line.split(|c| *c == b'\r') {
            if !piece.is_empty() {
                self.cleaned(piece, form, At { offset: at.offset + start, ..at });
            }
            start += piece.len() + 1;
        }
    }

    /// Writes a line without control sequences and NUL. What stands between two lines often hides that one ran into the
    /// other; each is written as a line of its own, so that it starts where it starts in the source.
    fn cleaned(&mut self, line: &[u8], form: Form, at: At) {
        self.run(at, false);
        let start = self.text.len();
        push_clean(line, &mut self.text);
        if form.second(self.text.get(start..).unwrap_or_default()).is_none() {
            return self.ended();
        }
        let clean = self.text.split_off(start);
        let (mut rest, mut place) = (clean.as_slice(), places(line));
        loop {
            let (first, behind) = rest.split_at(form.second(rest).unwrap_or(rest.len()));
            self.text.extend_from_slice(first);
            self.ended();
            if behind.is_empty() {
                return;
            }
            rest = behind;
            self.run(At { offset: at.offset + place(clean.len() - rest.len()), ..at }, false);
        }
    }

    /// Writes a line that was made of the bytes at `at`.
    pub(crate) fn made(&mut self, line: &[u8], at: At) {
        for piece in prefix::trim_end(line).split(|c| *c == b'\r') {
            self.run(at, false);
            push_clean(piece, &mut self.text);
            self.ended();
        }
    }

    /// Writes a record: its text may be several lines.
    pub(crate) fn record(&mut self, record: Record<'_>, at: At) {
        let text = record.text.strip_suffix(b"\n").unwrap_or(record.text);
        for line in text.split(|c| matches!(c, b'\n' | b'\r')) {
            self.run(at, false);
            // Writing to a Vec does not fail.
            let _ = record.prefix(&mut self.text);
            push_clean(line, &mut self.text);
            self.ended();
        }
    }

    /// Lines made of the bytes at `at` follow.
    fn run(&mut self, at: At, exact: bool) {
        let goes_on = self.runs.last().is_some_and(|r| {
            exact
                && r.exact
                && at.offset.checked_sub(r.source.offset) == self.end.offset.checked_sub(r.line.offset)
                && at.line.checked_sub(r.source.line) == self.end.line.checked_sub(r.line.line)
        });
        if !goes_on {
            self.runs.push(Run { line: self.end, source: at, exact });
        }
    }

    /// Ends the line that was pushed to `text` and counts it.
    fn ended(&mut self) {
        self.end.offset = self.start.offset + self.text.len();
        self.finish_line();
    }

    fn finish_line(&mut self) {
        self.text.push(b'\n');
        self.end = At { offset: self.start.offset + self.text.len(), line: self.end.line + 1 };
    }

    /// Behind all that was decoded.
    pub(crate) const fn end(&self) -> usize {
        self.start.offset + self.text.len()
    }

    /// Behind the lines of which it is certain where they end in the source: what was made ends where the next begins.
    pub(crate) fn bounded(&self) -> usize {
        let open = self.runs.last().filter(|run| !run.exact);
        open.map_or(self.end(), |run| run.line.offset.max(self.start.offset))
    }

    /// Where a line or a place in it came from.
    pub(crate) fn source(&self, at: At) -> At {
        let run = self.runs.partition_point(|r| r.line.offset <= at.offset);
        let Some(run) = run.checked_sub(1).and_then(|i| self.runs.get(i)) else { return at };
        if !run.exact {
            return run.source;
        }
        let lines = at.line.saturating_sub(run.line.line);
        At { offset: run.source.offset + (at.offset - run.line.offset), line: run.source.line + lines }
    }

    /// Where the lines between two decoded offsets, the first of which starts a line, came from: the first of those
    /// places and the bytes to the end of the last. `next` is where the source goes on.
    pub(crate) fn extent(&self, first: At, end: usize, next: At) -> (At, usize) {
        let start = self.source(first);
        let stop = self.source_end(end, next);
        if start.offset <= stop {
            return (start, stop - start.offset);
        }
        // Parts that were put in order.
        let within = self.runs.iter().filter(|r| r.line.offset >= first.offset && r.line.offset < end);
        let start = within.map(|r| r.source).chain([start]).min_by_key(|at| at.offset).unwrap_or(start);
        let stop = self.source_end(first.offset, next).max(stop);
        (start, stop.saturating_sub(start.offset))
    }

    /// Where what came before the decoded offset `end` ended; `next` is where the source goes on.
    fn source_end(&self, end: usize, next: At) -> usize {
        let after = self.runs.partition_point(|r| r.line.offset <= end);
        match after.checked_sub(1).and_then(|i| self.runs.get(i)) {
            Some(run) if run.exact => run.source.offset + (end - run.line.offset),
            Some(run) => {
                let next = self.runs.get(after).map_or(next, |r| r.source);
                // The last line of a log may have no line feed.
                next.offset.saturating_sub(usize::from(next.line > run.source.line))
            }
            None => end,
        }
    }

    /// Forgets the lines before `at`, which stands in `text`.
    pub(crate) fn forget(&mut self, at: At) {
        let cut = at.offset.saturating_sub(self.start.offset).min(self.text.len());
        self.text.drain(..cut);
        self.start = at;
        let keep = self.runs.partition_point(|r| r.line.offset <= at.offset).saturating_sub(1);
        self.runs.drain(..keep);
    }
}

impl Record<'_> {
    fn prefix(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        if let Some(level) = self.level {
            write!(out, "<{}>", level & 7)?;
        }
        let Some(time) = self.time else { return Ok(()) };
        write!(out, "[{:5}.{:06}]", time / 1_000_000, time % 1_000_000)?;
        if let Some(caller) = self.caller {
            write!(out, "[{:>6}]", caller.to_string())?;
        }
        out.write_all(b" ")
    }
}

/// The text without control sequences, NUL and CR.
fn push_clean(text: &[u8], out: &mut Vec<u8>) {
    clean(text).for_each(|(clean, _)| out.extend_from_slice(clean));
}

/// The parts of the text between control sequences, NUL and CR, and where each stands.
fn clean(text: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut next = Some(text);
    std::iter::from_fn(move || {
        let rest = next?;
        let at = text.len() - rest.len();
        let Some((clean, dirt)) = memchr3(0, 0x1b, b'\r', rest).map(|end| rest.split_at(end)) else {
            next = None;
            return Some((rest, at));
        };
        next = match prefix::escape(dirt) {
            Ok((behind, _)) => Some(behind),
            Err(_) => dirt.get(1..),
        };
        Some((clean, at))
    })
}

/// Where in `text` the byte stands that is at an offset of the cleaned text; the offsets grow.
fn places(text: &[u8]) -> impl FnMut(usize) -> usize {
    let (mut parts, mut passed) = (clean(text), 0);
    let mut part = parts.next();
    move |offset| loop {
        match part {
            Some((clean, at)) if offset < passed + clean.len() => return at + offset - passed,
            Some((clean, _)) => (passed, part) = (passed + clean.len(), parts.next()),
            None => return text.len(),
        }
    }
}

/// Whether lines of the console's form need [`Plain`]: control sequences, NUL, lone CR. What is cut in two does not
/// count.
pub(crate) fn is_dirty(mut bytes: &[u8]) -> bool {
    while let Some(at) = memchr3(b'\r', 0x1b, 0, bytes) {
        let rest = bytes.get(at..).unwrap_or_default();
        let crs = rest.iter().take_while(|c| **c == b'\r').count();
        if crs == 0 || rest.get(crs).is_some_and(|c| *c != b'\n') {
            return true;
        }
        bytes = rest.get(crs..).unwrap_or_default();
    }
    false
}

/// Calls `each` with the whole lines of `source`, without their line feeds, and says how many bytes they were.
pub(super) fn lines(source: &[u8], at: At, last: bool, mut each: impl FnMut(&[u8], At)) -> usize {
    let mut done = 0;
    let mut line = at.line;
    while let Some(rest) = source.get(done..).filter(|r| !r.is_empty()) {
        let end = match memchr(b'\n', rest) {
            Some(end) => end,
            None if last || rest.len() > RECORD_BYTES => rest.len(),
            None => break,
        };
        each(rest.get(..end).unwrap_or_default(), At { offset: at.offset + done, line });
        done += (end + 1).min(rest.len());
        line += 1;
    }
    done
}

/// Lines as they stand: nothing is decoded, they are cleaned where they need it.
#[derive(Debug, Default)]
pub(crate) struct Plain(pub(crate) Form);

impl Decode for Plain {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let whole = if last { source.len() } else { memchr::memrchr(b'\n', source).map_or(0, |end| end + 1) };
        let text = source.get(..whole).unwrap_or_default();
        if !is_dirty(text) && !text.is_empty() {
            out.copy(text, at);
            return whole;
        }
        lines(source, at, last, |line, at| out.line(line, self.0, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(source: &[u8]) -> Decoded {
        let mut out = Decoded::default();
        assert_eq!(Plain::default().feed(source, At { offset: 0, line: 1 }, true, &mut out), source.len());
        out
    }

    #[test]
    fn ok_lone_cr_ends_a_line_and_keeps_its_place() {
        let out = plain(b"a 10%\ra 20%\rb\r\r\nc\n");
        assert_eq!(out.text, b"a 10%\na 20%\nb\nc\n");
        assert_eq!(out.source(At { offset: 12, line: 3 }), At { offset: 12, line: 1 });
        assert_eq!(out.source(At { offset: 14, line: 4 }), At { offset: 16, line: 2 });
        assert_eq!(out.source_end(15, At::default()), 17);
    }

    #[test]
    fn ok_control_sequences_and_nul_go() {
        assert_eq!(plain(b"\x1b[33mBUG: \x1b[0mx\0y\x1bz\n").text, b"BUG: xyz\n");
        assert!(is_dirty(b"a\rb") && is_dirty(b"\0") && !is_dirty(b"a\r\nb\r\r\n\r"));
    }

    #[test]
    fn ok_lines_that_ran_into_one_keep_their_places() {
        let source = b"a\0b\x1b[0m[    1.0\x0000002] c\0[    2.000002] d\n";
        let out = plain(source);
        assert_eq!(out.text, b"ab\n[    1.000002] c\n[    2.000002] d\n");
        let place = |offset, line| out.source(At { offset, line });
        assert_eq!(place(3, 2), At { offset: 7, line: 1 });
        assert_eq!(place(20, 3), At { offset: 25, line: 1 });
        assert_eq!(out.source_end(2, At::default()), 7);
        let mut dmesg = Decoded::default();
        Plain(Form::Dmesg).feed(source, At { offset: 0, line: 1 }, true, &mut dmesg);
        assert_eq!(dmesg.text, b"ab[    1.000002] c[    2.000002] d\n");
    }

    #[test]
    fn ok_clean_lines_are_one_run() {
        let mut out = plain(b"a\nb\n");
        assert_eq!(out.runs.len(), 1);
        out.forget(At { offset: 2, line: 2 });
        assert_eq!((&out.text[..], out.source(At { offset: 2, line: 2 }).line), (&b"b\n"[..], 2));
    }

    #[test]
    fn ok_records_have_the_console_form() {
        let mut out = Decoded::default();
        let record =
            Record { level: Some(4), time: Some(1_000_002), caller: Some(Caller::Task(7)), text: b"a\nb" };
        out.record(record, At { offset: 9, line: 3 });
        assert_eq!(out.text, b"<4>[    1.000002][    T7] a\n<4>[    1.000002][    T7] b\n");
        assert_eq!(out.source(At { offset: 28, line: 2 }), At { offset: 9, line: 3 });
    }
}
