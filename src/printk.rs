//! Reads a line by the printk format that wrote it.
//!
//! A format is the kernel's own string. Each `%` conversion is one nom atom; text between conversions must stand
//! there literally. What the atoms accept:
//!
//! | conversion | reads |
//! |---|---|
//! | `%d %i %u` with any length | a decimal number, with a sign; with a width as in `%5d`, behind blanks |
//! | `%x %X` with any length, `%p %px %pK` | hex digits with or without `0x`; `(null)`, `(____ptrval____)` |
//! | `%pS %ps %pB %pSR` … | a symbol, with what a symbolizer put behind it |
//! | `%c` | one byte |
//! | `%s` | as little as possible so that the rest of the format matches; to the end of the line if it is last |
//!
//! A format that ends in `\n` must match the whole line, any other is a prefix.

use crate::bytes::{Parsed, hex0x, symbol_text, trailing_location};
use memchr::memchr_iter;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while};
use nom::character::complete::{char, digit1};
use nom::combinator::{opt, recognize};
use nom::sequence::{preceded, terminated};

/// Most times that the `%s` of one line are tried longer, all together; a line that would need more is no header.
const RETRIES: u32 = 64;

/// Most bytes of a line that a format looks at.
pub(crate) const LINE_LIMIT: usize = 4096;

/// The pairs of neighbouring bytes that a text holds, one bit per hash: what says soonest that a line lacks words of a
/// format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pairs(u64);

impl Pairs {
    /// How many hashes there are.
    pub(crate) const COUNT: usize = 64;

    /// Those of a text.
    pub(crate) fn of(line: &[u8]) -> Self {
        let mut before = line.first().copied().unwrap_or_default();
        let mut bits = 0;
        for c in line.iter().skip(1) {
            bits |= 1 << (u32::from(before).wrapping_mul(37).wrapping_add(u32::from(*c)) & 63);
            before = *c;
        }
        Self(bits)
    }

    /// Those of the literals of a format: every line that matches holds them.
    pub(crate) fn of_format(format: &str) -> Self {
        Self(literals(format).fold(0, |bits, literal| bits | Self::of(literal).0))
    }

    /// The hashes, each below [`Pairs::COUNT`].
    #[inline]
    pub(crate) fn each(self) -> impl Iterator<Item = usize> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let at = bits.trailing_zeros();
            bits &= bits.checked_sub(1)?;
            Some(at as usize)
        })
    }

    /// Whether all of `others` are among these.
    #[inline]
    pub(crate) const fn hold(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }
}

/// One conversion of a format.
#[derive(Clone, Copy)]
enum Conversion {
    Decimal,
    Padded,
    Hex,
    Symbol,
    Byte,
    Text,
}

/// The next piece of a format and what follows it.
enum Piece<'f> {
    End,
    Newline,
    Literal(&'f [u8], &'f [u8]),
    Conversion(Conversion, &'f [u8]),
}

/// Reads `line` by `format`; pushes one slice per conversion and returns what follows.
pub(crate) fn read<'a>(format: &str, line: &'a [u8], found: &mut Vec<&'a [u8]>) -> Option<&'a [u8]> {
    // Most lines are not what they are asked for, and most formats start with a literal.
    let first = format.as_bytes().first().filter(|c| !matches!(c, b'%' | b'\n'));
    if first.is_some() && first != line.first() {
        return None;
    }
    let line = line.get(..LINE_LIMIT).unwrap_or(line);
    let mut retries = RETRIES;
    step(format.as_bytes(), line, found, &mut retries)
}

/// The literal a format starts with, which any line that matches it starts with too.
#[allow(clippy::indexing_slicing, reason = "below the length")]
pub(crate) const fn literal_prefix(format: &str) -> &[u8] {
    let format = format.as_bytes();
    let mut end = 0;
    while end < format.len() && !matches!(format[end], b'%' | b'\n') {
        end += 1;
    }
    format.split_at(end).0
}

/// The longest literal of a format, the first of those: every line that matches holds it.
pub(crate) fn longest_literal(format: &str) -> &[u8] {
    literals(format)
        .fold(b"", |longest, literal| if literal.len() > longest.len() { literal } else { longest })
}

