//! Register dumps, one file per architecture, all of the same shape: a line of text → [`RegisterLine`].

mod arm;
mod arm64;
mod loongarch;
mod mips;
mod other;
mod powerpc;
mod riscv;
mod s390;
mod x86;

use crate::bytes::{blank, hex_value, run, symbol, trailing_location, word};
use crate::report::{InstructionPointer, Register, SourceLocation, Symbol, Text};
use nom::character::complete::char;
use nom::sequence::preceded;

/// What one line of a dump holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RegisterLine<'log> {
    /// The architecture that prints such a line; empty where several do.
    pub(crate) arch: &'static str,
    /// Whether a dump starts here even if another was open.
    pub(crate) starts: bool,
    /// Whether the line means something only as part of a dump that is open.
    pub(crate) continues: bool,
    /// Boxed, as are its place and the link register: of few lines, and large.
    pub(crate) ip: Option<Box<Symbol<'log>>>,
    pub(crate) ip_address: Option<InstructionPointer>,
    pub(crate) ip_location: Option<Box<SourceLocation<'log>>>,
    pub(crate) link: Option<Box<Symbol<'log>>>,
    /// The CPU, where i386 names it beside the flags.
    pub(crate) cpu: Option<u32>,
    /// Whether user code was running, where the line tells.
    pub(crate) user: Option<bool>,
    pub(crate) entries: Vec<Register<'log>>,
}

/// Reads a line of any architecture's dump. The first byte says which architectures can have printed it.
pub(crate) fn read(text: &[u8]) -> Option<RegisterLine<'_>> {
    match text.first()? {
        b'R' | b'D' | b'O' | b'G' => x86::line(text).or_else(|| powerpc::line(text)),
        b'I' => x86::line(text),
        b'E' => x86::line(text).or_else(|| loongarch::line(text)),
        b'F' => x86::line(text).or_else(|| arm::line(text)),
        b'S' => x86::line(text).or_else(|| mips::line(text)),
        b'C' => x86::line(text)
            .or_else(|| powerpc::line(text))
            .or_else(|| mips::line(text))
            .or_else(|| loongarch::line(text))
            .or_else(|| arm::line(text)),
        b'P' => arm::line(text)
            .or_else(|| x86::line(text))
            .or_else(|| mips::line(text))
            .or_else(|| powerpc::line(text))
            .or_else(|| other::line(text)),
        b'L' => arm::line(text).or_else(|| powerpc::line(text)).or_else(|| mips::line(text)),
        b'p' | b's' => arm64::line(text)
            .or_else(|| arm::line(text))
            .or_else(|| riscv::line(text))
            .or_else(|| loongarch::line(text))
            .or_else(|| other::line(text)),
        b'x' | b'l' => arm64::line(text).or_else(|| arm::line(text)),
        b'r' => arm::line(text).or_else(|| mips::line(text)),
        b'e' => riscv::line(text)
            .or_else(|| mips::line(text))
            .or_else(|| loongarch::line(text))
            .or_else(|| x86::line(text)),
        b'd' => x86::line(text),
        b'T' | b'i' => other::line(text),
        b'a' | b't' => loongarch::line(text),
        b'N' | b'M' | b'-' => powerpc::line(text),
        b'K' | b'U' => s390::line(text),
        b'$' | b'H' | b'B' | b'A' => mips::line(text),
        b' ' => indented(text),
        _ => None,
    }
}

/// Lines that start with blanks.
fn indented(text: &[u8]) -> Option<RegisterLine<'_>> {
    if let [b' ', b'x', ..] = text {
        // The rest of a line that another CPU's broke into.
        return arm64::line(text.trim_ascii_start());
    }
    riscv::line(text)
        .or_else(|| loongarch::line(text))
        .or_else(|| s390::line(text))
        .or_else(|| x86::line(text))
        .or_else(|| powerpc::line(text))
        .or_else(|| other::line(text))
}

/// A register whose value is printed in hex, perhaps with more behind it: `00007f12dcc21700(0000)`.
fn register<'a>(name: &'a [u8], text: &'a [u8]) -> Register<'a> {
    let first = || text.split(|c| matches!(c, b'(' | b',')).next();
    let value = hex_value(text).or_else(|| hex_value(first()?));
    Register { name: Text::from(name), text: Text::from(text), value }
}

/// Most registers on a line.
const PAIRS: usize = 16;

/// Pairs of `name: value`; `None` unless there is one. The line may go on behind the last pair.
fn pairs<'a>(text: &'a [u8], known: impl Fn(&[u8]) -> bool) -> Option<(&'a [u8], Vec<Register<'a>>)> {
    let mut all = Vec::new();
    let rest = pairs_behind(text, known, &mut all);
    (!all.is_empty()).then_some((rest, all))
}

