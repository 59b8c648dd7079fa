//! SLUB's own checks of its objects.
//!
//! Source: `slab_bug`, `print_track` in `mm/slub.c`; SLAB printed the like from `mm/slab.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "")];
const TAKE: &[Take] = &[Take::Trace];

/// The allocator, where an allocation or a free finds what somebody else did to the object before.
const SKIP: &[&str] = &[
    "alloc_debug_processing",
    "alloc_single_from_*",
    "free_debug_processing",
    "free_to_partial_list",
    "get_partial*",
    "*slab_alloc*",
    "*slab_free*",
];

/// Until 4.8 KASAN let SLUB print the object: that is part of KASAN's report.
const OF_KASAN: &[&str] = &["kasan: bad access detected"];

pub(super) const RULES: &[Rule] = &[
    rule("slub/already-free")
        .line("BUG %s (Not tainted): Object already free\n", &["cache"])
        .line("BUG %s (Tainted: %s): Object already free\n", &["cache", ""])
        .title("BUG: Object already free")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG kmalloc-64 (Tainted: G    B            ): Object already free"),
    rule("slub/check")
        .line("BUG %s (Not tainted): %s\n", &["cache", "what"])
        .line("BUG %s (Tainted: %s): %s\n", &["cache", "", "what"])
        .unless(OF_KASAN)
        .title("BUG: {what} in {frame}")
        .or_title("BUG: {what}")
        .sign(&["what"])
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG dentry (Not tainted): Poison overwritten"),
    // SLAB, gone in 6.8: `__slab_error`, `check_poison_obj`.
    rule("slub/slab-error")
        .line("slab error in %s(): cache `%s': %s\n", &["", "cache", "what"])
        .title("slab error: {what} in {frame}")
        .sign(&["what"])
        .maybe("%px: redzone 1:%llx, redzone 2:%llx", &["", "", ""])
        .frame(TAKE)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("slab error in cache_free_debugcheck(): cache `kmalloc-64': double free detected"),
    rule("slub/slab-corruption")
        .line("Slab corruption (Not tainted): %s start=%px, len=%d", &["cache", "", ""])
        .line("Slab corruption (Tainted: %s): %s start=%px, len=%d", &["", "cache", "", ""])
        .title("Slab corruption in {frame}")
        .or_title("Slab corruption")
        // No stack is printed, only who had the object last, and the objects beside it.
        .maybe("Last user: (%pSR)", &["user"])
        .maybe("Last user: [<%px>](%pSR)", &["", "user"])
        .maybe("Redzone: %llx/%llx", &["", ""])
        .maybe("Prev obj: start=%px, len=%d", &["", ""])
        .maybe("Next obj: start=%px, len=%d", &["", ""])
        .maybe("%03x: %02x %02x ", &["", "", ""])
        .frame(&[Take::Header("user")])
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("Slab corruption (Not tainted): kmalloc-64 start=ffff888012345678, len=64"),
    // What is left of a report whose header printk dropped.
    rule("slub/track")
        .line("INFO: Allocated in %pS age=%lu cpu=%u pid=%d\n", &["func", "", "", ""])
        .title("INFO: Allocated in {func} age=NUM cpu=NUM pid=NUM")
        .follows(Follows::Anything)
        .vague()
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("INFO: Allocated in ring_alloc+0x29/0x90 age=6 cpu=0 pid=67"),
    rule("slub/track-of-free")
        .line("INFO: Freed in %pS age=%lu cpu=%u pid=%d\n", &["func", "", "", ""])
        .title("INFO: Freed in {func} age=NUM cpu=NUM pid=NUM")
        .follows(Follows::Anything)
        .vague()
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("INFO: Freed in ring_free+0x29/0x90 age=6 cpu=0 pid=67"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_what_was_found() {
        let log = "BUG kmalloc-64 (Tainted: G    B            ): Right Redzone overwritten\nCall Trace:\n dump_stack+0x1/0x2\n ring_free+0x1/0x2\n";
        assert_eq!(titles(log), ["BUG: Right Redzone overwritten in ring_free"]);
        assert_eq!(titles("BUG a b (Not tainted): Object already free\n"), ["BUG: Object already free"]);
    }

    #[test]
    fn err_kasan_prints_its_object_so() {
        assert!(titles("BUG kmalloc-64 (Not tainted): kasan: bad access detected\n").is_empty());
        assert!(titles("BUG found (I think): yes\n").is_empty());
    }
}
