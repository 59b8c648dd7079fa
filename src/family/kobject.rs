//! Kernel objects and `/proc` entries that are registered twice, without a name, or not at all.
//!
//! Source: `kobject_add_internal`, `kobject_get`, `kobject_put` in `lib/kobject.c`; `proc_register` in
//! `fs/proc/generic.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];

pub(super) const RULES: &[Rule] = &[
    rule("kobject/kobject")
        .line(
            "WARNING: CPU: %d PID: %d at %slib/kobject.c:%d kobject_%s",
            &["cpu", "pid", "", "line", "func"],
        )
        .line("WARNING: %slib/kobject.c:%d at kobject_%s", &["", "line", "func"])
        .maybe("kobject: %s", &["what"])
        .title("WARNING: kobject bug in {frame}")
        .frame(&[Take::Trace])
        .skip(&["kobject_*", "device_add", "device_register", "device_create*", "get_device", "put_device"])
        .class(Class::Warning)
        .types(TYPES)
        .example("WARNING: CPU: 1 PID: 81 at lib/kobject.c:244 kobject_add_internal+0x12/0x34"),
    rule("kobject/proc")
        .line(
            "WARNING: CPU: %d PID: %d at %sfs/proc/generic.c:%d proc_register+",
            &["cpu", "pid", "", "line"],
        )
        .line("WARNING: %sfs/proc/generic.c:%d at proc_register+", &["", "line"])
        .maybe("proc_dir_entry '%s' already registered", &["entry"])
        .title("WARNING: proc registration bug in {frame}")
        .frame(&[Take::Trace])
        .skip(&["proc_*"])
        .class(Class::Warning)
        .types(TYPES)
        .example("WARNING: CPU: 1 PID: 81 at fs/proc/generic.c:376 proc_register+0x12/0x34"),
];
