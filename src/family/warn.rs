//! `WARN()` in all its wordings.
//!
//! Source: `__warn` in `kernel/panic.c`; the report that has no `CPU: … PID: …` in it is of 6.18 and later.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];
const TAKE: &[Take] = &[Take::Capture("func"), Take::Ip, Take::Trace];

pub(super) const RULES: &[Rule] = &[
    rule("warn/usb-submit-urb")
        .line(
            "WARNING: CPU: %d PID: %d at %s:%d usb_submit_urb+%x/%x",
            &["cpu", "pid", "file", "line", "", ""],
        )
        .line("WARNING: %s:%d at usb_submit_urb+%x/%x", &["file", "line", "", ""])
        .title("WARNING in {frame}/usb_submit_urb")
        .frame(&[Take::Trace])
        .skip(&[
            "usb_submit_urb",
            "usb_start_wait_urb",
            "usb_bulk_msg",
            "usb_interrupt_msg",
            "usb_control_msg",
            "usb_control_msg_send",
            "usb_control_msg_recv",
        ])
        .class(Class::Warning)
        .types(TYPES)
        .example("WARNING: CPU: 1 PID: 81 at drivers/usb/core/urb.c:478 usb_submit_urb+0x1188/0x1460"),
    // `xdp_warn` in `net/core/xdp.c` warns for its caller, whose message says what is wrong.
    rule("warn/xdp")
        .line("WARNING: CPU: %d PID: %d at %snet/core/xdp.c:%d xdp_warn+", &["cpu", "pid", "", "line"])
        .line("WARNING: %snet/core/xdp.c:%d at xdp_warn+", &["", "line"])
        .with("XDP_WARN: %s(line:%d): Driver BUG: %s\n", &["", "", "what"])
        .title("BUG: {what}")
        .sign(&["what"])
        .frame(&[Take::Trace])
        .skip(&["xdp_warn"])
        .class(Class::Warning)
        .example("WARNING: CPU: 1 PID: 81 at net/core/xdp.c:599 xdp_warn+0x28/0x30"),
    rule("warn/warning")
        .line("WARNING: CPU: %d PID: %d at %s:%d %pS", &["cpu", "pid", "file", "line", "func"])
        .line("WARNING: CPU: %d PID: %d at %s:%d", &["cpu", "pid", "file", "line"])
        .line("WARNING: at %s:%d %pS", &["file", "line", "func"])
        .line("WARNING: %s:%d at %pS, CPU#%d: %s/%d", &["file", "line", "func", "cpu", "comm", "pid"])
        .line("WARNING: %s:%d at %pS", &["file", "line", "func"])
        // Where `CONFIG_DEBUG_BUGVERBOSE` is off.
        .line("WARNING: CPU: %d PID: %d at %pS", &["cpu", "pid", "func"])
        .title("WARNING in {frame}")
        .frame(TAKE)
        // Trusty's driver warns of what Trusty has said itself; control flow integrity may only warn of a failure.
        .follows(Follows::Kinds(&["trusty/", "trap/cfi"]))
        .class(Class::Warning)
        .types(TYPES)
        .example("WARNING: CPU: 1 PID: 81 at net/core/dev.c:12 dev_watch+0x12/0x34"),
];
