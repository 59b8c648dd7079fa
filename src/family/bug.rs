//! `BUG()` and `BUG_ON()`.
//!
//! Source: `__report_bug` in `lib/bug.c`; `lib/list_debug.c`; `usercopy_abort` in `mm/usercopy.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "BUG")];
const MEMORY: &[TypeRow] = &[("*", "MEMORY_SAFETY_BUG")];
const TAKE: &[Take] = &[Take::Ip, Take::Trace];

pub(super) const RULES: &[Rule] = &[
    rule("bug/list-corruption")
        .line("kernel BUG at lib/list_debug.c:%u!", &["line"])
        .maybe("list_add corruption%s\n", &["what"])
        .maybe("list_add double add: %s\n", &["what"])
        .maybe("list_del corruption%s\n", &["what"])
        .title("BUG: corrupted list in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .class(Class::MemorySafety)
        .types(MEMORY)
        .example("kernel BUG at lib/list_debug.c:56!"),
    rule("bug/usercopy")
        .line("kernel BUG at mm/usercopy.c:%u!", &["line"])
        .maybe("usercopy: %s", &["what"])
        .title("BUG: bad usercopy in {frame}")
        .frame(TAKE)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("kernel BUG at mm/usercopy.c:102!"),
    // Architectures without a trap of their own: the generic `BUG()` of `asm-generic/bug.h` panics, arc's traps.
    rule("bug/failure")
        .line("BUG: failure at %s:%d/%s()!\n", &["file", "line", "func"])
        .title("kernel BUG in {frame}")
        .frame(&[Take::Header("func")])
        .class(Class::Assertion)
        .types(TYPES)
        .group("bug/bug")
        .example("BUG: failure at fs/ring.c:1307/ring_release()!"),
    rule("bug/bug")
        .line("kernel BUG at %s:%u!", &["file", "line"])
        .line("kernel BUG at %pB [verbose debug info unavailable]", &["func"])
        .line("Kernel BUG at %pB [verbose debug info unavailable]", &["func"])
        // mips, loongarch: `do_bp`.
        .line("Kernel bug detected[#%d]:", &[""])
        .title("kernel BUG in {frame}")
        .frame(TAKE)
        .skip(&["__phys_addr*", "__virt_to_phys*"])
        // A Rust panic, or data corruption that is found, ends in a BUG() of its own.
        .follows(Follows::Kinds(&["rust/", "vfs/"]))
        .class(Class::Assertion)
        .types(TYPES)
        .example("kernel BUG at fs/buffer.c:1307!"),
];
