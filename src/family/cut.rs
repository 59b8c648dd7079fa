//! Headers that lost their words on the way.
//!
//! Source: none; `BUG: `, `WARNING: ` and `INFO: ` start the headers of many kernel files.

use super::{Follows, Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule("cut/bug")
        .line("BUG:\n", &[])
        .title("BUG: corrupted")
        .frame(&[])
        .follows(Follows::Anything)
        .vague()
        .example("BUG:"),
    rule("cut/warning")
        .line("WARNING:\n", &[])
        .title("WARNING: corrupted")
        .frame(&[])
        .follows(Follows::Anything)
        .vague()
        .example("WARNING:"),
    rule("cut/info")
        .line("INFO:\n", &[])
        .title("INFO: corrupted")
        .frame(&[])
        .follows(Follows::Anything)
        .vague()
        .example("INFO:"),
];
