//! arm64.
//!
//! Source: `__show_regs` in `arch/arm64/kernel/process.c`.

use super::{RegisterLine, arm, number_pairs, register};
use crate::bytes::{hex0x, run};
use crate::report::{InstructionPointer, Register, Text};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, space0};
use nom::sequence::{preceded, terminated};

/// Example: `pc : usb_submit_urb+0x12/0x34`, `x29: ffff800012345678 x28: 0000000000000000`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'p', b's', b't', b'a', b't', b'e', b':', ..] => pstate(text),
        [b'p', b'c', b' ', ..] | [b'l', b'r', b' ', ..] => {
            arm::pointers(text, "arm64", 16).or_else(|| pointer(text))
        }
        [b's', b'p', ..] | [b'x', ..] | [b'p', b'm', ..] => {
            let entries = number_pairs(text, is_name)?;
            // 32 bits print `sp` in eight digits.
            let narrow = entries.iter().any(|r| *r.name == *b"sp" && r.text.len() < 16);
            if narrow {
                return None;
            }
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

/// `pc : f+0x1/0x2`, `lr : f+0x1/0x2`; in user mode `pc : 0000aaaad7a41234`.
fn pointer(text: &[u8]) -> Option<RegisterLine<'_>> {
    let name = terminated(alt((tag("pc"), tag("lr"))), (space0, char(':'), space0));
    let (rest, name) = run(name, text)?;
    let rest = rest.trim_ascii();
    let mut line = RegisterLine { arch: "arm64", ..RegisterLine::default() };
    if name == b"pc" {
        line.set_ip(rest);
    } else {
        line.set_link(rest);
    }
    if line.ip.is_some() || line.link.is_some() {
        line.entries.push(Register { name: Text::from(name), text: Text::from(rest), value: None });
        return Some(line);
    }
    if rest.ends_with(b"[inline]") {
        // A symbolizer repeats the line once per inlined function before the one that has the offset.
        return Some(line);
    }
    let (after, address) = run(hex0x, rest)?;
    if !after.is_empty() {
        return None;
    }
    if name == b"pc" {
        line.ip_address = Some(InstructionPointer(address));
    }
    line.entries.push(register(name, rest));
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
    fn ok_dump_of_kernels_before_4_15() {
        let l = line(b"pc : [<ffffffc000d394c4>] lr : [<ffffffc000d394c8>] pstate: 200001c5").unwrap();
        assert_eq!((l.ip_address, l.user), (Some(InstructionPointer(0xffff_ffc0_00d3_94c4)), Some(false)));
        let l = line(b"pc : [<0000007f8a1b2c3d>] lr : [<0000007f8a1b2c40>] pstate: 60000000").unwrap();
        assert_eq!(l.user, Some(true));
    }

    #[test]
    fn ok_user_mode() {
        assert_eq!(line(b"pstate: 60000000 (nZCv daif -PAN -UAO)").unwrap().user, Some(true));
        assert_eq!(
            line(b"pc : 0000aaaad7a41234").unwrap().ip_address,
            Some(InstructionPointer(0xaaaa_d7a4_1234))
        );
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"x: y"), None);
        assert_eq!(line(b"spurious: 12"), None);
    }
}
