//! What the fuzzer says of itself.
//!
//! Source: `fail`, `failmsg` in syzkaller's `executor/common.h`; `log.Fatalf` of its Go programs.

use super::{Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "SYZ_FAILURE")];

pub(super) const RULES: &[Rule] = &[
    rule("fuzzer/fail")
        .line("SYZFAIL: %s\n", &["what"])
        .maybe("(errno %d: %s)", &["", ""])
        .title("SYZFAIL: {what}")
        .frame(&[])
        .class(Class::Fuzzer)
        .types(TYPES)
        .example("SYZFAIL: negative running"),
    rule("fuzzer/fatal")
        .line("SYZFATAL: %s\n", &["what"])
        .title("SYZFATAL: {what}")
        .frame(&[])
        .alts(&["SYZFATAL"])
        .class(Class::Fuzzer)
        .types(TYPES)
        .example("SYZFATAL: failed to recv rpc"),
];
