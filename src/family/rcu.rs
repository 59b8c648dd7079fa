//! RCU stalls.
//!
//! Source: `print_other_cpu_stall`, `print_cpu_stall` in `kernel/rcu/tree_stall.h`; `synchronize_rcu_expedited_wait`
//! in `tree_exp.h`; `check_all_holdout_tasks` in `tasks.h`. With the name of the flavour, `rcu_sched`, since 3.0.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "HANG")];

pub(super) const RULES: &[Rule] = &[rule("rcu/stall")
    .line("INFO: %s detected stalls on CPUs/tasks", &["flavour"])
    .line("INFO: %s self-detected stall on CPU", &["flavour"])
    .line("INFO: %s detected expedited stalls on CPUs/tasks", &["flavour"])
    // Until 2.6.38.
    .line("INFO: %s detected stall on CPU %d", &["flavour", "cpu"])
    // The first CPU that stalls: `print_cpu_stall_info`.
    .maybe("%d-%s: (%s", &["cpu", "", ""])
    .title("INFO: rcu detected stall in {frame}")
    .alts(&["stall in {frame}"])
    .frame(&[Take::Dispatched])
    .follows(Follows::Bare(&["rcu/"]))
    .class(Class::Hang)
    .types(TYPES)
    .group(super::watchdog::STALL)
    .example("rcu: INFO: rcu_preempt self-detected stall on CPU"),
    // RCU-tasks waits for tasks, not for CPUs, and prints the stack of each that holds it up.
    rule("rcu/tasks-stall")
        .line("INFO: %s detected stalls on tasks:", &["flavour"])
        .title("INFO: rcu detected stall in {frame}")
        .alts(&["stall in {frame}"])
        .frame(&[Take::Chain])
        .class(Class::Hang)
        .types(TYPES)
        .group(super::watchdog::STALL)
        .example("INFO: rcu_tasks detected stalls on tasks:")];
