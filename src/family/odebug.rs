//! Debug objects: timers, work, RCU heads whose state says they are used wrongly.
//!
//! Source: `debug_print_object` in `lib/debugobjects.c`, and the function that `debug_check_no_obj_freed` inlines it
//! into. The same file warns of objects on a wrong stack; that is a plain warning.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];

/// What works on the object for its caller, and what the object's kind runs it by: timers, work, RCU heads, counters.
const SKIP: &[&str] = &[
    "*debug_*",
    "*rcu*",
    "*timer_*",
    "*init_timer*",
    "*del_timer*",
    "*mod_timer*",
    "*work_*",
    "*percpu_*",
    "*vunmap*",
    "*vfree*",
    "try_to_grab_pending",
    "device_release",
    "kobject_*",
    "kref_*",
    "put_device",
];

pub(super) const RULES: &[Rule] = &[rule("odebug/object")
    .line(
        "WARNING: CPU: %d PID: %d at %slib/debugobjects.c:%d debug_print_object+",
        &["cpu", "pid", "", "line"],
    )
    .line(
        "WARNING: CPU: %d PID: %d at %slib/debugobjects.c:%d debug_check_no_obj_freed+",
        &["cpu", "pid", "", "line"],
    )
    .line("WARNING: %slib/debugobjects.c:%d at debug_print_object+", &["", "line"])
    .line("WARNING: %slib/debugobjects.c:%d at debug_check_no_obj_freed+", &["", "line"])
    .with("ODEBUG: %s %s", &["what", "object"])
    .maybe("%s object type: %s hint: %pS", &["", "type", "hint"])
    .title("WARNING: ODEBUG bug in {frame}")
    .frame(&[Take::Trace])
    .skip(SKIP)
    .class(Class::MemorySafety)
    .types(TYPES)
    .example("WARNING: CPU: 1 PID: 81 at lib/debugobjects.c:505 debug_print_object+0x12/0x34")];
