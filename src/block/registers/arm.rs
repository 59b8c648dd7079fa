//! arm, 32 bits; old arm64 kernels share its first two lines.
//!
//! Source: `__show_regs` in `arch/arm/kernel/process.c`.

use super::{RegisterLine, number_pairs, register};
use crate::bytes::{hex_value, run};
use crate::report::{InstructionPointer, Register, Text};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::space0;
use nom::sequence::{delimited, preceded, terminated};

/// The mode bits of a program status register: 0 is user mode in 26 and 32 bits, on arm64 exception level 0.
const MODE: u64 = 0xf;

/// Example: `PC is at dev_watch+0x12/0x34`, `r3 : 00000000  r2 : 00000000  r1 : 00000004  r0 : 8280e800`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'P', b'C', b' ', ..] | [b'L', b'R', b' ', ..] => at(text),
        [b'p', b'c', b' ', ..] => pointers(text, "arm", 8),
        [b's', b'p', b' ', ..] | [b'r', ..] => {
            let entries = number_pairs(text, is_name)?;
            let narrow = entries.iter().all(|r| r.text.len() == 8);
            narrow.then(|| RegisterLine { arch: "arm", entries, ..RegisterLine::default() })
        }
        [b'F', b'l', b'a', b'g', b's', b':', ..] => flags(text),
        [b'C', b'o', b'n', b't', b'r', b'o', b'l', b':', ..] | [b'x', b'P', b'S', b'R', b':', ..] => {
            let known = |n: &[u8]| matches!(n, b"Control" | b"Table" | b"DAC" | b"xPSR");
            let entries = number_pairs(text, known)?;
            Some(RegisterLine { arch: "arm", entries, ..RegisterLine::default() })
        }
        _ => None,
    }
}

fn is_name(name: &[u8]) -> bool {
    match name {
        [b'r', digits @ ..] => matches!(digits.len(), 1 | 2) && digits.iter().all(u8::is_ascii_digit),
        _ => matches!(name, b"sp" | b"ip" | b"fp"),
    }
}

/// `PC is at f+0x1/0x2`, `LR is at 0x82c00000`: the address stands on the line below.
fn at(text: &[u8]) -> Option<RegisterLine<'_>> {
    let (rest, name) = run(terminated(alt((tag("PC"), tag("LR"))), tag(" is at ")), text)?;
    let rest = rest.trim_ascii();
    if rest.ends_with(b"[inline]") {
        // A symbolizer repeats the line once per inlined function before the one that has the offset.
        return Some(RegisterLine::default());
    }
    let mut line = RegisterLine { starts: name == b"PC", ..RegisterLine::default() };
    if name == b"PC" {
        line.set_ip(rest);
    } else {
        line.set_link(rest);
    }
    line.entries.push(Register { name: Text::from(name), text: Text::from(rest), value: hex_value(rest) });
    Some(line)
}

/// `pc : [<80101234>]    lr : [<80101238>]    psr: 60000193`; arm64 until 4.14 says `pstate` and has 16 digits.
pub(super) fn pointers<'a>(text: &'a [u8], arch: &'static str, digits: usize) -> Option<RegisterLine<'a>> {
    let address = |i| {
        let hex = take_while_m_n(digits, digits, |c: u8| c.is_ascii_hexdigit());
        delimited(tag("[<"), hex, tag(">]")).parse(i)
    };
    let pc = preceded((tag("pc : "), space0), address);
    let lr = preceded((space0, tag("lr : "), space0), address);
    let status = preceded((space0, alt((tag("psr: "), tag("pstate: ")))), crate::bytes::word);
    let (_, (pc, lr, status)) = run((pc, lr, status), text)?;
    Some(RegisterLine {
        arch,
        ip_address: hex_value(pc).map(InstructionPointer),
        user: hex_value(status).map(|s| s & MODE == 0),
        entries: vec![register(b"pc", pc), register(b"lr", lr), register(b"psr", status)],
        ..RegisterLine::default()
    })
}

/// `Flags: nZCv  IRQs on  FIQs on  Mode SVC_32  ISA ARM  Segment user`
fn flags(text: &[u8]) -> Option<RegisterLine<'_>> {
    let mode = memchr::memmem::find(text, b"  Mode ")?;
    let user = text.get(mode..)?.starts_with(b"  Mode USER_");
    let words = text.get(b"Flags:".len()..)?.trim_ascii();
    let entry = Register { name: Text::from("Flags"), text: Text::from(words), value: None };
    Some(RegisterLine { arch: "arm", user: Some(user), entries: vec![entry], ..RegisterLine::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        assert_eq!(line(b"PC is at foo+0x1/0x2 [mod]").unwrap().ip.unwrap().name, "foo");
        assert_eq!(line(b"LR is at bar+0x1/0x2").unwrap().link.unwrap().name, "bar");
        assert!(line(b"PC is at bar include/bar.h:7 [inline]").unwrap().entries.is_empty());
        let raw = line(b"PC is at 0xdeadbeef").unwrap();
        assert_eq!((raw.ip, raw.entries[0].value), (None, Some(0xdead_beef)));
        let l = line(b"pc : [<80101234>]    lr : [<80101238>]    psr: 60000193").unwrap();
        assert_eq!((l.ip_address, l.user), (Some(InstructionPointer(0x8010_1234)), Some(false)));
        assert_eq!(line(b"r10: 8591b080  r9 : 8bdfc000  r8 : 00000001").unwrap().entries.len(), 3);
        assert_eq!(line(b"Control: 10c5387d  Table: 8a14806a  DAC: 00000051").unwrap().entries.len(), 3);
    }

    #[test]
    fn ok_user_mode() {
        let l = line(b"pc : [<00010234>]    lr : [<00010238>]    psr: 60000010").unwrap();
        assert_eq!(l.user, Some(true));
        let l = line(b"Flags: nZCv  IRQs on  FIQs on  Mode USER_32  ISA ARM  Segment user").unwrap();
        assert_eq!(l.user, Some(true));
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"r8169 eth0: link up"), None);
        assert_eq!(line(b"PC is on"), None);
        assert_eq!(line(b"sp : ffff800012345678"), None);
    }
}
