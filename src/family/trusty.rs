//! Panics of Trusty, the secure world's own kernel, which arrive through its log driver.
//!
//! Source: `panic`, `ASSERT` of Little Kernel; `drivers/trusty/trusty-log.c`; `trusty_std_call32` in
//! `drivers/trusty/trusty.c`, which warns that the call did not return.

use super::{Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];

/// The driver's warning, with the only source file of Linux that such a report names.
const WARNED: &str = "WARNING: CPU: %d PID: %d at %s:%d %pS";
const WARNED_NAMES: &[&str] = &["cpu", "pid", "file", "line", ""];

pub(super) const RULES: &[Rule] = &[
    rule("trusty/assert-cut")
        .line("trusty: panic%sASSERT FAILED at (%s):\n", &["", "place"])
        .maybe(WARNED, WARNED_NAMES)
        .title("trusty: ASSERT FAILED:")
        .frame(&[])
        .vague()
        .class(Class::Assertion)
        .types(TYPES)
        .group("trusty/assert")
        .example("trusty: panic (caller 0xffffffffe000fbb8): ASSERT FAILED at (trusty/ring.c:472):"),
    rule("trusty/assert")
        .line("trusty: panic%sASSERT FAILED at (%s): %s\n", &["", "place", "what"])
        .maybe(WARNED, WARNED_NAMES)
        .title("trusty: ASSERT FAILED: {what}")
        .frame(&[])
        .class(Class::Assertion)
        .types(TYPES)
        .example("trusty: panic (caller 0xffffffffe000fbb8): DEBUG ASSERT FAILED at (trusty/ring.c:472): !ring->head"),
    // The log driver prints what has come so far, so that a message may be two records.
    rule("trusty/assert-split")
        .line("trusty: panic (caller\n", &[])
        .next("trusty: %p): %sASSERT FAILED at (%s):%s\n", &["", "", "place", "what"])
        .maybe(WARNED, WARNED_NAMES)
        .title("trusty: ASSERT FAILED:{what}")
        .frame(&[])
        .class(Class::Assertion)
        .types(TYPES)
        .group("trusty/assert")
        .example("trusty: panic (caller"),
    rule("trusty/panic")
        .line("trusty: panic (caller %p): %s\n", &["", "what"])
        .maybe(WARNED, WARNED_NAMES)
        .title("trusty: panic: {what}")
        .frame(&[])
        .class(Class::Panic)
        .types(TYPES)
        .example("trusty: panic (caller 0xffffffffe0002314): no ring left"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_wordings() {
        for (log, want) in [
            ("trusty: panic (caller 0xffffffffe0002314): no ring 6", "trusty: panic: no ring NUM"),
            (
                "trusty: panic (caller 0xe000): DEBUG ASSERT FAILED at (ring.c:4): !ring",
                "trusty: ASSERT FAILED: !ring",
            ),
            ("trusty: panic (caller 0xe000): ASSERT FAILED at (ring.c:4): ", "trusty: ASSERT FAILED:"),
        ] {
            assert_eq!(titles(log), [want]);
        }
    }

    #[test]
    fn ok_the_driver_warns_of_the_same_crash() {
        let log = "trusty: panic (caller 0xffffffffe0002314): no ring 6\ntrusty: HALT: (reason = 9)\n\
                   trusty crashed\nWARNING: CPU: 0 PID: 7 at drivers/trusty/ring.c:215 ring_call+0x1/0x2\n\
                   Call trace:\n ring_call+0x1/0x2\n";
        let files: Vec<_> = crate::reports(log.as_bytes()).map(|r| crate::identify(&r).file).collect();
        assert_eq!(files, [Some("drivers/trusty/ring.c".to_owned())]);
    }
}
