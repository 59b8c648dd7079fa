//! The line table of a unit: which line of which file an address was made of.

use super::die::{Slice, Text};
use super::line_program;
use gimli::{DebugLine, DebugLineOffset, LineProgramHeader, Result, RunTimeEndian};
use std::ops::ControlFlow;

/// A row of the table: the code from here to the next row.
#[derive(Debug, Clone, Copy)]
struct Row {
    address: u64,
    /// Index of the file; [`END`] behind the last row of a sequence.
    file: u32,
    /// 0 where the compiler says that no line is to be blamed.
    line: u32,
}

const END: u32 = u32::MAX;

fn file_of(index: u64) -> u32 {
    u32::try_from(index).unwrap_or(END - 1)
}

fn line_of(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(0)
}

/// A run of rows whose addresses only grow: one section of code.
#[derive(Debug)]
struct Sequence {
    start: u64,
    end: u64,
    rows: std::ops::Range<usize>,
}

/// The line table of a unit.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rows: Vec<Row>,
    /// By start.
    sequences: Vec<Sequence>,
    files: Vec<File>,
    directories: Vec<Text>,
    /// The index of the first file: 1 before DWARF 5.
    first: u64,
}

/// A file of the table.
#[derive(Debug, Clone)]
struct File {
    name: Text,
    directory: u64,
}

/// Where a file stands: its name, and the directory it is relative to unless it is absolute.
#[derive(Debug)]
pub(super) struct Place<'l> {
    pub(super) name: &'l Text,
    /// `None`: the directory of the compilation.
    pub(super) directory: Option<&'l Text>,
}

impl Lines {
    /// Reads a program of `.debug_line`, as far as it takes to know the line of the address that is `wanted`; what
    /// follows an error in it is missing.
    pub(super) fn read(
        program: &[u8],
        endian: RunTimeEndian,
        address_size: u8,
        wanted: Option<u64>,
    ) -> Result<Self> {
        let section = DebugLine::from(Slice::new(program, endian));
        let program = section.program(DebugLineOffset(0), address_size, None, None)?;
        let header = program.header();
        let first = u64::from(header.version() < 5);
        let mut lines = Self { first, ..Self::default() };
        let unknown = || Text::Here(Vec::new());
        lines.directories =
            header.include_directories().iter().map(|d| Text::of(d).unwrap_or_else(unknown)).collect();
        lines.files = header
            .file_names()
            .iter()
            .map(|file| File {
                name: Text::of(&file.path_name()).unwrap_or_else(unknown),
                directory: file.directory_index(),
            })
            .collect();
        match wanted {
            Some(address) => lines.run_to(header, address),
            None => lines.run(header),
        }
        Ok(lines)
    }

    /// Keeps all rows. What comes before an error stands.
    fn run(&mut self, header: &LineProgramHeader<Slice<'_>>) {
        // Most rows take more bytes than that; memory is taken once then.
        self.rows.reserve(header.raw_program_buf().len() / 8);
        let mut from = 0;
        let _ = line_program::run(header, |at, ends| {
            let (file, line) = if ends { (END, 0) } else { (file_of(at.file), line_of(at.line)) };
            self.push(Row { address: at.address, file, line });
            if ends {
                self.end_sequence(from);
                from = self.rows.len();
            }
            ControlFlow::Continue(())
        });
        self.rows.truncate(from);
        self.rows.shrink_to_fit();
        self.sequences.sort_unstable_by_key(|s| s.start);
    }

    /// Keeps the row of an address, and where the next one is. Memory for all rows would cost more than to read them.
    fn run_to(&mut self, header: &LineProgramHeader<Slice<'_>>, wanted: u64) {
        let (mut start, mut last) = (None, (0, 0, 0));
        let _ = line_program::run(header, |at, ends| {
            let is_behind = *start.get_or_insert(at.address) <= wanted;
            if is_behind && wanted < at.address {
                let (address, file, line) = last;
                self.push(Row { address, file: file_of(file), line: line_of(line) });
                self.push(Row { address: at.address, file: END, line: 0 });
                self.end_sequence(0);
                return ControlFlow::Break(());
            }
            last = (at.address, at.file, at.line);
            if ends {
                start = None;
            }
            ControlFlow::Continue(())
        });
    }

    /// Of two rows of one address the later counts.
    fn push(&mut self, row: Row) {
        match self.rows.last_mut() {
            Some(last) if last.address == row.address && last.file != END && row.file != END => *last = row,
            _ => self.rows.push(row),
        }
    }

    fn end_sequence(&mut self, from: usize) {
        let rows = from..self.rows.len();
        let Some((first, last)) = self.rows.get(from).zip(self.rows.last()) else { return };
        if first.address < last.address {
            self.sequences.push(Sequence { start: first.address, end: last.address, rows });
        }
    }

    /// File and line of the code at an address.
    pub(super) fn find(&self, address: u64) -> Option<(u64, Option<u32>)> {
        let behind = self.sequences.partition_point(|s| s.start <= address);
        let sequence = self.sequences.get(behind.checked_sub(1)?).filter(|s| address < s.end)?;
        let rows = self.rows.get(sequence.rows.clone())?;
        let row = rows.get(rows.partition_point(|r| r.address <= address).checked_sub(1)?)?;
        (row.file != END).then(|| (u64::from(row.file), Some(row.line).filter(|line| *line > 0)))
    }

    /// The addresses at which the line changes or a sequence ends.
    pub(super) fn addresses(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.address)
    }

    /// The file of this index.
    pub(super) fn file(&self, index: u64) -> Option<Place<'_>> {
        let file = self.files.get(usize::try_from(index.checked_sub(self.first)?).ok()?)?;
        // Before DWARF 5 directory 0 is the compilation's, and is not in the table.
        let directory = match file.directory.checked_sub(self.first) {
            Some(index) => self.directories.get(usize::try_from(index).ok()?),
            None => None,
        };
        Some(Place { name: &file.name, directory })
    }

    /// The directory of the compilation, where the table has it.
    pub(super) fn compilation(&self) -> Option<&Text> {
        if self.first == 0 { self.directories.first() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbolize::dwarf::line_program::tests::table;

    fn read(wanted: Option<u64>) -> Lines {
        let address = |low: u8| [0, 9, 2, low, 0x10, 0, 0, 0, 0, 0, 0];
        // Two rows of four bytes and their end, in two sequences.
        let rows = [0x14, 0x4b, 2, 1, 0, 1, 1];
        let code = [&address(0x40)[..], &rows, &address(0x10), &rows].concat();
        Lines::read(&table(&code, 1), RunTimeEndian::Little, 8, wanted).unwrap()
    }

    #[test]
    fn ok_what_is_cut_says_the_same_of_what_was_wanted() {
        let whole = read(None);
        for address in 0x1000..0x1060 {
            let cut = read(Some(address));
            assert_eq!(cut.find(address), whole.find(address), "{address:#x}");
            for other in 0x1000..0x1060 {
                assert!(cut.find(other).is_none() || cut.find(other) == whole.find(other), "{other:#x}");
            }
        }
        assert_eq!(whole.find(0x1043), Some((1, Some(3))));
        assert_eq!(whole.find(0x1050), Some((1, Some(4))));
        assert_eq!(whole.find(0x1054), None);
        assert_eq!(read(Some(0x1040)).find(0x1010), None);
        assert_eq!(read(Some(0x1010)).find(0x1040), None);
    }
}
