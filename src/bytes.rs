//! nom atoms that everyone shares. The only loops over digits and identifiers are here.
//!
//! All of them take complete input and none allocates.

use crate::report::{SourceLocation, Symbol, Text};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{map_opt, opt, recognize, verify};
use nom::error::{Error, ErrorKind};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// What every atom returns.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T>;

/// What some literals start with, by their first three bytes: says of most texts that they start with none of them.
#[derive(Debug, Clone)]
pub(crate) struct Starts {
    threes: [u64; 64],
    /// By the first byte, those that are shorter.
    ones: [u64; 4],
}

#[allow(clippy::indexing_slicing, reason = "below 64 and 4 for any bytes")]
impl Starts {
    pub(crate) const fn new() -> Self {
        Self { threes: [0; 64], ones: [0; 4] }
    }

    /// These literals.
    pub(crate) const fn of(literals: &[&str]) -> Self {
        let mut starts = Self::new();
        let mut rest = literals;
        while let Some((literal, next)) = rest.split_first() {
            starts.add(literal.as_bytes());
            rest = next;
        }
        starts
    }

    /// One more literal.
    pub(crate) const fn add(&mut self, literal: &[u8]) {
        match *literal {
            [a, b, c, ..] => {
                let bit = Self::hash([a, b, c]);
                self.threes[bit >> 6] |= 1 << (bit & 63);
            }
            [a, ..] => self.ones[a as usize >> 6] |= 1 << (a & 63),
            // Nothing starts with anything.
            [] => self.ones = [u64::MAX; 4],
        }
    }

    /// 12 bits of three bytes.
    #[inline]
    pub(crate) const fn hash([a, b, c]: [u8; 3]) -> usize {
        (u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9e37_79b1) >> 20) as usize
    }

    /// Whether `text` may start with one of them.
    #[inline]
    pub(crate) fn may_start(&self, text: &[u8]) -> bool {
        let Some(start) = text.first_chunk() else { return true };
        let bit = Self::hash(*start);
        let first = start[0];
        self.threes[bit >> 6] >> (bit & 63) & 1 == 1
            || self.ones[usize::from(first >> 6)] >> (first & 63) & 1 == 1
    }
}

/// Runs a parser where failure is no more than "not this".
pub(crate) fn run<'a, T>(
    mut parser: impl Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    input: &'a [u8],
) -> Option<(&'a [u8], T)> {
    parser.parse(input).ok()
}

/// The value of hex digits; `None` for anything else or more than 64 bits.
pub(crate) fn hex_value(digits: &[u8]) -> Option<u64> {
    let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let value = |d: &u8| NIBBLES.get(usize::from(*d)).copied().unwrap_or(NO_DIGIT);
    // All are looked up before anybody asks whether they are digits.
    let (number, seen) = digits
        .iter()
        .map(value)
        .fold((0, 0), |(number, seen), n| (number << 4 | u64::from(n & 0xf), seen | n));
    (seen & 0xf0 == 0).then_some(number)
}

/// What a byte is that is no hex digit.
const NO_DIGIT: u8 = 0xff;

/// The value of each hex digit: registers, offsets and addresses are most of what a report has to read.
#[allow(clippy::indexing_slicing, reason = "the compiler runs it")]
const NIBBLES: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
};

/// The value of a hex digit.
fn nibble(digit: u8) -> Option<u8> {
    NIBBLES.get(usize::from(digit)).copied().filter(|value| *value != NO_DIGIT)
}

/// The value of decimal digits; `None` for anything else or more than 64 bits.
pub(crate) fn dec_value(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, d| n.checked_mul(10)?.checked_add(u64::from((*d as char).to_digit(10)?)))
}

/// Hex digits without `0x`, at most 16. A loop of its own: nothing is read as often.
pub(crate) fn hex(input: &[u8]) -> Parsed<'_, u64> {
    let (mut value, mut digits) = (0u64, 0);
    for nibble in input.iter().take(16).map_while(|d| nibble(*d)) {
        value = value << 4 | u64::from(nibble);
        digits += 1;
    }
    match input.split_at_checked(digits) {
        Some((_, rest)) if digits > 0 => Ok((rest, value)),
        _ => Err(other(input, ErrorKind::HexDigit)),
    }
}

