//! The instructions of a `Code:` line, with what the registers held.
//!
//! ```
//! let log = b"BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
//!             RIP: 0010:ring_poll+0x1a/0x90\n\
//!             Code: 48 89 e5 53 <48> 8b 10 5b 5d c3\n\
//!             RSP: 0018:ffffca32803a3c80 EFLAGS: 00000202\n\
//!             RAX: 0000000000000010 RBX: 0000000000000003 RCX: 0000000000000000\n";
//! let report = ksplat::reports(log).next().unwrap();
//! let code: Vec<String> = ksplat::disasm::code(&report, 0).unwrap().iter().map(ToString::to_string).collect();
//! assert_eq!(code[..3], [
//!     "   0: mov %rsp,%rbp",
//!     "   3: push %rbx",
//!     "*  4: mov (%rax),%rdx  ; rax=0000000000000010 → NULL+0x10",
//! ]);
//! ```
//!
//! x86 prints 43 bytes before the faulting instruction, which may start in the middle of another one. The first start
//! from which whole instructions lead to the faulting one is taken; that is a guess, as `scripts/decodecode` makes one.

mod arm64;
mod x86;

use crate::report::{Code, Registers, Report};
use std::fmt;

/// An address below this is a member of a structure that is not there.
const NULL_PAGE: u64 = 4096;
/// The negative error numbers, which the kernel's pointers may hold: `MAX_ERRNO`.
const ERRORS: u64 = 4095;

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instruction {
    /// Bytes from the start of the `Code:` line.
    pub offset: usize,
    /// Whether the instruction pointer stood at it.
    pub marked: bool,
    /// The instruction, in the syntax of the GNU assembler.
    pub text: String,
    /// Of the marked instruction: what its registers held, and which address it accessed.
    pub note: Option<String>,
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.marked { '*' } else { ' ' };
        write!(f, "{mark}{:3x}: {}", self.offset, self.text)?;
        self.note.as_ref().map_or(Ok(()), |note| write!(f, "  ; {note}"))
    }
}

/// The instructions of one of [`Report::code`]; `None` where the architecture is not known here, or nothing was
/// decoded.
#[must_use]
pub fn code(report: &Report<'_>, number: usize) -> Option<Vec<Instruction>> {
    let code = report.code.get(number)?;
    // Each dump has its own line; where they do not match, the first line is the crash's.
    let registers = if report.code.len() == report.registers.len() {
        report.registers.get(number)
    } else {
        report.crash_registers().filter(|_| number == 0)
    };
    let values = Values { registers };
    let instructions = match (report.kernel.arch.as_deref(), code.digits) {
        (Some("i386"), 2) => x86::decode(code, 32, &values),
        (Some("x86_64") | None, 2) => x86::decode(code, 64, &values),
        (Some("arm64"), 8) => arm64::decode(code, &values),
        _ => return None,
    };
    (!instructions.is_empty()).then_some(instructions)
}

/// What registers held.
struct Values<'r> {
    registers: Option<&'r Registers<'r>>,
}

impl Values<'_> {
    fn get(&self, name: &str) -> Option<u64> {
        self.registers?.get(name)?.value
    }
}

/// The bytes of units of one byte.
fn bytes(code: &Code) -> Vec<u8> {
    code.units.iter().filter_map(|unit| u8::try_from(*unit).ok()).collect()
}

/// What an address is that was accessed: `NULL+0x10`, `ERR_PTR(-12)+0x8`, `LIST_POISON1`, or the number.
///
/// Sources: `include/linux/err.h`, `include/linux/poison.h`.
fn address(address: u64, width: u32) -> String {
    let all = if width == 64 { u64::MAX } else { u64::from(u32::MAX) };
    const POISONS: &[(u64, &str)] =
        &[(0xdead_0000_0000_0100, "LIST_POISON1"), (0xdead_0000_0000_0122, "LIST_POISON2")];
    if address < NULL_PAGE {
        return if address == 0 { "NULL".to_owned() } else { format!("NULL+{address:#x}") };
    }
    if all - address < ERRORS {
        return format!("ERR_PTR(-{})", all - address + 1);
    }
    let poison = POISONS.iter().rev().find(|(poison, _)| (0..0x22).contains(&address.wrapping_sub(*poison)));
    if let Some((poison, name)) = poison.filter(|_| width == 64) {
        let behind = address - poison;
        return if behind == 0 { (*name).to_owned() } else { format!("{name}+{behind:#x}") };
    }
    if freed(address) {
        return format!("{address:#x}, freed memory");
    }
    let top = address >> 47;
    if width == 64 && top != 0 && top != u64::MAX >> 47 {
        return format!("{address:#x}, not canonical");
    }
    format!("{address:#x}")
}

/// Whether slub's `POISON_FREE` fills most of a pointer.
fn freed(address: u64) -> bool {
    address.to_le_bytes().iter().filter(|byte| **byte == 0x6b).count() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_addresses_that_mean_something() {
        assert_eq!(address(0, 64), "NULL");
        assert_eq!(address(0xc, 64), "NULL+0xc");
        assert_eq!(address(u64::MAX - 11, 64), "ERR_PTR(-12)");
        assert_eq!(address(0xffff_fff4, 32), "ERR_PTR(-12)");
        assert_eq!(address(0xdead_0000_0000_0100, 64), "LIST_POISON1");
        assert_eq!(address(0xdead_0000_0000_0108, 64), "LIST_POISON1+0x8");
        assert_eq!(address(0xdead_0000_0000_0122, 64), "LIST_POISON2");
        assert_eq!(address(0x6b6b_6b6b_6b6b_6b73, 64), "0x6b6b6b6b6b6b6b73, freed memory");
        assert_eq!(address(0x1234_5678_9abc_def0, 64), "0x123456789abcdef0, not canonical");
        assert_eq!(address(0xffff_8880_0000_1000, 64), "0xffff888000001000");
        assert_eq!(address(0xdead_beef, 32), "0xdeadbeef");
    }
}
