//! Exceptions of powerpc that are no page faults.
//!
//! Source: `__die`, `_exception`, `StackOverflow`, `unrecoverable_exception` in `arch/powerpc/kernel/traps.c`.

use super::Rule;
use super::trap::{ANNOUNCED, trap};
use crate::report::Class;

pub(super) const RULES: &[Rule] = &[
    trap("powerpc/stack-overflow", "kernel stack overflow in {frame}")
        .line("Kernel stack overflow in process %s[%d], r1=%lx", &["comm", "pid", ""])
        .line("Oops: Kernel stack overflow, sig: %ld [#%d]", &["", ""])
        .alts(&["stack-overflow in {frame}"])
        .class(Class::Resource)
        .follows(ANNOUNCED)
        .example("Oops: Kernel stack overflow, sig: 11 [#1]"),
    trap("powerpc/machine-check", "machine check in {frame}")
        .line("Oops: Machine check%s, sig: %ld [#%d]", &["", "", ""])
        .maybe("Machine check in kernel mode.", &[])
        .class(Class::Hardware)
        .example("Oops: Machine check, sig: 7 [#1]"),
    trap("powerpc/bad-area", "BUG: unable to handle kernel paging request in {frame}")
        .line("Oops: Kernel access of bad area, sig: %ld [#%d]", &["", ""])
        .alts(&["bad-access in {frame}"])
        .class(Class::Fault)
        .types(&[("*", "MEMORY_SAFETY_BUG")])
        .group(super::fault::GROUP)
        .follows(ANNOUNCED)
        .example("Oops: Kernel access of bad area, sig: 11 [#1]"),
    trap("powerpc/oops", "Oops: {what} in {frame}")
        .line("Oops: %s, sig: %ld [#%d]", &["what", "", ""])
        .maybe("Unrecoverable exception %lx at ", &["trap"])
        .follows(ANNOUNCED)
        .example("Oops: Exception in kernel mode, sig: 5 [#1]"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_oopses() {
        for (head, title) in [
            ("Oops: Exception in kernel mode, sig: 5 [#1]", "Oops: Exception in kernel mode in foo_io"),
            (
                "Kernel stack overflow in process prog[12], r1=c000\nOops: Kernel stack overflow, sig: 11 [#1]",
                "kernel stack overflow in foo_io",
            ),
            (
                "kernel BUG at fs/foo.c:12!\nOops: Exception in kernel mode, sig: 5 [#1]",
                "kernel BUG in foo_io",
            ),
            (
                "Unrecoverable exception 480 at c000000000b4d6a8 (msr=0)\nOops: Unrecoverable exception, sig: 6 [#1]",
                "Oops: Unrecoverable exception in foo_io",
            ),
        ] {
            assert_eq!(
                titles(&format!("{head}\nNIP [c000000000b4d6a8] foo_io+0x1/0x2\n")),
                [title],
                "{head}"
            );
        }
    }
}
