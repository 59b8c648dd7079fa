//! Faults of the memory-management unit, and general protection.
//!
//! Source: `show_fault_oops` in `arch/x86/mm/fault.c`, `exc_general_protection` in `arch/x86/kernel/traps.c`,
//! `die_kernel_fault` in `arch/arm64/mm/fault.c`, `arch/riscv/mm/fault.c`, `arch/arm/mm/fault.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[
    ("BUG: unable to handle kernel NULL pointer dereference*", "NULL-POINTER-DEREFERENCE"),
    ("general protection fault*", "DoS"),
    ("BUG: unable to handle kernel*", "MEMORY_SAFETY_BUG"),
    ("*", "DoS"),
];
const TAKE: &[Take] = &[Take::Ip, Take::Trace];

pub(super) const RULES: &[Rule] = &[
    rule("fault/null-deref")
        .line("BUG: kernel NULL pointer dereference, address: %px", &["addr"])
        .line("BUG: unable to handle kernel NULL pointer dereference", &[])
        .line("Unable to handle kernel NULL pointer dereference", &[])
        .title("BUG: unable to handle kernel NULL pointer dereference in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .class(Class::Fault)
        .types(TYPES)
        .example("BUG: kernel NULL pointer dereference, address: 0000000000000010"),
    rule("fault/paging-request")
        .line("BUG: unable to handle page fault for address: %px", &["addr"])
        .line("BUG: unable to handle kernel paging request", &[])
        .line("Unable to handle kernel paging request", &[])
        .title("BUG: unable to handle kernel paging request in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .class(Class::Fault)
        .types(TYPES)
        .example("BUG: unable to handle page fault for address: ffffed1021a4c012"),
    rule("fault/user-memory")
        .line("Unable to handle kernel access to user memory %s", &[""])
        .title("BUG: unable to handle kernel access to user memory in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .class(Class::Fault)
        .types(TYPES)
        .example("Unable to handle kernel access to user memory outside uaccess routines at virtual address 00000000200000c0"),
    rule("fault/general-protection")
        .line("general protection fault, %s for non-canonical address %lx: %x [#%d]", &["", "addr", "", ""])
        .line("general protection fault: %x [#%d]", &["", ""])
        .line("general protection fault%s: %x [#%d]", &["", "", ""])
        .title("general protection fault in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .class(Class::Fault)
        .types(TYPES)
        .example("general protection fault, probably for non-canonical address 0xdffffc0000000003: 0000 [#1] SMP"),
    rule("fault/oops")
        .line("Oops: %x [#%d]", &["code", ""])
        .title("Oops in {frame}")
        .frame(TAKE)
        .class(Class::Fault)
        .types(TYPES)
        .follows(Follows::Anything)
        .example("Oops: 0002 [#1] SMP"),
];
