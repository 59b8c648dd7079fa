//! nom parsers of the blocks that every family shares: one line of text → one typed piece.
//!
//! [`read`] looks at a line once. What it returns decides both what the line means and whether it belongs to an
//! open report at all; a line that it does not know is the family's business, or somebody else's.

mod code;
mod frame;
mod locks;
mod memory;
mod modules;
mod prose;
pub(crate) mod registers;
mod task;
mod trace;
mod words;

pub(crate) use code::KERNEL_CODE;
pub(crate) use frame::{FrameLine, symbol_of};
pub(crate) use memory::Fact;
pub(crate) use registers::RegisterLine;
pub(crate) use task::TaskLine;

use crate::report::{Code, LockHeld, Module, Role, Text};

/// What a line of a report is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block<'log> {
    /// The line above a stack.
    TraceStart { role: Role, label: Option<Text<'log>> },
    /// A frame, or the marker of a stack, or both.
    Frame(FrameLine<'log>),
    /// Registers.
    Registers(RegisterLine<'log>),
    /// `Code:`; `None` where the bytes could not be read by the kernel.
    Code(Option<Code>),
    /// Task, kernel, hardware.
    Task(Box<TaskLine<'log>>),
    /// `Modules linked in:`.
    Modules(Vec<Module<'log>>),
    /// A lock that is held.
    Lock(LockHeld<'log>),
    /// Fault address, object, shadow, page walk.
    Fact(Fact<'log>),
    /// `---[ end trace … ]---`, `---[ end Kernel panic …`: only an epilogue can follow.
    End,
    /// Printed after the end of a report: `Kernel Offset:`, `Rebooting in`.
    Epilogue { kaslr_offset: Option<u64> },
    /// `<4 blanks>-> #1 (lock){+.+.}:` and other lines that only say "more of the same report".
    More,
    /// `Sending NMI from CPU 1 to CPUs 0:`: what those CPUs print belongs to the report that asked.
    NmiSent,
    /// `NMI backtrace for cpu 0`; the CPU's number is the label of the stack that follows, if one does.
    NmiBacktrace { label: Option<Text<'log>> },
    /// The next call trace is not the crash's: `FAULT_INJECTION: forcing a failure.`,
    /// `RCU grace-period kthread stack dump:`, `Task dump for CPU 1:`
    NextTrace {
        role: Role,
        label: Option<Text<'log>>,
        /// Whether another task prints it, so that without caller ids it cannot be told from the report's own.
        foreign: bool,
    },
}

/// Reads one line of a report, prefix already cut.
pub(crate) fn read(text: &[u8]) -> Option<Block<'_>> {
    match text.first()? {
        b' ' | b'\t' | b'[' | b'(' | b'<' => indented(text),
        _ => flush(text),
    }
}

/// Lines that start in the first column.
fn flush(text: &[u8]) -> Option<Block<'_>> {
    if let Some(block) = trace::start(text).or_else(|| trace::heading(text)) {
        return Some(block);
    }
    if let Some(line) = registers::read(text) {
        return Some(Block::Registers(line));
    }
    task::read(text)
        .map(|line| Block::Task(Box::new(line)))
        .or_else(|| code::read(text).map(Block::Code))
        .or_else(|| modules::read(text).map(Block::Modules))
        .or_else(|| memory::read(text))
        .or_else(|| locks::read(text).map(Block::Lock))
        .or_else(|| frame::frame(text).map(Block::Frame))
        .or_else(|| words::memory_words(text).then_some(Block::More))
}

/// Lines that start with a blank or a bracket: frames, most of them.
fn indented(text: &[u8]) -> Option<Block<'_>> {
    if let Some(frame) = frame::frame(text) {
        return Some(Block::Frame(frame));
    }
    trace::start(text)
        .or_else(|| trace::heading(text))
        .or_else(|| registers::read(text).map(Block::Registers))
        .or_else(|| task::read(text).map(|line| Block::Task(Box::new(line))))
        .or_else(|| locks::read(text).map(Block::Lock))
        .or_else(|| code::instruction(text).map(|code| Block::Code(Some(code))))
        .or_else(|| memory::read(text))
        .or_else(|| (words::stack_words(text) || words::saved_registers(text)).then_some(Block::More))
}
