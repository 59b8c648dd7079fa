//! One line of a stack, and the addresses that stand in it.

use super::Text;
use super::named::named;

/// A frame of a call trace.
///
/// Source: `printk_address`/`%pB` in `lib/vsprintf.c` and each architecture's `show_stack`.
/// Example: ` ? usb_submit_urb+0x1188/0x1460 [usbcore]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Frame<'log> {
    /// The symbol; `None` where the line has an address only.
    pub symbol: Option<Symbol<'log>>,
    /// The run-time return address, where it is printed.
    pub address: Option<ReturnAddress>,
    /// `false` for a word that was found on the stack but not by unwinding: x86's `?`, powerpc's `(unreliable)`.
    pub reliable: bool,
    /// Whether the line was added by a symbolizer for a function inlined at this place.
    pub inlined: bool,
    /// Source file and line, where the text is symbolized.
    pub location: Option<SourceLocation<'log>>,
    /// Which of the CPU's stacks it stands on.
    pub stack: Stack,
}

/// `symbol+offset/size [module build-id]`, the kernel's `%pSb`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Symbol<'log> {
    /// The name as printed, compiler suffixes included.
    pub name: Text<'log>,
    /// Bytes from the start of the function.
    pub offset: Option<u64>,
    /// Bytes to the next symbol, as kallsyms counts.
    pub size: Option<u64>,
    /// The module it belongs to; `None` for the kernel itself.
    pub module: Option<Text<'log>>,
    /// The module's build ID (`CONFIG_STACKTRACE_BUILD_ID`).
    pub build_id: Option<Text<'log>>,
}

/// A source position that a symbolizer or `__FILE__` printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceLocation<'log> {
    /// Path as printed.
    pub file: Text<'log>,
    /// Line, from 1; `None` where the symbolizer did not know.
    pub line: Option<u32>,
}

/// A run-time address that a call will return to: it stands *after* the call instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReturnAddress(pub u64);

/// A run-time address of the instruction that was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstructionPointer(pub u64);

named! {
    /// Which stack of the CPU a frame stands on, by the markers of `show_trace_log_lvl`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
    pub enum Stack {
        /// No marker, or `<TASK>`.
        #[default]
        Task = "task",
        /// `<IRQ>`.
        Irq = "irq",
        /// `<SOFTIRQ>`.
        SoftIrq = "softirq",
        /// `<NMI>`.
        Nmi = "nmi",
        /// `<#DB>`, `<#DF>`, `<ENTRY_TRAMPOLINE>` and the other exception stacks.
        Exception = "exception",
    }
}

impl<'log> Frame<'log> {
    /// The function's name as printed.
    #[must_use]
    pub fn function(&self) -> Option<&Text<'log>> {
        self.symbol.as_ref().map(|s| &s.name)
    }

    pub(crate) fn into_owned(self) -> Frame<'static> {
        Frame {
            symbol: self.symbol.map(Symbol::into_owned),
            address: self.address,
            reliable: self.reliable,
            inlined: self.inlined,
            location: self.location.map(SourceLocation::into_owned),
            stack: self.stack,
        }
    }
}

impl Symbol<'_> {
    pub(crate) fn into_owned(self) -> Symbol<'static> {
        Symbol {
            name: self.name.into_owned(),
            offset: self.offset,
            size: self.size,
            module: self.module.map(Text::into_owned),
            build_id: self.build_id.map(Text::into_owned),
        }
    }
}

impl SourceLocation<'_> {
    /// The path as the kernel's tree has it: without `.` and `..`, and without the folder that the tree was built in.
    ///
    /// ```
    /// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nCall Trace:\n foo+0x1/0x2 /home/a/linux/net/foo.c:12\n";
    /// let report = ksplat::reports(log).next().unwrap();
    /// let location = report.traces[0].frames[0].location.as_ref().unwrap();
    /// assert_eq!(location.path_in_tree(), "net/foo.c");
    /// ```
    #[must_use]
    pub fn path_in_tree(&self) -> String {
        super::path_in_tree(&self.file.to_str_lossy())
    }

    pub(crate) fn into_owned(self) -> SourceLocation<'static> {
        SourceLocation { file: self.file.into_owned(), line: self.line }
    }
}
