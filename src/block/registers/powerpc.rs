//! powerpc, 32 and 64 bits.
//!
//! Source: `__show_regs` in `arch/powerpc/kernel/process.c`; `show_stack` there for the interrupted function.

use super::{RegisterLine, listed, pairs};
use crate::bytes::{dec, hex, hex_value, run};
use crate::report::{InstructionPointer, Register, Text};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, space0};
use nom::combinator::map_opt;
use nom::sequence::{delimited, preceded, terminated};

/// `MSR_PR`: problem state, which is user mode.
const PROBLEM_STATE: u64 = 0x4000;

/// The general purpose registers by the names that a dump has at the start of its lines.
const GPRS: [&str; 32] = [
    "GPR00", "GPR01", "GPR02", "GPR03", "GPR04", "GPR05", "GPR06", "GPR07", "GPR08", "GPR09", "GPR10",
    "GPR11", "GPR12", "GPR13", "GPR14", "GPR15", "GPR16", "GPR17", "GPR18", "GPR19", "GPR20", "GPR21",
    "GPR22", "GPR23", "GPR24", "GPR25", "GPR26", "GPR27", "GPR28", "GPR29", "GPR30", "GPR31",
];

/// Example: `NIP [c000000000b4d6a8] dev_watch+0x12/0x34`, `GPR00: c000000000b4d6ac c00000000a7f3a60 …`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'N', b'I', b'P', b' ', b'[', ..] | [b'L', b'R', b' ', b'[', ..] => pointer(text),
        [b'G', b'P', b'R', ..] => general(text),
        [b'M', b'S', b'R', b':', ..] => machine_state(text),
        [b'-', ..] | [b' ', b'-', ..] => interrupt(text),
        [b'N' | b'R' | b'C' | b'D' | b'P', ..] => {
            let (_, entries) = pairs(text, is_name)?;
            let nip = entries.first().filter(|r| *r.name == *b"NIP").and_then(|r| r.value);
            Some(RegisterLine {
                arch: "powerpc",
                ip_address: nip.map(InstructionPointer),
                entries,
                ..RegisterLine::default()
            })
        }
        _ => None,
    }
}

fn is_name(name: &[u8]) -> bool {
    matches!(
        name,
        b"NIP"
            | b"LR"
            | b"CTR"
            | b"REGS"
            | b"TRAP"
            | b"CFAR"
            | b"DAR"
            | b"DSISR"
            | b"DEAR"
            | b"ESR"
            | b"IRQMASK"
            | b"SOFTE"
            | b"PACATMSCRATCH"
            | b"CR"
            | b"XER"
            | b"MSR"
    )
}

/// `NIP [c000000000b4d6a8] f+0x1/0x2`, `LR [c000000000b4d6ac] g+0x1/0x2`
fn pointer(text: &[u8]) -> Option<RegisterLine<'_>> {
    let digits = take_while_m_n(8, 16, |c: u8| c.is_ascii_hexdigit());
    let number = delimited(tag(" ["), digits, char(']'));
    let (rest, (name, address)) = run((alt((tag("NIP"), tag("LR"))), number), text)?;
    let rest = rest.trim_ascii();
    let mut line = RegisterLine { arch: "powerpc", ..RegisterLine::default() };
    if name == b"NIP" {
        line.set_ip(rest);
        line.ip_address = hex_value(address).map(InstructionPointer);
    } else {
        line.set_link(rest);
    }
    line.entries.push(Register { name: Text::from(name), text: Text::from(rest), value: hex_value(address) });
    Some(line)
}

/// `GPR04: c00000000a7f3a60 0000000000000001 …`: four in 64 bits, eight in 32.
fn general(text: &[u8]) -> Option<RegisterLine<'_>> {
    let first = map_opt(dec, |n| usize::try_from(n).ok());
    let (rest, first) = run(delimited(tag("GPR"), first, char(':')), text)?;
    let entries = listed(rest, GPRS.get(first..)?)?;
    Some(RegisterLine { arch: "powerpc", entries, ..RegisterLine::default() })
}

/// `MSR:  8000000000009033 <SF,EE,ME,IR,DR,RI,LE>  CR: 24002882  XER: 00000000`
fn machine_state(text: &[u8]) -> Option<RegisterLine<'_>> {
    let (rest, mut entries) = pairs(text, is_name)?;
    let msr = entries.first()?.value?;
    if let Some(end) = memchr::memchr(b'>', rest) {
        entries.extend(rest.get(end + 1..).and_then(|rest| pairs(rest, is_name)).unwrap_or_default().1);
    }
    Some(RegisterLine {
        arch: "powerpc",
        user: Some(msr & PROBLEM_STATE != 0),
        entries,
        ..RegisterLine::default()
    })
}

/// `--- interrupt: 300 at f+0x1/0x2`: the stack below it is of what was interrupted there. Its registers follow
/// since 5.11, and `--- interrupt: 300` ends them.
fn interrupt(text: &[u8]) -> Option<RegisterLine<'_>> {
    let head = (space0, tag("--- "), alt((tag("interrupt: "), tag("Exception: "))));
    let (rest, trap) = run(preceded(head, hex), text)?;
    let mut line = RegisterLine { arch: "powerpc", ..RegisterLine::default() };
    let Some((place, _)) = run(terminated(tag(" at "), space0), rest) else {
        return rest.trim_ascii().is_empty().then_some(line);
    };
    let place = place.trim_ascii();
    line.starts = true;
    line.set_ip(place);
    line.ip_address = hex_value(place).map(InstructionPointer);
    line.entries.push(Register { name: Text::from("interrupt"), text: Text::from(place), value: Some(trap) });
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        let l = line(b"NIP [c000000000b4d6a8] foo+0x1/0x2").unwrap();
        assert_eq!(l.ip_address, Some(InstructionPointer(0xc000_0000_00b4_d6a8)));
        assert_eq!(l.ip.unwrap().name, "foo");
        assert_eq!(line(b"LR [c000000000b4d6ac] bar+0x1/0x2").unwrap().link.unwrap().name, "bar");
        let l = line(b"NIP:  c000000000b4d6a8 LR: c000000000b4d6ac CTR: 0000000000000000").unwrap();
        assert_eq!((l.entries.len(), l.starts), (3, false));
        let l = line(b"GPR04: c000 1 2 3 ").unwrap();
        assert_eq!((l.entries[0].name.to_string(), l.entries[3].value), ("GPR04".to_owned(), Some(3)));
        let l = line(b"CFAR: c000000000b4d5f4 DAR: 0000000000000008 DSISR: 40000000 IRQMASK: 0 ").unwrap();
        assert_eq!(l.entries.len(), 4);
    }

    #[test]
    fn ok_user_mode() {
        let l = line(b"MSR:  8000000000009033 <SF,EE,ME,IR,DR,RI,LE>  CR: 24002882  XER: 00000000").unwrap();
        assert_eq!((l.user, l.entries.len()), (Some(false), 3));
        let l =
            line(b"MSR:  800000000280f033 <SF,VEC,VSX,EE,PR,FP,ME,IR,DR,RI,LE>  CR: 2400  XER: 0").unwrap();
        assert_eq!(l.user, Some(true));
    }

    #[test]
    fn ok_interrupted_function() {
        assert_eq!(line(b"--- interrupt: 300 at foo+0x1/0x2").unwrap().ip.unwrap().name, "foo");
        assert!(line(b"--- interrupt: c00").unwrap().entries.is_empty());
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"--- cut here"), None);
        assert_eq!(line(b"--- interrupt: 12 and more"), None);
        assert_eq!(line(b"CPU: 1 PID: 2"), None);
    }
}
