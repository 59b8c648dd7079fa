//! The debug sections of one file, read in the pieces that somebody asks for.

use crate::symbolize::elf::Elf;
use crate::symbolize::relocation::{self, Fixup, LONGEST};
use gimli::{Error, Result, RunTimeEndian, SectionId};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes that are read at once where only a few are wanted. Most of them nobody asks for, and memory costs more.
const CHUNK: u64 = 1024;
/// Most bytes of a string that is read: Rust's names are long.
const LONGEST_STRING: usize = 16 << 10;
/// No LEB128 number ends in it, no entry of a list of ranges begins with it, and it is longer than an address.
const NO_ENTRY: [u8; 9] = [0x80; 9];
/// Most times that a look-up parses as much as the whole file; beyond, the answer is missing.
const PASSES: u64 = 16;
/// Bytes that a look-up may parse in any case.
const LEAST_PARSED: u64 = 16 << 20;

/// The debug sections of a file.
#[derive(Debug)]
pub(super) struct Sections {
    elf: Elf,
    /// Whether the sections of a `.dwo` file are meant, which have names of their own.
    dwo: bool,
    open: HashMap<SectionId, DebugSection>,
    /// Bytes that may still be parsed for this look-up.
    left: u64,
}

/// A section that was asked for.
#[derive(Debug)]
struct DebugSection {
    place: Place,
    fixups: Vec<Fixup>,
    /// Pieces that were read, by number.
    chunks: HashMap<u64, Vec<u8>>,
}

#[derive(Debug)]
enum Place {
    File(Range<u64>),
    /// Decompressed.
    Memory(Vec<u8>),
}

impl Sections {
    pub(super) fn new(elf: Elf, dwo: bool) -> Self {
        let mut sections = Self { elf, dwo, open: HashMap::new(), left: 0 };
        sections.refill();
        sections
    }

    pub(super) const fn elf(&mut self) -> &mut Elf {
        &mut self.elf
    }

    /// A look-up begins. It may parse the whole file some times over, which is what keeps a file in which everything
    /// refers to one broken place from taking quadratic time.
    pub(super) fn refill(&mut self) {
        self.left = self.elf.length().saturating_mul(PASSES).saturating_add(LEAST_PARSED);
    }

    pub(super) fn endian(&self) -> RunTimeEndian {
        if self.is_little() { RunTimeEndian::Little } else { RunTimeEndian::Big }
    }

    fn is_little(&self) -> bool {
        self.elf.endian() == object::Endianness::Little
    }

