//! Exceptions of arm and arm64 that are no page faults.
//!
//! Source: `die`, `bad_mode` and `arm64_serror_panic` in `arch/arm64/kernel/traps.c`, `__panic_unhandled` in
//! `entry-common.c`; `die` and `bad_mode` in `arch/arm/kernel/traps.c`, `do_DataAbort` in `arch/arm/mm/fault.c`,
//! `do_alignment` in `alignment.c`.

use super::trap::{ANNOUNCED, trap};
use super::{Follows, Rule};
use crate::report::{Class, TypeRow};

const BUG: &[TypeRow] = &[("*", "BUG")];
const BAD_ACCESS: &[&str] = &["bad-access in {frame}"];

pub(super) const RULES: &[Rule] = &[
    trap("arm/alignment-trap", "Alignment trap in {frame}")
        .line("Alignment trap: not handling instruction %lx at ", &["instruction"])
        .example("Alignment trap: not handling instruction e1923f9f at [<80101234>]"),
    trap("arm/unhandled-fault", "Unhandled fault in {frame}")
        .line("Unhandled fault: %s (%x) at %px", &["fault", "code", "addr"])
        .alts(BAD_ACCESS)
        .class(Class::Fault)
        .follows(Follows::Kinds(&["arm/alignment-trap"]))
        .example("Unhandled fault: external abort on non-linefetch (0x1008) at 0xf0a00010"),
    trap("arm/unhandled-prefetch-abort", "Unhandled prefetch abort in {frame}")
        .line("Unhandled prefetch abort: %s (%x) at %px", &["fault", "code", "addr"])
        .class(Class::Fault)
        .example("Unhandled prefetch abort: debug event (0x002) at 0x00000000"),
    trap("arm/panic", "kernel panic: {reason}")
        .line("Bad mode in %s handler detected", &["vector"])
        .line("Unhandled %s exception on CPU%d, ESR %lx -- %s", &["vector", "", "code", "syndrome"])
        .line("SError Interrupt on CPU%d, code %lx -- %s", &["", "code", "syndrome"])
        .with("Kernel panic - not syncing: %s\n", &["reason"])
        .example(
            "Unhandled 64-bit el1h sync exception on CPU0, ESR 0x0000000002000000 -- Unknown/Uncategorized",
        ),
    trap("arm/bad-mode", "Bad mode in {handler} handler in {frame}")
        .line("Bad mode in %s handler detected", &["handler"])
        .alts(BAD_ACCESS)
        .example(
            "Bad mode in Synchronous Abort handler detected on CPU1, code 0x86000005 -- IABT (current EL)",
        ),
    trap("arm/unhandled-exception", "Unhandled {vector} exception in {frame}")
        .line("Unhandled %s exception on CPU%d, ESR %lx -- %s", &["vector", "", "code", ""])
        .example(
            "Unhandled 64-bit el1h sync exception on CPU0, ESR 0x0000000002000000 -- Unknown/Uncategorized",
        ),
    trap("arm/serror", "SError Interrupt in {frame}")
        .line("SError Interrupt on CPU%d, code %lx -- %s", &["", "code", ""])
        .class(Class::Hardware)
        .example("SError Interrupt on CPU1, code 0x00000000bf000002 -- SError"),
    trap("arm/bug", "kernel BUG in {frame}")
        .line("Internal error: Oops - BUG: %x [#%d]", &["code", ""])
        .class(Class::Assertion)
        .types(BUG)
        .group("bug/bug")
        .follows(ANNOUNCED)
        .example("Internal error: Oops - BUG: 0 [#1] SMP ARM"),
    trap("arm/stack-overflow", "kernel stack overflow in {frame}")
        .line("Internal error: kernel stack overflow: %x [#%d]", &["code", ""])
        .alts(&["stack-overflow in {frame}"])
        .class(Class::Resource)
        .follows(ANNOUNCED)
        .example("Internal error: kernel stack overflow: 0 [#1] PREEMPT SMP ARM"),
    trap("arm/internal-error", "Internal error in {frame}")
        .line("Internal error: %s: %x [#%d]", &["what", "code", ""])
        .maybe("Unexpected kernel BRK exception at EL1", &[])
        .alts(BAD_ACCESS)
        .follows(ANNOUNCED)
        .example("Internal error: synchronous external abort: 96000050 [#1] PREEMPT SMP"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_a_bug_and_its_internal_error_are_one() {
        let log = "kernel BUG at fs/foo.c:12!\nInternal error: Oops - BUG: 00000000f2000800 [#1] PREEMPT SMP\n\
                   pc : foo_write+0x1/0x2\nlr : foo_call+0x1/0x2\n";
        assert_eq!(titles(log), ["kernel BUG in foo_write"]);
    }

    #[test]
    fn ok_arm_unhandled_fault() {
        let log = "8<--- cut here ---\nUnhandled fault: page domain fault (0x01b) at 0x00000e30\npgd = e852c1e3\n\
                   [00000e30] *pgd=e8c3e835\nInternal error: : 1b [#1] PREEMPT SMP ARM\n\
                   PC is at foo_write+0x1/0x2\nLR is at foo_call+0x1/0x2\n";
        assert_eq!(titles(log), ["Unhandled fault in foo_write"]);
    }

    #[test]
    fn ok_arm64_exceptions() {
        for (head, title) in [
            ("SError Interrupt on CPU1, code 0x00000000bf000002 -- SError", "SError Interrupt in foo_write"),
            ("Internal error: Oops - BTI: 0000000036000001 [#1] SMP", "Internal error in foo_write"),
            (
                "Bad mode in Error handler detected on CPU0, code 0xbf000002 -- SError\nInternal error: Oops - bad mode: 0 [#1] SMP",
                "Bad mode in Error handler in foo_write",
            ),
            (
                "Bad mode in Error handler detected on CPU0, code 0xbf000002 -- SError\nKernel panic - not syncing: bad mode",
                "kernel panic: bad mode",
            ),
        ] {
            assert_eq!(titles(&format!("{head}\npc : foo_write+0x1/0x2\n")), [title], "{head}");
        }
    }

    #[test]
    fn err_alignment_of_programs() {
        let log = "Alignment trap: prog (123) PC=0x00010234 Instr=0xe5932000 Address=0x00020001 FSR 0x011\n";
        assert_eq!(titles(log).len(), 0);
    }
}
