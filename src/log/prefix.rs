//! The prefix of a console line: level, time, caller id.
//!
//! Source: `info_print_prefix` in `kernel/printk/printk.c`: `<4>`, then `[%5lu.%06lu]`, then `[%6s]` where
//! `CONFIG_PRINTK_CALLER` is set, then one blank. Example: `<4>[  844.569734][ T7073] BUG: …`

use super::plain::Plain;
use crate::bytes::{Parsed, blank, dec, dec_value, dec32};
use crate::report::{Caller, Microseconds};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::{map, map_opt, opt, verify};
use nom::sequence::{delimited, preceded, terminated};

/// Most bytes of a line in which a second stamp is looked for.
const GLUE_BYTES: usize = 4 << 10;

/// What the prefix says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) level: Option<u8>,
    /// Since boot.
    pub(super) time: Option<Microseconds>,
    /// What tells how far two lines of this log are apart: the time since boot, or the wall clock's.
    pub(super) clock: Option<Microseconds>,
    pub(super) caller: Option<Caller>,
    /// Another program printed the line.
    pub(super) foreign: bool,
}

impl Prefix {
    /// What a plain prefix says.
    #[inline]
    const fn of(plain: &Plain<'_>) -> Self {
        let time = Some(plain.time);
        Self { level: None, time, clock: time, caller: plain.caller, foreign: false }
    }

    /// This prefix with the time since boot that stood before it in the line.
    pub(super) fn or_time(self, time: Option<Microseconds>) -> Self {
        Self { time: self.time.or(time), clock: self.time.or(time).or(self.clock), ..self }
    }

    /// This prefix with the time of a wall clock that stood before it in the line.
    pub(super) fn or_clock(self, clock: Option<Microseconds>) -> Self {
        Self { clock: self.clock.or(clock), ..self }
    }
}

/// The prefix of `line` and the text behind it, trailing CR and colour codes cut. What stands before the prefix is
/// no part of the text.
#[inline(always)]
pub(super) fn read(line: &[u8]) -> (&[u8], Prefix) {
    let line = trim_end(line);
    match Plain::of(line) {
        Some(plain) => (plain.text, Prefix::of(&plain)),
        None => parsed(line),
    }
}

/// The same, of a line that is one: `None` where a second prefix stands in it.
#[inline(always)]
pub(super) fn read_alone(line: &[u8]) -> Option<(&[u8], Prefix)> {
    let trimmed = trim_end(line);
    match Plain::of(trimmed) {
        Some(plain) => {
            // The line's own prefix is not searched again.
            let is_one = stamp_behind(line, trimmed.len() - plain.text.len()).is_none();
            is_one.then(|| (plain.text, Prefix::of(&plain)))
        }
        None => glued(line).is_none().then(|| parsed(trimmed)),
    }
}

/// The same, of any prefix.
#[inline(never)]
fn parsed(line: &[u8]) -> (&[u8], Prefix) {
    match line.first() {
        Some(b'[' | b'<' | 0x1b) => at_start(line),
        Some(_) => glued(line).and_then(|at| line.get(at..)).map_or((line, Prefix::default()), at_start),
        None => (line, Prefix::default()),
    }
}

/// The prefix that the line starts with.
pub(super) fn at_start(line: &[u8]) -> (&[u8], Prefix) {
    let Ok((rest, level)) = terminated(opt(level), escapes).parse(line) else {
        return (line, Prefix::default());
    };
    let Ok((rest, time)) = terminated(stamp, escapes).parse(rest) else {
        let text = if level.is_some() { rest } else { line };
        return (text, Prefix { level, ..Prefix::default() });
    };
    let (rest, caller) = opt_caller(rest);
    let (rest, _) = escapes(rest).unwrap_or((rest, ()));
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (text, _) = escapes(rest).unwrap_or((rest, ()));
    (text, Prefix { level, time: Some(time), clock: Some(time), caller, foreign: false })
}

/// The text of a line whose prefix is plain: what [`read`] gives, without the values. Lines with colour codes
/// and the like come back whole where it matters not: they start with no header.
#[inline]
pub(super) fn skip(line: &[u8]) -> &[u8] {
    match line.first() {
        Some(b'[') => Plain::of(line).map_or_else(|| skip_brackets(line), |plain| plain.text),
        Some(b'<' | 0x1b | b'*') => read(line).0,
        _ => line,
    }
}

