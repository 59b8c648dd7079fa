//! The forms of util-linux dmesg that the console has not: -T, -d, -H, -e, --time-format=iso, -x.
//!
//! Source: `print_record` in util-linux `sys-utils/dmesg.c`: facility and level (-x), the stamp, the delta (-d), a
//! blank, the caller id and a blank, the text. Example: `kern  :warn  : [Fri Feb 13 23:31:30 2009] [ T812] BUG: …`

use super::clock;
use super::prefix::{self, Prefix};
use crate::bytes::{Parsed, blank, dec_value, log_level};
use crate::report::Microseconds;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, one_of, space0};
use nom::combinator::{map, map_opt, opt, peek, recognize, value, verify};
use nom::sequence::{delimited, preceded, terminated};

/// What a stamp says: the time since boot, or the clock on the wall, or nothing that two lines could share.
#[derive(Clone, Copy)]
enum Stamp {
    Boot(Microseconds),
    Wall(Microseconds),
    Delta,
}

/// The text and the prefix; `None` if the line is of none of these forms.
pub(super) fn read(line: &[u8]) -> Option<(&[u8], Prefix)> {
    let line = prefix::trim_end(line);
    let (rest, decoded) = opt(level_words).parse(line).ok()?;
    let (rest, raw) = opt(prefix::level).parse(rest).ok()?;
    let level = decoded.or(raw);
    let Ok((rest, stamp)) = stamp(rest) else {
        return decoded.map(|level| (rest, Prefix { level: Some(level), ..Prefix::default() }));
    };
    let (rest, caller) = prefix::opt_caller(rest);
    let text = rest.strip_prefix(b" ").unwrap_or(rest);
    let read = Prefix { level, caller, ..Prefix::default() };
    Some(match stamp {
        Stamp::Boot(time) => (text, read.or_time(Some(time))),
        Stamp::Wall(clock) => (text, read.or_clock(Some(clock))),
        Stamp::Delta => (text, read),
    })
}

/// Whether the line is of one of these forms and of no other.
pub(super) fn is_own(line: &[u8]) -> bool {
    let stamped = |line| stamp(line).is_ok_and(|(_, s)| !matches!(s, Stamp::Boot(_)) || is_delta(line));
    level_words(line).map_or_else(|_| stamped(line), |_| true)
}

/// `kern  :warn  : `: -x, the level's number.
fn level_words(input: &[u8]) -> Parsed<'_, u8> {
    let word = |i| take_while_m_n(2, 8, |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit()).parse(i);
    let facility = (word, space0, char(':'));
    let level = map_opt(word, log_level);
    delimited(facility, level, (space0, tag(": "))).parse(input)
}

/// Any stamp, with or without a delta.
fn stamp(input: &[u8]) -> Parsed<'_, Stamp> {
    let boot = map(terminated(prefix::seconds, opt(delta)), Stamp::Boot);
    let wall = map(terminated(alt((clock::ctime, clock::iso)), opt(delta)), Stamp::Wall);
    let alone = value(Stamp::Delta, alt((value((), delta), value((), relative), clock::minute)));
    let bare = map(terminated(verify_iso, peek(char(' '))), Stamp::Wall);
    alt((delimited(char('['), alt((boot, wall, alone)), char(']')), bare)).parse(input)
}

/// `2009-02-13T23:31:30,123456+01:00`, which dmesg prints without brackets; the comma tells it from a syslog's.
fn verify_iso(input: &[u8]) -> Parsed<'_, Microseconds> {
    let text = verify(recognize(clock::iso), |t: &[u8]| t.get(19) == Some(&b','));
    let (rest, text) = { text }.parse(input)?;
    let (_, micros) = clock::iso(text)?;
    Ok((rest, micros))
}

/// ` <    7.000000>`: -d.
fn delta(input: &[u8]) -> Parsed<'_, &[u8]> {
    let number = recognize((opt(char('-')), digit1, char('.'), digit1));
    delimited((blank, char('<'), blank), number, char('>')).parse(input)
}

/// `  +7.000000`: the seconds since the line before, -H and -e.
fn relative(input: &[u8]) -> Parsed<'_, u64> {
    let whole = map_opt(digit1, dec_value);
    preceded((take_while1(|c| c == b' '), one_of("+-")), terminated(whole, (char('.'), digit1))).parse(input)
}

/// `[    8.000000 <    7.000000>]`.
fn is_delta(line: &[u8]) -> bool {
    line.iter().take(48).position(|c| *c == b']').and_then(|end| line.get(end.checked_sub(1)?)) == Some(&b'>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Caller;

    #[track_caller]
    fn check(line: &str, text: &str, time: Option<u64>, clocked: bool) {
        let (got, prefix) = read(line.as_bytes()).expect(line);
        assert_eq!(std::str::from_utf8(got).unwrap(), text);
        assert_eq!((prefix.time, prefix.clock.is_some()), (time, clocked));
        assert!(is_own(line.as_bytes()), "{line}");
    }

    #[test]
    fn ok_stamps() {
        check("[Fri Feb 13 23:31:30 2009]  <TASK>", " <TASK>", None, true);
        check("[Fri Feb 13 23:31:30 2009 <    7.000000>] a", "a", None, true);
        check("[    8.000000 <    7.000000>] a", "a", Some(8_000_000), true);
        check("[<    7.000000>] a", "a", None, false);
        check("[Feb13 23:31] a", "a", None, false);
        check("[  +7.000000] a", "a", None, false);
        check("2009-02-13T23:31:30,123456+01:00 a", "a", None, true);
        check("2009-02-13T23:31:30,123456+01:00  f+0x1/0x2", " f+0x1/0x2", None, true);
        check("kern  :warn  : [    8.000000] a", "a", Some(8_000_000), true);
        check("daemon:info  : a", "a", None, false);
    }

    #[test]
    fn ok_level_and_caller() {
        let (text, prefix) = read(b"kern  :err   : [Fri Feb 13 23:31:30 2009] [   T12] a").unwrap();
        assert_eq!((text, prefix.level, prefix.caller), (&b"a"[..], Some(3), Some(Caller::Task(12))));
    }

    #[test]
    fn err_other_forms() {
        for line in ["[<ffffffff81>] f", "a: b: c", "2009-02-13T23:31:30+0100 host kernel: a", " +0x1/0x2"] {
            assert!(read(line.as_bytes()).is_none(), "{line}");
        }
        assert!(!is_own(b"[    8.000000] a"));
    }
}
