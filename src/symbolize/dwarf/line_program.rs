//! The program of a line table, run: opcodes → rows (DWARF 5, section 6.2.5).
//!
//! gimli reads the header and runs such programs too, but it makes a value of every instruction first; that was a
//! third of the work of a short run. The rows that come out are the same, and a test compares them.

use super::die::Slice;
use gimli::{DwLne, DwLns, LineProgramHeader, Reader as _, RunTimeEndian};
use std::ops::ControlFlow;

/// The registers of the machine that symbolizing needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registers {
    pub(super) address: u64,
    pub(super) file: u64,
    pub(super) line: u64,
    /// Which operation of the instruction at the address is meant, on machines with very long instruction words.
    operation: u64,
    /// The code was discarded when the file was linked: no rows until the next address.
    discarded: bool,
}

const START: Registers = Registers { address: 0, file: 1, line: 1, operation: 0, discarded: false };

type Header<'b> = LineProgramHeader<Slice<'b>>;

/// What an instruction made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Nothing,
    Row,
    /// The last row of a sequence.
    End,
}

/// What the header says of all instructions, laid out for those that make nearly all rows.
struct Machine<'h, 'b> {
    header: &'h Header<'b>,
    base: u8,
    /// Operations and lines that a special opcode goes on by, from the first of them on; none where they have no
    /// meaning.
    specials: Vec<(u8, i16)>,
    /// Bytes of an instruction, operations in it.
    instruction: (u64, u64),
    /// The greatest address.
    greatest: u64,
}

impl<'h, 'b> Machine<'h, 'b> {
    fn new(header: &'h Header<'b>) -> Self {
        let (base, range) = (header.opcode_base(), header.line_range());
        let line = |lines| i16::from(header.line_base()) + i16::from(lines);
        let of_operation = |operations| (0..range).map(move |lines| (operations, line(lines)));
        let all = (0..=u8::MAX).take_while(|_| range > 0).flat_map(of_operation);
        Self {
            header,
            base,
            specials: all.take(usize::from(u8::MAX - base) + 1).collect(),
            instruction: (
                header.minimum_instruction_length().into(),
                header.maximum_operations_per_instruction().into(),
            ),
            greatest: u64::MAX >> (64 - 8 * u32::from(header.address_size().clamp(1, 8))),
        }
    }
}

/// Calls `row` with the registers at every row, and whether a sequence ends there, until it has enough. `None` if the
/// program is broken; the rows before that place stand.
pub(super) fn run(
    header: &Header<'_>,
    mut row: impl FnMut(&Registers, bool) -> ControlFlow<()>,
) -> Option<()> {
    let machine = Machine::new(header);
    let program = header.raw_program_buf();
    let mut code = Code { left: program.slice(), endian: program.endian() };
    let mut registers = START;
    while let Some(opcode) = code.byte() {
        let made = registers.step(&machine, opcode, &mut code)?;
        let is_row = made != Made::Nothing && !registers.discarded;
        if is_row && row(&registers, made == Made::End).is_break() {
            break;
        }
        if made == Made::End {
            registers = START;
        }
    }
    Some(())
}

