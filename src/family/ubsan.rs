//! UBSAN, the detector of undefined behaviour.
//!
//! Source: `ubsan_prologue`, `report_ubsan_failure` in `lib/ubsan.c`; `ubsan_brk_handler` in
//! `arch/arm64/kernel/traps.c`, `handle_bug` in `arch/x86/kernel/traps.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("UBSAN: array-index-out-of-bounds*", "MEMORY_SAFETY_UBSAN"), ("*", "UBSAN")];

const TAKE: &[Take] = &[Take::Trace];
/// Where the compiler traps instead of calling a handler, the instruction pointer is the place itself.
const TRAPPED: &[Take] = &[Take::Ip, Take::Trace];

pub(super) const RULES: &[Rule] = &[
    // Until 5.4.
    rule("ubsan/undefined-behaviour")
        .line("UBSAN: Undefined behaviour in %s:%d:%d\n", &["file", "line", ""])
        .title("UBSAN: undefined-behaviour in {frame}")
        .frame(TAKE)
        .ruled()
        .class(Class::UndefinedBehaviour)
        .types(TYPES)
        .example("UBSAN: Undefined behaviour in drivers/net/ring.c:843:16"),
    rule("ubsan/array-index")
        .line("UBSAN: array-index-out-of-bounds in %s:%d:%d\n", &["file", "line", ""])
        .title("UBSAN: array-index-out-of-bounds in {frame}")
        .alts(&["bad-access in {frame}"])
        .frame(TAKE)
        .ruled()
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("UBSAN: array-index-out-of-bounds in drivers/net/ring.c:843:16"),
    rule("ubsan/trap")
        .line("UBSAN: %s at %pS", &["what", "func"])
        .line("Internal error: UBSAN: %s: %lx [#%d]", &["what", "", ""])
        .title("UBSAN: {what} in {frame}")
        .frame(TRAPPED)
        .ruled()
        .class(Class::UndefinedBehaviour)
        .types(TYPES)
        .example("Internal error: UBSAN: array index out of bounds: 00000000f2005512 [#1] PREEMPT SMP"),
    rule("ubsan/other")
        .line("UBSAN: %s in %s:%d:%d\n", &["what", "file", "line", ""])
        .title("UBSAN: {what} in {frame}")
        .sign(&["what"])
        .frame(TAKE)
        .ruled()
        .class(Class::UndefinedBehaviour)
        .types(TYPES)
        .example("UBSAN: shift-out-of-bounds in drivers/net/ring.c:843:16"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_headers_through_the_years() {
        let trace = "Call Trace:\n dump_stack+0x1/0x2\n ubsan_epilogue+0x1/0x2\n ring_get+0x1/0x2\n";
        for (header, want) in [
            ("UBSAN: Undefined behaviour in lib/ring.c:1:2", "UBSAN: undefined-behaviour in ring_get"),
            ("UBSAN: shift-out-of-bounds in lib/ring.c:1:2", "UBSAN: shift-out-of-bounds in ring_get"),
            (
                "UBSAN: array-index-out-of-bounds in lib/ring.c:1:2",
                "UBSAN: array-index-out-of-bounds in ring_get",
            ),
        ] {
            assert_eq!(titles(&format!("{header}\n{trace}")), [want]);
        }
    }
}
