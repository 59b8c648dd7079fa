//! Debug objects: timers, work, RCU heads whose state says they are used wrongly.
//!
//! Source: `debug_print_object` in `lib/debugobjects.c`, and the function that `debug_check_no_obj_freed` inlines it
//! into. The same file warns of objects on a wrong stack; that is a plain warning.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];

/// What works on the object for its caller, and what the object's kind runs it by.
const SKIP: &[&str] = &[
    "*vunmap*",
    "*vfree*",
    "debug_*",
    "__debug_*",
    "*call_rcu*",
    "rcu_*",
    "*init_timer*",
    "*del_timer*",
    "*mod_timer*",
    "*timer_delete*",
    "add_timer*",
    "timer_*",
    "try_to_del_timer*",
    "try_to_grab_pending",
    "__cancel_work_timer",
    "cancel_*work_sync",
    "queue_rcu_work",
    "hrtimer_*",
    "__hrtimer_*",
    "task_work_run",
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
