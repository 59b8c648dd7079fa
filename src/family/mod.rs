//! What makes one splat differ from another: a table of rows per printing kernel subsystem.
//!
//! A row ([`Rule`]) is the kernel's printk format with names for what it captures, a title, and where the blame
//! lies. To add a kind, add a row; to add a family, add a file and one word to the list below.
//! `src/doc/adding_a_family.md` shows how.

mod rule;
mod table;

pub(crate) use rule::{After, Before, Follows, Format, Rule};
pub(crate) use table::{Filter, Header, filter, header, headers, lead_in, needles};

use rule::{expects_stack, rule};

/// The one list of families, in the order in which their rows are tried.
macro_rules! families {
    ($($family:ident),* $(,)?) => {
        $(mod $family;)*
        /// The rows of all families.
        pub(crate) const TABLES: &[&[Rule]] = &[$($family::RULES),*];
    };
}

families![
    kasan, kmsan, kcsan, kfence, ubsan, kmemleak, slub, mm, vfs, netdev, rust, refcount, odebug, usercopy,
    alloc, kobject, dcache, lockdep, warn, trap, bug, fault, arm, powerpc, s390, riscv, mips, hung_task, rcu,
    watchdog, sched, spinlock, workqueue, stack, oom, mce, reboot, fuzzer, go, trusty, panic, cut,
];

/// All rows, in the order in which they are tried.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().copied().flatten()
}

/// The row called `name`.
pub(crate) fn by_name(name: &str) -> Option<&'static Rule> {
    rules().find(|r| r.name == name)
}
