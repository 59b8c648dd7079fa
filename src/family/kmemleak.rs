//! kmemleak, the detector of leaks.
//!
//! Source: `print_unreferenced` in `mm/kmemleak.c`, read from debugfs; the line above each object is the fuzzer's.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "LEAK")];

/// Who allocates for somebody else: what leaks is what was asked for, not the asking.
const SKIP: &[&str] = &[
    "*alloc*",
    "*kmem*",
    "*slab*",
    "*strdup*",
    "*strndup*",
    "*memdup*",
    "*kasprintf*",
    "*kvasprintf*",
    "create_object",
    "idr_get*",
    "*list_lru_init*",
    "pcpu_create*",
    // Finds or makes the superblock for `sget`.
    "sget_userns",
];

pub(super) const RULES: &[Rule] = &[
    rule("kmemleak/leak")
        .line("BUG: memory leak\n", &[])
        .maybe("unreferenced object 0x%08lx (size %zu):", &["object", "size"])
        .maybe("comm \"%s\", pid %d, ", &["comm", "pid"])
        .title("memory leak in {frame}")
        .frame(&[Take::Trace])
        .skip(SKIP)
        .class(Class::Leak)
        .types(TYPES)
        .example("BUG: memory leak"),
    rule("kmemleak/object")
        .line("unreferenced object 0x%08lx (size %zu):", &["object", "size"])
        .line("unreferenced object (percpu) 0x%08lx (size %zu):", &["object", "size"])
        .maybe("comm \"%s\", pid %d, ", &["comm", "pid"])
        .title("memory leak in {frame}")
        .frame(&[Take::Trace])
        .skip(SKIP)
        .follows(Follows::Kinds(&["kmemleak/leak"]))
        .class(Class::Leak)
        .types(TYPES)
        .group("kmemleak/leak")
        .example("unreferenced object 0xffff88006b006340 (size 32):"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_allocators_are_not_to_blame() {
        let object = "unreferenced object 0xffff888012345678 (size 32):\n  comm \"a\", pid 1, jiffies 4294937368 (age 8.520s)\n  \
            backtrace (crc a1b2):\n    [<000000005cb5aa0e>] kmem_cache_alloc+0x1/0x2\n    ring_alloc+0x1/0x2\n    ring_open+0x1/0x2\n";
        assert_eq!(
            titles(&format!("2018/01/09 14:28:48 BUG: memory leak\n{object}")),
            ["memory leak in ring_open"]
        );
        assert_eq!(titles(&format!("{object}{object}")).len(), 2, "a list of objects is a list of leaks");
    }
}
