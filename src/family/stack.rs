//! Kernel stacks that overflow, or are overwritten.
//!
//! Source: `handle_stack_overflow` in `arch/x86/kernel/traps.c`, `handle_bad_stack` in
//! `arch/arm64/kernel/traps.c`, `arch/riscv/kernel/traps.c`, `arch/arm/kernel/traps.c`; `__stack_chk_fail` in
//! `kernel/panic.c`; `schedule_debug` in `kernel/sched/core.c`; `unwind_next_frame` in
//! `arch/x86/kernel/unwind_frame.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];
const NONE: &[TypeRow] = &[];

/// An overflow is the fault of the chain of calls, not of the last of them: what the kernel was asked to do.
const CHAIN: &[Take] = &[Take::Chain, Take::Ip];
/// The stack below the warnings of the frame pointer unwinder: `unwind_dump`.
const UNWIND: &str = "unwind stack type:%d next_sp:%p mask:0x%lx graph_idx:%d";
const WORD: &str = "%p: %px (%pB)";
/// The die() line and the panic behind an overflow's own header.
const OWN: Follows = Follows::Kinds(&["stack/"]);

/// An overflow.
const fn overflow(name: &'static str) -> Rule {
    rule(name).frame(CHAIN).alts(&["stack-overflow in {frame}"]).class(Class::Resource)
}

pub(super) const RULES: &[Rule] = &[
    overflow("stack/guard-page")
        .line("BUG: stack guard page was hit at %p", &["addr"])
        .line("BUG: %s stack guard page was hit at %p", &["stack", "addr"])
        .title("BUG: stack guard page was hit in {frame}")
        .types(NONE)
        .example("BUG: TASK stack guard page was hit at ffffc9000e4aff58 (stack is ffffc9000e4b0000..ffffc9000e4b8000)"),
    overflow("stack/guard-page-die")
        .line("stack guard page: %x [#%d]", &["", ""])
        .line("kernel stack overflow (double-fault): %x [#%d]", &["", ""])
        .line("kernel stack overflow (page fault): %x [#%d]", &["", ""])
        .title("BUG: stack guard page was hit in {frame}")
        .types(NONE)
        .follows(OWN)
        .group("stack/guard-page")
        .example("stack guard page: 0000 [#1] SMP KASAN"),
    overflow("stack/overflow")
        .line("Insufficient stack space to handle exception!", &[])
        .line("Internal error: kernel stack overflow: %x [#%d]", &["", ""])
        .line("Kernel panic - not syncing: kernel stack overflow", &[])
        .line("Kernel panic - not syncing: Kernel stack overflow", &[])
        .line("Kernel stack overflow.\n", &[])
        .line("Kernel stack overflow in process %p", &[""])
        .title("kernel stack overflow in {frame}")
        .types(TYPES)
        .follows(OWN)
        .example("Insufficient stack space to handle exception!"),
    overflow("stack/end-corrupted")
        .line("Kernel panic - not syncing: corrupted stack end detected inside scheduler", &[])
        .title("kernel panic: corrupted stack end in {frame}")
        .types(TYPES)
        .follows(Follows::Anything)
        .example("Kernel panic - not syncing: corrupted stack end detected inside scheduler"),
    rule("stack/protector")
        .line("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: %s+%x/%x", &["func", "", ""])
        .title("kernel panic: stack is corrupted in {frame}")
        .frame(&[Take::Named("func")])
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: read_it+0x12/0x34"),
    rule("stack/old-protector")
        .line("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: %p", &["addr"])
        .line("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted", &[])
        .title("kernel panic: stack is corrupted in {frame}")
        .frame(&[Take::Trace])
        .class(Class::MemorySafety)
        .types(TYPES)
        .group("stack/protector")
        .example("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: ffffffff83a42c1b"),
    rule("stack/regs")
        .line("WARNING: kernel stack regs at %p in %s:%d has bad '%s' value %p", &["", "comm", "pid", "register", ""])
        .maybe(UNWIND, &["", "", "", ""])
        .maybe(WORD, &["", "", ""])
        .title("WARNING: kernel stack regs has bad '{register}' value")
        .frame(&[])
        .class(Class::Warning)
        .example("WARNING: kernel stack regs at ffff8801d100fea8 in ring-writer:81 has bad 'bp' value ffff8801d100ff28"),
    rule("stack/regs-value")
        .line("WARNING: kernel stack regs at %s has bad ", &["where"])
        .line("WARNING: kernel stack regs at ", &[])
        .title("WARNING: kernel stack regs has bad value")
        .frame(&[])
        .class(Class::Warning)
        .group("stack/regs")
        .example("WARNING: kernel stack regs at (____ptrval____) in ring-writer:81 has bad value"),
    rule("stack/frame-pointer")
        .line("WARNING: kernel stack frame pointer at %p in %s:%d has bad value %p", &["", "comm", "pid", ""])
        .line("WARNING: kernel stack frame pointer at ", &[])
        .maybe(UNWIND, &["", "", "", ""])
        .maybe(WORD, &["", "", ""])
        .title("WARNING: kernel stack frame pointer has bad value")
        .frame(&[])
        .class(Class::Warning)
        .example("WARNING: kernel stack frame pointer at ffff88003e1f7f40 in ring-writer:81 has bad value ffffffff85632fb0"),
];
