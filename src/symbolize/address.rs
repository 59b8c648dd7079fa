//! Which address: as linked or as run, executed or returned to.
//!
//! A bare number says neither, and mixing them up gives a line that is only almost right. A stack holds *return
//! addresses*: they stand behind the call, which may be the next line or, after a call that never returns, the next
//! function. In Debian's 6.1 kernel the line differs at 58 % of all call sites. So a look-up of a return address is
//! one of the byte before, and [`CodeAddress::for_lookup`] is the only place where that byte is taken off.

use crate::report::{InstructionPointer, ReturnAddress};

/// An address as the file that holds the code was linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkAddress(pub u64);

/// How the processor came by an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Position {
    /// The instruction at the address was being executed: `RIP`, `pc`, `epc`.
    Executing,
    /// A call will return to the address: what stacks hold.
    Returning,
}

/// An address of code in a file.
///
/// ```
/// use ksplat::symbolize::{CodeAddress, LinkAddress, Position};
/// let call = CodeAddress { address: LinkAddress(0x1005), position: Position::Returning };
/// assert_eq!(call.for_lookup(), LinkAddress(0x1004));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeAddress {
    /// Where.
    pub address: LinkAddress,
    /// Executed, or returned to.
    pub position: Position,
}

impl CodeAddress {
    /// The address whose line and function are meant.
    #[must_use]
    pub const fn for_lookup(self) -> LinkAddress {
        match self.position {
            Position::Executing => self.address,
            Position::Returning => LinkAddress(self.address.0.saturating_sub(1)),
        }
    }
}

/// How far the running kernel stood from where it was linked: run-time minus link-time address.
///
/// Source: `dump_kernel_offset` in `arch/x86/kernel/setup.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KaslrOffset(pub u64);

impl KaslrOffset {
    /// Where a return address was linked.
    #[must_use]
    pub const fn returning(self, address: ReturnAddress) -> CodeAddress {
        CodeAddress { address: LinkAddress(address.0.wrapping_sub(self.0)), position: Position::Returning }
    }

    /// Where an instruction pointer was linked.
    #[must_use]
    pub const fn executing(self, address: InstructionPointer) -> CodeAddress {
        CodeAddress { address: LinkAddress(address.0.wrapping_sub(self.0)), position: Position::Executing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_only_return_addresses_lose_a_byte() {
        let offset = KaslrOffset(0x1000);
        assert_eq!(offset.returning(ReturnAddress(0x5000)).for_lookup(), LinkAddress(0x3fff));
        assert_eq!(offset.executing(InstructionPointer(0x5000)).for_lookup(), LinkAddress(0x4000));
    }

    #[test]
    fn ok_the_first_byte_of_all_stays() {
        assert_eq!(KaslrOffset(0).returning(ReturnAddress(0)).for_lookup(), LinkAddress(0));
    }
}