/// Pairs of `name: value` behind what was read of the line, and what follows them.
fn pairs_behind<'a>(text: &'a [u8], known: impl Fn(&[u8]) -> bool, all: &mut Vec<Register<'a>>) -> &'a [u8] {
    let mut rest = text;
    while all.len() < PAIRS
        && let Some((behind, register)) = pair(rest, &known)
    {
        all.push(register);
        rest = behind;
    }
    rest
}

/// ` name: value`.
fn pair(text: &[u8], known: impl Fn(&[u8]) -> bool) -> Option<(&[u8], Register<'_>)> {
    let (text, _) = blank(text).ok()?;
    let end = text.iter().position(|c| !c.is_ascii_alphanumeric() && *c != b'_')?;
    let (name, rest) = text.split_at_checked(end).filter(|(name, _)| known(name))?;
    let (rest, value) = run(preceded((blank, char(':'), blank), word), rest)?;
    Some((rest, register(name, value)))
}

/// The same where a hex number stands behind every name and nothing behind the last number.
fn number_pairs<'a>(text: &'a [u8], known: impl Fn(&[u8]) -> bool) -> Option<Vec<Register<'a>>> {
    let (rest, entries) = pairs(text, known)?;
    (rest.trim_ascii().is_empty() && entries.iter().all(|r| r.value.is_some())).then_some(entries)
}

/// Values without names, one after the other, as registers `names`.
fn listed<'a>(text: &'a [u8], names: &'static [&'static str]) -> Option<Vec<Register<'a>>> {
    let mut values = text.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
    let entries: Vec<_> = names
        .iter()
        .zip(values.by_ref())
        .map(|(name, value)| Register { name: Text::from(*name), ..register(b"", value) })
        .collect();
    let fits = !entries.is_empty()
        && values.next().is_none()
        && entries.iter().all(|r: &Register<'_>| r.value.is_some());
    fits.then_some(entries)
}

/// `%pS`, or the number where no symbol was found.
enum Pointer<'log> {
    Symbol(Symbol<'log>, Option<SourceLocation<'log>>),
    Number,
}

/// What an architecture printed of an instruction pointer or a link register behind its name.
fn pointer(text: &[u8]) -> Pointer<'_> {
    match symbol(text) {
        Ok((rest, symbol)) => Pointer::Symbol(symbol, run(trailing_location, rest).map(|(_, l)| l)),
        Err(_) => Pointer::Number,
    }
}

impl<'log> RegisterLine<'log> {
    /// The registers of this line, named as what follows those of the lines before it where it has no names.
    pub(crate) fn take_entries(&mut self, before: &[Register<'log>]) -> Vec<Register<'log>> {
        let entries = std::mem::take(&mut self.entries);
        if !self.continues {
            return entries;
        }
        let known = before.iter().filter(|r| r.name.starts_with(b"r")).count();
        let names = s390::GPRS.iter().skip(known);
        names.zip(entries).map(|(n, r)| Register { name: Text::from(*n), ..r }).collect()
    }

    /// Takes what stands behind the name of the instruction pointer.
    fn set_ip(&mut self, text: &'log [u8]) {
        if let Pointer::Symbol(symbol, location) = pointer(text) {
            self.ip = Some(Box::new(symbol));
            self.ip_location = location.map(Box::new);
        }
    }

    /// Takes what stands behind the name of the link register.
    fn set_link(&mut self, text: &'log [u8]) {
        if let Pointer::Symbol(symbol, _) = pointer(text) {
            self.link = Some(Box::new(symbol));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_each_line_goes_to_its_architecture() {
        for (text, arch) in [
            ("RIP: 0010:foo+0x1/0x2", "x86_64"),
            ("EAX: 00000000 EBX: 00000001 ECX: 00000002 EDX: 00000003", "i386"),
            ("pc : foo+0x1/0x2", "arm64"),
            (" x28: 0000000000000000", "arm64"),
            ("pc : [<80101234>]    lr : [<80101238>]    psr: 60000193", "arm"),
            ("sp : 80101234  ip : 80101238  fp : 00000000", "arm"),
            ("sp : ffff800012345678", "arm64"),
            (" gp : ffffffe006c38208 tp : ffffffe009bb16c0 t0 : 0000000000000000", "riscv"),
            ("NIP:  c000000000b4d6a8 LR: c000000000b4d6ac CTR: 0000000000000000", "powerpc"),
            ("Krnl PSW : 0704c00180000000 00000000001cd3a6 (foo+0x26/0x88)", "s390"),
            ("epc   : 80123456 foo+0x10/0x20", "mips"),
            ("era   : 9000000000223d24 foo+0x10/0x20", "loongarch"),
        ] {
            assert_eq!(read(text.as_bytes()).expect(text).arch, arch, "{text}");
        }
    }

    #[test]
    fn err_prose_is_no_register() {
        for text in ["a0 is taken", "processor: 1", "Disk: 12", "CPU: 1 PID: 2", "Unknown: 12", "-- 12: 34"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
