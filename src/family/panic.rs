//! Panics that nothing else explains: a panic behind another report is that report's end.
//!
//! Source: `panic` in `kernel/panic.c` and its callers: `do_exit` in `kernel/exit.c`, `oops_end` in
//! `arch/x86/kernel/dumpstack.c`, `die` in `arch/arm64/kernel/traps.c`, `check_panic_on_warn`, `hung_task.c`,
//! `tty_ldisc_init` in `drivers/tty/tty_ldisc.c`.

use super::{Follows, Rule, expects_stack, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];
const TAKE: &[Take] = &[Take::Ip, Take::Trace];

/// A panic.
const fn panic(name: &'static str) -> Rule {
    rule(name).frame(TAKE).class(Class::Panic).types(TYPES).follows(Follows::Anything).body(expects_stack)
}

pub(super) const RULES: &[Rule] = &[
    panic("panic/init-killed")
        .line("Kernel panic - not syncing: Attempted to kill init!", &[])
        .title("kernel panic: Attempted to kill init!")
        .example("Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"),
    panic("panic/tty-discipline")
        .line("Kernel panic - not syncing: Couldn't open N_TTY ldisc for %s --- error %d.", &["tty", "error"])
        .title("kernel panic: Couldn't open N_TTY ldisc")
        .example("Kernel panic - not syncing: Couldn't open N_TTY ldisc for ptm1 --- error -12."),
    panic("panic/fatal-exception")
        .line("Kernel panic - not syncing: Fatal exception", &[])
        .line("Kernel panic - not syncing: %s: Fatal exception", &["what"])
        .title("kernel panic: Fatal exception")
        .vague()
        .example("Kernel panic - not syncing: Fatal exception in interrupt"),
    panic("panic/on-warn")
        .line("Kernel panic - not syncing: panic_on_warn set", &[])
        .line("Kernel panic - not syncing: %s: panic_on_warn set", &["who"])
        .title("kernel panic: panic_on_warn set")
        .vague()
        .example("Kernel panic - not syncing: kernel: panic_on_warn set ..."),
    panic("panic/hung-task")
        .line("Kernel panic - not syncing: hung_task: blocked tasks", &[])
        .title("kernel panic: hung_task: blocked tasks")
        .vague()
        .example("Kernel panic - not syncing: hung_task: blocked tasks"),
    panic("panic/panic")
        .line("Kernel panic - not syncing: %s", &["reason"])
        .title("kernel panic: {reason}")
        .example("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"),
];
