//! Lockups.
//!
//! Source: `watchdog_timer_fn` and `watchdog_hardlockup_check` in `kernel/watchdog.c`, `watchdog_overflow_callback`
//! in `kernel/watchdog_hld.c`, `watchdog_smp_panic` and `soft_nmi_interrupt` in `arch/powerpc/kernel/watchdog.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "HANG")];

/// A CPU that does not get on is noticed by whichever timer runs out first: its own watchdog's or RCU's.
pub(super) const STALL: &str = "hang/stall";

/// A lockup.
const fn lockup(name: &'static str) -> Rule {
    rule(name).alts(&["stall in {frame}"]).frame(&[Take::Dispatched]).class(Class::Hang).types(TYPES).group(STALL)
}

pub(super) const RULES: &[Rule] = &[
    lockup("watchdog/soft-lockup")
        .line("BUG: soft lockup - CPU#%d stuck for %us! [%s:%d]", &["cpu", "seconds", "comm", "pid"])
        .line("BUG: soft lockup - CPU#%d stuck for %us!", &["cpu", "seconds"])
        .line("BUG: soft lockup detected on CPU#%d!", &["cpu"])
        .line("BUG: soft lockup", &[])
        .title("BUG: soft lockup in {frame}")
        .example("watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:1:81]"),
    lockup("watchdog/hard-lockup")
        .line("Watchdog detected hard LOCKUP on cpu %d", &["cpu"])
        .line("CPU%d: Watchdog detected hard LOCKUP on cpu %d", &["", "cpu"])
        .line("CPU %d self-detected hard LOCKUP @ %pS", &["cpu", ""])
        .line("CPU %d detected hard LOCKUP on other CPUs %s", &["", "cpu"])
        .line("Kernel panic - not syncing: Watchdog detected hard LOCKUP on cpu %d", &["cpu"])
        .title("watchdog: hard LOCKUP in {frame}")
        .example("NMI watchdog: Watchdog detected hard LOCKUP on cpu 1"),
];
