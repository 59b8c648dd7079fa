//! SLUB's own checks of its objects.
//!
//! Source: `slab_bug`, `print_track` in `mm/slub.c`; SLAB printed the like from `mm/slab.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "")];
const TAKE: &[Take] = &[Take::Trace];

/// Until 4.8 KASAN let SLUB print the object: that is part of KASAN's report.
const OF_KASAN: &[&str] = &["kasan: bad access detected"];

pub(super) const RULES: &[Rule] = &[
    rule("slub/already-free")
        .line("BUG %s (Not tainted): Object already free\n", &["cache"])
        .line("BUG %s (Tainted: %s): Object already free\n", &["cache", ""])
        .title("BUG: Object already free")
        .frame(TAKE)
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
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG dentry (Not tainted): Poison overwritten"),
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
