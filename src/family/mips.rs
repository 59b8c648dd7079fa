//! Exceptions of mips and LoongArch that are no page faults, whose `die` prints the same line.
//!
//! Source: `die` in `arch/mips/kernel/traps.c` and `arch/loongarch/kernel/traps.c`; `arch/mips/kernel/unaligned.c`.

use super::Rule;
use super::trap::{ANNOUNCED, trap};
use crate::report::Class;

pub(super) const RULES: &[Rule] = &[
    trap("mips/bug", "kernel BUG in {frame}")
        .line("Kernel bug detected[#%d]:\n", &[""])
        .line("Oops - BUG[#%d]:\n", &[""])
        .class(Class::Assertion)
        .types(&[("*", "BUG")])
        .group("bug/bug")
        .follows(ANNOUNCED)
        .example("Kernel bug detected[#1]:"),
    trap("mips/exception", "{what} in {frame}")
        .line("%s[#%d]:\n", &["what", ""])
        .follows(ANNOUNCED)
        .example("Unhandled kernel unaligned access[#1]:"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_exceptions() {
        for (head, title) in [
            ("Kernel bug detected[#1]:", "kernel BUG in foo_io"),
            ("Reserved instruction in kernel code[#1]:", "Reserved instruction in kernel code in foo_io"),
            ("kernel BUG at fs/foo.c:12!\nOops - BUG[#1]:", "kernel BUG in foo_io"),
        ] {
            assert_eq!(titles(&format!("{head}\nepc   : 80123456 foo_io+0x10/0x20\n")), [title], "{head}");
        }
    }

    #[test]
    fn err_prose() {
        assert_eq!(titles("see bug[#12] for it\nfix: done[#1]: ok\n").len(), 0);
    }
}
