//! riscv, 32 and 64 bits.
//!
//! Source: `__show_regs` in `arch/riscv/kernel/process.c`.

use super::{RegisterLine, number_pairs};
use crate::report::{InstructionPointer, Register, Text};

/// Bits of `status` that are clear only if the trap came from user mode: `SR_SPP`, and `SR_MPP` in M-mode kernels.
const PREVIOUS_MODE: u64 = 0x1900;

/// Example: `epc : dev_watch+0x12/0x34`, ` gp : ffffffff8163fd88 tp : ffffffd8010f0000 t0 : 0000000000000000`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'e', b'p', b'c', b' ', b':', ..] | [b's', b'e', b'p', b'c', b':', ..] => epc(text),
        [b' ', b'r', b'a', b' ', b':', rest @ ..] => {
            let mut line = symbolic("ra", rest)?;
            line.set_link(rest.trim_ascii());
            Some(line)
        }
        [b's', b't', b'a' | b's', ..] | [b's', b's', b't', ..] => values(text),
        [b' ', a, b, ..] if !a.is_ascii_whitespace() && b.is_ascii_alphanumeric() => values(text),
        _ => None,
    }
}

/// A name with a symbol behind it.
fn symbolic<'a>(name: &'static str, rest: &'a [u8]) -> Option<RegisterLine<'a>> {
    let rest = rest.trim_ascii();
    crate::bytes::symbol(rest).ok()?;
    let entry = Register { name: Text::from(name), text: Text::from(rest), value: None };
    Some(RegisterLine { arch: "riscv", entries: vec![entry], ..RegisterLine::default() })
}

/// `epc : f+0x1/0x2`, then ` ra : g+0x1/0x2`, then `epc : ffffffff80012345 ra : … sp : …`; in user mode the last
/// one only.
fn epc(text: &[u8]) -> Option<RegisterLine<'_>> {
    let colon = memchr::memchr(b':', text)?;
    let rest = text.get(colon + 1..)?.trim_ascii();
    if let Some(mut line) = symbolic("epc", rest) {
        line.starts = true;
        line.set_ip(rest);
        return Some(line);
    }
    let mut line = values(text)?;
    line.ip_address = line.entries.first().and_then(|r| r.value).map(InstructionPointer);
    Some(line)
}

fn values(text: &[u8]) -> Option<RegisterLine<'_>> {
    let entries = number_pairs(text, is_name)?;
    let status = entries.first().filter(|r| r.name.ends_with(b"status")).and_then(|r| r.value);
    Some(RegisterLine {
        arch: "riscv",
        user: status.map(|s| s & PREVIOUS_MODE == 0),
        entries,
        ..RegisterLine::default()
    })
}

fn is_name(name: &[u8]) -> bool {
    match name {
        [b's' | b'a' | b't', b'0'..=b'9'] => true,
        _ => matches!(
            name,
            b"epc"
                | b"ra"
                | b"sp"
                | b"gp"
                | b"tp"
                | b"s10"
                | b"s11"
                | b"ssp"
                | b"status"
                | b"badaddr"
                | b"cause"
                | b"sepc"
                | b"sstatus"
                | b"sbadaddr"
                | b"scause"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        let l = line(b"epc : foo+0x1/0x2").unwrap();
        assert_eq!((l.starts, l.ip.unwrap().name.to_string()), (true, "foo".to_owned()));
        assert_eq!(line(b" ra : bar+0x1/0x2").unwrap().link.unwrap().name, "bar");
        let l = line(b"epc : ffffffff80012345 ra : ffffffff80012340 sp : ff2000000001be50").unwrap();
        assert_eq!((l.starts, l.ip_address), (false, Some(InstructionPointer(0xffff_ffff_8001_2345))));
        assert_eq!(line(b" s8 : 00000000 s9 : 00000000 s10: 00000000").unwrap().entries.len(), 3);
    }

    #[test]
    fn ok_user_mode() {
        let user = |l: &'static [u8]| line(l).unwrap().user;
        assert_eq!(
            user(b"status: 0000000000000120 badaddr: 0000000000000008 cause: 000000000000000f"),
            Some(false)
        );
        assert_eq!(
            user(b"status: 0000000000004020 badaddr: 0000000000000008 cause: 000000000000000d"),
            Some(true)
        );
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b" t0 is free"), None);
        assert_eq!(line(b"status: good"), None);
        assert_eq!(line(b"epc   : 80123456 foo+0x10/0x20"), None);
    }
}
