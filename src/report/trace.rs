//! The stacks of a report.

use super::named::named;
use super::{Frame, Text};

/// One stack.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trace<'log> {
    /// What the stack is of, by the header above it.
    pub role: Role,
    /// What the header adds: the task of `Allocated by task 81:`, the lock of `-> #1 (&mm->mmap_lock){++++}-{3:3}:`, the
    /// number of `NMI backtrace for cpu 1`.
    pub label: Option<Text<'log>>,
    /// Which of [`super::Report::registers`] stands right before the stack: the registers it was taken with.
    pub registers: Option<usize>,
    /// The frames, innermost first.
    pub frames: Vec<Frame<'log>>,
    /// `(frame, dump)`: before that frame stands [`super::Report::registers`]`[dump]`, an exception or interrupt
    /// taken there.
    pub interrupted: Vec<(usize, usize)>,
}

named! {
    /// What a stack is of.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum Role {
        /// Where the crash happened: `Call Trace:`.
        Crash = "crash",
        /// KASAN, KFENCE, SLUB: `Allocated by task`.
        Allocated = "allocated",
        /// `Freed by task`.
        Freed = "freed",
        /// KASAN: `Last potentially related work creation:`, `Second to last …`.
        LastWork = "last-work",
        /// KMSAN: `Uninit was stored to memory at:`.
        UninitStored = "uninit-stored",
        /// KMSAN: `Uninit was created at:`, `Local variable … created at:`.
        UninitCreated = "uninit-created",
        /// KCSAN: one side of the race.
        Access = "access",
        /// lockdep: how a lock of the chain was taken (`-> #2`).
        LockChain = "lock-chain",
        /// lockdep: `… was registered at:`, `… which became HARDIRQ-irq-safe at:`.
        LockUsage = "lock-usage",
        /// What a CPU is doing that was asked for it: `NMI backtrace for cpu 1`, `Task dump for CPU 1:`. RCU asks the
        /// CPUs that stall; a hung task's report and a lockup's ask all.
        Cpu = "cpu",
        /// The panic behind another crash: `panic_on_warn`, `hung_task: blocked tasks`.
        Panic = "panic",
        /// Another task, dumped beside: `sched_show_task`.
        Other = "other",
        /// `FAULT_INJECTION: forcing a failure.`
        FaultInjection = "fault-injection",
        /// Where the object was first activated (ODEBUG), where the page was allocated, …
        Origin = "origin",
    }
}

impl<'log> Trace<'log> {
    /// A stack of `role` without frames.
    #[must_use]
    pub fn new(role: Role, label: Option<Text<'log>>) -> Self {
        Self { role, label, registers: None, frames: Vec::new(), interrupted: Vec::new() }
    }

    /// Whether [`super::Report::registers`]`[dump]` was taken with this stack or stands on it.
    #[must_use]
    pub fn has_dump(&self, dump: usize) -> bool {
        self.registers == Some(dump) || self.interrupted.iter().any(|(_, at)| *at == dump)
    }

    pub(crate) fn into_owned(self) -> Trace<'static> {
        Trace {
            role: self.role,
            label: self.label.map(Text::into_owned),
            registers: self.registers,
            frames: self.frames.into_iter().map(Frame::into_owned).collect(),
            interrupted: self.interrupted,
        }
    }
}
