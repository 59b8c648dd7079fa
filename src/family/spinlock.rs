//! What spinlock debugging finds.
//!
//! Source: `spin_dump` and `rwlock_bug` in `kernel/locking/spinlock_debug.c`: one format, `BUG: spinlock %s on
//! CPU#%d`, whose `%s` is `bad magic`, `recursion`, `already unlocked`, `wrong owner`, `wrong CPU`, `lockup
//! suspected`, and until 4.8 `lockup`, `cpu recursion`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "LOCKDEP")];
const TAKE: &[Take] = &[Take::Trace];
const SKIP: &[&str] =
    &["spin_*", "do_raw_*", "_raw_*", "rwlock_*", "debug_spin*", "debug_read*", "debug_write*", "__wake_up*"];

pub(super) const RULES: &[Rule] = &[
    rule("spinlock/spinlock")
        .line("BUG: spinlock %s on CPU#%d, %s/%d", &["what", "cpu", "comm", "pid"])
        .line("BUG: spinlock %s on CPU#%d", &["what", "cpu"])
        .maybe("lock: %s, .magic: %x, .owner: %s/%d, .owner_cpu: %d", &["lock", "magic", "owner", "", ""])
        .title("BUG: spinlock {what} in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::Lock)
        .types(TYPES)
        .example("BUG: spinlock bad magic on CPU#1, ring-writer/81"),
    rule("spinlock/rwlock")
        .line("BUG: rwlock %s on CPU#%d, %s/%d, ", &["what", "cpu", "comm", "pid"])
        .line("BUG: rwlock %s on CPU#%d", &["what", "cpu"])
        .line("BUG: rwlock-%s on CPU#%d", &["what", "cpu"])
        .title("BUG: rwlock {what} in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::Lock)
        .types(TYPES)
        .example("BUG: rwlock bad magic on CPU#0, kworker/0:1/81, 00000000859f2a8d"),
];