// A program has millions of instructions, of some bytes each: to call a function for each of them would be half of the
// time.
impl Registers {
    #[inline(always)]
    fn step(&mut self, machine: &Machine<'_, '_>, opcode: u8, code: &mut Code<'_>) -> Option<Made> {
        if let Some(special) = opcode.checked_sub(machine.base) {
            let (operations, lines) = *machine.specials.get(usize::from(special))?;
            self.line = self.line.saturating_add_signed(i64::from(lines));
            self.advance(machine, u64::from(operations))?;
            return Some(Made::Row);
        }
        match DwLns(opcode) {
            DwLns(0) => return self.extended(machine, code),
            gimli::DW_LNS_copy => return Some(Made::Row),
            gimli::DW_LNS_advance_pc => self.advance(machine, code.number()?)?,
            gimli::DW_LNS_advance_line => self.line = self.line.saturating_add_signed(code.signed()?),
            gimli::DW_LNS_set_file => self.file = code.number()?,
            gimli::DW_LNS_set_column | gimli::DW_LNS_set_isa => {
                code.number()?;
            }
            gimli::DW_LNS_negate_stmt
            | gimli::DW_LNS_set_basic_block
            | gimli::DW_LNS_set_prologue_end
            | gimli::DW_LNS_set_epilogue_begin => {}
            gimli::DW_LNS_const_add_pc => {
                let (operations, _) = *machine.specials.last()?;
                self.advance(machine, u64::from(operations))?;
            }
            gimli::DW_LNS_fixed_advance_pc => {
                self.move_by(machine, u64::from(code.read(|code| code.read_u16().ok())?))?;
                self.operation = 0;
            }
            DwLns(later) => {
                let lengths = machine.header.standard_opcode_lengths().slice();
                for _ in 0..*lengths.get(usize::from(later).checked_sub(1)?)? {
                    code.number()?;
                }
            }
        }
        Some(Made::Nothing)
    }

    #[inline(always)]
    fn extended(&mut self, machine: &Machine<'_, '_>, code: &mut Code<'_>) -> Option<Made> {
        let length = usize::try_from(code.number()?).ok()?;
        let (operands, rest) = code.left.split_at_checked(length)?;
        code.left = rest;
        let (opcode, operands) = operands.split_first()?;
        match DwLne(*opcode) {
            gimli::DW_LNE_end_sequence => return Some(Made::End),
            gimli::DW_LNE_set_address => {
                let mut operands = Slice::new(operands, code.endian);
                let address = operands.read_address(machine.header.address_size()).ok()?;
                // For code that they discarded, linkers write -1, -2 or 0. Within a sequence addresses only grow.
                self.discarded = address < self.address || address >= machine.greatest - 1;
                if !self.discarded {
                    self.address = address;
                    self.operation = 0;
                }
            }
            _ => {}
        }
        Some(Made::Nothing)
    }

    #[inline(always)]
    fn advance(&mut self, machine: &Machine<'_, '_>, operations: u64) -> Option<()> {
        if self.discarded {
            return Some(());
        }
        let (length, most) = machine.instruction;
        let mut instructions = operations;
        if most > 1 {
            let operations = self.operation.wrapping_add(operations);
            self.operation = operations % most;
            instructions = operations / most;
        }
        self.move_by(machine, length.wrapping_mul(instructions))
    }

    #[inline(always)]
    fn move_by(&mut self, machine: &Machine<'_, '_>, bytes: u64) -> Option<()> {
        if !self.discarded {
            self.address = self.address.checked_add(bytes).filter(|address| *address <= machine.greatest)?;
        }
        Some(())
    }
}

/// The instructions that are left.
struct Code<'b> {
    left: &'b [u8],
    endian: RunTimeEndian,
}

