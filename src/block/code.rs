//! `Code:` lines.

use crate::bytes::{Parsed, hex_value, run};
use crate::report::Code;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, space0, space1};
use nom::sequence::{delimited, preceded};

/// The line above powerpc's instruction words, which stand on lines of their own.
const DUMP: &[u8] = b"Instruction dump:";
/// The line that s390's first instruction stands on.
pub(crate) const KERNEL_CODE: &[u8] = b"Krnl Code: ";
/// Units that x86 and most others print.
const USUAL_UNITS: usize = 64;
/// Fewest words on such a line: `show_instructions` prints eight.
const WORDS: usize = 4;

/// Example: `Code: 48 89 e5 <0f> 0b 5b 5d c3`, `Code: aa0003e1 d2800000 (d4210000)`, `Code: Bad RIP value.`
pub(super) fn read(text: &[u8]) -> Option<Option<Code>> {
    if text.starts_with(DUMP) {
        return Some(None);
    }
    if text.starts_with(KERNEL_CODE) {
        return instruction(text).map(Some);
    }
    let Some((input, _)) = run((tag("Code:"), space0), text) else { return words(text).map(Some) };
    if !input.first().is_some_and(|c| c.is_ascii_hexdigit() || matches!(c, b'<' | b'('))
        || input.starts_with(b"Bad")
    {
        return Some(None);
    }
    // All units are of one width: what follows another one is text of somebody else.
    let mut code = Code { units: Vec::with_capacity(USUAL_UNITS), ..Code::default() };
    let mut rest = input;
    while let Some((behind, (digits, marked))) = run(preceded(space0, unit), rest) {
        let width = u8::try_from(digits.len()).unwrap_or(0);
        let Some(value) = hex_value(digits).and_then(|v| u32::try_from(v).ok()) else { break };
        if !code.units.is_empty() && width != code.digits {
            break;
        }
        if marked {
            code.at = Some(code.units.len());
        }
        code.digits = width;
        code.units.push(value);
        rest = behind;
    }
    Some((!code.units.is_empty()).then_some(code))
}

/// `4bfffe00 60000000 <0fe00000> XXXXXXXX …`: what could not be read is left out.
fn words(text: &[u8]) -> Option<Code> {
    let mut code = Code { digits: 8, ..Code::default() };
    let mut count = 0;
    for word in text.split(|c| *c == b' ').filter(|w| !w.is_empty() && *w != b"\r") {
        count += 1;
        if word == b"XXXXXXXX" {
            continue;
        }
        let digits = word.strip_prefix(b"<").and_then(|w| w.strip_suffix(b">"));
        if digits.is_some() {
            code.at = Some(code.units.len());
        }
        let digits = digits.unwrap_or(word);
        if digits.len() != 8 {
            return None;
        }
        code.units.push(u32::try_from(hex_value(digits)?).ok()?);
    }
    (count >= WORDS && !code.units.is_empty()).then_some(code)
}

/// s390's line per instruction: `>000003ff80112a3a: e54c30100001 mvhi 16(%r3),1`, the first behind `Krnl Code: `. The
/// mark stands at the address of the PSW: `show_code` in `arch/s390/kernel/dis.c`.
pub(super) fn instruction(text: &[u8]) -> Option<Code> {
    let text = text.strip_prefix(KERNEL_CODE).unwrap_or(text).trim_ascii_start();
    let (marked, text) = match text.split_first()? {
        (b'>', rest) => (true, rest),
        (b'#', rest) => (false, rest),
        _ => (false, text),
    };
    let digits = |i| take_while_m_n(4, 16, |c: u8| c.is_ascii_hexdigit()).parse(i);
    let (rest, (_, bytes)) = run((digits, preceded((char(':'), space1), digits)), text)?;
    let fits = matches!(bytes.len(), 4 | 8 | 12) && rest.first().is_none_or(u8::is_ascii_whitespace);
    let units = bytes.chunks(2).filter_map(|b| u32::try_from(hex_value(b)?).ok());
    fits.then(|| Code { units: units.collect(), digits: 2, at: marked.then_some(0) })
}

/// A unit and whether it is the marked one.
fn unit(input: &[u8]) -> Parsed<'_, (&[u8], bool)> {
    let digits = |i| take_while_m_n(2, 8, |c: u8| c.is_ascii_hexdigit()).parse(i);
    alt((
        delimited(char('<'), digits, char('>')).map(|d| (d, true)),
        delimited(char('('), digits, char(')')).map(|d| (d, true)),
        digits.map(|d| (d, false)),
    ))
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_marked_unit() {
        let code = read(b"Code: 48 89 e5 <0f> 0b").unwrap().unwrap();
        assert_eq!((code.units.len(), code.at, code.digits), (5, Some(3), 2));
        let code = read(b"Code: aa0003e1 d2800000 (d4210000) ").unwrap().unwrap();
        assert_eq!((code.units.last(), code.at, code.digits), (Some(&0xd421_0000), Some(2), 8));
    }

    #[test]
    fn ok_units_of_another_width_are_not_of_the_line() {
        let code = read(b"Code: 48 89 e5 8500030f <0b> 0c").unwrap().unwrap();
        assert_eq!((code.units, code.at, code.digits), (vec![0x48, 0x89, 0xe5], None, 2));
    }

    #[test]
    fn ok_instruction_words_on_lines_of_their_own() {
        assert_eq!(read(b"Instruction dump:"), Some(None));
        let code = read(b"4bfffe00 60000000 XXXXXXXX <0fe00000> 4e800020 ").unwrap().unwrap();
        assert_eq!((code.units.len(), code.at, code.digits), (4, Some(2), 8));
        assert_eq!(read(b"deadbeef 12345678"), None);
    }

    #[test]
    fn ok_s390_prints_an_instruction_a_line() {
        let first =
            read(b"Krnl Code: 000003ff80112a2e: a7f4ffe6\t\tbrc\t15,000003ff801129fa").unwrap().unwrap();
        assert_eq!((first.units, first.at), (vec![0xa7, 0xf4, 0xff, 0xe6], None));
        let marked = instruction(b"           >000003ff80112a3a: e54c30100001\tmvhi\t16(%r3),1").unwrap();
        assert_eq!((marked.units.len(), marked.at), (6, Some(0)));
        assert_eq!(instruction(b" ffff888012345600: 00 00 fc fc"), None);
    }

    #[test]
    fn ok_bytes_that_could_not_be_read() {
        assert_eq!(read(b"Code: Unable to access opcode bytes at 0xffff."), Some(None));
        assert_eq!(read(b"Code: Bad RIP value."), Some(None));
        assert_eq!(read(b"Mode: 12"), None);
    }
}
