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
        .ruled()
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KFENCE: invalid free in ring_free+0x48/0xe0"),
    rule("kfence/memory-corruption")
        .line("BUG: KFENCE: memory corruption in %pS", &["func"])
        .title("KFENCE: memory corruption in {frame}")
        .frame(TAKE)
        .body(expects_stack)
        .ruled()
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KFENCE: memory corruption in ring_free+0x48/0xe0"),
    rule("kfence/bad-access")
        .line("BUG: KFENCE: %s in %pS", &["what", "func"])
        .title("KFENCE: {what} in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .body(expects_stack)
        .ruled()
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: KFENCE: out-of-bounds read in ring_read+0x48/0xe0"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_object_line_of_5_12() {
        let log = "BUG: KFENCE: memory corruption in ring_free+0x1/0x2\n\n\
            Corrupted memory at 0xffff8c2aae24c020 [ 0x2a . . . ] (in kfence-#37):\n ring_free+0x1/0x2\n\n\
            kfence-#37 [0xffff8c2aae24c000-0xffff8c2aae24c01f, size=32, cache=kmalloc-32] allocated by task 120:\n \
            ring_alloc+0x1/0x2\n";
        assert_eq!(titles(log), ["KFENCE: memory corruption in ring_free"]);
        let roles: Vec<&str> =
            crate::reports(log.as_bytes()).next().unwrap().traces.iter().map(|t| t.role.name()).collect();
        assert_eq!(roles, ["crash", "allocated"]);
    }
}
