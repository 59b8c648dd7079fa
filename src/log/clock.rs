//! Wall-clock stamps, as user space prints them before a record. They order lines; they are not the kernel's time.
//!
//! Every reader gives microseconds since an epoch of its own, which is good for differences within one log only.

use crate::bytes::{Parsed, dec_value, digits2};
use crate::report::Microseconds;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, space1};
use nom::combinator::{map_opt, opt, recognize, value};
use nom::sequence::{preceded, terminated};

const SECOND: u64 = 1_000_000;
const DAY: u64 = 86_400;

/// `Feb 13 23:31:30`, `Feb 13 23:31:30.123456`, `Feb  3 …`: syslog, journalctl's short and short-precise.
///
/// Example: `Nov 14 22:13:20 host kernel: …`
pub(super) fn syslog(input: &[u8]) -> Parsed<'_, Microseconds> {
    let date = (terminated(month, space1), terminated(day, char(' ')), time);
    map_opt(date, |(m, d, t)| micros(2000, m, d, t)).parse(input)
}

/// `Fri Feb 13 23:31:30 2009`: ctime(3), dmesg -T and OpenWrt's logread.
pub(super) fn ctime(input: &[u8]) -> Parsed<'_, Microseconds> {
    let date = (
        preceded((weekday, char(' ')), terminated(month, space1)),
        terminated(day, char(' ')),
        terminated(time, char(' ')),
        year,
    );
    map_opt(date, |(m, d, t, y)| micros(y, m, d, t)).parse(input)
}

/// `2009-02-13T23:31:30,123456+01:00`, `2023-11-14T22:13:20+0000`, `2023-01-01T00:00:00.1234567Z`,
/// `2023-11-14 22:13:20`: dmesg --time-format=iso, journalctl's short-iso, rsyslog, CI systems.
pub(super) fn iso(input: &[u8]) -> Parsed<'_, Microseconds> {
    let date = (terminated(year, char('-')), terminated(two, char('-')), terminated(two, one_of("T ")), time);
    let zone = (one_of("+-"), two, opt(char(':')), two);
    terminated(map_opt(date, |(y, m, d, t)| micros(y, m, d, t)), opt(alt((recognize(zone), tag("Z")))))
        .parse(input)
}

/// `Tue 2023-11-14 22:13:20 UTC`: journalctl's short-full; the zone is left for who reads the words behind it.
pub(super) fn full(input: &[u8]) -> Parsed<'_, Microseconds> {
    preceded((weekday, char(' ')), iso).parse(input)
}

/// `1700000000.123456`: journalctl's short-unix.
pub(super) fn unix(input: &[u8]) -> Parsed<'_, Microseconds> {
    let seconds = map_opt(take_while_m_n(9, 11, |c: u8| c.is_ascii_digit()), dec_value);
    let fraction = map_opt(take_while_m_n(6, 6, |c: u8| c.is_ascii_digit()), dec_value);
    map_opt((terminated(seconds, char('.')), fraction), |(s, us)| s.checked_mul(SECOND)?.checked_add(us))
        .parse(input)
}

/// `Feb13 23:31`: the first line of a minute of dmesg -H and -e.
pub(super) fn minute(input: &[u8]) -> Parsed<'_, ()> {
    value((), (month, two, char(' '), two, char(':'), two)).parse(input)
}

/// Two digits.
fn two(input: &[u8]) -> Parsed<'_, u64> {
    digits2(input)
}

/// A day of the month in two columns or one.
fn day(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while_m_n(1, 2, |c: u8| c.is_ascii_digit()), dec_value).parse(input)
}

fn year(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while_m_n(4, 4, |c: u8| c.is_ascii_digit()), dec_value).parse(input)
}

/// `23:31:30`, `23:31:30.123456`, `23:31:30,123456`, in microseconds.
fn time(input: &[u8]) -> Parsed<'_, u64> {
    let (input, (h, m, s)) = (terminated(two, char(':')), terminated(two, char(':')), two).parse(input)?;
    let fraction = preceded(one_of(".,"), take_while1(|c: u8| c.is_ascii_digit()));
    let (input, fraction) = opt(fraction).parse(input)?;
    let micros = fraction.map_or(0, |f| {
        let digits = f.iter().copied().chain(std::iter::repeat(b'0')).take(6);
        digits.fold(0, |n, c| n * 10 + u64::from(c - b'0'))
    });
    Ok((input, ((h * 60 + m) * 60 + s) * SECOND + micros))
}

fn month(input: &[u8]) -> Parsed<'_, u64> {
    const NAMES: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    map_opt(nom::bytes::complete::take(3usize), |name: &[u8]| {
        NAMES.iter().position(|n| *n == name).map(|at| at as u64 + 1)
    })
    .parse(input)
}

fn weekday(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((tag("Mon"), tag("Tue"), tag("Wed"), tag("Thu"), tag("Fri"), tag("Sat"), tag("Sun"))).parse(input)
}

/// Microseconds up to that day and time; `None` for a month or day that is none.
fn micros(year: u64, month: u64, day: u64, time: u64) -> Option<Microseconds> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let before = BEFORE.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let leap_now =
        month > 2 && year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let past = year.checked_sub(1)?;
    let days = past * 365 + past / 4 - past / 100 + past / 400 + before + u64::from(leap_now) + day;
    Some(days * DAY * SECOND + time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_stamps_of_every_form_are_the_same_instant() {
        let want = micros(2009, 2, 13, 84_690_000_000).unwrap();
        assert_eq!(ctime(b"Fri Feb 13 23:31:30 2009]").unwrap(), (&b"]"[..], want));
        assert_eq!(iso(b"2009-02-13T23:31:30,000000+01:00 x").unwrap(), (&b" x"[..], want));
        assert_eq!(iso(b"2009-02-13T23:31:30+0000 x").unwrap(), (&b" x"[..], want));
        assert_eq!(full(b"Fri 2009-02-13 23:31:30 UTC x").unwrap(), (&b" UTC x"[..], want));
        assert_eq!(iso(b"2009-02-13T23:31:30.0000010Z x").unwrap(), (&b" x"[..], want + 1));
    }

    #[test]
    fn ok_a_day_passes_at_midnight() {
        let (_, before) = syslog(b"Feb 28 23:59:59 ").unwrap();
        let (_, after) = syslog(b"Mar  1 00:00:00 ").unwrap();
        // The year is not known; a leap year keeps every date valid.
        assert_eq!(after - before, (DAY + 1) * SECOND);
        let ends = |y| micros(y + 1, 1, 1, 0).unwrap() - micros(y, 12, 31, 0).unwrap();
        assert_eq!((ends(2023), ends(2024)), (DAY * SECOND, DAY * SECOND));
    }

    #[test]
    fn err_no_stamp() {
        assert!(syslog(b"Foo 13 23:31:30 ").is_err());
        assert!(ctime(b"Fri Feb 13 23:31 2009").is_err());
        assert!(iso(b"2009-13-13T23:31:30Z").is_err());
        assert!(unix(b"17.123456").is_err());
    }
}
