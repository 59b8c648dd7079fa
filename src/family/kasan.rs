//! KASAN, the address sanitizer.
//!
//! Source: `mm/kasan/report.c`, `report_generic.c`, `report_sw_tags.c`, `report_hw_tags.c`.

use super::{Rule, rule};
use crate::report::{Class, Role, Take, TypeRow};

const TYPES: &[TypeRow] = &[
    ("KASAN: invalid-free*", "KASAN-INVALID-FREE"),
    ("KASAN: null-ptr-deref Read*", "KASAN-NULL-POINTER-DEREFERENCE-READ"),
    ("KASAN: null-ptr-deref Write*", "KASAN-NULL-POINTER-DEREFERENCE-WRITE"),
    ("KASAN: *use-after-free Read*", "KASAN-USE-AFTER-FREE-READ"),
    ("KASAN: *use-after-free Write*", "KASAN-USE-AFTER-FREE-WRITE"),
    ("KASAN: * Read*", "KASAN-READ"),
    ("KASAN: * Write*", "KASAN-WRITE"),
    ("*", "KASAN-UNKNOWN"),
];

/// Checks that call the access on somebody's behalf.
const SKIP: &[&str] = &["__kmsan_*", "instrument_*"];

/// Where the blame lies: on the stack of the access; the header names the innermost function only.
const TAKE: &[Take] = &[Take::Trace, Take::Capture("func"), Take::TraceOf(Role::Freed)];

pub(super) const RULES: &[Rule] = &[
    rule("kasan/invalid-free")
        .line("BUG: KASAN: double-free or invalid-free in %pS", &["func"])
        .line("BUG: KASAN: invalid-free in %pS", &["func"])
        .line("BUG: KASAN: double-free in %pS", &["func"])
        .title("KASAN: invalid-free in {frame}")
        .alts(&["invalid-free in {frame}"])
        .frame(TAKE)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KASAN: double-free in kvfree_call+0x1f7/0x560"),
    rule("kasan/bad-access")
        .line("BUG: KASAN: %s in %pS", &["what", "func"])
        .with("%s of size %zu ", &["access", "size"])
        .title("KASAN: {what} {access} in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KASAN: slab-out-of-bounds in ring_write+0x1f7/0x560"),
    rule("kasan/bad-access-on-address")
        .line("BUG: KASAN: %s on address %px at addr %px", &["what", "", ""])
        .line("BUG: KASAN: %s on address %px", &["what", ""])
        .with("%s of size %zu ", &["access", "size"])
        .title("KASAN: {what} {access} in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .class(Class::MemorySafety)
        .types(TYPES)
        .group("kasan/bad-access")
        .example("BUG: KASAN: use after free on address ffff8800b1234567"),
    rule("kasan/bare")
        .line("BUG: KASAN: %s in %pS", &["what", "func"])
        .title("KASAN: {what} in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::MemorySafety)
        .types(TYPES)
        .group("kasan/bad-access")
        .example("BUG: KASAN: use-after-free in ring_write+0x1f7/0x560"),
];
