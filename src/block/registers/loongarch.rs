//! LoongArch.
//!
//! Source: `__show_regs` in `arch/loongarch/kernel/traps.c`; since 6.3 it prints names instead of numbers.

use super::{RegisterLine, mips, register};
use crate::bytes::{Parsed, hex, run, word};
use crate::report::{InstructionPointer, Register, Text};
use nom::Parser;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{alpha1, char, space0};
use nom::combinator::verify;
use nom::multi::fold_many_m_n;
use nom::sequence::{preceded, separated_pair, terminated};

/// The bits of `PRMD` that hold the privilege level before the exception: 3 is user mode.
const PREVIOUS_LEVEL: u64 = 3;

/// Example: `pc 90000000004ea274 ra 90000000004ea5c8 tp 9000000100d7c000 sp 9000000100d7fc70`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'e', b'r', b'a', b' ', ..] => mips::pointer(text, b"era", "loongarch"),
        [b'C', b'S', b'R', b' ', ..] => control(text),
        [b'E', b'x', b'c', b'C', ..] | [b'E', b'S', b'T', ..] => state(text),
        // `   ra: 90000000004ea5c8 g+0x18/0x50`, `  ERA: 90000000004ea274 f+0x54/0x90`
        [b' ', ..] => mips::pointer(text.trim_ascii_start(), b"ERA", "loongarch").or_else(|| state(text)),
        [b'p' | b'a' | b't' | b's', _, b' ', ..] => named(text),
        _ => None,
    }
}

/// Pairs without a colon, four on a line, of 16 digits each.
fn named(text: &[u8]) -> Option<RegisterLine<'_>> {
    let name = verify(take_while_m_n(2, 2, |c: u8| c.is_ascii_alphanumeric()), is_name);
    let digits = |i| -> Parsed<'_, &[u8]> { take_while_m_n(16, 16, |c: u8| c.is_ascii_hexdigit()).parse(i) };
    let pair = terminated(separated_pair(name, char(' '), digits), space0);
    let all = fold_many_m_n(1, 4, pair, Vec::new, |mut all, (name, value): (&[u8], &[u8])| {
        all.push(register(name, value));
        all
    });
    let (rest, entries) = run(all, text)?;
    let ip = entries.first().filter(|r| *r.name == *b"pc").and_then(|r| r.value);
    rest.trim_ascii().is_empty().then(|| RegisterLine {
        arch: "loongarch",
        starts: ip.is_some(),
        ip_address: ip.map(InstructionPointer),
        entries,
        ..RegisterLine::default()
    })
}

fn is_name(name: &[u8]) -> bool {
    matches!(name, b"pc" | b"ra" | b"tp" | b"sp" | b"fp" | [b'a' | b't' | b's' | b'u', b'0'..=b'9'])
}

/// ` PRMD: 00000004 (PPLV0 +PIE -PWE)`, `ESTAT: 00010000 [PIL] (…)`, `ExcCode : 8 (SubCode 0)`
fn state(text: &[u8]) -> Option<RegisterLine<'_>> {
    let known = |n: &[u8]| {
        matches!(n, b"CRMD" | b"PRMD" | b"EUEN" | b"ECFG" | b"ESTAT" | b"BADV" | b"PRID" | b"ExcCode")
    };
    let name = verify(alpha1, known);
    let (_, (name, value)) =
        run((preceded(space0, terminated(name, (space0, char(':'), space0))), hex), text)?;
    let start = memchr::memchr(b':', text)? + 1;
    let entry = Register {
        name: Text::from(name),
        text: Text::from(text.get(start..)?.trim_ascii()),
        value: Some(value),
    };
    let user = (name == b"PRMD").then_some(value & PREVIOUS_LEVEL == PREVIOUS_LEVEL);
    Some(RegisterLine { arch: "loongarch", user, entries: vec![entry], ..RegisterLine::default() })
}

/// `CSR crmd: 000000b0 CSR prmd: 00000004 …` of kernels before 6.3.
fn control(text: &[u8]) -> Option<RegisterLine<'_>> {
    let pair = (preceded((space0, tag("CSR ")), terminated(alpha1, (char(':'), space0))), word);
    let all = fold_many_m_n(1, 8, pair, Vec::new, |mut all, (name, value): (&[u8], &[u8])| {
        all.push(register(name, value));
        all
    });
    let (_, entries) = run(all, text)?;
    let previous = entries.iter().find(|r| *r.name == *b"prmd").and_then(|r| r.value);
    Some(RegisterLine {
        arch: "loongarch",
        user: previous.map(|p| p & PREVIOUS_LEVEL == PREVIOUS_LEVEL),
        entries,
        ..RegisterLine::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        let l =
            line(b"pc 90000000004ea274 ra 90000000004ea5c8 tp 9000000100d7c000 sp 9000000100d7fc70").unwrap();
        assert_eq!((l.starts, l.entries.len()), (true, 4));
        assert_eq!(
            line(b"t8 9000000000000000 u0 9000000000000000 s9 9000000000000000 s0 0000000000000000")
                .unwrap()
                .entries
                .len(),
            4
        );
        assert_eq!(line(b"  ERA: 90000000004ea274 foo+0x54/0x90").unwrap().ip.unwrap().name, "foo");
        assert_eq!(line(b"   ra: 90000000004ea5c8 bar+0x18/0x50").unwrap().link.unwrap().name, "bar");
        assert_eq!(line(b"era   : 9000000000223d24 foo+0x10/0x20").unwrap().ip.unwrap().name, "foo");
        assert_eq!(line(b"ESTAT: 00010000 [PIL] (IS= ECode=1 EsubCode=0)").unwrap().entries.len(), 1);
    }

    #[test]
    fn ok_user_mode() {
        assert_eq!(line(b" PRMD: 00000004 (PPLV0 +PIE -PWE)").unwrap().user, Some(false));
        assert_eq!(line(b" PRMD: 00000007 (PPLV3 +PIE -PWE)").unwrap().user, Some(true));
        assert_eq!(line(b"CSR crmd: 000000b0\tCSR prmd: 00000007").unwrap().user, Some(true));
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"pc 12"), None);
        assert_eq!(line(b"a0 is taken"), None);
        assert_eq!(line(b"CSR of it"), None);
    }
}