impl<'b> Code<'b> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.left.split_first()?;
        self.left = rest;
        Some(*first)
    }

    /// An unsigned LEB128 number, nearly always of one byte.
    #[inline(always)]
    fn number(&mut self) -> Option<u64> {
        match self.left.split_first() {
            Some((byte @ 0..0x80, rest)) => {
                self.left = rest;
                Some(u64::from(*byte))
            }
            _ => self.read(|code| code.read_uleb128().ok()),
        }
    }

    /// A signed LEB128 number, nearly always of one byte.
    #[inline(always)]
    fn signed(&mut self) -> Option<i64> {
        match self.left.split_first() {
            Some((byte @ 0..0x80, rest)) => {
                self.left = rest;
                // The seventh bit is the sign.
                Some(i64::from((byte << 1).cast_signed() >> 1))
            }
            _ => self.read(|code| code.read_sleb128().ok()),
        }
    }

    fn read<T>(&mut self, read: impl FnOnce(&mut Slice<'b>) -> Option<T>) -> Option<T> {
        let mut code = Slice::new(self.left, self.endian);
        let value = read(&mut code);
        self.left = code.slice();
        value
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use gimli::{DebugLine, DebugLineOffset};

    type Rows = Vec<(u64, u64, u64, bool)>;

    /// A line table of DWARF 4 with one file whose program is `code`; an instruction has four bytes and at most `most`
    /// operations.
    pub(in super::super) fn table(code: &[u8], most: u8) -> Vec<u8> {
        let mut header = vec![4, most, 1, (-5i8).cast_unsigned(), 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
        header.extend(b"\0a.c\0\0\0\0\0");
        let mut bytes = vec![4, 0];
        bytes.extend(u32::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header);
        bytes.extend(code);
        [&u32::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat()
    }

    /// The rows of a program as gimli reads it, and as it is read here.
    fn both(code: &[u8], most: u8) -> (Rows, Rows) {
        let bytes = table(code, most);
        let section = DebugLine::from(Slice::new(&bytes, RunTimeEndian::Little));
        let program = section.program(DebugLineOffset(0), 8, None, None).unwrap();
        let mut ours = Vec::new();
        let _ = run(program.header(), |at, ends| {
            ours.push((at.address, at.file, at.line, ends));
            ControlFlow::Continue(())
        });
        let mut theirs = Vec::new();
        let mut rows = program.rows();
        while let Ok(Some((_, row))) = rows.next_row() {
            let line = row.line().map_or(0, std::num::NonZeroU64::get);
            theirs.push((row.address(), row.file_index(), line, row.end_sequence()));
        }
        (theirs, ours)
    }

    /// A number that looks random.
    fn next(state: &mut u64) -> u8 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        (*state >> 32) as u8
    }

    /// Some instruction with operands that fit it.
    fn instruction(state: &mut u64) -> Vec<u8> {
        let opcode = next(state) % 20;
        let mut leb128 = || {
            [next(state) | 0x80, next(state) | 0x80, next(state) & 0x7f][usize::from(next(state)) % 3..]
                .to_vec()
        };
        match opcode {
            2..=5 | 12 => [vec![opcode], leb128()].concat(),
            9 => [vec![9], leb128()[..1].to_vec(), vec![0]].concat(),
            0 => [vec![0, 9, 2, next(state)], vec![next(state) & 0x3f, 0, 0, 0, 0, 0, 0]].concat(),
            13 => vec![0, 1, 1],
            14 => vec![0, 4, 4, 0x83, 0x80, 0],
            15 => [vec![0, 9, 2], vec![0xff - next(state) % 3; 8]].concat(),
            16..=18 => vec![next(state).max(13)],
            other => vec![other],
        }
    }

    #[test]
    fn ok_rows_are_those_of_gimli() {
        let (mut state, mut count, mut ends) = (0x2545_f491_4f6c_dd1d, 0, 0);
        for round in 0..2000 {
            let code: Vec<u8> = (0..round % 64).flat_map(|_| instruction(&mut state)).collect();
            for most in [1, 4] {
                let (theirs, ours) = both(&code, most);
                assert_eq!(theirs, ours, "{code:x?}");
                count += ours.len();
                ends += ours.iter().filter(|(.., ends)| *ends).count();
            }
        }
        assert!(count > 10_000 && ends > 1_000, "{count} {ends}");
    }

    #[test]
    fn err_what_is_cut_has_the_rows_before() {
        let code = [0, 9, 2, 0, 0x10, 0, 0, 0, 0, 0, 0, 0x14, 0x4b, 3, 0x80, 0x80, 0];
        for left in 0..code.len() {
            let (theirs, ours) = both(&code[..left], 1);
            assert_eq!(theirs, ours, "{left}");
        }
        assert_eq!(both(&code, 1).1, [(0x1000, 1, 3, false), (0x1010, 1, 4, false)]);
    }
}
