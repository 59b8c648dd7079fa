//! Panics of Rust code.
//!
//! Source: `panic` in `rust/kernel/lib.rs`; it prints the panic's information and calls `BUG()`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "")];
const TAKE: &[Take] = &[Take::Trace];

/// How a panic gets to `BUG()`: `core::panicking`, and what unwraps.
const SKIP: &[&str] = &[
    "rust_helper_*",
    "rust_begin_unwind",
    "_R*rust_begin_unwind",
    "_R*4core9panicking*",
    "_R*4core6option*",
    "_R*4core6result*",
    "_R*4core5slice5index*",
    "__cfi_*",
];

pub(super) const RULES: &[Rule] = &[
    rule("rust/panic")
        .line("rust_kernel: panicked at %s:%d:%d:\n", &["file", "line", ""])
        .next("%s\n", &["what"])
        .title("{what} in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::Assertion)
        .types(TYPES)
        .example("rust_kernel: panicked at drivers/ring/ring.rs:60:5:"),
    // Until 6.7, with the message before the place.
    rule("rust/panic-of-one-line")
        .line("rust_kernel: panicked at '%s', %s:%d:%d\n", &["what", "file", "line", ""])
        .title("{what} in {frame}")
        .frame(TAKE)
        .skip(SKIP)
        .class(Class::Assertion)
        .types(TYPES)
        .group("rust/panic")
        .example("rust_kernel: panicked at 'attempt to subtract with overflow', drivers/ring/ring.rs:60:5"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_message_of_the_next_line() {
        let log = "rust_kernel: panicked at drivers/ring/ring.rs:60:5:\nattempt to add with overflow\n\
            ------------[ cut here ]------------\nkernel BUG at rust/helpers/bug.c:7!\nCall Trace:\n \
            _RNvCscSpY9Juk0HT_7___rustc17rust_begin_unwind+0x1/0x2\n _RNvCs9jEwPDbx20M_4ring4push+0x1/0x2\n";
        assert_eq!(titles(log), ["attempt to add with overflow in ring::push"]);
    }
}
