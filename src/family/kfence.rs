//! KFENCE, the sampling detector of bad accesses.
//!
//! Source: `kfence_report_error` in `mm/kfence/report.c`. The frames follow the second line at once.

use super::{Rule, expects_stack, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[
    ("KFENCE: invalid free*", "KFENCE-INVALID-FREE"),
    ("KFENCE: memory corruption*", "KFENCE-MEMORY-CORRUPTION"),
    ("KFENCE: use-after-free read*", "KFENCE-USE-AFTER-FREE-READ"),
    ("KFENCE: use-after-free write*", "KFENCE-USE-AFTER-FREE-WRITE"),
    ("KFENCE: * read*", "KFENCE-READ"),
    ("KFENCE: * write*", "KFENCE-WRITE"),
    ("*", "KFENCE-UNKNOWN"),
];

const TAKE: &[Take] = &[Take::Trace, Take::Capture("func")];

pub(super) const RULES: &[Rule] = &[
    rule("kfence/invalid-free")
        .line("BUG: KFENCE: invalid free in %pS", &["func"])
        .title("KFENCE: invalid free in {frame}")
        .alts(&["invalid-free in {frame}"])
        .frame(TAKE)
        .body(expects_stack)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KFENCE: invalid free in ring_free+0x48/0xe0"),
    rule("kfence/memory-corruption")
        .line("BUG: KFENCE: memory corruption in %pS", &["func"])
        .title("KFENCE: memory corruption in {frame}")
        .frame(TAKE)
        .body(expects_stack)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KFENCE: memory corruption in ring_free+0x48/0xe0"),
    rule("kfence/bad-access")
        .line("BUG: KFENCE: %s in %pS", &["what", "func"])
        .title("KFENCE: {what} in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .body(expects_stack)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KFENCE: out-of-bounds read in ring_read+0x48/0xe0"),
];