    fn name_of(&self, id: SectionId) -> Option<&'static str> {
        if self.dwo { id.dwo_name() } else { Some(id.name()) }
    }

    /// Bytes of a section; 0 if there is none.
    pub(super) fn size(&mut self, id: SectionId) -> u64 {
        match self.open(id).map(|s| &s.place) {
            Some(Place::File(range)) => range.end - range.start,
            Some(Place::Memory(bytes)) => bytes.len() as u64,
            None => 0,
        }
    }

    fn open(&mut self, id: SectionId) -> Option<&DebugSection> {
        if !self.open.contains_key(&id) {
            let section = self.elf.section(self.name_of(id)?.as_bytes())?.clone();
            let fixups = self.elf.fixups(&section);
            let place = match self.elf.decompressed(&section) {
                Some(bytes) => Place::Memory(bytes),
                None => Place::File(section.file().clone()),
            };
            self.open.insert(id, DebugSection { place, fixups, chunks: HashMap::new() });
        }
        self.open.get(&id)
    }

    /// Puts the bytes of a range, which must be there, in place of what `bytes` had: memory that was used before costs
    /// less than fresh memory.
    pub(super) fn read(&mut self, id: SectionId, range: Range<u64>, bytes: &mut Vec<u8>) -> Result<()> {
        let size = self.size(id);
        if range.start > range.end || range.end > size {
            return Err(Error::OffsetOutOfBounds(range.end));
        }
        let little = self.is_little();
        let Self { elf, open, .. } = self;
        let section = open.get(&id).ok_or(Error::Io)?;
        // A place that is changed may begin before the range or end behind it.
        let margin = if section.fixups.is_empty() { 0 } else { LONGEST };
        let start = range.start.saturating_sub(margin);
        let end = size.min(range.end.saturating_add(margin));
        match &section.place {
            Place::File(file) => elf
                .read_into(file.start.saturating_add(start)..file.start.saturating_add(end), bytes)
                .map_err(|_| Error::Io)?,
            Place::Memory(all) => {
                bytes.clear();
                bytes.extend_from_slice(slice(all, start, end)?);
            }
        }
        if margin > 0 {
            relocation::apply(&section.fixups, start, bytes, little);
            bytes.drain(..usize::try_from(range.start - start).unwrap_or(0));
            bytes.truncate(usize::try_from(range.end - range.start).unwrap_or(0));
        }
        Ok(())
    }

    /// The bytes of a range that must be there.
    pub(super) fn bytes(&mut self, id: SectionId, range: Range<u64>) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(id, range, &mut bytes)?;
        Ok(bytes)
    }

    /// Up to `length` bytes from `offset` on, fewer where the section ends: for what is read bit by bit.
    pub(super) fn some(&mut self, id: SectionId, offset: u64, length: u64) -> Result<Vec<u8>> {
        let end = offset.saturating_add(length).min(self.size(id));
        // Only the small pieces are asked for again and again.
        if length > CHUNK && offset <= end {
            return self.bytes(id, offset..end);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(end.saturating_sub(offset)).unwrap_or(0));
        let mut at = offset;
        while at < end {
            let number = at / CHUNK;
            let from = number * CHUNK;
            let to = end.min(from + CHUNK);
            bytes.extend_from_slice(slice(self.chunk(id, number)?, at - from, to - from)?);
            at = to;
        }
        Ok(bytes)
    }

    fn chunk(&mut self, id: SectionId, number: u64) -> Result<&[u8]> {
        let known = self.open.get(&id).is_some_and(|s| s.chunks.contains_key(&number));
        if !known {
            let end = self.size(id).min((number + 1) * CHUNK);
            let bytes = self.bytes(id, number * CHUNK..end)?;
            self.open.get_mut(&id).ok_or(Error::Io)?.chunks.insert(number, bytes);
        }
        self.open.get(&id).and_then(|s| s.chunks.get(&number)).map(Vec::as_slice).ok_or(Error::Io)
    }

    /// The bytes up to the next NUL; of an endless string its beginning.
    pub(super) fn string(&mut self, id: SectionId, offset: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let size = self.size(id);
        let mut at = offset;
        while at < size && bytes.len() < LONGEST_STRING {
            let number = at / CHUNK;
            let chunk = self.chunk(id, number)?;
            let rest = slice(chunk, at - number * CHUNK, chunk.len() as u64)?;
            if let Some(end) = memchr::memchr(0, rest) {
                bytes.extend_from_slice(rest.split_at(end).0);
                return Ok(bytes);
            }
            bytes.extend_from_slice(rest);
            at = (number + 1) * CHUNK;
        }
        if bytes.is_empty() { Err(Error::OffsetOutOfBounds(offset)) } else { Ok(bytes) }
    }

    /// A number of so many bytes.
    pub(super) fn number(&mut self, id: SectionId, offset: u64, size: u8) -> Result<u64> {
        let bytes = self.some(id, offset, u64::from(size))?;
        if bytes.len() != usize::from(size) {
            return Err(Error::OffsetOutOfBounds(offset));
        }
        let digits = |a: u64, byte: &u8| a << 8 | u64::from(*byte);
        Ok(if self.is_little() { bytes.iter().rev().fold(0, digits) } else { bytes.iter().fold(0, digits) })
    }

    /// Calls `parse` with what stands at `offset`, of which nobody knows how long it is: with a little first, with
    /// more if that was too short, and with `most` bytes at last.
    pub(super) fn parse<T>(
        &mut self,
        id: SectionId,
        offset: u64,
        (first, most): (u64, u64),
        mut parse: impl FnMut(&[u8]) -> Result<T>,
    ) -> Result<T> {
        let left = self.size(id).checked_sub(offset).ok_or(Error::OffsetOutOfBounds(offset))?;
        let most = most.min(left);
        let mut length = first.min(most);
        loop {
            self.left = self.left.checked_sub(length).ok_or(Error::Io)?;
            let bytes = self.some(id, offset, length)?;
            match parse(&bytes) {
                // What is cut need not look cut.
                Err(_) if length < most => length = length.saturating_mul(4).min(most),
                done => return done,
            }
        }
    }

    /// As [`Sections::parse`], for lists. A list that is cut between two entries looks whole; so what was cut gets a
    /// tail that fits no entry, whatever part of one it continues.
    pub(super) fn parse_list<T>(
        &mut self,
        id: SectionId,
        offset: u64,
        (first, most): (u64, u64),
        mut parse: impl FnMut(&[u8]) -> Result<T>,
    ) -> Result<T> {
        let all = most.min(self.size(id).saturating_sub(offset));
        let mut cut = Vec::new();
        self.parse(id, offset, (first, most), |bytes| {
            if bytes.len() as u64 >= all {
                return parse(bytes);
            }
            cut.clear();
            cut.extend_from_slice(bytes);
            cut.extend_from_slice(&NO_ENTRY);
            parse(&cut)
        })
    }
}

fn slice(bytes: &[u8], start: u64, end: u64) -> Result<&[u8]> {
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    range.and_then(|(start, end)| bytes.get(start..end)).ok_or(Error::OffsetOutOfBounds(end))
}
