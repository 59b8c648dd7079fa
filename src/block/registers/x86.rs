//! x86, 32 and 64 bits.
//!
//! Source: `__show_regs` in `arch/x86/kernel/process_64.c` and `process_32.c`, `show_ip` in `dumpstack.c`.

use super::{RegisterLine, pairs_behind, register};
use crate::bytes::{Parsed, dec32, hex, run, symbol, trailing_location, word};
use crate::report::{InstructionPointer, Register, Text};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space0};
use nom::combinator::{opt, recognize, value};
use nom::sequence::{delimited, preceded, terminated};

/// Whether lines that hold pairs name this register.
const fn is_name(name: &[u8]) -> bool {
    match name {
        // By their letters: a string is compared as a whole, and there are many.
        [b'R' | b'E', b'A' | b'B' | b'C' | b'D', b'X']
        | [b'R' | b'E', b'S' | b'D', b'I']
        | [b'R' | b'E', b'B' | b'S', b'P']
        | [b'R', b'0', b'8' | b'9']
        | [b'R', b'1', b'0'..=b'5']
        | [b'C', b'R', b'0' | b'2'..=b'4']
        | [b'D', b'R', b'0'..=b'3' | b'6' | b'7']
        | [b'C' | b'D' | b'E' | b'F' | b'G' | b'S', b'S']
        // i386 before 2.6.25.
        | [b'e', b'a' | b'b' | b'c' | b'd', b'x']
        | [b'e', b's' | b'd', b'i']
        | [b'e', b'b' | b's', b'p']
        | [b'd' | b'e' | b'f' | b'g' | b's', b's'] => true,
        _ => matches!(name, b"knlGS" | b"EFLAGS" | b"ORIG_RAX" | b"PKRU" | b"ORIG_EAX"),
    }
}

/// Example: `RAX: 0000000000000000 RBX: ffff888110fa8ca8 RCX: 0000000000000101`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text {
        [b'R', b'I', b'P', ..] | [b'E', b'I', b'P', ..] | [b'I', b'P', b':', ..] => instruction_pointer(text),
        [b'R' | b'F' | b'C' | b'D' | b'E' | b'O' | b'P' | b'G' | b'S', ..]
        | [b' ', b'D' | b'R', ..]
        | [b'e' | b'd', _, ..] => values(text.trim_ascii_start()),
        _ => None,
    }
}

fn values(text: &[u8]) -> Option<RegisterLine<'_>> {
    // `RSP: 0018:ffffc90000cf3de0 EFLAGS: 00010282`: the segment is not the value.
    let stack = preceded(tag("RSP: "), terminated(recognize((hex, char(':'))), opt(char(' '))));
    let mut entries: Vec<Register<'_>> = Vec::new();
    let mut rest = text;
    if let Some((after, _)) = run(stack, text) {
        let (after, value) = word(after).ok()?;
        entries.push(register(b"RSP", value));
        rest = after;
    }
    pairs_behind(rest, is_name, &mut entries);
    if let Some((_, value)) = run(delimited(tag("RSP <"), take_while1(|c| c != b'>'), char('>')), text) {
        // Behind the end of a report of kernels before 4.20.
        entries.push(register(b"RSP", value));
    }
    if matches!(&*entries, [only] if *only.name == *b"CR2") {
        // Below the dump, the address of the fault once more.
        return None;
    }
    // `CS` is that of the code that prints; the stack segment of 32 bits is the dump's own.
    let is_stack = |r: &&Register<'_>| matches!(&*r.name, b"SS" | b"ss");
    let stack_segment = entries.iter().find(is_stack).and_then(|r| r.value);
    (!entries.is_empty()).then(|| RegisterLine {
        arch: arch_of(&entries),
        user: stack_segment.map(|s| s & 3 == 3),
        entries,
        ..RegisterLine::default()
    })
}

