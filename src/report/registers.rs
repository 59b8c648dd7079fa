//! Register dumps.

use super::{Frame, InstructionPointer, SourceLocation, Symbol, Text};

/// One dump of a CPU's registers.
///
/// Source: `__show_regs` of each architecture.
/// Example: `RIP: 0010:usb_submit_urb+0x1188/0x1460`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Registers<'log> {
    /// The function the instruction pointer stood in (`RIP`, `pc`, `NIP`, `epc`, `PSW`).
    pub ip: Option<Symbol<'log>>,
    /// The run-time instruction pointer, where the number is printed.
    pub ip_address: Option<InstructionPointer>,
    /// Source of the instruction pointer, where the text is symbolized.
    pub ip_location: Option<SourceLocation<'log>>,
    /// What is inlined at the instruction pointer, innermost first, where a symbolizer said so.
    pub ip_inlined: Vec<Frame<'log>>,
    /// The function the link register points into (`lr`, `ra`).
    pub link: Option<Symbol<'log>>,
    /// Whether the segment or the mode says that user code was running.
    pub user: bool,
    /// All registers in the order of print, the instruction pointer included.
    pub entries: Vec<Register<'log>>,
}

/// One register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register<'log> {
    /// Name as printed: `RAX`, `x29`, `GPR03`.
    pub name: Text<'log>,
    /// Value as printed: `ffff88`, or a symbol for instruction pointers.
    pub text: Text<'log>,
    /// The number, where it is one.
    pub value: Option<u64>,
}

impl<'log> Registers<'log> {
    /// Whether this dump was taken while the kernel ran.
    #[must_use]
    pub fn is_kernel(&self) -> bool {
        !self.user && (self.ip.is_some() || self.ip_address.is_some())
    }

    /// The register called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Register<'log>> {
        self.entries.iter().find(|r| r.name == name)
    }

    pub(crate) fn into_owned(self) -> Registers<'static> {
        Registers {
            ip: self.ip.map(Symbol::into_owned),
            ip_address: self.ip_address,
            ip_location: self.ip_location.map(SourceLocation::into_owned),
            ip_inlined: self.ip_inlined.into_iter().map(Frame::into_owned).collect(),
            link: self.link.map(Symbol::into_owned),
            user: self.user,
            entries: self
                .entries
                .into_iter()
                .map(|r| Register { name: r.name.into_owned(), text: r.text.into_owned(), value: r.value })
                .collect(),
        }
    }
}
