//! `Code:` lines.

use crate::bytes::{Parsed, hex_value, run};
use crate::report::Code;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, space0};
use nom::multi::fold_many_m_n;
use nom::sequence::{delimited, preceded};

/// Most units that one line holds: x86 prints 64 bytes.
const UNITS: usize = 256;

/// Example: `Code: 48 89 e5 <0f> 0b 5b 5d c3`, `Code: aa0003e1 d2800000 (d4210000)`, `Code: Bad RIP value.`
pub(super) fn read(text: &[u8]) -> Option<Option<Code>> {
    let (input, _) = run((tag("Code:"), space0), text)?;
    if !input.first().is_some_and(|c| c.is_ascii_hexdigit() || matches!(c, b'<' | b'('))
        || input.starts_with(b"Bad")
    {
        return Some(None);
    }
    let units =
        fold_many_m_n(0, UNITS, preceded(space0, unit), Code::default, |mut code, (digits, marked)| {
            if marked {
                code.at = Some(code.units.len());
            }
            code.digits = u8::try_from(digits.len()).unwrap_or(0);
            code.units.extend(hex_value(digits).and_then(|v| u32::try_from(v).ok()));
            code
        });
    let (_, code) = run(units, input)?;
    Some((!code.units.is_empty()).then_some(code))
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
    fn ok_bytes_that_could_not_be_read() {
        assert_eq!(read(b"Code: Unable to access opcode bytes at 0xffff."), Some(None));
        assert_eq!(read(b"Code: Bad RIP value."), Some(None));
        assert_eq!(read(b"Mode: 12"), None);
    }
}