/// What stands between the conversions of a format.
fn literals(format: &str) -> impl Iterator<Item = &[u8]> {
    let mut rest = format.as_bytes();
    std::iter::from_fn(move || {
        loop {
            match piece(rest) {
                Piece::Literal(literal, next) => {
                    rest = next;
                    return Some(literal);
                }
                Piece::Conversion(_, next) => rest = next,
                Piece::End | Piece::Newline => return None,
            }
        }
    })
}

/// How many captures a format makes.
pub(crate) const fn conversions(format: &str) -> usize {
    let mut rest = format.as_bytes();
    let mut count = 0;
    while let Some((&c, after)) = rest.split_first() {
        rest = after;
        if c == b'%' {
            match after.split_first() {
                Some((b'%', next)) => rest = next,
                _ => count += 1,
            }
        }
    }
    count
}

fn piece(format: &[u8]) -> Piece<'_> {
    match format.split_first() {
        None => Piece::End,
        Some((b'\n', _)) => Piece::Newline,
        Some((b'%', after)) if after.first() == Some(&b'%') => {
            let (literal, _) = after.split_at(1);
            Piece::Literal(literal, after.split_at(1).1)
        }
        Some((b'%', after)) => conversion(after),
        Some(_) => {
            let end = format.iter().position(|c| matches!(c, b'%' | b'\n')).unwrap_or(format.len());
            let (literal, rest) = format.split_at(end);
            Piece::Literal(literal, rest)
        }
    }
}

/// The conversion after a `%`: flags, width and length are skipped, `p` takes its letters along.
fn conversion(format: &[u8]) -> Piece<'_> {
    let modifier = |c: &u8| {
        matches!(
            c,
            b'0'..=b'9' | b'-' | b'+' | b'#' | b' ' | b'.' | b'*' | b'l' | b'L' | b'h' | b'z' | b't' | b'j'
        )
    };
    let skip = format.iter().position(|c| !modifier(c)).unwrap_or(format.len());
    let (modifiers, rest) = format.split_at(skip);
    let padded = matches!(modifiers.first(), Some(b'1'..=b'9'));
    let Some((letter, mut after)) = rest.split_first() else { return Piece::End };
    let conversion = match letter {
        b'd' | b'i' | b'u' if padded => Conversion::Padded,
        b'd' | b'i' | b'u' => Conversion::Decimal,
        b'x' | b'X' => Conversion::Hex,
        b'c' => Conversion::Byte,
        b'p' => {
            let pointer = after.first().copied();
            let letters = after
                .iter()
                .position(|c| !matches!(c, b'S' | b's' | b'B' | b'R' | b'b' | b'x' | b'K'))
                .unwrap_or(after.len());
            after = after.split_at(letters).1;
            if matches!(pointer, Some(b'S' | b's' | b'B')) { Conversion::Symbol } else { Conversion::Hex }
        }
        _ => Conversion::Text,
    };
    Piece::Conversion(conversion, after)
}

fn step<'a>(
    mut format: &[u8],
    mut input: &'a [u8],
    found: &mut Vec<&'a [u8]>,
    retries: &mut u32,
) -> Option<&'a [u8]> {
    // Most lines differ in the first bytes of a literal, so nobody looks for its end.
    while let Some((c, next)) = format.split_first().filter(|(c, _)| !matches!(c, b'%' | b'\n')) {
        input = input.split_first().filter(|(i, _)| *i == c)?.1;
        format = next;
    }
    match piece(format) {
        Piece::End => Some(input),
        Piece::Newline => input.trim_ascii().is_empty().then_some(input),
        Piece::Literal(literal, next) => step(next, input.strip_prefix(literal)?, found, retries),
        Piece::Conversion(Conversion::Text, next) => lazy(next, input, found, retries),
        Piece::Conversion(conversion, next) => {
            let (rest, text) = atom(conversion, input).ok()?;
            found.push(text);
            let done = step(next, rest, found, retries);
            if done.is_none() {
                found.pop();
            }
            done
        }
    }
}

