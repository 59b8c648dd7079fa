//! lockdep: lock order, lock state, lock balance, RCU usage, and its own limits.
//!
//! Source: `kernel/locking/lockdep.c`; `debug_check_no_locks_freed` and `debug_show_all_locks` in it;
//! `process_one_work` in `kernel/workqueue.c`. Until 4.11 the headers stood in brackets, `[ BUG: … ]` and
//! `[ INFO: … ]`; since then they start with `WARNING: `.

use super::{Follows, Rule, rule};
use crate::report::{Class, Role, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "LOCKDEP")];
/// A report without the line that says where is worth no more than the word its header starts with.
const BARE: &[TypeRow] = &[("WARNING*", "WARNING"), ("*", "")];

/// In the order of the text: the lock that is being taken, the lock that is held meanwhile, how the locks of the
/// chain were taken, how the lock was used before.
const ORDER: &[Take] =
    &[Take::Locks, Take::TraceOf(Role::LockChain), Take::TraceOf(Role::LockUsage), Take::Trace];
/// Of two locks, one taken in an interrupt: the interrupt that takes it is what makes the order a deadlock.
const IRQ_SAFE: &[Take] = &[Take::TraceOf(Role::LockUsage), Take::Locks, Take::Trace];
/// Locks that are held where none may be: where they were taken.
const HELD: &[Take] = &[Take::Locks, Take::HeldLocks, Take::Trace];
/// The same where the kernel prints no stack.
const LOCKS: &[Take] = &[Take::Locks, Take::HeldLocks];
/// Where a lock is released, or tried.
const RELEASE: &[Take] = &[Take::Capture("at"), Take::Trace];
/// The function that was caught.
const TRACE: &[Take] = &[Take::Trace];

/// Functions that take or release a lock for their caller: waiting for work takes the work's lockdep map.
const SKIP: &[&str] = &[
    "validate_chain*",
    "check_noncircular*",
    "lock_sock*",
    "release_sock",
    "*flush_work*",
    "__cancel_work_timer",
    "cancel_*work_sync",
    "drain_workqueue",
    "destroy_workqueue",
    "process_one_work",
    "__queue_work",
    "queue_work_on",
    "*wake_up*",
    "*wake_bit*",
    "call_timer_fn",
    "complete*",
    "*del_timer*",
    "*timer_delete*",
    "rcu_note_context_switch",
];

/// What works with RCU for its caller, and the allocators, which ask whether they may sleep; by their names.
const RCU: &[&str] = &["*rcu*", "*kmem*", "*slab*"];

/// What takes a lock for its caller, by its name.
const KEYS: &[&str] = &["*lock*", "*stack*", "*wake_up*", "*IRQ*"];

/// A row whose blame lies where a lock was taken.
const fn lock(name: &'static str) -> Rule {
    rule(name).frame(HELD).skip(SKIP).class(Class::Lock).types(TYPES)
}

/// A row whose blame lies where a lock was released: `print_ip_sym` writes `[<%px>] %pS`.
const fn release(name: &'static str) -> Rule {
    rule(name)
        .maybe("[<%px>] %pS", &["", "at"])
        .maybe("%s is trying to release lock (%s) at:", &["", "lock"])
        .frame(RELEASE)
        .class(Class::Lock)
        .types(TYPES)
}

/// A row whose blame lies on the stack.
const fn stack(name: &'static str) -> Rule {
    rule(name).frame(TRACE).skip(SKIP).class(Class::Lock).types(TYPES)
}

