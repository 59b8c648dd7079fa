//! Sleeping, preemption and migration where they are forbidden.
//!
//! Source: `__schedule_bug`, `__might_resched`, `__cant_sleep`, `__cant_migrate` in `kernel/sched/core.c`;
//! `check_preemption_disabled` in `lib/smp_processor_id.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "ATOMIC_SLEEP")];
const PREEMPTIBLE: &[TypeRow] = &[("*", "LOCKDEP")];
const TAKE: &[Take] = &[Take::Trace];

/// What checks and what reports.
const SKIP: &[&str] = &[
    "*might_sleep*",
    "*might_resched*",
    "__schedule_bug",
    "__schedule",
    "schedule",
    "schedule_*",
    "__cant_sleep*",
    "__cant_migrate*",
    "check_preemption_disabled",
    "debug_smp_processor_id",
    "__this_cpu_preempt_check",
    "panic*",
    "__panic",
    "prepare_alloc_pages",
    "*flush_work*",
    "__cancel_work_timer",
    "cancel_*work_sync",
    "walk_stackframe",
    // Who sleeps is who calls them.
    "*cond_resched",
    "schedule_timeout*",
    "schedule_hrtimeout*",
    "preempt_schedule*",
    "io_schedule*",
    "msleep*",
    "usleep_range*",
];

pub(super) const RULES: &[Rule] = &[
    rule("sched/while-atomic")
        .line("BUG: scheduling while atomic: %s/%d/0x%x", &["comm", "pid", "count"])
        .line("BUG: scheduling while atomic: %s", &["comm"])
        .title("BUG: scheduling while atomic in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::AtomicSleep)
        .types(TYPES)
        .example("BUG: scheduling while atomic: ring-writer/81/0x00000201"),
    rule("sched/non-blocking")
        .line("BUG: scheduling in a non-blocking section: %s/%d/%d", &["comm", "pid", "count"])
        .title("BUG: scheduling in a non-blocking section: {comm}/NUM/NUM")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::AtomicSleep)
        .example("BUG: scheduling in a non-blocking section: ring-writer/81/1"),
    rule("sched/sleeping")
        .line("BUG: sleeping function called from invalid context at %s:%d", &["file", "line"])
        .line("BUG: sleeping function called from invalid context", &[])
        .title("BUG: sleeping function called from invalid context in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::AtomicSleep)
        .types(TYPES)
        .example("BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580"),
    rule("sched/preemptible")
        .line("BUG: using %s() in preemptible [%x] code: %s/%d", &["what", "", "comm", "pid"])
        .line("BUG: using %s in preemptible", &["what"])
        .title("BUG: using {what}() in preemptible code in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::AtomicSleep)
        .types(PREEMPTIBLE)
        .example("BUG: using smp_processor_id() in preemptible [00000000] code: ring-writer/81"),
    rule("sched/cannot-sleep")
        .line("BUG: assuming atomic context at %s:%d", &["file", "line"])
        .title("BUG: assuming atomic context at {file}:LINE")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::AtomicSleep)
        .example("BUG: assuming atomic context at kernel/bpf/core.c:2300"),
    rule("sched/cannot-migrate")
        .line("BUG: assuming non migratable context at %s:%d", &["file", "line"])
        .title("BUG: assuming non migratable context at {file}:LINE")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::AtomicSleep)
        .example("BUG: assuming non migratable context at kernel/bpf/core.c:2300"),
];
