//! Copies between kernel and user space that leave the object: the warning, from before 5.18.
//!
//! Source: `usercopy_warn` in `mm/usercopy.c`; the `BUG()` of the same file is a row of `bug.rs`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];

pub(super) const RULES: &[Rule] = &[rule("usercopy/warning")
    .line("WARNING: CPU: %d PID: %d at %smm/usercopy.c:%d usercopy_warn+", &["cpu", "pid", "", "line"])
    .maybe("Bad or missing usercopy whitelist? Kernel memory %s attempt detected %s", &["access", "object"])
    .title("WARNING: bad usercopy in {frame}")
    .frame(&[Take::Trace])
    .skip(&["usercopy_*", "__check_*", "check_*", "copy_*", "_copy_*"])
    .class(Class::MemorySafety)
    .types(TYPES)
    .example("WARNING: CPU: 1 PID: 81 at mm/usercopy.c:81 usercopy_warn+0x12/0x34")];
