//! x86's exceptions that are no page faults, and control flow integrity: what the CPU refused to execute.
//!
//! Source: `arch/x86/kernel/traps.c`, `cet.c` and `die` in `dumpstack.c`; `report_cfi_failure` in `kernel/cfi.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];
const TAKE: &[Take] = &[Take::Ip, Take::Trace];

/// Kinds behind whose own header the kernel dies by a trap: the trap's line belongs to them.
pub(super) const ANNOUNCED: Follows = Follows::Kinds(&[
    "bug/",
    "rust/",
    "fault/",
    "trap/",
    "arm/",
    "powerpc/",
    "stack/",
    "kasan/",
    "ubsan/",
    "usercopy/",
    "rust/",
    "vfs/",
]);

/// What the rows of exceptions share.
pub(super) const fn trap(name: &'static str, title: &'static str) -> Rule {
    rule(name).title(title).frame(TAKE).class(Class::Trap).types(TYPES)
}

pub(super) const RULES: &[Rule] = &[
    trap("trap/missing-endbr", "Missing ENDBR in {frame}")
        .line("kernel BUG at arch/x86/kernel/cet.c:%d!", &[""])
        .line("kernel BUG at arch/x86/kernel/traps.c:%d!", &[""])
        .with("Missing ENDBR: %pS", &["func"])
        .frame(&[Take::Capture("func"), Take::Trace])
        .example("kernel BUG at arch/x86/kernel/cet.c:133!"),
    trap("trap/cfi", "CFI failure in {frame}")
        .line("CFI failure at %pS (target: %pS", &["func", "target"])
        .line("CFI failure (target: %pS", &["target"])
        .frame(&[Take::Capture("func"), Take::Ip, Take::Trace])
        .skip(&["__cfi_check*", "__cfi_slowpath*"])
        .class(Class::MemorySafety)
        .example("CFI failure at foo_call+0x1a/0x90 (target: foo_free+0x0/0x20; expected type: 0x12345678)"),
    trap("trap/divide-error", "divide error in {frame}")
        .line("divide error: %x [#%d]", &["code", ""])
        .line("divide_error: %x [#%d]", &["code", ""])
        .example("divide error: 0000 [#1] PREEMPT SMP KASAN"),
    trap("trap/invalid-opcode", "invalid opcode in {frame}")
        .line("invalid opcode: %x [#%d]", &["code", ""])
        .follows(ANNOUNCED)
        .example("invalid opcode: 0000 [#1] PREEMPT SMP"),
    trap("trap/int3", "int3 in {frame}").line("int3: %x [#%d]", &["code", ""]).example("int3: 0000 [#1] SMP"),
    trap("trap/stack-segment", "stack segment fault in {frame}")
        .line("stack segment: %x [#%d]", &["code", ""])
        .example("stack segment: 0000 [#1] PREEMPT SMP"),
    trap("trap/double-fault", "PANIC: double fault in {frame}")
        .line("PANIC: double fault, error_code: %lx", &["code"])
        .line("PANIC: double fault", &[])
        .follows(ANNOUNCED)
        .example("traps: PANIC: double fault, error_code: 0x0"),
    // Before the console is up and the real handlers stand: `early_fixup_exception` in `arch/x86/mm/extable.c`.
    trap("trap/early-exception", "PANIC: early exception in {frame}")
        .line("PANIC: early exception 0x%02x IP %lx:%lx error %lx cr2 0x%lx", &["vector", "", "", "code", "addr"])
        .line("PANIC: early exception %02x rip %lx:%lx error %lx cr2 %lx", &["vector", "", "", "code", "addr"])
        .example("PANIC: early exception 0x0d IP 10:ffffffff8a3c1f2e error 0 cr2 0xffff88807ffff000"),
    trap("trap/double-fault-oops", "PANIC: double fault in {frame}")
        .line("double fault: %x [#%d]", &["code", ""])
        .line("double fault, gdt at %lx", &[""])
        .follows(ANNOUNCED)
        .group("trap/double-fault")
        .example("double fault: 0000 [#1] PREEMPT SMP"),
    trap("trap/alignment-check", "alignment check in {frame}")
        .line("alignment check: %x [#%d]", &["code", ""])
        .example("alignment check: 0000 [#1] SMP"),
    trap("trap/split-lock", "split lock in {frame}")
        .line("Split lock detected\n", &[])
        .line("Split lock detected: %x [#%d]", &["code", ""])
        .example("Split lock detected"),
    trap("trap/bounds", "bounds in {frame}")
        .line("bounds: %x [#%d]", &["code", ""])
        .example("bounds: 0000 [#1] SMP"),
    trap("trap/overflow", "overflow in {frame}")
        .line("overflow: %x [#%d]", &["code", ""])
        .example("overflow: 0000 [#1] SMP"),
    trap("trap/segment-not-present", "segment not present in {frame}")
        .line("segment not present: %x [#%d]", &["code", ""])
        .example("segment not present: 0018 [#1] SMP"),
    trap("trap/invalid-tss", "invalid TSS in {frame}")
        .line("invalid TSS: %x [#%d]", &["code", ""])
        .example("invalid TSS: 0000 [#1] SMP"),
    trap("trap/iret", "iret exception in {frame}")
        .line("iret exception: %x [#%d]", &["code", ""])
        .example("iret exception: 0000 [#1] SMP"),
    trap("trap/virtualization", "VE fault in {frame}")
        .line("VE fault: %x [#%d]", &["code", ""])
        .example("VE fault: 0000 [#1] PREEMPT SMP"),
    trap("trap/control-protection", "control protection fault in {frame}")
        .line("control protection: %x [#%d]", &["code", ""])
        .example("control protection: 0003 [#1] PREEMPT SMP"),
    trap("trap/no-fpu", "unexpected #NM exception in {frame}")
        .line("unexpected #NM exception: %x [#%d]", &["code", ""])
        .example("unexpected #NM exception: 0000 [#1] SMP"),
    trap("trap/coprocessor", "coprocessor error in {frame}")
        .line("coprocessor segment overrun: %x [#%d]", &["code", ""])
        .line("coprocessor error: %x [#%d]", &["code", ""])
        .line("fpu exception: %x [#%d]", &["code", ""])
        .line("simd exception: %x [#%d]", &["code", ""])
        .example("simd exception: 0000 [#1] PREEMPT SMP"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_x86_traps_with_and_without_the_word_oops() {
        for (head, title) in [
            ("divide error: 0000 [#1] SMP KASAN", "divide error in foo_rate"),
            ("Oops: divide error: 0000 [#1] PREEMPT SMP", "divide error in foo_rate"),
            ("Oops: int3: 0000 [#1] SMP", "int3 in foo_rate"),
            ("stack segment: 0000 [#1] SMP", "stack segment fault in foo_rate"),
            (
                "Oops: general protection fault, maybe for address 0xffffc90000cf3de0: 0000 [#1] SMP",
                "general protection fault in foo_rate",
            ),
            (
                "traps: PANIC: double fault, error_code: 0x0\ndouble fault: 0000 [#1] SMP",
                "PANIC: double fault in foo_rate",
            ),
        ] {
            assert_eq!(titles(&format!("{head}\nRIP: 0010:foo_rate+0x1/0x2\n")), [title], "{head}");
        }
    }

    #[test]
    fn ok_trap_of_a_bug_is_the_bugs() {
        let log = "kernel BUG at fs/foo.c:12!\ninvalid opcode: 0000 [#1] SMP\nRIP: 0010:foo_write+0x1/0x2\n";
        assert_eq!(titles(log), ["kernel BUG in foo_write"]);
    }

    #[test]
    fn ok_missing_endbr_names_the_target() {
        let log = "traps: Missing ENDBR: foo_target+0x0/0x20\n------------[ cut here ]------------\n\
                   kernel BUG at arch/x86/kernel/cet.c:133!\nOops: invalid opcode: 0000 [#1] SMP\n\
                   RIP: 0010:exc_control_protection+0x1/0x2\n";
        assert_eq!(titles(log), ["Missing ENDBR in foo_target"]);
    }
}
