//! The line table of a unit: which line of which file an address was made of.

use super::die::{Slice, Text};
use super::line_program;
use gimli::{DebugLine, DebugLineOffset, Result, RunTimeEndian};

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
    /// Reads a program of `.debug_line`; what follows an error in it is missing.
    pub(super) fn read(program: &[u8], endian: RunTimeEndian, address_size: u8) -> Result<Self> {
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
        // Most rows take more bytes than that; memory is taken once then.
        lines.rows.reserve(header.raw_program_buf().len() / 8);
        let mut from = 0;
        // What comes before an error stands.
        let _ = line_program::run(header, |at, ends| {
            let row = match ends {
                true => Row { address: at.address, file: END, line: 0 },
                false => Row {
                    address: at.address,
                    file: u32::try_from(at.file).unwrap_or(END - 1),
                    line: u32::try_from(at.line).unwrap_or(0),
                },
            };
            lines.push(row);
            if ends {
                lines.end_sequence(from);
                from = lines.rows.len();
            }
        });
        lines.rows.truncate(from);
        lines.rows.shrink_to_fit();
        lines.sequences.sort_unstable_by_key(|s| s.start);
        Ok(lines)
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