/// What a parser returns that finds something else.
fn other(input: &[u8], kind: ErrorKind) -> nom::Err<Error<&[u8]>> {
    nom::Err::Error(Error::new(input, kind))
}

/// Hex digits with or without `0x`.
pub(crate) fn hex0x(input: &[u8]) -> Parsed<'_, u64> {
    preceded(opt(alt((tag("0x"), tag("0X")))), hex).parse(input)
}

/// A decimal number.
pub(crate) fn dec(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(digit1, dec_value).parse(input)
}

/// The number of a log level's name, as user space spells it.
pub(crate) fn log_level(name: &[u8]) -> Option<u8> {
    const NAMES: [&[u8]; 8] = [b"emerg", b"alert", b"crit", b"err", b"warn", b"notice", b"info", b"debug"];
    NAMES.iter().position(|n| *n == name).and_then(|at| u8::try_from(at).ok())
}

/// Two decimal digits.
pub(crate) fn digits2(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while_m_n(2, 2, |c: u8| c.is_ascii_digit()), dec_value).parse(input)
}

/// A decimal number of 32 bits.
pub(crate) fn dec32(input: &[u8]) -> Parsed<'_, u32> {
    map_opt(dec, |n| u32::try_from(n).ok()).parse(input)
}

/// Whether `c` can stand in a C identifier or a compiler's suffix of one.
pub(crate) const fn is_ident(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'$')
}

/// Whether a byte can stand in a symbol's name as traces print it, demangled Rust included.
#[allow(clippy::indexing_slicing, reason = "the compiler runs it")]
const IS_SYMBOL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let c = byte as u8;
        table[byte] = is_ident(c)
            || matches!(
                c,
                b':' | b'<' | b'>' | b'{' | b'}' | b'#' | b'&' | b'*' | b'@' | b',' | b'=' | b'\''
            );
        byte += 1;
    }
    table
};

/// A symbol name: identifier characters, starting like one.
pub(crate) fn name(input: &[u8]) -> Parsed<'_, &[u8]> {
    let is_symbol = |c: &u8| IS_SYMBOL.get(usize::from(*c)).is_some_and(|is| *is);
    let starts = |c: &u8| c.is_ascii_alphabetic() || matches!(c, b'_' | b'.' | b'$' | b'<');
    let length = input.iter().position(|c| !is_symbol(c)).unwrap_or(input.len());
    match input.split_at_checked(length) {
        Some((name, rest)) if name.first().is_some_and(starts) => Ok((rest, name)),
        _ => Err(other(input, ErrorKind::Alpha)),
    }
}

/// `+0xoff/0xsize`. The offset is `None` where it is negative: objtool's split of `.cold` parts makes such symbols.
pub(crate) fn offset_size(input: &[u8]) -> Parsed<'_, (Option<u64>, u64)> {
    let (sign, digits) = match input {
        [sign @ (b'+' | b'-'), b'0', b'x', digits @ ..] => (sign, digits),
        _ => return Err(other(input, ErrorKind::Tag)),
    };
    let (rest, offset) = hex(digits)?;
    let (rest, size) = preceded(tag("/0x"), hex).parse(rest)?;
    Ok((rest, ((*sign == b'+').then_some(offset), size)))
}

/// ` [module]`, ` [module build-id]`.
pub(crate) fn module(input: &[u8]) -> Parsed<'_, (&[u8], Option<&[u8]>)> {
    if input.is_empty() {
        return Err(other(input, ErrorKind::Eof));
    }
    let name = take_while1(|c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-');
    let build_id = take_while_m_n(16, 64, |c: u8| c.is_ascii_hexdigit());
    let inside = verify((name, opt(preceded(char(' '), build_id))), |(n, _): &(&[u8], _)| *n != b"inline");
    preceded(space0, delimited(char('['), inside, char(']'))).parse(input)
}

