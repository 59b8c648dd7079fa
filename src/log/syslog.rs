//! Lines that a log daemon stamped: syslog files and the short forms of journalctl.
//!
//! Sources: rsyslog's traditional and RFC 3339 file formats; `output_short` in systemd
//! `src/shared/logs-show.c`; OpenWrt's `logread`. Example: `Nov 14 22:13:20 host kernel: [  138.142000] BUG: …`

use super::clock;
use super::prefix::{self, Prefix};
use crate::bytes::{Parsed, blank, dec, word};
use crate::report::Microseconds;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::char;
use nom::combinator::{map, opt};
use nom::sequence::{delimited, terminated};

/// Words before the one that names the program: host, zone, facility and level.
const WORDS: usize = 4;

/// The text and the prefix; `None` if no daemon's stamp starts the line.
pub(super) fn read(line: &[u8]) -> Option<(&[u8], Prefix)> {
    let line = prefix::trim_end(line);
    let (rest, level) = opt(prefix::level).parse(line).ok()?;
    let (rest, (boot, wall)) = terminated(stamp, char(' ')).parse(rest).ok()?;
    let before = Prefix { level, ..Prefix::default() }.or_time(boot).or_clock(wall);
    let Some(Program { name, pid, text }) = program(rest) else {
        // CI systems stamp the console's lines and name nobody.
        let (text, own) = inner(rest);
        return boot.is_none().then(|| (text, merge(own, before)));
    };
    let is_kernel = name == b"kernel";
    if boot.is_some() && !is_kernel && !pid {
        // `[    1.000000] usb 1-1: …`: the console's stamp.
        return None;
    }
    let (text, own) = inner(unrepeated(text));
    let foreign = !is_kernel && own.time.is_none();
    Some((text, Prefix { foreign, ..merge(own, before) }))
}

/// Whether a daemon's stamp and the kernel's name, or the kernel's stamp, start the line.
pub(super) fn is_own(line: &[u8]) -> bool {
    let stamped = (opt(prefix::level), stamp, char(' ')).parse(line);
    stamped.is_ok_and(|(rest, (_, (boot, _), _))| {
        program(rest).is_some_and(|p| p.name == b"kernel" || prefix::stamp(p.text).is_ok())
            || (boot.is_none() && prefix::stamp(rest).is_ok())
    })
}

/// Who a daemon says printed a line.
struct Program<'log> {
    name: &'log [u8],
    /// Whether a PID stands behind the name.
    pid: bool,
    text: &'log [u8],
}

fn merge(own: Prefix, before: Prefix) -> Prefix {
    Prefix { level: own.level.or(before.level), ..own.or_time(before.time).or_clock(before.clock) }
}

/// The console's own prefix, where the daemon kept it.
fn inner(text: &[u8]) -> (&[u8], Prefix) {
    if prefix::stamp(text).is_ok() || prefix::level(text).is_ok() {
        return prefix::at_start(text);
    }
    (text, Prefix::default())
}

/// The time since boot or the wall clock's.
fn stamp(input: &[u8]) -> Parsed<'_, (Option<Microseconds>, Option<Microseconds>)> {
    let delta = (blank, char('<'), blank, opt(char('-')), dec, char('.'), dec, char('>'));
    let boot = delimited(char('['), terminated(prefix::seconds, opt(delta)), char(']'));
    let wall = alt((clock::syslog, clock::iso, clock::full, clock::ctime, clock::unix));
    alt((map(boot, |t| (Some(t), None)), map(wall, |t| (None, Some(t))))).parse(input)
}

/// The program of `host program[pid]: text`, and the text behind one blank. Only the kernel goes without a host.
fn program(input: &[u8]) -> Option<Program<'_>> {
    let mut rest = input;
    for at in 0..WORDS {
        let (behind, word) = word(rest).ok()?;
        if let Some(word) = word.strip_suffix(b":") {
            let name = word.split(|c| *c == b'[').next().unwrap_or(word);
            let text = behind.strip_prefix(b" ").unwrap_or(behind);
            return (at > 0 || name == b"kernel").then_some(Program { name, pid: name != word, text });
        }
        if word.starts_with(b"[") {
            return None;
        }
        rest = behind.trim_ascii_start();
    }
    None
}

/// rsyslog's `message repeated 2 times: [ text]`.
fn unrepeated(text: &[u8]) -> &[u8] {
    let head = delimited(tag("message repeated "), dec, tag(" times: ["));
    let head: Parsed<'_, _> = terminated(head, opt(char(' '))).parse(text);
    head.ok().and_then(|(rest, _)| rest.strip_suffix(b"]")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, text: &str, time: Option<u64>) {
        let (got, prefix) = read(line.as_bytes()).expect(line);
        assert_eq!(std::str::from_utf8(got).unwrap(), text);
        assert_eq!((prefix.time, prefix.foreign), (time, false), "{line}");
        assert!(prefix.clock.is_some() && is_own(line.as_bytes()), "{line}");
    }

    #[test]
    fn ok_every_stamp() {
        check("Nov 14 22:13:20 host kernel: BUG: x", "BUG: x", None);
        check("Nov  4 22:13:20.123456 host kernel:  f+0x1/0x2", " f+0x1/0x2", None);
        check("Nov 14 22:13:20 host kernel: [  138.142000][  T12] BUG: x", "BUG: x", Some(138_142_000));
        check("[  138.142000] host kernel:  blk+0x1/0x2", " blk+0x1/0x2", Some(138_142_000));
        check("[  138.142000 <    0.000003>] host kernel: x", "x", Some(138_142_000));
        check("2023-11-14T22:13:20+0000 host kernel: x", "x", None);
        check("2023-11-14T22:13:20.123456+00:00 host kernel: [    1.000000] x", "x", Some(1_000_000));
        check("Tue 2023-11-14 22:13:20 UTC host kernel: x", "x", None);
        check("1700000000.123456 host kernel: x", "x", None);
        check("Tue Nov 14 22:13:20 2023 kern.warn kernel: [    1.000000] x", "x", Some(1_000_000));
        check("Jan  1 00:00:00 host user.warn kernel: [    1.000000] x", "x", Some(1_000_000));
        check("<4>Jan  1 00:00:00 host kernel: x", "x", None);
        check("2023-01-01T00:00:00.1234567Z [    1.000000] x", "x", Some(1_000_000));
        check(
            "Nov 14 22:13:20 host kernel: message repeated 2 times: [ [    1.000000] x]",
            "x",
            Some(1_000_000),
        );
    }

    #[test]
    fn ok_other_programs_are_foreign() {
        let foreign = |line: &[u8]| read(line).unwrap().1.foreign;
        assert!(foreign(b"Nov 14 22:13:20 host systemd[1]: BUG: x"));
        assert!(!foreign(b"Nov 14 22:13:20 host klogd: [    1.000000] BUG: x"));
    }

    #[test]
    fn err_console_lines_are_not_these() {
        assert!(!is_own(b"[    1.000000] usb 1-1: new device"));
        assert!(read(b"[    1.000000] no program here at all").is_none());
        assert!(read(b"BUG: x").is_none());
    }
}