/// Control, debug and segment registers are of both widths.
fn arch_of(entries: &[Register<'_>]) -> &'static str {
    let any = |fits: fn(&[u8]) -> bool| entries.iter().any(|r| fits(&r.name));
    if any(|name| matches!(name, [b'R', ..] | b"ORIG_RAX" | b"knlGS")) {
        "x86_64"
    } else if any(|name| matches!(name, [b'E' | b'e', _, _] | b"ORIG_EAX" | b"SS" | b"ss")) {
        "i386"
    } else {
        ""
    }
}

/// `RIP: 0010:f+0x1/0x2`, `RIP: 0010:[<ffffffff81>]  [<ffffffff81>] f+0x1/0x2`, `RIP: 0033:0x7f3a`,
/// `RIP: 0010:          (null)`, `RIP  [<ffffffff81>] f+0x1/0x2`, `IP: f+0x1/0x2`, `EIP: f+0x1/0x2`, `EIP is at f+0x1/0x2`, `EIP: 0060:[<c0101234>] EFLAGS: …`.
fn instruction_pointer(text: &[u8]) -> Option<RegisterLine<'_>> {
    let name = alt((tag("RIP"), tag("EIP"), tag("IP")));
    let (rest, name) = run(terminated(name, (alt((tag(":"), tag(" is at"), tag(" "))), space0)), text)?;
    let whole = rest.trim_ascii();
    let (rest, segment) = run(opt(terminated(take_while1(|c: u8| c.is_ascii_hexdigit()), char(':'))), rest)?;
    let mut line = RegisterLine {
        arch: if name == b"RIP" {
            "x86_64"
        } else if name == b"EIP" {
            "i386"
        } else {
            ""
        },
        starts: text.get(3) == Some(&b':') || name != b"EIP",
        ..RegisterLine::default()
    };
    // The low two bits of the code segment are the privilege level.
    line.user = segment.map(|s| s.last().is_some_and(|d| matches!(d, b'3' | b'b' | b'B')));
    let mut rest = rest.trim_ascii_start();
    while let Some((after, address)) = run(terminated(bracketed, space0), rest) {
        line.ip_address = Some(InstructionPointer(address));
        rest = after;
    }
    if let Ok((after, symbol)) = symbol(rest) {
        line.ip = Some(Box::new(symbol));
        line.ip_location = run(trailing_location, after).map(|(_, l)| Box::new(l));
    } else if rest.trim_ascii_end().ends_with(b"[inline]") {
        // A symbolizer repeats the line once per inlined function before the one that has the offset.
        return Some(RegisterLine { arch: line.arch, ..RegisterLine::default() });
    } else if line.ip_address.is_none() {
        let (_, address) = run(alt((preceded(opt(tag("0x")), hex), null)), rest)?;
        line.ip_address = Some(InstructionPointer(address));
    }
    // 32 bits: `EIP: 0060:[<c0101234>] EFLAGS: 00010246 CPU: 0`, the flags on a line of their own before 2.6.25.
    let flags = memchr::memmem::find(whole, b" EFLAGS: ").and_then(|at| whole.split_at_checked(at));
    let (own, behind) = flags.unwrap_or((whole, b""));
    line.entries = vec![Register {
        name: Text::from(name),
        text: Text::from(own.trim_ascii_end()),
        value: line.ip_address.map(|a| a.0),
    }];
    let pair = (preceded(tag(" EFLAGS: "), word), opt(preceded(tag(" CPU: "), dec32)));
    if let Some((_, (flags, cpu))) = run(pair, behind) {
        line.entries.push(register(b"EFLAGS", flags));
        line.cpu = cpu;
    }
    Some(line)
}

fn bracketed(input: &[u8]) -> Parsed<'_, u64> {
    delimited((tag("[<"), opt(tag("0x"))), alt((hex, null)), tag(">]")).parse(input)
}

/// What `%p` printed for 0 before 5.2, in the width of a pointer.
fn null(input: &[u8]) -> Parsed<'_, u64> {
    value(0, (space0, tag("(null)"))).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_rip_through_the_years() {
        for text in [
            "RIP: 0010:foo+0x1/0x2",
            "RIP: 0010:[<ffffffff81000000>]  [<ffffffff81000000>] foo+0x1/0x2",
            "RIP  [<ffffffff81000000>] foo+0x1/0x2",
            "RIP: 0010:foo+0x1/0x2 net/foo.c:12",
            "EIP: foo+0x1/0x2",
            "EIP is at foo+0x1/0x2",
            "EIP: [<c0101234>] foo+0x1/0x2 SS:ESP 0068:c0105678",
            "IP: [<ffffffff81000000>] foo+0x1/0x2",
            "IP: foo+0x1/0x2 net/foo.c:12",
        ] {
            let l = line(text.as_bytes()).expect(text);
            assert_eq!(l.ip.expect(text).name, "foo", "{text}");
        }
    }

    #[test]
    fn ok_user_mode() {
        let l = line(b"RIP: 0033:0x7f3a5c").unwrap();
        assert_eq!((l.user, l.ip_address), (Some(true), Some(InstructionPointer(0x7f_3a5c))));
    }

    #[test]
    fn ok_user_mode_of_32_bits() {
        let user = |l: &'static [u8]| line(l).unwrap().user;
        assert_eq!(user(b"DS: 007b ES: 007b FS: 0000 GS: 0033 SS: 007b EFLAGS: 00200292"), Some(true));
        assert_eq!(user(b" DS: 007b ES: 007b FS: 00d8 GS: 00e0 SS: 0068"), Some(false));
    }

    #[test]
    fn ok_32_bits() {
        let l = line(b"EIP: 0060:[<c0101234>] EFLAGS: 00010246 CPU: 0").unwrap();
        assert_eq!((l.ip_address, l.starts), (Some(InstructionPointer(0xc010_1234)), true));
        assert_eq!((l.cpu, l.entries.get(1).unwrap().value), (Some(0), Some(0x10246)));
        let l = line(b"eax: 00000000   ebx: f5a0c000   ecx: 00000000   edx: 00000001").unwrap();
        assert_eq!((l.arch, l.entries.len()), ("i386", 4));
        let l = line(b"ds: 007b   es: 007b   ss: 0068").unwrap();
        assert_eq!((l.user, l.entries.len()), (Some(false), 3));
        let l = line(b"EAX: 00000000 EBX: f5a0c000 ECX: 00000000 EDX: 00000001").unwrap();
        assert_eq!((l.arch, l.entries.len()), ("i386", 4));
        assert_eq!(line(b"ORIG_EAX: 00000005").unwrap().entries.len(), 1);
    }

    #[test]
    fn ok_jump_to_null() {
        for text in [
            "RIP: 0010:          (null)",
            "RIP: 0010:[<0000000000000000>]  [<          (null)>]           (null)",
        ] {
            let l = line(text.as_bytes()).expect(text);
            assert_eq!((l.ip, l.ip_address), (None, Some(InstructionPointer(0))), "{text}");
        }
    }

    #[test]
    fn ok_stack_pointer_without_its_segment() {
        let l = line(b"RSP: 0018:ffffc90000cf3de0 EFLAGS: 00010282").unwrap();
        assert_eq!(l.entries.len(), 2);
        assert_eq!(l.entries[0].value, Some(0xffff_c900_00cf_3de0));
    }

    #[test]
    fn err_other_words() {
        assert_eq!(line(b"CPU: 1 PID: 2"), None);
        assert_eq!(line(b"FOO: 12"), None);
    }
}
