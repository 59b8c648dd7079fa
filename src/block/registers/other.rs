//! Instruction pointers of the architectures whose dumps are not read otherwise.
//!
//! Source: `show_regs` of `arch/sparc/kernel/process_64.c`, `arch/alpha/kernel/traps.c`, `arch/ia64/kernel/process.c`,
//! `arch/sh/kernel/process_32.c`, `arch/csky/kernel/ptrace.c`; `bad_super_trap` and `show_registers` in
//! `arch/m68k/kernel/traps.c`.

use super::RegisterLine;
use crate::report::{Register, Text};

/// What the line starts with, the register's name, and the architecture; none where several print so.
const POINTERS: &[(&str, &str, &str)] = &[
    ("TPC: <", "TPC", "sparc64"),
    ("pc is at ", "pc", "alpha"),
    ("ip is at ", "ip", "ia64"),
    ("PC: [<", "PC", ""),
    ("PC: 0x", "PC", "csky"),
];

/// Example: `TPC: <ring_write+0x18/0x40 [ring]>`, `PC: [<0103a012>] ring_write+0x12/0x34`,
/// ` PC: 0x808a1012 (ring_write+0x12/0x34)`
pub(super) fn line(text: &[u8]) -> Option<RegisterLine<'_>> {
    let text = text.trim_ascii();
    let (start, name, arch) = POINTERS.iter().find(|(start, ..)| text.starts_with(start.as_bytes()))?;
    let rest = text.get(start.len()..)?;
    // What starts in digits is the address.
    let number = rest.first().filter(|_| *name == "PC").and_then(|_| rest.iter().position(|c| *c == b' '));
    let symbol = rest.get(number.unwrap_or(0)..)?.trim_ascii_start();
    let symbol = symbol.strip_prefix(b"(").unwrap_or(symbol);
    let mut line = RegisterLine { arch, starts: true, ..RegisterLine::default() };
    line.set_ip(symbol);
    line.ip.as_ref()?;
    line.entries.push(Register { name: Text::from(*name), text: Text::from(symbol), value: None });
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_pointers() {
        for (text, arch) in [
            ("TPC: <ring_write+0x18/0x40 [ring]>", "sparc64"),
            ("pc is at ring_write+0x10/0x40 [ring]", "alpha"),
            ("ip is at ring_write+0x10/0x80", "ia64"),
            ("PC: [<0103a012>] ring_write+0x12/0x34 [ring]", ""),
            (" PC: 0x808a1012 (ring_write+0x12/0x34)", "csky"),
        ] {
            let line = line(text.as_bytes()).expect(text);
            assert_eq!((line.ip.unwrap().name.to_string(), line.arch), ("ring_write".to_owned(), arch));
        }
    }

    #[test]
    fn err_no_symbol() {
        assert_eq!(line(b"PC: [<0103a012>]"), None);
        assert_eq!(line(b"pc is at home"), None);
    }
}
