//! Machine checks that the hardware does not survive.
//!
//! Source: `__print_mce` in `arch/x86/kernel/cpu/mce/core.c`; `__ghes_print_estatus` in `drivers/acpi/apei/ghes.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "")];

pub(super) const RULES: &[Rule] = &[
    rule("mce/exception")
        .line(
            "[Hardware Error]: CPU %d: Machine Check Exception: %Lx Bank %d: %016Lx",
            &["cpu", "", "bank", "status"],
        )
        .title("Machine Check Exception")
        .frame(&[])
        // Each bank has its own lines.
        .follows(Follows::Kinds(&["mce/"]))
        .class(Class::Hardware)
        .types(TYPES)
        .example("mce: [Hardware Error]: CPU 1: Machine Check Exception: 5 Bank 4: b200000000070f0f"),
    rule("mce/platform")
        .line("{%d}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: %d", &["", ""])
        .with("{%d}[Hardware Error]: event severity: fatal", &[""])
        .maybe("{%d}[Hardware Error]: %s\n", &["", ""])
        .strict()
        .title("Hardware error from APEI Generic Hardware Error Source")
        .frame(&[])
        .class(Class::Hardware)
        .types(TYPES)
        .example("{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1"),
];