/// A symbol with offset and size: `usb_submit_urb+0x1188/0x1460 [usbcore]`.
pub(crate) fn symbol(input: &[u8]) -> Parsed<'_, Symbol<'_>> {
    let (input, (name, (offset, size))) = (name, offset_size).parse(input)?;
    let (input, module) = opt(module).parse(input)?;
    let symbol = Symbol {
        name: Text::from(name),
        offset,
        size: Some(size),
        module: module.map(|(m, _)| Text::from(m)),
        build_id: module.and_then(|(_, id)| id).map(Text::from),
    };
    Ok((input, symbol))
}

/// A source path: no blanks, and a dot with a known kind of suffix after it.
fn path(input: &[u8]) -> Parsed<'_, &[u8]> {
    verify(
        take_while1(|c: u8| {
            c.is_ascii_alphanumeric() || matches!(c, b'/' | b'.' | b'_' | b'-' | b'+' | b',')
        }),
        |p: &[u8]| memchr::memrchr(b'.', p).is_some_and(|dot| dot > 0 && p.len() - dot <= 5),
    )
    .parse(input)
}

/// `net/core/sock.c:1778`, `lib/dump_stack.c:?`, ` (discriminator 3)` dropped.
pub(crate) fn location(input: &[u8]) -> Parsed<'_, SourceLocation<'_>> {
    let (input, file) = path(input)?;
    let (input, line) = preceded(char(':'), alt((dec32.map(Some), tag("?").map(|_| None)))).parse(input)?;
    let (input, _) = opt((tag(" (discriminator "), digit1, char(')'))).parse(input)?;
    Ok((input, SourceLocation { file: Text::from(file), line }))
}

/// ` net/core/sock.c:1778` as symbolizers append it to a symbol, or ` (net/core/sock.c:1778)`.
pub(crate) fn trailing_location(input: &[u8]) -> Parsed<'_, SourceLocation<'_>> {
    preceded(space1, alt((location, delimited(char('('), location, char(')'))))).parse(input)
}

/// The text of a symbol with what belongs to it, as one slice.
pub(crate) fn symbol_text(input: &[u8]) -> Parsed<'_, &[u8]> {
    recognize((name, opt(offset_size), opt(module))).parse(input)
}

/// Everything up to the next blank.
pub(crate) fn word(input: &[u8]) -> Parsed<'_, &[u8]> {
    let length = input.iter().position(u8::is_ascii_whitespace).unwrap_or(input.len());
    match input.split_at_checked(length) {
        Some((word, rest)) if !word.is_empty() => Ok((rest, word)),
        _ => Err(other(input, ErrorKind::Space)),
    }
}

/// Blanks and tabs, none needed.
pub(crate) fn blank(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|c: u8| c == b' ' || c == b'\t').parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_symbol_of_module_with_build_id() {
        let (rest, s) = symbol(b"init+0x0/0x110 [mod_a ed5019fdf5e53be37cb1ba7899292d7e143b259e] x").unwrap();
        assert_eq!(rest, b" x");
        assert_eq!((s.offset, s.size), (Some(0), Some(0x110)));
        assert_eq!(s.module.unwrap(), "mod_a");
        assert_eq!(s.build_id.unwrap(), "ed5019fdf5e53be37cb1ba7899292d7e143b259e");
    }

    #[test]
    fn ok_inline_marker_is_no_module() {
        let (rest, _) = symbol_text(b"f+0x1/0x2 [inline]").unwrap();
        assert_eq!(rest, b" [inline]");
    }

    #[test]
    fn ok_location_drops_discriminator() {
        let (rest, l) = location(b"net/core/dev.c:12 (discriminator 3) [inline]").unwrap();
        assert_eq!((l.line, rest), (Some(12), &b" [inline]"[..]));
    }

    #[test]
    fn err_values_over_64_bits() {
        assert_eq!(hex_value(b"11112222333344445"), None);
        assert_eq!(dec_value(b"99999999999999999999"), None);
        assert_eq!(hex_value(b"ffff888000000000"), Some(0xffff_8880_0000_0000));
    }

    #[test]
    fn err_location_needs_suffix() {
        assert!(location(b"Makefile:3").is_err());
    }
}