/// `%s`: ends at the first place where the rest of the format matches.
fn lazy<'a>(next: &[u8], input: &'a [u8], found: &mut Vec<&'a [u8]>, retries: &mut u32) -> Option<&'a [u8]> {
    let literal = match piece(next) {
        Piece::End | Piece::Newline => {
            found.push(input.trim_ascii_end());
            return Some(b"");
        }
        Piece::Literal(literal, _) => literal,
        Piece::Conversion(..) => b"",
    };
    let mut from = 0;
    loop {
        let at = from + find(input.get(from..)?, literal)?;
        *retries = retries.checked_sub(1)?;
        let (text, rest) = input.split_at_checked(at)?;
        found.push(text);
        if let Some(done) = step(next, rest, found, retries) {
            return Some(done);
        }
        found.pop();
        from = at + 1;
    }
}

/// Where `literal` first stands. Lines are short and literals are many: a search that prepares nothing is done soonest.
fn find(input: &[u8], literal: &[u8]) -> Option<usize> {
    // Blanks are everywhere.
    let rare = literal.iter().position(|c| *c != b' ').unwrap_or(0);
    let Some(byte) = literal.get(rare) else { return Some(0) };
    let starts = memchr_iter(*byte, input.get(rare..)?);
    starts.into_iter().find(|at| input.get(*at..).is_some_and(|rest| rest.starts_with(literal)))
}

fn atom(conversion: Conversion, input: &[u8]) -> Parsed<'_, &[u8]> {
    let decimal = |i| recognize((opt(char('-')), digit1)).parse(i);
    match conversion {
        Conversion::Decimal => decimal(input),
        Conversion::Padded => preceded(take_while(|c| c == b' '), decimal).parse(input),
        Conversion::Hex => alt((
            recognize((take_while(|c| c == b' '), tag("(null)"))),
            tag("(____ptrval____)"),
            tag("____ptrval____"),
            recognize(hex0x),
        ))
        .parse(input),
        Conversion::Symbol => {
            // Before 4.15 `print_ip_sym` put the address before the symbol.
            let address = opt((tag("[<"), hex0x, tag(">] ")));
            preceded(address, terminated(alt((symbol_text, recognize(hex0x))), opt(trailing_location)))
                .parse(input)
        }
        Conversion::Byte => take(1usize).parse(input),
        Conversion::Text => Ok((b"", input)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures<'a>(format: &str, line: &'a str) -> Option<Vec<&'a str>> {
        let mut found = Vec::new();
        read(format, line.as_bytes(), &mut found)?;
        Some(found.into_iter().map(|s| std::str::from_utf8(s).unwrap()).collect())
    }

    #[test]
    fn ok_text_is_lazy_with_retry() {
        let found = captures(
            "INFO: task %s:%d blocked for more than %ld seconds.",
            "INFO: task kworker/0:1:123 blocked for more than 143 seconds.",
        );
        assert_eq!(found.unwrap(), ["kworker/0:1", "123", "143"]);
    }

    #[test]
    fn ok_symbol_takes_module_and_drops_location() {
        let found = captures(
            "BUG: KASAN: %s in %pS\n",
            "BUG: KASAN: use-after-free in foo+0x1/0x2 [bar] drivers/bar.c:7",
        );
        assert_eq!(found.unwrap(), ["use-after-free", "foo+0x1/0x2 [bar]"]);
    }

    #[test]
    fn ok_pointer_in_all_its_forms() {
        for p in ["ffff888012345678", "0x10", "(____ptrval____)", "          (null)"] {
            assert_eq!(captures("at %p by", &format!("at {p} by")).unwrap(), [p]);
        }
    }

    #[test]
    fn ok_width_pads_with_blanks() {
        assert_eq!(captures("[%7d] %5d ", "[    107]     0 ").unwrap(), ["107", "0"]);
        assert!(captures("[%d] %d ", "[    107]     0 ").is_none());
    }

    #[test]
    fn err_newline_wants_the_end() {
        assert!(
            captures("WARNING: bad unlock balance detected!\n", "WARNING: bad unlock balance detected! no")
                .is_none()
        );
        assert!(
            captures("WARNING: bad unlock balance detected!\n", "WARNING: bad unlock balance detected!  ")
                .is_some()
        );
    }

    #[test]
    fn ok_retries_are_bounded() {
        let line = "a ".repeat(4096);
        assert!(captures("%s a %s a %s a %s!", &line).is_none());
    }

    #[test]
    fn ok_conversions_counts_what_read_captures() {
        assert_eq!(conversions("%s: 100%% %lu of %pS at 0x%016lx\n"), 4);
        assert_eq!(conversions("no holes"), 0);
    }
}
