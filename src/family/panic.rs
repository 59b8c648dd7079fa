//! Panics that nothing else explains: a panic behind another report is that report's end.
//!
//! Source: `panic` in `kernel/panic.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];
const TAKE: &[Take] = &[Take::Ip, Take::Trace];

pub(super) const RULES: &[Rule] = &[
    rule("panic/stack-protector")
        .line("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: %pS", &["func"])
        .title("kernel panic: stack is corrupted in {frame}")
        .frame(&[Take::Header("func")])
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: read_it+0x12/0x34"),
    rule("panic/panic")
        .line("Kernel panic - not syncing: %s", &["reason"])
        .title("kernel panic: {reason}")
        .frame(TAKE)
        .class(Class::Panic)
        .types(TYPES)
        .follows(Follows::Anything)
        .example("Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b"),
];
