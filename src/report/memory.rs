//! The bad access, and the locks that were held.

use super::{Symbol, Text};

/// What is said of a bad access to memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Fault<'log> {
    /// The address that was accessed, run-time.
    pub address: Option<u64>,
    /// `read`, `write`, `execute`, as far as it is told.
    pub access: Option<Text<'log>>,
    /// Bytes accessed.
    pub size: Option<u64>,
    /// The hardware's error code or syndrome as printed.
    pub error_code: Option<Text<'log>>,
    /// The page-table walk: `PGD 12 P4D 0`.
    pub walk: Option<Text<'log>>,
    /// The slab cache of the object.
    pub cache: Option<Text<'log>>,
    /// Bytes of the object.
    pub object_size: Option<u64>,
    /// The address the object starts at, run-time.
    pub object: Option<u64>,
    /// Lines of `Memory state around the buggy address:` as printed.
    pub shadow: Vec<Text<'log>>,
}

/// A lock that lockdep lists as held.
///
/// Source: `print_lock` in `kernel/locking/lockdep.c`.
/// Example: ` #0: ffff888012 (&pipe->mutex/1){+.+.}-{3:3}, at: pipe_write+0x132/0x1b70`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LockHeld<'log> {
    /// The lock class with its subclass.
    pub name: Text<'log>,
    /// The usage letters: `+.+.`.
    pub usage: Option<Text<'log>>,
    /// Where it was taken.
    pub at: Option<Symbol<'log>>,
    /// Whether it stands in a numbered list of held locks; the lock being acquired does not.
    pub held: bool,
}

impl Fault<'_> {
    pub(crate) fn into_owned(self) -> Fault<'static> {
        Fault {
            address: self.address,
            access: self.access.map(Text::into_owned),
            size: self.size,
            error_code: self.error_code.map(Text::into_owned),
            walk: self.walk.map(Text::into_owned),
            cache: self.cache.map(Text::into_owned),
            object_size: self.object_size,
            object: self.object,
            shadow: self.shadow.into_iter().map(Text::into_owned).collect(),
        }
    }
}

impl LockHeld<'_> {
    pub(crate) fn into_owned(self) -> LockHeld<'static> {
        LockHeld {
            name: self.name.into_owned(),
            usage: self.usage.map(Text::into_owned),
            at: self.at.map(Symbol::into_owned),
            held: self.held,
        }
    }
}
