//! KCSAN, the detector of data races.
//!
//! Source: `print_report` in `kernel/kcsan/report.c`. The two functions come sorted from the kernel.

use super::{Rule, expects_stack, rule};
use crate::report::{Class, Role, Take, TypeRow};

const TYPES: &[TypeRow] = &[
    ("KCSAN: data-race*", "KCSAN-DATARACE"),
    ("KCSAN: assert: race*", "KCSAN-ASSERT"),
    ("*", "KCSAN-UNKNOWN"),
];

const TAKE: &[Take] = &[Take::Capture("func"), Take::TraceOf(Role::Access)];

pub(super) const RULES: &[Rule] = &[
    rule("kcsan/race")
        .line("BUG: KCSAN: %s in %ps / %ps", &["what", "func", "other"])
        .title("KCSAN: {what} in {func} / {other}")
        .sign(&["what", "other"])
        .frame(TAKE)
        .body(expects_stack)
        .class(Class::DataRace)
        .types(TYPES)
        .example("BUG: KCSAN: data-race in ring_read / ring_write"),
    rule("kcsan/race-of-unknown-origin")
        .line("BUG: KCSAN: %s in %pS", &["what", "func"])
        .title("KCSAN: {what} in {func}")
        .sign(&["what"])
        .frame(TAKE)
        .body(expects_stack)
        .class(Class::DataRace)
        .types(TYPES)
        .example("BUG: KCSAN: assert: race in ring_write+0x11/0x80"),
    rule("kcsan/cut")
        .line("BUG: KCSAN: %s\n", &["rest"])
        .title("KCSAN: {rest}")
        .vague()
        .class(Class::DataRace)
        .types(TYPES)
        .example("BUG: KCSAN: data-race in"),
];
