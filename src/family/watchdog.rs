//! Lockups.
//!
//! Source: `watchdog_timer_fn` in `kernel/watchdog.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "HANG")];

pub(super) const RULES: &[Rule] = &[rule("watchdog/soft-lockup")
    .line("BUG: soft lockup - CPU#%d stuck for %us! [%s:%d]", &["cpu", "seconds", "comm", "pid"])
    .line("BUG: soft lockup - CPU#%d stuck for %us!", &["cpu", "seconds"])
    .title("BUG: soft lockup in {frame}")
    .alts(&["stall in {frame}"])
    .frame(&[Take::Dispatched])
    .class(Class::Hang)
    .types(TYPES)
    .example("watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:1:81]")];
