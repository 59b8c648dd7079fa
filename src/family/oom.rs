//! The OOM killer.
//!
//! Source: `dump_header`, `__oom_kill_process`, `out_of_memory` in `mm/oom_kill.c`; of a memory cgroup
//! `mem_cgroup_print_oom_meminfo` and `memory_stat_format` in `mm/memcontrol.c`, a counter a line. It dumps memory and tasks first
//! and says last what it does; no function is to blame, so no title names one.

use super::{Follows, Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("kernel panic*", "DoS"), ("*", "")];

/// Lines of a memory cgroup's counters: 37 in 6.1, more in each release.
const COUNTERS: usize = 100;

const fn asked(name: &'static str) -> Rule {
    rule(name)
        .line("%s invoked oom-killer: gfp_mask=%s, order=%d, oom_%s=%d", &["comm", "", "order", "", ""])
        .maybe("oom-kill:constraint=%s", &["constraint"])
        .maybe("Node %d %s", &["", ""])
        .maybe("%s: usage %lukB, limit %lukB, failcnt %lu", &["", "", "", ""])
        .maybe("Memory cgroup stats for %s:", &["cgroup"])
        .gap(COUNTERS)
        .maybe("Tasks state (memory values in pages):", &[])
        .maybe("Killed process %d (%s)", &["", ""])
        .maybe("[%7d] %5d %5d %8lu %8lu ", &["", "", "", "", ""])
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
}

const EXAMPLE: &str = "ringd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";

pub(super) const RULES: &[Rule] = &[
    asked("oom/panic")
        .with("Kernel panic - not syncing: Out of memory%s\n", &["why"])
        .title("kernel panic: Out of memory{why}")
        .frame(&[])
        .example(EXAMPLE),
    asked("oom/deadlock")
        .with("Kernel panic - not syncing: System is deadlocked on memory", &[])
        .title("kernel panic: System is deadlocked on memory")
        .frame(&[])
        .example(EXAMPLE),
    asked("oom/kill-in-cgroup")
        .with("Memory cgroup out of memory: Kill%s process %d (%s)", &["", "victim_pid", "victim"])
        .title("Memory cgroup out of memory: Killed process")
        .frame(&[])
        .example(EXAMPLE),
    asked("oom/kill")
        .maybe("Out of memory%s: Kill%s process %d (%s)", &["", "", "victim_pid", "victim"])
        .maybe("Out of memory: kill process %d (%s)", &["victim_pid", "victim"])
        .title("Out of memory: Killed process")
        .frame(&[])
        .example(EXAMPLE),
    rule("oom/panic-alone")
        .line("Kernel panic - not syncing: Out of memory%s\n", &["why"])
        .title("kernel panic: Out of memory{why}")
        .frame(&[])
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
        .group("oom/panic")
        .example("Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled"),
    rule("oom/deadlock-alone")
        .line("Kernel panic - not syncing: System is deadlocked on memory", &[])
        .title("kernel panic: System is deadlocked on memory")
        .frame(&[])
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
        .group("oom/deadlock")
        .example("Kernel panic - not syncing: System is deadlocked on memory"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_what_was_done_about_it() {
        let asked =
            "ringd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\nMem-Info:\n";
        for (last, want) in [
            ("Out of memory: Killed process 7 (ringd) total-vm:1kB", "Out of memory: Killed process"),
            (
                "Memory cgroup out of memory: Killed process 7 (ringd)",
                "Memory cgroup out of memory: Killed process",
            ),
            (
                "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
                "kernel panic: Out of memory: system-wide panic_on_oom is enabled",
            ),
        ] {
            assert_eq!(titles(&format!("{asked}{last}\n")), [want]);
        }
    }
}
