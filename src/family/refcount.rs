//! Reference counters.
//!
//! Source: `refcount_warn_saturate` in `lib/refcount.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "REFCOUNT_WARNING")];

pub(super) const RULES: &[Rule] = &[rule("refcount/warning")
    .line("WARNING: CPU: %d PID: %d at lib/refcount.c:%d %pS", &["cpu", "pid", "line", "func"])
    .line("WARNING: lib/refcount.c:%d at %pS", &["line", "func"])
    .maybe("refcount_t: %s", &["what"])
    .title("WARNING: refcount bug in {frame}")
    .frame(&[Take::Capture("func"), Take::Ip, Take::Trace])
    .class(Class::Refcount)
    .types(TYPES)
    .example("WARNING: CPU: 1 PID: 16 at lib/refcount.c:28 refcount_warn_saturate+0xd8/0xe0")];
