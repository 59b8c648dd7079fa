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
        .ruled()
        .class(Class::DataRace)
        .types(TYPES)
        .example("BUG: KCSAN: data-race in ring_read / ring_write"),
    rule("kcsan/race-of-unknown-origin")
        .line("BUG: KCSAN: %s in %pS", &["what", "func"])
        .title("KCSAN: {what} in {func}")
        .sign(&["what"])
        .frame(TAKE)
        .body(expects_stack)
        .ruled()
        .class(Class::DataRace)
        .types(TYPES)
        .example("BUG: KCSAN: assert: race in ring_write+0x11/0x80"),
    rule("kcsan/cut")
        .line("BUG: KCSAN: %s\n", &["rest"])
        .title("KCSAN: {rest}")
        .vague()
        .ruled()
        .class(Class::DataRace)
        .types(TYPES)
        .example("BUG: KCSAN: data-race in"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    const SIDES: &str = "\nwrite to 0xffff8880b588efb2 of 2 bytes by task 7 on cpu 0:\n ring_read+0x1/0x2\n\n\
        read to 0xffff8880b588efb2 of 2 bytes by interrupt on cpu 1:\n ring_write+0x1/0x2\n";

    #[test]
    fn ok_both_functions() {
        let log = format!("BUG: KCSAN: data-race in ring_read / ring_write.isra.0\n{SIDES}");
        assert_eq!(titles(&log), ["KCSAN: data-race in ring_read / ring_write.isra.0"]);
        let report = crate::reports(log.as_bytes()).next().unwrap();
        let labels: Vec<String> =
            report.traces.iter().filter_map(|t| Some(t.label.as_ref()?.to_string())).collect();
        assert_eq!(labels, ["task 7 on cpu 0", "interrupt on cpu 1"]);
        let canonical = crate::identify(&report).signature.canonical().to_vec();
        assert_eq!(canonical, ["kcsan/race", "ring_read", "data-race", "ring_write"]);
    }

    #[test]
    fn ok_one_function() {
        let log = format!("BUG: KCSAN: assert: race in ring_read+0x1/0x2\n{SIDES}");
        assert_eq!(titles(&log), ["KCSAN: assert: race in ring_read"]);
    }
}
