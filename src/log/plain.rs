//! The prefix of all but a few lines, told by where its signs stand instead of by parsing.
//!
//! `[%5lu.%06lu] ` below 100,000 seconds, with `[%6s]` before the blank where callers are printed. A scan spends most of
//! its time here; what this does not know is for the parsers of [`super::prefix`], which say the same of what it does.

use crate::report::{Caller, Microseconds};

/// The prefix of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plain<'log> {
    pub(super) time: Microseconds,
    pub(super) caller: Option<Caller>,
    /// What stands behind.
    pub(super) text: &'log [u8],
}

/// Where `[ddddd.dddddd]` has its signs, its digits, and blanks in place of leading digits.
const SIGNS: u128 = u128::from_le_bytes(*b"[\0\0\0\0\0.\0\0\0\0\0\0]\0\0");
const IS_SIGN: u128 = u128::from_le_bytes(*b"\xff\0\0\0\0\0\xff\0\0\0\0\0\0\xff\0\0");
const ZEROS: u128 = u128::from_le_bytes(*b"\x0000000\x00000000\0\0\0");
const IS_DIGIT: u128 = u128::from_le_bytes(*b"\0\xff\xff\xff\xff\xff\0\xff\xff\xff\xff\xff\xff\0\0\0");
/// A blank with these bits is a zero, and a digit stays what it is.
const BLANKS: u128 = u128::from_le_bytes(*b"\0\x10\x10\x10\x10\0\0\0\0\0\0\0\0\0\0\0");
const SIXES: u128 = u128::from_le_bytes(*b"\0\x06\x06\x06\x06\x06\0\x06\x06\x06\x06\x06\x06\0\0\0");
const HIGH: u128 = u128::from_le_bytes([0xf0; 16]);

impl<'log> Plain<'log> {
    /// The prefix of `line`; `None` if it is none of these.
    #[inline(always)]
    pub(super) fn of(line: &'log [u8]) -> Option<Self> {
        let (head, _) = line.split_first_chunk::<16>()?;
        let bytes = u128::from_le_bytes(*head);
        let digits = ((bytes | BLANKS) ^ ZEROS) & IS_DIGIT;
        // A digit stays below 16 with six added, anything else does not.
        let is_stamp = (bytes ^ SIGNS) & IS_SIGN == 0 && (digits | (digits + SIXES)) & HIGH == 0;
        if !is_stamp || !leads((bytes >> 8) as u32) {
            return None;
        }
        let time = number(digits >> 8, 5) * 1_000_000 + number(digits >> 56, 6);
        match line.get(14..)? {
            [b' ', b'[' | 0x1b, ..] => None,
            [b' ', text @ ..] => Some(Self { time, caller: None, text }),
            [b'[', caller @ ..] => {
                let (caller, rest) = caller.split_first_chunk::<6>()?;
                let text = rest.strip_prefix(b"] ")?;
                (text.first() != Some(&0x1b)).then_some(())?;
                Some(Self { time, caller: Some(caller_id(caller)?), text })
            }
            _ => None,
        }
    }
}

/// Whether blanks stand before digits only, and nothing else that [`BLANKS`] makes a digit of: the bytes of the first
/// four places, the first one lowest.
#[inline]
const fn leads(places: u32) -> bool {
    let is_digit = (places >> 4 & 0x0101_0101) * 0xff;
    let is_blank = !is_digit;
    is_blank & is_blank.wrapping_add(1) == 0 && places & is_blank == 0x2020_2020 & is_blank
}

/// The number of so many digits, at most eight, the first one lowest: neighbours are added up to pairs, pairs to fours,
/// fours to the number.
#[inline]
const fn number(digits: u128, count: u32) -> u64 {
    let digits = (digits as u64) << (64 - 8 * count);
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

/// `%6s` of `T812` or `C0`.
#[inline]
fn caller_id(padded: &[u8; 6]) -> Option<Caller> {
    let blanks = padded.iter().take_while(|c| **c == b' ').count();
    let (sort, digits) = padded.get(blanks..)?.split_first()?;
    let fits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let number = || digits.iter().fold(0, |n, d| n * 10 + u32::from(d & 0xf));
    match sort {
        b'T' if fits => Some(Caller::Task(number())),
        b'C' if fits => Some(Caller::Cpu(number())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::prefix;
    use super::*;

    #[test]
    fn ok_values() {
        let read = |line: &'static [u8]| Plain::of(line).map(|p| (p.time, p.caller, p.text));
        assert_eq!(read(b"[    0.000000] ab"), Some((0, None, &b"ab"[..])));
        assert_eq!(read(b"[12345.678901] a"), Some((12_345_678_901, None, &b"a"[..])));
        let task = Some((1_000_002, Some(Caller::Task(812)), &b" <IRQ>"[..]));
        assert_eq!(read(b"[    1.000002][  T812]  <IRQ>"), task);
        assert_eq!(read(b"[   12.000002][T54321] "), Some((12_000_002, Some(Caller::Task(54321)), &b""[..])));
        assert_eq!(read(b"[   12.000002][    C0] a").unwrap().1, Some(Caller::Cpu(0)));
    }

    #[test]
    fn ok_says_what_the_parsers_say() {
        let lines = [
            "[   12.345678] ab",
            "[   12.345678][  T812] ab",
            "[12345.678901][    C0] [<c010>] f",
            "[    0.000000]  a",
        ];
        let mut known = 0;
        for line in lines {
            for at in 0..line.len() {
                for byte in b" !\x1b.09:/[]<aT".iter().chain(b"\0\n\xff") {
                    let mut line = line.as_bytes().to_vec();
                    line[at] = *byte;
                    let Some(Plain { time, caller, text }) = Plain::of(&line) else { continue };
                    let want = prefix::at_start(&line);
                    assert_eq!((text, Some(time), caller), (want.0, want.1.time, want.1.caller), "{line:?}");
                    known += 1;
                }
            }
        }
        assert!(known > 300, "{known}");
    }

    #[test]
    fn err_left_to_the_parsers() {
        for line in [
            "[    1.000002] [  T812] a",
            "[  1 2.000002] a b",
            "[  !12.000002] a b",
            "[123456.000002] a",
            "[    1.00000a] a b",
            "[    1.000002][  X812] a",
            "[    1.000002][  T8 2] a",
            "[    1.000002][     T] a",
            "[    1.000002]: a b",
            "[     .000002] a b",
            "[    1.000002] \x1b[0ma",
            "[   1.000002] abcd",
            "short",
        ] {
            assert_eq!(Plain::of(line.as_bytes()), None, "{line}");
        }
    }
}
