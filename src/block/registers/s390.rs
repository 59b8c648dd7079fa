//! s390.
//!
//! Source: `show_registers` in `arch/s390/kernel/dumpstack.c`.

use super::{RegisterLine, listed};
use crate::bytes::{hex_value, run, word};
use crate::report::{InstructionPointer, Register, Text};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, space0, space1};
use nom::combinator::opt;
use nom::sequence::{delimited, preceded, terminated};

/// Blanks before the lines that go on with the general registers.
const INDENT: &[u8] = b"           ";

/// Example: `Krnl PSW : 0704c00180000000 00000000001cd3a6 (dev_watch+0x26/0x88)`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text.first()? {
        b' ' => {
            let words = text.strip_prefix(INDENT)?;
            let wide = words.split(|c| *c == b' ').filter(|w| !w.is_empty()).all(|w| w.len() == 16);
            let entries = listed(words, &["", "", "", ""]).filter(|e| wide && e.len() == 4)?;
            Some(RegisterLine { arch: "s390", continues: true, entries, ..RegisterLine::default() })
        }
        _ => status_word(text).or_else(|| general(text)),
    }
}

/// The general registers by number.
pub(super) const GPRS: [&str; 16] =
    ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

/// `Krnl PSW : mask address (f+0x26/0x88)`, `User PSW : mask address`: the mode is its first word.
fn status_word(text: &[u8]) -> Option<RegisterLine<'_>> {
    let mode = terminated(alt((tag("Krnl"), tag("User"))), (tag(" PSW :"), space0));
    let (rest, (mode, mask, address)) = run((mode, word, preceded(space1, word)), text)?;
    let value = hex_value(address)?;
    let mut line = RegisterLine {
        arch: "s390",
        starts: true,
        ip_address: Some(InstructionPointer(value)),
        user: Some(mode == b"User"),
        entries: vec![register("PSW mask", mask), register("PSW", address)],
        ..RegisterLine::default()
    };
    let inside = |i| nom::bytes::complete::take_while1(|c: u8| c != b')').parse(i);
    if let Some((_, Some(symbol))) = run(opt(delimited((space0, char('(')), inside, char(')'))), rest) {
        line.set_ip(symbol);
    }
    Some(line)
}

fn register<'a>(name: &'static str, text: &'a [u8]) -> Register<'a> {
    Register { name: Text::from(name), text: Text::from(text), value: hex_value(text) }
}

/// `Krnl GPRS: 0000000000000000 000000000080000a …`
fn general(text: &[u8]) -> Option<RegisterLine<'_>> {
    let (rest, mode) = run(terminated(alt((tag("Krnl"), tag("User"))), tag(" GPRS:")), text)?;
    let entries = listed(rest, &GPRS)?;
    Some(RegisterLine { arch: "s390", user: Some(mode == b"User"), entries, ..RegisterLine::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        let l = line(b"Krnl PSW : 0704c00180000000 00000000001cd3a6 (foo+0x26/0x88 [mod])").unwrap();
        assert_eq!((l.user, l.ip_address), (Some(false), Some(InstructionPointer(0x1c_d3a6))));
        assert_eq!(l.ip.unwrap().name, "foo");
        let l =
            line(b"Krnl GPRS: 0000000000000000 000000000080000a 0000000000000001 0000000000000002").unwrap();
        assert_eq!(l.entries[3].name, "r3");
        let l =
            line(b"           0000000000000000 000000000080000a 0000000000000001 0000000000000002").unwrap();
        assert!(l.continues);
    }

    #[test]
    fn ok_user_mode() {
        let l = line(b"User PSW : 0705000180000000 000003ffb9a3c7e2").unwrap();
        assert_eq!((l.user, l.ip), (Some(true), None));
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"Krnl Code: 00000000001cd396: e3f0ff70ff71"), None);
        assert_eq!(line(b"           R:0 T:1 IO:1 EX:1 Key:0"), None);
        assert_eq!(line(b"User name"), None);
    }
}
