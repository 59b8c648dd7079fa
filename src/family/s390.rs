//! Program checks of s390 that are no page faults.
//!
//! Source: `die` in `arch/s390/kernel/dumpstack.c`, its callers in `traps.c`.

use super::Rule;
use super::trap::{ANNOUNCED, trap};
use crate::report::Class;

pub(super) const RULES: &[Rule] = &[
    trap("s390/stack-overflow", "kernel stack overflow in {frame}")
        .line("Kernel stack overflow.\n", &[])
        .alts(&["stack-overflow in {frame}"])
        .class(Class::Resource)
        .example("Kernel stack overflow."),
    trap("s390/monitor-event", "kernel BUG in {frame}")
        .line("monitor event: %x ilc:%d [#%d]", &["code", "", ""])
        .class(Class::Assertion)
        .types(&[("*", "BUG")])
        .group("bug/bug")
        .follows(ANNOUNCED)
        .example("monitor event: 0040 ilc:2 [#1] SMP"),
    trap("s390/program-check", "{check} in {frame}")
        .line("%s: %x ilc:%d [#%d]", &["check", "code", "", ""])
        .follows(ANNOUNCED)
        .example("specification exception: 0006 ilc:2 [#1] SMP"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_program_checks() {
        for (head, title) in [
            ("specification exception: 0006 ilc:2 [#1] SMP", "specification exception in foo_io"),
            ("illegal operation: 0001 ilc:1 [#1] PREEMPT SMP", "illegal operation in foo_io"),
            ("kernel BUG at fs/foo.c:12!\nmonitor event: 0040 ilc:2 [#1] SMP", "kernel BUG in foo_io"),
            ("kernel BUG at fs/foo.c:12!\nillegal operation: 0001 ilc:1 [#1] SMP", "kernel BUG in foo_io"),
        ] {
            let log = format!("{head}\nKrnl PSW : 0704c00180000000 00000000001cd3a6 (foo_io+0x26/0x88)\n");
            assert_eq!(titles(&log), [title], "{head}");
        }
    }
}
