//! Pages, page tables and counters that are not as they should be.
//!
//! Source: `bad_page`, `warn_alloc` in `mm/page_alloc.c`; `check_poison_mem` in `mm/page_poison.c`;
//! `poison_error` in `mm/mempool.c`; `print_bad_pte` in `mm/memory.c`; `check_mm` in
//! `kernel/fork.c`.

use super::{Follows, Rule, expects_stack, rule};
use crate::report::{Class, Role, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "")];
const TAKE: &[Take] = &[Take::Trace];

/// The allocator, in the stack that `page_owner` kept of the page's allocation and in the one that found it bad.
const ALLOCATORS: &[&str] = &[
    "*unpoison_pages*",
    "*alloc*",
    "get_page_from_freelist",
    "prep_new_page",
    "__get_free_page*",
    "get_zeroed_page*",
    "__filemap_get_folio*",
    "pagecache_get_page",
    "grab_cache_page*",
    "page_pool_*",
    "free_page_is_bad*",
    "free_pages_check*",
    "free_pages_prepare*",
    "check_free_page*",
    "check_new_page*",
    "free_unref_*",
    "free_pcp*",
    "__free_pages*",
    "__free_one_page",
    "free_the_page",
];

pub(super) const RULES: &[Rule] = &[
    // `bad_page`; `filemap_unaccount_folio` says `cache` for `state`.
    rule("mm/bad-page")
        .line("BUG: Bad page %s in process %s  pfn:%05lx", &["what", "comm", ""])
        .title("BUG: Bad page {what} in {frame}")
        .sign(&["what"])
        .maybe("page dumped because: %s\n", &["why"])
        // Who owned the page, where `page_owner` knows; who freed it is seldom to blame.
        .frame(&[Take::TraceOf(Role::Origin), Take::Trace])
        .skip(ALLOCATORS)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: Bad page state in process ringd  pfn:7deea"),
    rule("mm/bad-page-map")
        .line("BUG: Bad page map in process %s  pte:%08llx pmd:%08llx", &["comm", "", ""])
        .line("BUG: Bad page map in process %s  ", &["comm"])
        .title("BUG: Bad page map")
        .frame(TAKE)
        .body(expects_stack)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: Bad page map in process ringd  pte:ffff8801a700ff00 pmd:1a700f067"),
    rule("mm/rss-counter")
        .line("BUG: Bad rss-counter state mm:%p ", &[""])
        .title("BUG: Bad rss-counter state")
        .frame(&[])
        .follows(Follows::Kinds(&["mm/"]))
        .class(Class::Other)
        .types(TYPES)
        .example("BUG: Bad rss-counter state mm:00000000b61dfe9a type:MM_ANONPAGES val:1"),
    rule("mm/nr-ptes")
        .line("BUG: non-zero nr_ptes on freeing mm: %ld\n", &[""])
        .title("BUG: non-zero nr_ptes on freeing mm")
        .frame(&[])
        .follows(Follows::Kinds(&["mm/"]))
        .class(Class::Other)
        .types(TYPES)
        .example("BUG: non-zero nr_ptes on freeing mm: 2"),
    rule("mm/nr-pmds")
        .line("BUG: non-zero nr_pmds on freeing mm: %ld\n", &[""])
        .title("BUG: non-zero nr_pmds on freeing mm")
        .frame(&[])
        .follows(Follows::Kinds(&["mm/"]))
        .class(Class::Other)
        .types(TYPES)
        .example("BUG: non-zero nr_pmds on freeing mm: 2"),
    rule("mm/pgtables-bytes")
        .line("BUG: non-zero pgtables_bytes on freeing mm: %ld\n", &[""])
        .title("BUG: non-zero pgtables_bytes on freeing mm")
        .frame(&[])
        .follows(Follows::Kinds(&["mm/"]))
        .class(Class::Other)
        .types(TYPES)
        .example("BUG: non-zero pgtables_bytes on freeing mm: 4096"),
    // `check_poison_mem` in `mm/page_poison.c`; until 5.11 in `mm/debug-pagealloc.c`.
    rule("mm/page-poison")
        .line("pagealloc: %s\n", &["what"])
        .with("page dumped because: pagealloc: corrupted page details", &[])
        .strict()
        .title("pagealloc: {what} in {frame}")
        .frame(TAKE)
        .skip(ALLOCATORS)
        .maybe("%px: %02x %02x ", &["", "", ""])
        .body(expects_stack)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("pagealloc: memory corruption"),
    rule("mm/mempool-poison")
        .line("BUG: mempool element poison mismatch\n", &[])
        .maybe("Mempool %p size %zu", &["", ""])
        .maybe("nr=%d @ %p: ", &["", ""])
        .title("BUG: mempool element poison mismatch in {frame}")
        .frame(TAKE)
        .skip(&["mempool_*", "*_element"])
        .body(expects_stack)
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("BUG: mempool element poison mismatch"),
    rule("mm/allocation-failure")
        .line("%s: page allocation failure: order:%u, mode:%s", &["comm", "order", ""])
        .line("%s: page allocation failure. order:%u, mode:%s", &["comm", "order", ""])
        // `show_mem`, `show_free_areas`.
        .maybe("Mem-Info:", &[])
        .maybe("Node %d %s", &["", ""])
        .maybe("lowmem_reserve[]: %s", &[""])
        .maybe("%lu total pagecache pages", &[""])
        .maybe("%lu pages %s", &["", ""])
        .title("page allocation failure in {frame}")
        .frame(TAKE)
        .skip(ALLOCATORS)
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
        .example(
            "ringd: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP), nodemask=(null)",
        ),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_owner_of_the_page() {
        let log = "BUG: Bad page state in process ringd  pfn:7deea\npage_owner tracks the page as allocated\n\
            page last allocated via order 0, migratetype Unmovable, gfp_mask 0x40c40(GFP_NOFS), pid 7\n \
            post_alloc_hook+0x1/0x2\n ring_grow+0x1/0x2\nCall Trace:\n dump_stack+0x1/0x2\n bad_page+0x1/0x2\n ring_free+0x1/0x2\n";
        assert_eq!(titles(log), ["BUG: Bad page state in ring_grow"]);
    }

    #[test]
    fn ok_no_stack_is_printed() {
        let identity = |log: &str| crate::identify(&crate::reports(log.as_bytes()).next().unwrap()).corrupted;
        assert!(!identity("BUG: Bad rss-counter state mm:00000000b61dfe9a type:MM_ANONPAGES val:1\n"));
        assert!(identity("BUG: Bad page map in process ringd  pte:ffff8801a700ff00 pmd:1a700f067\n"));
    }
}
