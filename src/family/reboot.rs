//! A machine that boots again without having said that it would.
//!
//! Source: `extract_kernel` in `arch/x86/boot/compressed/misc.c` prints `Booting the kernel.`

use super::{Rule, rule};
use crate::report::{Class, TypeRow};
use memchr::memmem;

const TYPES: &[TypeRow] = &[("*", "REBOOT")];

/// How much of the log before the boot is looked at.
const BEFORE: usize = 1 << 16;

pub(super) const RULES: &[Rule] = &[rule("reboot/unexpected")
    .line("Booting the kernel.\n", &[])
    .after(was_running)
    .title("unexpected kernel reboot")
    .class(Class::Other)
    .types(TYPES)
    .example("Booting the kernel.")];

/// Words with which a kernel announces that it goes: `kernel_restart`, `kernel_halt`, `kernel_power_off`, `panic`,
/// `__crash_kexec`.
const ANNOUNCED: &[&str] = &[
    "reboot: Restarting system",
    "Restarting system.",
    "reboot: System halted",
    "reboot: Power down",
    "Rebooting in ",
    "Starting new kernel",
    "Starting crashdump kernel",
];

/// Whether a kernel, or the fuzzer on it, ran before, and did not announce its end.
fn was_running(before: &[u8]) -> bool {
    let before = before.get(before.len().saturating_sub(BEFORE)..).unwrap_or_default();
    let announced = ANNOUNCED.iter().any(|words| memmem::rfind(before, words.as_bytes()).is_some());
    !announced && before.split(|c| *c == b'\n').any(|line| is_stamped(line) || is_program(line))
}

/// `[  500.720639] …`: a time that no early boot has.
fn is_stamped(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"[") else { return false };
    let time = rest.trim_ascii_start();
    let seconds = time.iter().take_while(|c| c.is_ascii_digit()).count();
    let early = time.first() == Some(&b'0');
    (1..8).contains(&seconds) && !early && time.get(seconds) == Some(&b'.')
}

/// `r1 = openat$dir(0xffffff9c, …`, `tkill(r8, 0x13)`: a call of a program that the fuzzer runs.
fn is_program(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let Some(open) = memchr::memchr(b'(', line) else { return false };
    let (head, arguments) = line.split_at(open);
    let name = head.rsplit(|c| *c == b' ').next().unwrap_or_default();
    let assigned = head.len() == name.len() || head.ends_with(&[b"= ".as_slice(), name].concat());
    let is_name = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'$');
    let is_call = arguments.ends_with(b")") && (arguments.contains(&b',') || arguments == b"()");
    assigned && is_call && name.len() > 2 && name.iter().all(is_name) && memmem::find(arguments, b"0x").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_kernel_ran_before() {
        assert!(was_running(b"[  500.720639] EFER\nSeaBIOS (version 1)\n"));
        assert!(was_running(b"r1 = ring_open(&(0x7f00)='./f', 0x0)\n"));
    }

    #[test]
    fn err_first_boot_or_announced() {
        assert!(!was_running(b"SeaBIOS (version 1)\nBooting from Hard Disk 0...\n"));
        assert!(!was_running(b"[    0.000000] early\n"));
        assert!(!was_running(b"[  500.720639] reboot: Restarting system\n"));
        assert!(!was_running(b"Booting from ROM(s) (one, two)\n"));
    }
}
