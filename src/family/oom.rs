//! The OOM killer.
//!
//! Source: `dump_header`, `out_of_memory` in `mm/oom_kill.c`.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("kernel panic*", "DoS"), ("*", "")];

pub(super) const RULES: &[Rule] = &[
    rule("oom/panic")
        .line("Kernel panic - not syncing: Out of memory%s\n", &["why"])
        .title("kernel panic: Out of memory{why}")
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
        .example("Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled"),
    rule("oom/deadlock")
        .line("Kernel panic - not syncing: System is deadlocked on memory", &[])
        .title("kernel panic: System is deadlocked on memory")
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
        .example("Kernel panic - not syncing: System is deadlocked on memory"),
    rule("oom/kill")
        .line("%s invoked oom-killer: gfp_mask=%s, order=%d, oom_%s=%d", &["comm", "", "order", "", ""])
        .line("%s invoked oom-killer: gfp_mask=%s, nodemask=%s, order=%d, oom_%s=%d", &["comm", "", "", "order", "", ""])
        .title("oom-killer invoked in {frame}")
        .frame(&[Take::Trace])
        .follows(Follows::Anything)
        .class(Class::Resource)
        .types(TYPES)
        .example("ringd invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0"),
];
