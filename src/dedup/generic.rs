//! Functions that a title names and that say too little of the bug: everybody calls them.
//!
//! syzbot's titles name them, so ours do; a signature needs more. A pattern's `*` stands for any text.

use super::glob::Reasons;
use std::sync::LazyLock;

/// Functions that only do what their caller asks: the caller stands in the signature instead. By the reason why.
const STAND_INS: &[(&str, &str)] = &[
    ("handles the fault of whoever touched the page", "__do_page_fault do_page_fault do_user_addr_fault"),
    ("copies to user space for whoever reads", "_copy_to_iter copy_page_to_iter"),
    ("looks up or pins the pages of its caller", "__pin_user_pages* pin_user_pages*"),
    (
        "registers what a driver or a subsystem hands in, and complains where that is wrong",
        "add_disk* __device_add_disk __proc_create proc_create* proc_mkdir* proc_register \
         register_shrinker remove_proc_entry tracepoint_probe_* unregister_shrinker wiphy_register \
         wiphy_unregister",
    ),
    (
        "works on a timer, a wait queue or a device that is part of the caller's object",
        "add_timer* get_device hrtimer_* init_timer_key prepare_to_wait* put_device timer_* \
         *_wait_queue*",
    ),
    ("reads or writes an attribute of the caller's message", "nla_* __nla_*"),
    (
        "a table of the library that holds the caller's objects",
        "ida_* idr_* radix_tree_* __radix_tree* xa_* xas_*",
    ),
    (
        "works on a buffer or an inode of whichever file system calls",
        "__bread* __brelse clear_nlink drop_nlink inc_nlink mark_buffer_dirty* set_nlink",
    ),
    ("reads a page for whoever looks into it", "read_cache_*"),
    (
        "reads through the page cache for its caller",
        "read_cache_folio* read_cache_page* read_dev_sector read_mapping_* read_part_sector",
    ),
    ("loads a module by the name that the caller chose", "__request_module"),
];

/// Functions through which the packets of all protocols go: whose packet it was, the caller tells. By the reason why.
const SHARED: &[(&str, &str)] = &[
    (
        "makes, copies or frees packets",
        "consume_skb* __consume_stateless_skb napi_consume_skb __pskb_* pskb_* skb_* __skb_* ___skb* \
         sock_alloc_send_* sock_rfree sock_wfree sock_wmalloc*",
    ),
    (
        "sends the packets of all protocols above IP",
        "inet6_csk_xmit ip6_xmit ip_local_out __ip_local_out ip_queue_xmit __ip_queue_xmit",
    ),
];

/// Why another function stands in the signature for `function`: the one that called it.
pub(super) fn stand_in(function: &str) -> Option<&'static str> {
    static REASONS: LazyLock<Reasons> = LazyLock::new(|| Reasons::new(STAND_INS));
    REASONS.find(function)
}

/// Whether a signature asks who called `function`.
pub(super) fn says_too_little(function: &str) -> bool {
    stand_in(function).is_some() || shared(function).is_some()
}

/// Why `function` says too little without the one that called it.
pub(super) fn shared(function: &str) -> Option<&'static str> {
    static REASONS: LazyLock<Reasons> = LazyLock::new(|| Reasons::new(SHARED));
    REASONS.find(function)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedup::skip;

    #[test]
    fn ok_each_list_has_its_functions() {
        for (function, stands_in, is_shared) in [
            ("pin_user_pages_remote", true, false),
            ("drop_nlink", true, false),
            ("skb_clone", false, true),
            ("ip6_xmit", false, true),
            ("ip6_send_skb", false, false),
            ("nlmon_xmit", false, false),
        ] {
            assert_eq!(
                (stand_in(function).is_some(), shared(function).is_some()),
                (stands_in, is_shared),
                "{function}"
            );
        }
    }

    #[test]
    fn ok_no_pattern_stands_twice_or_is_skipped_anyway() {
        let mut seen = std::collections::HashSet::new();
        for pattern in
            STAND_INS.iter().chain(SHARED).flat_map(|(_, patterns)| patterns.split_ascii_whitespace())
        {
            assert!(seen.insert(pattern), "{pattern} stands twice");
            assert_eq!(
                skip::reason(pattern.trim_end_matches('*'), &[]),
                None,
                "{pattern} never carries the blame"
            );
        }
    }
}
