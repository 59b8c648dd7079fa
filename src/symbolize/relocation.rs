//! Relocations of the debug sections of modules.
//!
//! A module is a relocatable file: its DWARF holds zeroes where addresses and offsets belong. The relocations are
//! computed once for a section and applied to the ranges that are read. RISC-V and LoongArch write a difference as
//! two relocations at one place, one that adds and one that subtracts; so all of a place are applied, in order.

use object::read::{Relocation, RelocationTarget};
use object::{Architecture, RelocationFlags, RelocationKind, SymbolIndex, elf};

/// A change of a section's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixup {
    /// Where, from the start of the section.
    pub(crate) offset: u64,
    value: u64,
    change: Change,
    /// Bytes of the place.
    size: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Set,
    Add,
    Subtract,
    /// The low six bits alone.
    Set6,
    Subtract6,
    /// A LEB128 number that keeps its length.
    SetLeb,
    SubtractLeb,
}

/// Bytes that a fixup changes, and no more.
pub(crate) const LONGEST: u64 = 10;

/// What a relocation does to a section that stands at `own`; `None` for those that debug sections do not need.
pub(crate) fn fixup(
    architecture: Architecture,
    own: u64,
    offset: u64,
    relocation: &Relocation,
    value_of: impl Fn(SymbolIndex) -> Option<u64>,
) -> Option<Fixup> {
    let RelocationTarget::Symbol(symbol) = relocation.target() else { return None };
    let value = value_of(symbol)?.wrapping_add_signed(relocation.addend());
    let RelocationFlags::Elf { r_type } = relocation.flags() else { return None };
    if let Some((change, size)) = paired(architecture, r_type.0) {
        return Some(Fixup { offset, value, change, size });
    }
    let size = relocation.size() / 8;
    if !matches!(size, 1 | 2 | 4 | 8) {
        return None;
    }
    let change = if relocation.has_implicit_addend() { Change::Add } else { Change::Set };
    match relocation.kind() {
        RelocationKind::Absolute | RelocationKind::SectionOffset => {
            Some(Fixup { offset, value, change, size })
        }
        RelocationKind::Relative => {
            let value = value.wrapping_sub(own.wrapping_add(offset));
            Some(Fixup { offset, value, change, size })
        }
        _ => None,
    }
}

/// The relocations that come in pairs.
fn paired(architecture: Architecture, kind: u32) -> Option<(Change, u8)> {
    const RISCV: &[(u32, Change, u8)] = &[
        (elf::R_RISCV_ADD8.0, Change::Add, 1),
        (elf::R_RISCV_ADD16.0, Change::Add, 2),
        (elf::R_RISCV_ADD32.0, Change::Add, 4),
        (elf::R_RISCV_ADD64.0, Change::Add, 8),
        (elf::R_RISCV_SUB8.0, Change::Subtract, 1),
        (elf::R_RISCV_SUB16.0, Change::Subtract, 2),
        (elf::R_RISCV_SUB32.0, Change::Subtract, 4),
        (elf::R_RISCV_SUB64.0, Change::Subtract, 8),
        (elf::R_RISCV_SET6.0, Change::Set6, 1),
        (elf::R_RISCV_SUB6.0, Change::Subtract6, 1),
        (elf::R_RISCV_SET8.0, Change::Set, 1),
        (elf::R_RISCV_SET16.0, Change::Set, 2),
        (elf::R_RISCV_SET32.0, Change::Set, 4),
        (elf::R_RISCV_SET_ULEB128.0, Change::SetLeb, 0),
        (elf::R_RISCV_SUB_ULEB128.0, Change::SubtractLeb, 0),
    ];
    const LOONGARCH: &[(u32, Change, u8)] = &[
        (elf::R_LARCH_ADD8.0, Change::Add, 1),
        (elf::R_LARCH_ADD16.0, Change::Add, 2),
        (elf::R_LARCH_ADD32.0, Change::Add, 4),
        (elf::R_LARCH_ADD64.0, Change::Add, 8),
        (elf::R_LARCH_SUB8.0, Change::Subtract, 1),
        (elf::R_LARCH_SUB16.0, Change::Subtract, 2),
        (elf::R_LARCH_SUB32.0, Change::Subtract, 4),
        (elf::R_LARCH_SUB64.0, Change::Subtract, 8),
        (elf::R_LARCH_ADD6.0, Change::Set6, 1),
        (elf::R_LARCH_SUB6.0, Change::Subtract6, 1),
        (elf::R_LARCH_ADD_ULEB128.0, Change::SetLeb, 0),
        (elf::R_LARCH_SUB_ULEB128.0, Change::SubtractLeb, 0),
    ];
    let rows = match architecture {
        Architecture::Riscv32 | Architecture::Riscv64 => RISCV,
        Architecture::LoongArch32 | Architecture::LoongArch64 => LOONGARCH,
        _ => return None,
    };
    rows.iter().find(|(k, ..)| *k == kind).map(|(_, change, size)| (*change, *size))
}