/// Behind `[time]` or `[time][caller]` and the blank.
fn skip_brackets(line: &[u8]) -> &[u8] {
    // `[%5lu.%06lu]`: the point is between the 6th byte and, for the largest time, the 21st.
    let Some(end) = line.iter().take(24).position(|c| *c == b']') else { return line };
    if stamp(line).is_err() {
        return line;
    }
    match line.get(end + 1..) {
        Some([b' ', b'[', ..] | [b'[' | 0x1b, ..] | []) | None => read(line).0,
        Some([b' ', text @ ..]) => match text {
            [0x1b, ..] => read(line).0,
            _ => text,
        },
        Some(text) => text,
    }
}

/// Where in the line, but not at its start, a second prefix starts: `login: [   12.345678] …`,
/// `** 93 printk messages dropped ** [   12.345678] …`, `half a message[   12.345678][  T812] …`.
pub(super) fn glued(line: &[u8]) -> Option<usize> {
    // The line's own prefix does not count.
    let has_level = line.first() == Some(&b'<');
    let own = has_level.then(|| level(line).ok()).flatten().map_or(0, |(rest, _)| line.len() - rest.len());
    stamp_behind(line, own + 1)
}

/// Where in the line the first prefix is that does not start before `from`.
#[inline]
pub(super) fn stamp_behind(line: &[u8], from: usize) -> Option<usize> {
    let line = line.get(..GLUE_BYTES).unwrap_or(line);
    let mut at = from + memchr::memchr(b'[', line.get(from..)?)?;
    loop {
        let candidate = line.get(at..)?;
        if may_be_stamp(candidate)
            && stamp(candidate).is_ok_and(|(rest, _)| matches!(rest.first(), Some(b' ' | b'[')))
        {
            return Some(at);
        }
        at += 1 + bracket(line.get(at + 1..)?)?;
    }
}

/// Where the next `[` behind one is that is worth a look. Where there are many, the next ones are near, and asking
/// `memchr` for each is what takes long.
#[inline]
fn bracket(text: &[u8]) -> Option<usize> {
    const NEAR: usize = 16;
    let starts = |(a, b): (&u8, &u8)| *a == b'[' && matches!(b, b' ' | b'0'..=b'9');
    let near = text.iter().take(NEAR).zip(text.iter().skip(1)).position(starts);
    near.or_else(|| memchr::memchr(b'[', text.get(NEAR..)?).map(|at| NEAR + at))
}

/// Whether digits and a point stand behind the `[`.
#[inline]
fn may_be_stamp(candidate: &[u8]) -> bool {
    let mut inside = candidate.iter().skip(1).skip_while(|c| **c == b' ').skip_while(|c| c.is_ascii_digit());
    inside.next() == Some(&b'.')
}

/// `<4>`, `<12>`: facility and level; the level is the low three bits.
pub(super) fn level(input: &[u8]) -> Parsed<'_, u8> {
    map_opt(delimited(char('<'), dec, char('>')), |n| (n < 1024).then_some((n & 7) as u8)).parse(input)
}

/// `[%5lu.%06lu]`.
pub(super) fn stamp(input: &[u8]) -> Parsed<'_, Microseconds> {
    delimited(char('['), seconds, char(']')).parse(input)
}

/// `%5lu.%06lu`.
pub(super) fn seconds(input: &[u8]) -> Parsed<'_, Microseconds> {
    let digits = take_while_m_n(6, 6, |c: u8| c.is_ascii_digit());
    let fraction = map_opt(digits, dec_value);
    map_opt((preceded(blank, dec), preceded(char('.'), fraction)), |(s, us): (u64, u64)| {
        s.checked_mul(1_000_000)?.checked_add(us)
    })
    .parse(input)
}

/// A caller id behind a stamp, if there is one. `dmesg` puts blanks before it, the console does not.
pub(super) fn opt_caller(input: &[u8]) -> (&[u8], Option<Caller>) {
    opt(preceded(blank, caller)).parse(input).unwrap_or((input, None))
}

