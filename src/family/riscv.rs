//! Exceptions of riscv that are no page faults.
//!
//! Source: `die`, `DO_ERROR_INFO` and `handle_break` in `arch/riscv/kernel/traps.c`.

use super::Rule;
use super::trap::{ANNOUNCED, trap};
use crate::report::Class;

pub(super) const RULES: &[Rule] = &[
    trap("riscv/bug", "kernel BUG in {frame}")
        .line("Kernel BUG [#%d]", &[""])
        .class(Class::Assertion)
        .types(&[("*", "BUG")])
        .group("bug/bug")
        .follows(ANNOUNCED)
        .example("Kernel BUG [#1]"),
    trap("riscv/oops", "Oops - {trap} in {frame}")
        .line("Oops - %s [#%d]", &["trap", ""])
        .follows(ANNOUNCED)
        .example("Oops - illegal instruction [#1]"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_traps() {
        for (head, title) in [
            ("Oops - illegal instruction [#1]", "Oops - illegal instruction in foo_io"),
            ("kernel BUG at fs/foo.c:12!\nKernel BUG [#1]", "kernel BUG in foo_io"),
            ("Kernel BUG [#1]", "kernel BUG in foo_io"),
        ] {
            assert_eq!(titles(&format!("{head}\nepc : foo_io+0x10/0x20\n")), [title], "{head}");
        }
    }
}
