//! Panics of Rust code.
//!
//! Source: `panic` in `rust/kernel/lib.rs`; it prints the panic's information and calls `BUG()`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "")];
const TAKE: &[Take] = &[Take::Trace];

pub(super) const RULES: &[Rule] = &[
    rule("rust/panic")
        .line("rust_kernel: panicked at %s:%d:%d:\n", &["file", "line", ""])
        .next("%s\n", &["what"])
        .title("{what} in {frame}")
        .frame(TAKE)
        .class(Class::Assertion)
        .types(TYPES)
        .example("rust_kernel: panicked at drivers/ring/ring.rs:60:5:"),
    // Until 6.7, with the message before the place.
    rule("rust/panic-of-one-line")
        .line("rust_kernel: panicked at '%s', %s:%d:%d\n", &["what", "file", "line", ""])
        .title("{what} in {frame}")
        .frame(TAKE)
        .class(Class::Assertion)
        .types(TYPES)
        .group("rust/panic")
        .example("rust_kernel: panicked at 'attempt to subtract with overflow', drivers/ring/ring.rs:60:5"),
];
