//! Files and file systems in use after their end.
//!
//! Source: `filp_close` in `fs/open.c`, `generic_shutdown_super` in `fs/super.c`.

use super::{Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];

pub(super) const RULES: &[Rule] = &[
    rule("vfs/file-count")
        .line("VFS: Close: file count is 0", &[])
        .title("VFS: Close: file count is zero (use-after-free)")
        .frame(&[])
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("VFS: Close: file count is 0 (f_op=ring_fops)"),
    rule("vfs/busy-inodes")
        .line("VFS: Busy inodes after unmount of %s", &["device"])
        .title("VFS: Busy inodes after unmount (use-after-free)")
        .frame(&[])
        .class(Class::MemorySafety)
        .types(TYPES)
        .example("VFS: Busy inodes after unmount of loop0 (ringfs)"),
];
