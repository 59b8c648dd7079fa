//! arm64.
//!
//! Source: `__show_regs` in `arch/arm64/kernel/process.c`.

use super::{RegisterLine, pairs, register};
use crate::bytes::{hex0x, run, symbol, trailing_location};
use crate::report::{InstructionPointer, Register, Text};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, space0};
use nom::sequence::{delimited, preceded, terminated};

/// Example: `pc : usb_submit_urb+0x12/0x34`, `x29: ffff800012345678 x28: 0000000000000000`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'p', b's', b't', b'a', b't', b'e', b':', ..] => pstate(text),
        [b'p', b'c', b' ', ..] | [b'l', b'r', b' ', ..] => pointer(text),
        [b's', b'p', ..] | [b'x', ..] | [b'p', b'm', ..] => {
            let entries = pairs(text, is_name)?;
            Some(RegisterLine { arch: "arm64", entries, ..RegisterLine::default() })
        }
        _ => None,
    }
}

fn is_name(name: &[u8]) -> bool {
    match name {
        [b'x', digits @ ..] => matches!(digits.len(), 1 | 2) && digits.iter().all(u8::is_ascii_digit),
        _ => matches!(name, b"sp" | b"pmr_save" | b"pmr"),
    }
}

/// `pstate: 60400005 (nZCv daif +PAN -UAO)`: mode 0 in the low four bits is user mode.
fn pstate(text: &[u8]) -> Option<RegisterLine<'_>> {
    let (_, value) = run(preceded((tag("pstate:"), space0), hex0x), text)?;
    let word = text.get(b"pstate:".len()..)?.trim_ascii();
    Some(RegisterLine {
        arch: "arm64",
        starts: true,
        user: Some(value & 0xf == 0),
        entries: vec![Register { name: Text::from("pstate"), text: Text::from(word), value: Some(value) }],
        ..RegisterLine::default()
    })
}

/// `pc : f+0x1/0x2`, `pc : [<ffff000008081234>] lr : [<ffff000008081234>]`, `lr : f+0x1/0x2`.
fn pointer(text: &[u8]) -> Option<RegisterLine<'_>> {
    let name = terminated(alt((tag("pc"), tag("lr"))), (space0, char(':'), space0));
    let (rest, name) = run(name, text)?;
    let mut line = RegisterLine { arch: "arm64", ..RegisterLine::default() };
    if let Ok((after, symbol)) = symbol(rest) {
        line.entries.push(Register {
            name: Text::from(name),
            text: Text::from(rest.trim_ascii()),
            value: None,
        });
        if name == b"pc" {
            line.ip = Some(symbol);
            line.ip_location = run(trailing_location, after).map(|(_, l)| l);
        } else {
            line.link = Some(symbol);
        }
        return Some(line);
    }
    let bracketed = delimited(tag("[<"), hex0x, tag(">]"));
    let (_, address) = run(alt((bracketed, hex0x)), rest)?;
    if name == b"pc" {
        line.ip_address = Some(InstructionPointer(address));
    }
    line.entries.push(register(name, rest.trim_ascii()));
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        assert_eq!(line(b"pstate: 60400005 (nZCv daif +PAN -UAO)").unwrap().user, Some(false));
        assert_eq!(line(b"pc : foo+0x1/0x2").unwrap().ip.unwrap().name, "foo");
        assert_eq!(line(b"lr : bar+0x1/0x2").unwrap().link.unwrap().name, "bar");
        assert_eq!(line(b"x29: ffff800012345678 x28: 0000000000000000 ").unwrap().entries.len(), 2);
        assert_eq!(line(b"sp : ffff800012345678").unwrap().entries.len(), 1);
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"x: y"), None);
        assert_eq!(line(b"spurious: 12"), None);
    }
}
