//! Workqueues: pools that make no progress, work that leaves locks behind.
//!
//! Source: `wq_watchdog_timer_fn` and `process_one_work` in `kernel/workqueue.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const HANG: &[TypeRow] = &[("*", "HANG")];

pub(super) const RULES: &[Rule] = &[
    rule("workqueue/lockup")
        .line("BUG: workqueue lockup - pool cpus=%s stuck for %us!", &["pool", "seconds"])
        .line("BUG: workqueue lockup - pool%s", &["pool"])
        .line("BUG: workqueue lockup", &[])
        // `show_all_workqueues`.
        .maybe("Showing busy workqueues and worker pools:", &[])
        .maybe("workqueue %s: flags=%x", &["", ""])
        .maybe("pwq %d: ", &[""])
        .maybe("in-flight: %s", &[""])
        .maybe("pending: %s", &[""])
        .maybe("pool %d: ", &[""])
        .title("BUG: workqueue lockup")
        .frame(&[])
        .class(Class::Hang)
        .types(HANG)
        .example("BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 39s!"),
    rule("workqueue/leaked-lock")
        .line("BUG: workqueue leaked lock or atomic: %s/0x%x/%d", &["comm", "count", "pid"])
        .line("BUG: workqueue leaked atomic, lock or RCU: %s[%d]", &["comm", "pid"])
        .maybe("last function: %ps", &["func"])
        .maybe("%s workfn=%ps", &["", "func"])
        .title("BUG: workqueue leaked lock or atomic in {frame}")
        .frame(&[Take::Capture("func"), Take::Trace])
        .class(Class::Lock)
        .example("BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/81"),
];
