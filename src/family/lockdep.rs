//! lockdep: lock order, lock state, RCU usage.
//!
//! Source: `kernel/locking/lockdep.c`.

use super::{Rule, rule};
use crate::report::{Class, Role, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "LOCKDEP")];
/// The first lock of the report is the one that is being taken, with the place that takes it.
const TAKE: &[Take] =
    &[Take::Locks, Take::TraceOf(Role::LockChain), Take::TraceOf(Role::LockUsage), Take::Trace];
/// Where the lock got the state that forbids what happens now.
const USAGE: &[Take] = &[Take::TraceOf(Role::LockUsage), Take::Locks, Take::Trace];
/// Helpers that take the lock of an object for whoever works on the object.
const SKIP: &[&str] = &["lock_sock_nested", "lock_sock_fast", "release_sock", "__flush_work", "flush_work*", "process_one_work", "call_timer_fn", "try_to_wake_up", "*wake_bit*", "wake_up_page*", "*reiserfs_*lock*"];

pub(super) const RULES: &[Rule] = &[
    rule("lockdep/deadlock")
        .line("WARNING: possible circular locking dependency detected", &[])
        .line("INFO: possible circular locking dependency detected", &[])
        .line("WARNING: possible recursive locking detected", &[])
        .line("INFO: possible recursive locking detected", &[])
        .line("WARNING: possible irq lock inversion dependency detected", &[])
        .line("INFO: possible irq lock inversion dependency detected", &[])
        .title("possible deadlock in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::Lock)
        .types(TYPES)
        .example("WARNING: possible circular locking dependency detected"),
    rule("lockdep/irq-deadlock")
        .line("WARNING: %s-safe -> %s-unsafe lock order detected", &["", ""])
        .line("INFO: %s-safe -> %s-unsafe lock order detected", &["", ""])
        .title("possible deadlock in {frame}")
        .frame(USAGE)
        .skip(SKIP)
        .class(Class::Lock)
        .types(TYPES)
        .group("lockdep/deadlock")
        .example("WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected"),
    rule("lockdep/inconsistent-state")
        .line("WARNING: inconsistent lock state", &[])
        .line("INFO: inconsistent lock state", &[])
        .title("inconsistent lock state in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::Lock)
        .types(TYPES)
        .example("WARNING: inconsistent lock state"),
];