/// Applies the fixups of a section, sorted, to the bytes that stand at `start` in it.
pub(crate) fn apply(fixups: &[Fixup], start: u64, bytes: &mut [u8], little: bool) {
    let from = fixups.partition_point(|f| f.offset < start);
    let end = start.saturating_add(bytes.len() as u64);
    for fixup in fixups.get(from..).unwrap_or_default().iter().take_while(|f| f.offset < end) {
        let at = usize::try_from(fixup.offset - start).unwrap_or(usize::MAX);
        if let Some(place) = bytes.get_mut(at..) {
            fixup.apply(place, little);
        }
    }
}

impl Fixup {
    fn apply(self, place: &mut [u8], little: bool) {
        if matches!(self.change, Change::SetLeb | Change::SubtractLeb) {
            self.apply_leb(place);
            return;
        }
        let Some(place) = place.get_mut(..usize::from(self.size)) else { return };
        let digits = |a: u64, byte: &u8| a << 8 | u64::from(*byte);
        let old = if little { place.iter().rev().fold(0, digits) } else { place.iter().fold(0, digits) };
        let mut new = match self.change {
            Change::Add => old.wrapping_add(self.value),
            Change::Subtract => old.wrapping_sub(self.value),
            Change::Set6 => old & 0xc0 | self.value & 0x3f,
            Change::Subtract6 => old & 0xc0 | (old & 0x3f).wrapping_sub(self.value) & 0x3f,
            _ => self.value,
        };
        let mut put = |byte: &mut u8| {
            *byte = (new & 0xff) as u8;
            new >>= 8;
        };
        if little { place.iter_mut().for_each(&mut put) } else { place.iter_mut().rev().for_each(&mut put) }
    }

    fn apply_leb(self, place: &mut [u8]) {
        let length = place.iter().take(LONGEST as usize - 1).take_while(|b| **b & 0x80 != 0).count() + 1;
        let Some(place) = place.get_mut(..length) else { return };
        let old = place.iter().rev().fold(0u64, |a, byte| a << 7 | u64::from(byte & 0x7f));
        let mut new = match self.change {
            Change::SubtractLeb => old.wrapping_sub(self.value),
            _ => self.value,
        };
        for byte in place {
            *byte = *byte & 0x80 | (new & 0x7f) as u8;
            new >>= 7;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(change: Change, value: u64, size: u8, mut bytes: Vec<u8>) -> Vec<u8> {
        apply(&[Fixup { offset: 0x10, value, change, size }], 0x10, &mut bytes, true);
        bytes
    }

    #[test]
    fn ok_numbers_of_both_orders() {
        assert_eq!(fixed(Change::Set, 0x1122_3344, 4, vec![0; 5]), [0x44, 0x33, 0x22, 0x11, 0]);
        let mut bytes = [0; 4];
        apply(&[Fixup { offset: 0, value: 0x11, change: Change::Set, size: 4 }], 0, &mut bytes, false);
        assert_eq!(bytes, [0, 0, 0, 0x11]);
    }

    #[test]
    fn ok_two_at_one_place_make_a_difference() {
        let fixups = [
            Fixup { offset: 4, value: 0x150, change: Change::Add, size: 2 },
            Fixup { offset: 4, value: 0x120, change: Change::Subtract, size: 2 },
        ];
        let mut bytes = [0xff; 8];
        (bytes[4], bytes[5]) = (0, 0);
        apply(&fixups, 0, &mut bytes, true);
        assert_eq!(bytes[4..6], [0x30, 0]);
    }

    #[test]
    fn ok_a_leb128_keeps_its_length() {
        assert_eq!(fixed(Change::SetLeb, 0x85, 0, vec![0x80, 0x80, 0, 9]), [0x85, 0x81, 0, 9]);
        assert_eq!(fixed(Change::SubtractLeb, 5, 0, vec![0x87, 0]), [0x82, 0]);
        assert_eq!(fixed(Change::Set6, 0x7f, 1, vec![0x40]), [0x7f]);
    }

    #[test]
    fn err_a_place_that_is_cut_stays() {
        assert_eq!(fixed(Change::Set, 1, 8, vec![7; 4]), [7; 4]);
    }
}
