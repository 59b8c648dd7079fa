//! Panics of Trusty, the secure world's own kernel, which arrive through its log driver.
//!
//! Source: `panic`, `ASSERT` of Little Kernel; `drivers/trusty/trusty-log.c`.

use super::{Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];

pub(super) const RULES: &[Rule] = &[
    rule("trusty/assert-cut")
        .line("trusty: panic%sASSERT FAILED at (%s):\n", &["", "place"])
        .title("trusty: ASSERT FAILED:")
        .frame(&[])
        .vague()
        .class(Class::Assertion)
        .types(TYPES)
        .group("trusty/assert")
        .example("trusty: panic (caller 0xffffffffe000fbb8): ASSERT FAILED at (trusty/ring.c:472):"),
    rule("trusty/assert")
        .line("trusty: panic%sASSERT FAILED at (%s): %s\n", &["", "place", "what"])
        .title("trusty: ASSERT FAILED: {what}")
        .frame(&[])
        .class(Class::Assertion)
        .types(TYPES)
        .example("trusty: panic (caller 0xffffffffe000fbb8): DEBUG ASSERT FAILED at (trusty/ring.c:472): !ring->head"),
    rule("trusty/panic")
        .line("trusty: panic (caller %p): %s\n", &["", "what"])
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
}
