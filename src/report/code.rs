//! The machine code around the faulting instruction.

/// The bytes of a `Code:` line.
///
/// Source: `show_opcodes` in `arch/x86/kernel/dumpstack.c`, `dump_kernel_instr` in `arch/arm64/kernel/traps.c`.
/// Example: `Code: 48 89 e5 53 <0f> 0b 5b 5d c3`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Code {
    /// The units as printed: bytes on x86, instruction words elsewhere.
    pub units: Vec<u32>,
    /// Hex digits of a unit: 2 on x86 and s390, 4 or 8 where words are printed.
    pub digits: u8,
    /// Index in `units` of the marked one, at which the instruction pointer stood.
    pub at: Option<usize>,
}
