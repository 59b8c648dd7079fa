//! KMSAN, the detector of uninitialized memory.
//!
//! Source: `kmsan_report` in `mm/kmsan/report.c`; before 5.16 out of tree, with the lines of `dump_stack` between
//! header and stack. Since then the frames follow the header at once.

use super::{Rule, expects_stack, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[
    ("KMSAN: uninit-value*", "KMSAN-UNINIT-VALUE"),
    ("KMSAN: kernel-*infoleak*", "KMSAN-INFO-LEAK"),
    ("KMSAN: use-after-free*", "KMSAN-USE-AFTER-FREE-READ"),
    ("*", "KMSAN-UNKNOWN"),
];

/// The header's function is the caller's where the compiler made a tail call of the check: the stack decides.
const TAKE: &[Take] = &[Take::Trace, Take::Capture("func")];

/// What copies to user space on behalf of the function that knew not what it copied.
const COPIES: &[&str] = &[
    "_copy_to_iter",
    "copy_to_iter",
    "*_copy_to_iter",
    "copy_page_to_iter*",
    "_copy_to_user*",
    "__copy_to_user*",
    "copy_to_user*",
    "copyout*",
    "iterate_and_advance*",
    "put_user*",
    "__put_user*",
    "instrument_copy_to_user*",
];

/// What hands a driver's buffer to the USB core.
const USB: &[&str] = &[
    "usb_submit_urb",
    "usb_start_wait_urb",
    "usb_bulk_msg",
    "usb_interrupt_msg",
    "usb_internal_control_msg",
    "usb_control_msg",
    "usb_control_msg_send",
    "dma_direct_map*",
    "dma_map_*",
    "kmsan_*",
];

/// What the reports share.
const fn kmsan(name: &'static str) -> Rule {
    rule(name)
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .body(expects_stack)
        .ruled()
        .class(Class::Uninitialized)
        .types(TYPES)
}

pub(super) const RULES: &[Rule] = &[
    kmsan("kmsan/usb-infoleak")
        .line("BUG: KMSAN: kernel-usb-infoleak in %pSb", &["func"])
        .title("KMSAN: kernel-usb-infoleak in {frame}")
        .alts(&[])
        .skip(USB)
        .example("BUG: KMSAN: kernel-usb-infoleak in usb_submit_urb+0x7ef/0x1f50"),
    // The field files these under whatever copied, since the copy itself made the check.
    kmsan("kmsan/infoleak-old")
        .line("BUG: KMSAN: kernel-infoleak in %pSb", &["func"])
        .with("kmsan_internal_check_memory+%x/%x", &["", ""])
        .title("KMSAN: kernel-infoleak in {frame}")
        .group("kmsan/infoleak")
        .example("BUG: KMSAN: kernel-infoleak in kmsan_copy_to_user+0x9c/0xb0"),
    kmsan("kmsan/infoleak")
        .line("BUG: KMSAN: kernel-infoleak in %pSb", &["func"])
        .title("KMSAN: kernel-infoleak in {frame}")
        .skip(COPIES)
        .example("BUG: KMSAN: kernel-infoleak in _copy_to_iter+0x870/0x1fd0"),
    kmsan("kmsan/infoleak-after-free")
        .line("BUG: KMSAN: kernel-infoleak-after-free in %pSb", &["func"])
        .title("KMSAN: kernel-infoleak-after-free in {frame}")
        .skip(COPIES)
        .example("BUG: KMSAN: kernel-infoleak-after-free in _copy_to_iter+0x870/0x1fd0"),
    kmsan("kmsan/use")
        .line("BUG: KMSAN: %s in %pSb", &["what", "func"])
        .title("KMSAN: {what} in {frame}")
        .example("BUG: KMSAN: uninit-value in ring_read+0x1839/0x5860"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_frames_follow_the_header() {
        let log = "BUG: KMSAN: kernel-infoleak in _copy_to_iter+0x1/0x2\n _copy_to_iter+0x1/0x2\n ring_read+0x1/0x2\n\n\
            Uninit was created at:\n ring_alloc+0x1/0x2\n";
        assert_eq!(titles(log), ["KMSAN: kernel-infoleak in ring_read"]);
    }

    #[test]
    fn ok_frames_behind_dump_stack() {
        let log = "BUG: KMSAN: kernel-usb-infoleak in usb_submit_urb+0x1/0x2\n\
            CPU: 1 PID: 7 Comm: a Not tainted 5.2.0+ #15\nCall Trace:\n dump_stack+0x1/0x2\n kmsan_handle_urb+0x1/0x2\n \
            usb_submit_urb+0x1/0x2\n ring_probe+0x1/0x2\n";
        assert_eq!(titles(log), ["KMSAN: kernel-usb-infoleak in ring_probe"]);
    }
}
