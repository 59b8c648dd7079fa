//! The model: what one splat says, as plain data.
//!
//! Nothing here parses and nothing here does I/O. A [`Report`] borrows its text from the log it was read from
//! ([`Text`]); [`Report::into_owned`] cuts that tie, once, when a report must outlive its log. A report that is
//! damaged is still a report: it says so in [`Report::defects`].

mod class;
mod code;
mod defect;
mod frame;
mod kind;
mod memory;
mod module;
pub(crate) mod named;
mod path;
mod registers;
mod task;
mod terms;
mod text;
mod trace;

pub use class::Class;
pub use code::Code;
pub use defect::{Defect, DefectCode};
pub use frame::{Frame, InstructionPointer, ReturnAddress, SourceLocation, Stack, Symbol};
pub use kind::{Kind, Meaning, Take, TypeRow, WhenEmpty};
pub use memory::{Fault, LockHeld};
pub use module::Module;
pub use registers::{Register, Registers};
pub use task::{Kernel, Task};
pub use text::Text;
pub use trace::{Role, Trace};

pub(crate) use path::path_in_tree;
pub(crate) use text::is_harmful;

use std::borrow::Cow;

/// One splat of a log, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report<'log> {
    /// Where in the log the splat stands.
    pub span: Span,
    /// Which row of the tables read it.
    pub kind: Kind,
    /// What the row's formats captured, by name, in the order of capture.
    pub captures: Vec<(Cow<'static, str>, Text<'log>)>,
    /// Seconds since boot as printed before the header, in microseconds; `None` where the log has no time.
    pub time: Option<Microseconds>,
    /// The caller id of the header line.
    pub caller: Option<Caller>,
    /// The kernel that crashed.
    pub kernel: Kernel<'log>,
    /// The task that was running.
    pub task: Task<'log>,
    /// Every stack of the report, in the order of the log.
    pub traces: Vec<Trace<'log>>,
    /// Every register dump, in the order of the log; [`Report::crash_dump`] says which is the crash's own.
    pub registers: Vec<Registers<'log>>,
    /// Every `Code:` line, in the order of the log.
    pub code: Vec<Code>,
    /// `Modules linked in:`.
    pub modules: Vec<Module<'log>>,
    /// What the memory-management unit or a sanitizer said of the bad access.
    pub fault: Fault<'log>,
    /// Locks named as held.
    pub locks_held: Vec<LockHeld<'log>>,
    /// Run-time minus link-time address of the kernel, where a panic printed it.
    pub kaslr_offset: Option<u64>,
    /// Why the report is not whole.
    pub defects: Vec<Defect>,
    /// The splat's lines without their printk prefixes, in order.
    pub lines: Vec<Text<'log>>,
    /// Which of [`Report::lines`] is the header; the lines before it were printed for the same splat.
    pub header: usize,
}

/// Microseconds since boot.
pub type Microseconds = u64;

/// Where a report stands in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Bytes from the start of the log to the first line of the splat.
    pub offset: usize,
    /// Bytes from the first line to the end of the last line; lines of other callers between them are counted.
    pub length: usize,
    /// Number of the first line, from 1.
    pub line: usize,
}

/// Who called printk: the `[ T12]` or `[ C0]` that `CONFIG_PRINTK_CALLER` adds.
///
/// Source: `print_caller` in `kernel/printk/printk.c`. Example: `[   12.345678][  T812] BUG: …`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// A task, by its PID.
    Task(u32),
    /// A CPU that was not in task context.
    Cpu(u32),
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Task(pid) => write!(f, "T{pid}"),
            Self::Cpu(cpu) => write!(f, "C{cpu}"),
        }
    }
}

impl<'log> Report<'log> {
    /// A report of `kind` with nothing read yet.
    #[must_use]
    pub fn new(kind: Kind, span: Span) -> Self {
        Self {
            span,
            kind,
            captures: Vec::new(),
            time: None,
            caller: None,
            kernel: Kernel::default(),
            task: Task::default(),
            traces: Vec::new(),
            registers: Vec::new(),
            code: Vec::new(),
            modules: Vec::new(),
            fault: Fault::default(),
            locks_held: Vec::new(),
            kaslr_offset: None,
            defects: Vec::new(),
            lines: Vec::new(),
            header: 0,
        }
    }

    /// What the row captured under `name`.
    #[must_use]
    pub fn capture(&self, name: &str) -> Option<&Text<'log>> {
        self.captures.iter().find(|(n, _)| *n == name).map(|(_, text)| text)
    }

    /// The stacks that have `role`.
    pub fn traces_of(&self, role: Role) -> impl Iterator<Item = &Trace<'log>> {
        self.traces.iter().filter(move |t| t.role == role)
    }

    /// The stack the crash happened on: the first of role [`Role::Crash`]; where RCU asked the CPUs that stall for
    /// theirs, the first of [`Role::Cpu`].
    #[must_use]
    pub fn crash_trace(&self) -> Option<&Trace<'log>> {
        self.traces_of(Role::Crash).chain(self.traces_of(Role::Cpu)).next()
    }

    /// Whether any stack of the report has a frame, or a register dump names a function of the kernel.
    #[must_use]
    pub fn has_stack(&self) -> bool {
        self.traces.iter().any(|t| !t.frames.is_empty()) || self.crash_registers().is_some()
    }

    /// The register dump of the crash; see [`Report::crash_dump`].
    #[must_use]
    pub fn crash_registers(&self) -> Option<&Registers<'log>> {
        self.registers.get(self.crash_dump()?)
    }

    /// Which of [`Report::registers`] is the crash's own: the first that was taken in the kernel, not in user space, and
    /// not with the stack of another CPU or task.
    #[must_use]
    pub fn crash_dump(&self) -> Option<usize> {
        let crash = self.crash_trace().map(|t| t.role);
        let is_other = |t: &&Trace<'_>| matches!(t.role, Role::Cpu | Role::Other) && Some(t.role) != crash;
        let is_others = |at| self.traces.iter().filter(is_other).any(|t| t.has_dump(at));
        self.registers.iter().enumerate().position(|(at, r)| r.is_kernel() && !is_others(at))
    }

    /// The header line, without its printk prefix.
    #[must_use]
    pub fn header_line(&self) -> &[u8] {
        self.lines.get(self.header).map_or(&[], |line| line)
    }

    /// Whether something is missing or interleaved beyond repair, so that title and signature are not to be
    /// trusted.
    #[must_use]
    pub fn is_corrupted(&self) -> bool {
        self.defects.iter().any(|d| d.code.is_corruption())
    }

    /// The report with its text copied, so that it outlives the log.
    #[must_use]
    pub fn into_owned(self) -> Report<'static> {
        Report {
            span: self.span,
            kind: self.kind,
            captures: self.captures.into_iter().map(|(n, t)| (n, t.into_owned())).collect(),
            time: self.time,
            caller: self.caller,
            kernel: self.kernel.into_owned(),
            task: self.task.into_owned(),
            traces: self.traces.into_iter().map(Trace::into_owned).collect(),
            registers: self.registers.into_iter().map(Registers::into_owned).collect(),
            code: self.code,
            modules: self.modules.into_iter().map(Module::into_owned).collect(),
            fault: self.fault.into_owned(),
            locks_held: self.locks_held.into_iter().map(LockHeld::into_owned).collect(),
            kaslr_offset: self.kaslr_offset,
            defects: self.defects,
            lines: self.lines.into_iter().map(Text::into_owned).collect(),
            header: self.header,
        }
    }
}