pub(super) const RULES: &[Rule] = &[
    lock("lockdep/deadlock")
        .line("WARNING: possible circular locking dependency detected", &[])
        .line("INFO: possible circular locking dependency detected", &[])
        .line("WARNING: possible recursive locking detected", &[])
        .line("INFO: possible recursive locking detected", &[])
        .with("%s is trying to acquire lock:", &[""])
        .title("possible deadlock in {frame}")
        .frame(ORDER)
        .example("WARNING: possible circular locking dependency detected"),
    lock("lockdep/inversion")
        .line("WARNING: possible irq lock inversion dependency detected", &[])
        .line("INFO: possible irq lock inversion dependency detected", &[])
        .title("possible deadlock in {frame}")
        .frame(ORDER)
        .group("lockdep/deadlock")
        .example("WARNING: possible irq lock inversion dependency detected"),
    lock("lockdep/deadlock-somewhere")
        .line("WARNING: possible %s detected\n", &["what"])
        .line("INFO: possible %s detected\n", &["what"])
        .title("WARNING: possible {what} detected")
        .types(BARE)
        .vague()
        .example("WARNING: possible circular locking dependency detected"),
    lock("lockdep/irq-deadlock")
        .line("WARNING: %s-safe -> %s-unsafe lock order detected", &["", ""])
        .line("INFO: %s-safe -> %s-unsafe lock order detected", &["", ""])
        .title("possible deadlock in {frame}")
        .group("lockdep/deadlock")
        .frame(IRQ_SAFE)
        .example("WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected"),
    lock("lockdep/inconsistent-state")
        .line("WARNING: inconsistent lock state", &[])
        .line("INFO: inconsistent lock state", &[])
        .title("inconsistent lock state in {frame}")
        .frame(&[Take::Locks, Take::Trace, Take::TraceOf(Role::LockUsage)])
        .example("WARNING: inconsistent lock state"),
    release("lockdep/unlock-balance")
        .line("WARNING: bad unlock balance detected!", &[])
        .title("WARNING: bad unlock balance in {frame}")
        .example("WARNING: bad unlock balance detected!"),
    release("lockdep/old-unlock-balance")
        .line("BUG: bad unlock balance detected!", &[])
        .title("BUG: bad unlock balance in {frame}")
        .group("lockdep/unlock-balance")
        .example("[ BUG: bad unlock balance detected! ]"),
    lock("lockdep/held-lock-freed")
        .line("WARNING: held lock freed!", &[])
        .title("WARNING: held lock freed in {frame}")
        .example("WARNING: held lock freed!"),
    lock("lockdep/old-held-lock-freed")
        .line("BUG: held lock freed!", &[])
        .title("BUG: held lock freed in {frame}")
        .group("lockdep/held-lock-freed")
        .example("[ BUG: held lock freed! ]"),
    lock("lockdep/still-held")
        .line("WARNING: %s/%d still has locks held!", &["comm", "pid"])
        .title("WARNING: still has locks held in {frame}")
        .example("WARNING: ring-writer/81 still has locks held!"),
    lock("lockdep/old-still-held")
        .line("BUG: %s/%d still has locks held!", &["comm", "pid"])
        .line("BUG: lock held at task exit time!", &[])
        .title("BUG: still has locks held in {frame}")
        .group("lockdep/still-held")
        .example("[ BUG: ring-writer/81 still has locks held! ]"),
    lock("lockdep/held-in-user-space")
        .frame(LOCKS)
        .line("WARNING: lock held when returning to user space!", &[])
        .title("WARNING: lock held when returning to user space in {frame}")
        .example("WARNING: lock held when returning to user space!"),
    lock("lockdep/old-held-in-user-space")
        .frame(LOCKS)
        .line("BUG: lock held when returning to user space!", &[])
        .title("BUG: lock held when returning to user space in {frame}")
        .group("lockdep/held-in-user-space")
        .example("[ BUG: lock held when returning to user space! ]"),
    lock("lockdep/nested-lock")
        .line("WARNING: Nested lock was not taken", &[])
        .line("BUG: Nested lock was not taken", &[])
        .title("WARNING: nested lock was not taken in {frame}")
        .example("WARNING: Nested lock was not taken"),
    lock("lockdep/wait-context")
        .line("BUG: Invalid wait context", &[])
        .title("WARNING: locking bug in {frame}")
        .frame(&[Take::Locks, Take::Trace])
        .group("lockdep/warning")
        .example("[ BUG: Invalid wait context ]"),
    stack("lockdep/warning")
        .line(
            "WARNING: CPU: %d PID: %d at %skernel/locking/lockdep.c:%d %slock_%s",
            &["cpu", "pid", "", "line", "", ""],
        )
        .line("WARNING: %skernel/locking/lockdep.c:%d at %pS", &["", "line", "func"])
        .maybe("DEBUG_LOCKS_WARN_ON(%s)\n", &["what"])
        .title("WARNING: locking bug in {frame}")
        .example("WARNING: CPU: 1 PID: 81 at kernel/locking/lockdep.c:4123 __lock_acquire+0x12/0x34"),
    // `DEBUG_LOCKS_WARN_ON(1)` behind the line of an unregistered key.
    stack("lockdep/key-warning")
        .line(
            "WARNING: CPU: %d PID: %d at %skernel/locking/lockdep.c:%d lockdep_init_map%s",
            &["cpu", "pid", "", "line", ""],
        )
        .line("WARNING: %skernel/locking/lockdep.c:%d at lockdep_init_map%s", &["", "line", ""])
        .title("WARNING in {frame}")
        .frame(&[Take::Ip, Take::Trace])
        .follows(Follows::Kinds(&["lockdep/unregistered-key"]))
        .types(&[("*", "WARNING")])
        .group("warn/warning")
        .example("WARNING: CPU: 1 PID: 81 at kernel/locking/lockdep.c:4923 lockdep_init_map_type+0x12/0x34"),
    stack("lockdep/contention")
        .line("WARNING: bad contention detected!", &[])
        .line("BUG: bad contention detected!", &[])
        .title("WARNING: bad contention detected!")
        .example("WARNING: bad contention detected!"),
    stack("lockdep/chain-key")
        .line("WARNING: chain_key collision", &[])
        .title("WARNING: chain_key collision")
        .example("WARNING: chain_key collision"),
    stack("lockdep/rcu-usage")
        .line("WARNING: suspicious RCU usage", &[])
        .with("%s:%d %s!\n", &["file", "line", "what"])
        .title("WARNING: suspicious RCU usage in {frame}")
        .skip(RCU)
        .example("WARNING: suspicious RCU usage"),
    stack("lockdep/old-rcu-usage")
        .line("INFO: suspicious RCU usage.", &[])
        .with("%s:%d %s!\n", &["file", "line", "what"])
        .title("INFO: suspicious RCU usage in {frame}")
        .types(&[])
        .group("lockdep/rcu-usage")
        .skip(RCU)
        .example("[ INFO: suspicious RCU usage. ]"),
    stack("lockdep/rcu-usage-somewhere")
        .line("WARNING: suspicious RCU usage", &[])
        .line("INFO: suspicious RCU usage.", &[])
        .title("WARNING: suspicious RCU usage")
        .types(BARE)
        .vague()
        .example("WARNING: suspicious RCU usage"),
    stack("lockdep/non-static-key")
        .line("INFO: trying to register non-static key.", &[])
        .title("INFO: trying to register non-static key in {frame}")
        .types(&[])
        .skip(KEYS)
        .example("INFO: trying to register non-static key."),
    stack("lockdep/unregistered-key")
        .line("BUG: key %px has not been registered!", &["key"])
        .line("BUG: key %px not in .data!", &["key"])
        .title("BUG: key ADDR has not been registered!")
        .types(&[])
        .example("BUG: key ffff888012345678 has not been registered!"),
    stack("lockdep/subclass")
        .line("BUG: looking up invalid subclass: %u\n", &["subclass"])
        .title("BUG: looking up invalid subclass in {frame}")
        .types(&[])
        .example("BUG: looking up invalid subclass: 8"),
    // Whoever takes the last entry of a table is not to blame for the others.
    stack("lockdep/table-full")
        .line("BUG: MAX_LOCKDEP_%s too low!", &["table"])
        .title("BUG: MAX_LOCKDEP_{table} too low!")
        .frame(&[])
        .types(&[])
        .class(Class::Resource)
        .example("BUG: MAX_LOCKDEP_ENTRIES too low!"),
    stack("lockdep/stacks-full")
        .line("BUG: MAX_STACK_TRACE_ENTRIES too low!", &[])
        .title("BUG: MAX_STACK_TRACE_ENTRIES too low!")
        .frame(&[])
        .types(&[])
        .class(Class::Resource)
        .example("BUG: MAX_STACK_TRACE_ENTRIES too low!"),
    stack("lockdep/depth")
        .line("BUG: MAX_LOCK_DEPTH too low!", &[])
        .title("BUG: MAX_LOCK_DEPTH too low!")
        .types(&[])
        .class(Class::Resource)
        .example("BUG: MAX_LOCK_DEPTH too low!"),
];
