//! A machine that boots again without having said that it would.
//!
//! Source: `extract_kernel` in `arch/x86/boot/compressed/misc.c` prints `Booting the kernel.`

use super::{Before, Rule, rule};
use crate::printk::Pairs;
use crate::report::{Class, TypeRow};
use memchr::memmem;
use std::sync::LazyLock;

const TYPES: &[TypeRow] = &[("*", "REBOOT")];

pub(super) const RULES: &[Rule] = &[rule("reboot/unexpected")
    .line("Booting the kernel.\n", &[])
    .after(ran, announced)
    .title("unexpected kernel reboot")
    .frame(&[])
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

/// The same, and what each needs.
static WORDS: LazyLock<Vec<(Pairs, &str)>> =
    LazyLock::new(|| ANNOUNCED.iter().map(|words| (Pairs::of(words.as_bytes()), *words)).collect());

/// Whether a kernel announces its end.
fn announced(line: &Before<'_>) -> bool {
    let pairs = Pairs::of(line.text);
    let holds = |words: &str| memmem::find(line.text, words.as_bytes()).is_some();
    WORDS.iter().any(|(needed, words)| pairs.hold(*needed) && holds(words))
}

/// Whether a kernel, or the fuzzer on it, ran when the line was printed: `[  500.720639] …` is a time that no early
/// boot has.
fn ran(line: &Before<'_>) -> bool {
    line.clock.is_some_and(|clock| clock >= 1_000_000) || is_program(line.text)
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
    assigned
        && is_call
        && name.len() > 2
        && name.iter().all(is_name)
        && memmem::find(arguments, b"0x").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn was_running(clock: Option<u64>, text: &str) -> bool {
        let line = Before { clock, text: text.as_bytes() };
        ran(&line) && !announced(&line)
    }

    #[test]
    fn ok_a_kernel_ran_before() {
        assert!(was_running(Some(500_720_639), "EFER"));
        assert!(was_running(None, "r1 = ring_open(&(0x7f00)='./f', 0x0)"));
    }

    #[test]
    fn err_first_boot_or_announced() {
        assert!(!was_running(None, "Booting from ROM(s) (one, two)"));
        assert!(!was_running(Some(0), "early"));
        assert!(!was_running(Some(500_720_639), "reboot: Restarting system"));
    }
}
