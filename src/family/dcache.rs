//! Directory entries that outlive their file system.
//!
//! Source: `umount_check` in `fs/dcache.c`, which prints the `BUG: ` line and then warns.

use super::{Follows, Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "WARNING")];

pub(super) const RULES: &[Rule] = &[
    rule("dcache/still-in-use")
        .line("BUG: Dentry %p{i=%x,n=%s}  still in use (%d) [%s of %s]", &["", "", "", "", "doing", "fs"])
        .title("BUG: Dentry still in use in {doing}")
        .alts(&["BUG: Dentry still in use [{doing} of {fs}]"])
        .frame(&[Take::Trace])
        .class(Class::Refcount)
        .example("BUG: Dentry ffff888012345678{i=0,n=.index}  still in use (1) [unmount of ramfs ramfs]"),
    rule("dcache/warning")
        .line("WARNING: CPU: %d PID: %d at %sfs/dcache.c:%d umount_check+", &["cpu", "pid", "", "line"])
        .line("WARNING: %sfs/dcache.c:%d at umount_check+", &["", "line"])
        .title("WARNING in {frame}")
        .frame(&[Take::Trace])
        .class(Class::Refcount)
        .types(TYPES)
        .follows(Follows::Kinds(&["dcache/"]))
        .example("WARNING: CPU: 1 PID: 81 at fs/dcache.c:1616 umount_check+0x12/0x34"),
];
