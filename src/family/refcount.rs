//! Reference counters.
//!
//! Source: `refcount_warn_saturate` in `lib/refcount.c`; until 5.4 each operation warned itself, as
//! `refcount_inc_checked`, `refcount_sub_and_test_checked` and, before 4.20, without `_checked`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "REFCOUNT_WARNING")];

pub(super) const RULES: &[Rule] = &[rule("refcount/warning")
    .line("WARNING: CPU: %d PID: %d at %slib/refcount.c:%d %pS", &["cpu", "pid", "", "line", "func"])
    .line("WARNING: %slib/refcount.c:%d at %pS", &["", "line", "func"])
    .line("WARNING: at %slib/refcount.c:%d %pS", &["", "line", "func"])
    .maybe("refcount_t: %s", &["what"])
    .title("WARNING: refcount bug in {frame}")
    .frame(&[Take::Trace])
    .skip(&["refcount_*", "kobject_get", "kobject_put", "kref_*", "kfree_skb*", "ref_tracker_*"])
    .class(Class::Refcount)
    .types(TYPES)
    .example("WARNING: CPU: 1 PID: 16 at lib/refcount.c:28 refcount_warn_saturate+0xd8/0xe0")];