/// `[  T812]`, `[    C0]`.
fn caller(input: &[u8]) -> Parsed<'_, Caller> {
    delimited((char('['), blank), caller_id, char(']')).parse(input)
}

/// `T812`, `C0`.
pub(super) fn caller_id(input: &[u8]) -> Parsed<'_, Caller> {
    let task = map(preceded(char('T'), dec32), Caller::Task);
    let cpu = map(preceded(char('C'), dec32), Caller::Cpu);
    alt((task, cpu)).parse(input)
}

/// Any number of `ESC[…m`.
pub(super) fn escapes(mut input: &[u8]) -> Parsed<'_, ()> {
    while let Ok((rest, _)) = escape(input) {
        input = rest;
    }
    Ok((input, ()))
}

/// A control sequence: `ESC[0;32m`, `ESC[2K`.
pub(super) fn escape(input: &[u8]) -> Parsed<'_, &[u8]> {
    let parameters = take_while_m_n(0, 16, |c: u8| c.is_ascii_digit() || matches!(c, b';' | b'?'));
    delimited(tag("\x1b["), parameters, verify(nom::number::complete::u8, |c| c.is_ascii_alphabetic()))
        .parse(input)
}

/// Without trailing CR, NUL and colour codes.
pub(super) fn trim_end(mut line: &[u8]) -> &[u8] {
    loop {
        line = match line {
            [rest @ .., b'\r' | 0] => rest,
            [rest @ .., 0x1b, b'[', b'0', b'm'] | [rest @ .., 0x1b, b'[', b'm'] => rest,
            _ => return line,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, text: &str, time: Option<u64>, caller: Option<Caller>) {
        let (got, prefix) = read(line.as_bytes());
        assert_eq!(std::str::from_utf8(got).unwrap(), text);
        assert_eq!((prefix.time, prefix.caller), (time, caller));
        assert_eq!(
            std::str::from_utf8(trim_end(skip(line.as_bytes()))).unwrap(),
            text,
            "skip differs from read"
        );
    }

    #[test]
    fn ok_console_prefixes() {
        check("[    1.000002] a", "a", Some(1_000_002), None);
        check("[12345.678901][  T812]  <IRQ>", " <IRQ>", Some(12_345_678_901), Some(Caller::Task(812)));
        check("[    1.000002][    C0] a\r", "a", Some(1_000_002), Some(Caller::Cpu(0)));
        check("<4>[    1.000002] a", "a", Some(1_000_002), None);
        check("[    0.000000] [    T0] a", "a", Some(0), Some(Caller::Task(0)));
        check("** 93 printk messages dropped ** [    1.000002] a", "a", Some(1_000_002), None);
        check("** 93 printk messages dropped **", "** 93 printk messages dropped **", None, None);
        check("\x1b[32m[    1.000002]\x1b[0m \x1b[31ma\x1b[0m", "a", Some(1_000_002), None);
    }

    #[test]
    fn ok_no_prefix_at_all() {
        check("BUG: x", "BUG: x", None, None);
        check("[<ffffffff81>] f", "[<ffffffff81>] f", None, None);
        check("[ 1.2.3] f", "[ 1.2.3] f", None, None);
        check("", "", None, None);
    }

    #[test]
    fn ok_level_alone() {
        assert_eq!(read(b"<6>text").1.level, Some(6));
        assert_eq!(read(b"<IRQ> text").0, b"<IRQ> text");
    }

    #[test]
    fn ok_a_prefix_behind_something_else() {
        let line = b"** 93 printk messages dropped ** [  322.962139][  T812] BUG: x";
        assert_eq!(glued(line), Some(33));
        assert_eq!(read(line).0, b"BUG: x");
        assert_eq!(read(b"box login: [   35.184476] BUG: x").1.time, Some(35_184_476));
        assert_eq!(glued(b"[   76.470085] half[   76.471107] BUG: x"), Some(19));
        assert_eq!(glued(b"[   76.470085] [<ffffffff81>] f [m]"), None);
        assert_eq!(glued(b"<4>[   76.470085] f"), None);
    }
}
