//! The closed coarse list of what a kind of crash is.

use super::named::named;

named! {
    /// What a kind of crash is, coarsely. The list is closed: consumers may match on all of it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Class {
        /// Out of bounds, use after free, invalid free, list or heap corruption.
        MemorySafety = "memory-safety",
        /// Use of, or leak of, uninitialized memory.
        Uninitialized = "uninitialized",
        /// Two unordered accesses to one datum.
        DataRace = "data-race",
        /// What the C standard leaves undefined, memory safety apart.
        UndefinedBehaviour = "undefined-behaviour",
        /// The memory-management unit refused an access.
        Fault = "fault",
        /// The CPU refused an instruction.
        Trap = "trap",
        /// `BUG()`, `BUG_ON()`: the kernel's own assertion.
        Assertion = "assertion",
        /// `WARN()`, `WARN_ON()`.
        Warning = "warning",
        /// Lock order, lock state, lock misuse.
        Lock = "lock",
        /// Sleeping where that is forbidden.
        AtomicSleep = "atomic-sleep",
        /// Lockup, stall, hung task.
        Hang = "hang",
        /// Memory that is never freed.
        Leak = "leak",
        /// A reference counter under- or overflowed.
        Refcount = "refcount",
        /// Out of memory, stack, table space.
        Resource = "resource",
        /// A panic that nothing else explains.
        Panic = "panic",
        /// Machine check and other reports of failing hardware.
        Hardware = "hardware",
        /// A file system's own report of corruption.
        Filesystem = "filesystem",
        /// A report of the network stack.
        Network = "network",
        /// A message of a fuzzer about itself.
        Fuzzer = "fuzzer",
        /// Anything else.
        Other = "other",
    }
}
