//! lockdep: lock order, lock state, RCU usage.
//!
//! Source: `kernel/locking/lockdep.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "LOCKDEP")];
/// The first lock of the report is the one that is being taken, with the place that takes it.
const TAKE: &[Take] = &[Take::Capture("at"), Take::Trace];

pub(super) const RULES: &[Rule] = &[
    rule("lockdep/deadlock")
        .line("WARNING: possible circular locking dependency detected", &[])
        .line("INFO: possible circular locking dependency detected", &[])
        .line("WARNING: possible recursive locking detected", &[])
        .line("INFO: possible recursive locking detected", &[])
        .line("WARNING: possible irq lock inversion dependency detected", &[])
        .line("INFO: possible irq lock inversion dependency detected", &[])
        .maybe("%s, at: %pS", &["lock", "at"])
        .title("possible deadlock in {frame}")
        .frame(TAKE)
        .class(Class::Lock)
        .types(TYPES)
        .example("WARNING: possible circular locking dependency detected"),
    rule("lockdep/irq-deadlock")
        .line("WARNING: %s-safe -> %s-unsafe lock order detected", &["", ""])
        .line("INFO: %s-safe -> %s-unsafe lock order detected", &["", ""])
        .maybe("%s, at: %pS", &["lock", "at"])
        .title("possible deadlock in {frame}")
        .frame(TAKE)
        .class(Class::Lock)
        .types(TYPES)
        .group("lockdep/deadlock")
        .example("WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected"),
    rule("lockdep/inconsistent-state")
        .line("WARNING: inconsistent lock state", &[])
        .line("INFO: inconsistent lock state", &[])
        .maybe("%s, at: %pS", &["lock", "at"])
        .title("inconsistent lock state in {frame}")
        .frame(TAKE)
        .class(Class::Lock)
        .types(TYPES)
        .example("WARNING: inconsistent lock state"),
];
