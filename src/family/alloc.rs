//! Allocations whose size is wrong.
//!
//! Source: `kmalloc_slab` in `mm/slab_common.c`, `kvmalloc_node` in `mm/util.c` (`mm/slub.c` since 6.14),
//! `__vmalloc_node_range` in `mm/vmalloc.c`. The page allocator's own order check is a plain warning.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];

/// What allocates for its caller.
const SKIP: &[&str] =
    &["*kmalloc*", "*kvmalloc*", "*krealloc*", "*kcalloc*", "*vmalloc*", "*vzalloc*", "*memdup*"];

pub(super) const RULES: &[Rule] = &[
    rule("alloc/kmalloc")
        .line("WARNING: CPU: %d PID: %d at %smm/%s.c:%d kmalloc_slab+", &["cpu", "pid", "", "file", "line"])
        .line("WARNING: CPU: %d PID: %d at %smm/%s.c:%d kvmalloc_node+", &["cpu", "pid", "", "file", "line"])
        .line(
            "WARNING: CPU: %d PID: %d at %smm/%s.c:%d __kvmalloc_node_noprof+",
            &["cpu", "pid", "", "file", "line"],
        )
        .line("WARNING: %smm/%s.c:%d at __kvmalloc_node_noprof+", &["", "file", "line"])
        .title("WARNING: kmalloc bug in {frame}")
        .frame(&[Take::Trace])
        .skip(SKIP)
        .class(Class::Warning)
        .types(TYPES)
        .example("WARNING: CPU: 1 PID: 81 at mm/util.c:596 kvmalloc_node+0x12/0x34"),
    rule("alloc/zero-vmalloc")
        .line(
            "WARNING: CPU: %d PID: %d at %smm/vmalloc.c:%d __vmalloc_node_range%s",
            &["cpu", "pid", "", "line", ""],
        )
        .line("WARNING: %smm/vmalloc.c:%d at __vmalloc_node_range%s", &["", "line", ""])
        .title("WARNING: zero-size vmalloc in {frame}")
        .frame(&[Take::Trace])
        .skip(SKIP)
        .class(Class::Warning)
        .types(TYPES)
        .example("WARNING: CPU: 1 PID: 81 at mm/vmalloc.c:3132 __vmalloc_node_range+0x12/0x34"),
];
