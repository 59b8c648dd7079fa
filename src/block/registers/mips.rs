//! mips, 32 and 64 bits. The first LoongArch kernels print their numbered registers in the same way.
//!
//! Source: `__show_regs` in `arch/mips/kernel/traps.c`.

use super::{RegisterLine, listed};
use crate::bytes::{dec, hex, hex_value, run, word};
use crate::report::{InstructionPointer, Register, Text};
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, space0, space1};
use nom::combinator::map_opt;
use nom::sequence::{delimited, preceded, terminated};

/// The numbered registers.
const NUMBERED: [&str; 32] = [
    "$0", "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15",
    "$16", "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "$27", "$28", "$29", "$30",
    "$31",
];

/// `KSU_USER` of the Status register, and the 3000's `KUp`.
const USER: &[&[u8]] = &[b"USER", b"KUp"];

/// Example: `epc   : 80123456 dev_watch+0x10/0x20`, `$ 4   : 00000000 00000001 80a0c000 00000000`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'$', ..] => numbered(text),
        [b'e', b'p', b'c', b' ', ..] | [b'r', b'a', b' ', ..] => pointer(text, b"epc", "mips"),
        [b'S', b't', b'a', b't', b'u', b's', b':', ..] => status(text),
        [b'C', b'a', b'u', b's', b'e', b' ', ..]
        | [b'B', b'a', b'd', b'V', b'A', ..]
        | [b'H', b'i', b' ', ..]
        | [b'L', b'o', b' ', ..]
        | [b'A', b'c', b'x', ..]
        | [b'P', b'r', b'I', b'd', ..] => single(text),
        _ => None,
    }
}

/// `$ 0   : 00000000 10008d00 00000001 00000000`, `$24   : 00000010 80123456` with two left out.
fn numbered(text: &[u8]) -> Option<RegisterLine<'_>> {
    let first = preceded((char('$'), space0), map_opt(dec, |n| usize::try_from(n).ok()));
    let (rest, first) = run(terminated(first, (space0, char(':'))), text)?;
    let entries = listed(rest, NUMBERED.get(first..)?).filter(|e| e.len() <= 4)?;
    Some(RegisterLine { starts: first == 0, entries, ..RegisterLine::default() })
}

/// `epc   : 80123456 f+0x10/0x20`, `ra    : 80123450 g+0x10/0x20`; LoongArch's `era` and `ERA` are the same.
pub(super) fn pointer<'a>(text: &'a [u8], ip: &[u8], arch: &'static str) -> Option<RegisterLine<'a>> {
    let name = terminated(alt((tag(ip), tag(&b"ra"[..]))), (space0, char(':'), space0));
    let (rest, (name, address)) = run((name, word), text)?;
    let value = hex_value(address)?;
    let rest = rest.trim_ascii();
    let mut line = RegisterLine::default();
    if name == ip {
        line.arch = arch;
        line.set_ip(rest);
        line.ip_address = Some(InstructionPointer(value));
    } else {
        line.set_link(rest);
    }
    line.entries.push(Register { name: Text::from(name), text: Text::from(rest), value: Some(value) });
    Some(line)
}

/// `Status: 1000a403 KERNEL EXL IE`
fn status(text: &[u8]) -> Option<RegisterLine<'_>> {
    let (rest, value) = run(delimited((tag("Status:"), space0), hex, space1), text)?;
    let user = rest.split(u8::is_ascii_whitespace).any(|w| USER.contains(&w));
    Some(RegisterLine {
        arch: "mips",
        user: Some(user),
        entries: vec![whole(text, value)],
        ..RegisterLine::default()
    })
}

/// `Cause : 40808008 (ExcCode 02)`, `BadVA : 00000004`, `Hi    : 00000000`, `PrId  : 00019300 (MIPS 24Kc)`
fn single(text: &[u8]) -> Option<RegisterLine<'_>> {
    let name = terminated(nom::character::complete::alpha1, (space0, char(':'), space0));
    let (_, value) = run(preceded(name, hex), text)?;
    Some(RegisterLine { entries: vec![whole(text, value)], ..RegisterLine::default() })
}

/// The register of a line that has one.
fn whole(text: &[u8], value: u64) -> Register<'_> {
    let colon = memchr::memchr(b':', text).unwrap_or(text.len());
    let (name, rest) = text.split_at(colon);
    let rest = rest.get(1..).unwrap_or_default().trim_ascii();
    Register { name: Text::from(name.trim_ascii()), text: Text::from(rest), value: Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_dump() {
        let l = line(b"$ 0   : 00000000 10008d00 00000001 00000000").unwrap();
        assert_eq!((l.starts, l.entries.len()), (true, 4));
        let l = line(b"$24   : 00000010 80123456                  ").unwrap();
        assert_eq!(l.entries[1].name, "$25");
        let l = line(b"epc   : 80123456 foo+0x10/0x20").unwrap();
        assert_eq!(
            (l.ip_address, l.ip.unwrap().name.to_string()),
            (Some(InstructionPointer(0x8012_3456)), "foo".into())
        );
        assert_eq!(line(b"ra    : 80123450 bar+0x10/0x20").unwrap().link.unwrap().name, "bar");
        let l = line(b"Cause : 40808008 (ExcCode 02)").unwrap();
        assert_eq!((l.entries[0].name.to_string(), l.entries[0].value), ("Cause".into(), Some(0x4080_8008)));
    }

    #[test]
    fn ok_user_mode() {
        assert_eq!(line(b"Status: 1000a403\tKERNEL EXL IE ").unwrap().user, Some(false));
        assert_eq!(line(b"Status: 0000a413\tUSER EXL IE ").unwrap().user, Some(true));
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"$ ls"), None);
        assert_eq!(line(b"Status: good"), None);
        assert_eq!(line(b"Cause of it"), None);
    }
}
