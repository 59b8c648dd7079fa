//! The closed coarse list of what a kind of crash is.

use std::fmt;

/// What a kind of crash is, coarsely. The list is closed: consumers may match on all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Out of bounds, use after free, invalid free, list or heap corruption.
    MemorySafety,
    /// Use of, or leak of, uninitialized memory.
    Uninitialized,
    /// Two unordered accesses to one datum.
    DataRace,
    /// What the C standard leaves undefined, memory safety apart.
    UndefinedBehaviour,
    /// The memory-management unit refused an access.
    Fault,
    /// The CPU refused an instruction.
    Trap,
    /// `BUG()`, `BUG_ON()`: the kernel's own assertion.
    Assertion,
    /// `WARN()`, `WARN_ON()`.
    Warning,
    /// Lock order, lock state, lock misuse.
    Lock,
    /// Sleeping where that is forbidden.
    AtomicSleep,
    /// Lockup, stall, hung task.
    Hang,
    /// Memory that is never freed.
    Leak,
    /// A reference counter under- or overflowed.
    Refcount,
    /// Out of memory, stack, table space.
    Resource,
    /// A panic that nothing else explains.
    Panic,
    /// Machine check and other reports of failing hardware.
    Hardware,
    /// A file system's own report of corruption.
    Filesystem,
    /// A report of the network stack.
    Network,
    /// A message of a fuzzer about itself.
    Fuzzer,
    /// Anything else.
    Other,
}

impl Class {
    /// The name that outputs use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MemorySafety => "memory-safety",
            Self::Uninitialized => "uninitialized",
            Self::DataRace => "data-race",
            Self::UndefinedBehaviour => "undefined-behaviour",
            Self::Fault => "fault",
            Self::Trap => "trap",
            Self::Assertion => "assertion",
            Self::Warning => "warning",
            Self::Lock => "lock",
            Self::AtomicSleep => "atomic-sleep",
            Self::Hang => "hang",
            Self::Leak => "leak",
            Self::Refcount => "refcount",
            Self::Resource => "resource",
            Self::Panic => "panic",
            Self::Hardware => "hardware",
            Self::Filesystem => "filesystem",
            Self::Network => "network",
            Self::Fuzzer => "fuzzer",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
