//! The index: what a file's symbols and DWARF say of every address, laid out to be looked up.
//!
//! DWARF is made to be small, not to be searched: even the few units that a trace needs take milliseconds. An index is
//! written once for a file (`ksplat index`) and answers from a handful of pages. It holds the same answers, so that
//! nobody can tell from the output which of them was asked.
//!
//! # Format
//!
//! Little-endian, of this version of the format alone; another one is not read. A number that leads out of the file
//! is an answer that is missing, never an error of the program.
//!
//! | part | content |
//! |---|---|
//! | header | [`MAGIC`], version, length of the file, lengths of the parts, the build ID, the banner |
//! | symbols | by address: address (8), size (8), bytes to the next (4) with the highest bit if it is the last of its section, name (4), hash (4), 0 (4) |
//! | buckets | by hash of the name: where its entries start (4); one more than there are buckets |
//! | entries | number of a symbol (4), grouped by bucket |
//! | marks | the address of each 512th range (8) |
//! | ranges | by address: bytes behind the last mark (4), place from here to the next range (4), or none |
//! | places | function (4), file (4), line (4), the place it is inlined into or none (4) |
//! | strings | each with its length (4) before it |
//!
//! Its name is the build ID of the file it was made of, and it is used for a file with that build ID only.

mod write;

pub(crate) use write::write;

use super::build_id::BuildId;
use super::dwarf::{Level, Source};
use super::table::{Extent, Found, decide, hash, without_suffix};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an index starts with: a name, and the version of the format.
const MAGIC: &[u8; 8] = b"ksplat\x00\x02";
/// No place, no string.
const NONE: u32 = u32::MAX;
/// Set in the extent of the last symbol of a section.
const LAST: u32 = 1 << 31;
const SYMBOL: u64 = 32;
const ENTRY: u64 = 4;
const RANGE: u64 = 8;
const PLACE: u64 = 16;
/// Ranges from mark to mark: a page of them.
const RANGES_OF_MARK: u64 = 512;
/// Bytes that are read at once.
const PAGE: u64 = 4096;
/// Most pages of an index that are kept.
const MOST_PAGES: usize = 16 << 10;
/// Most levels of inlining that are read, so that places in a circle end.
const MOST_LEVELS: usize = 512;
/// Most bytes of a string, a build ID or a banner.
const LONGEST: u64 = 16 << 10;

/// The parts, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Identity,
    Symbols,
    Buckets,
    Entries,
    Marks,
    Ranges,
    Places,
    Strings,
}

const PARTS: usize = 8;
/// The magic, the length of the file, and those of the parts.
const HEADER: u64 = 8 + 8 + 8 * PARTS as u64;

/// An index that is looked up in.
#[derive(Debug)]
pub(crate) struct Index {
    file: File,
    /// Where each part starts; the last one ends with the file.
    starts: [u64; PARTS + 1],
    pages: HashMap<u64, Vec<u8>>,
    /// The marks, once they were needed.
    marks: Option<Vec<u64>>,
    banner: Option<Vec<u8>>,
}

/// Where indices are kept unless somebody says otherwise: `ksplat` in the user's cache folder.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    cache.or_else(|| Some(set("HOME")?.join(".cache"))).map(|cache| cache.join("ksplat"))
}

/// The file name of the index for a build ID.
pub(crate) fn file_name(build_id: &BuildId) -> String {
    format!("{build_id}.index")
}

/// A symbol as the index has it.
#[derive(Debug, Clone, Copy)]
struct Record {
    address: u64,
    size: u64,
    extent: u32,
    name: u32,
    hash: u32,
}

impl Index {
    /// Opens the index of the file with this build ID; `None` if there is none in the folder that can be used.
    pub(crate) fn open(folder: &Path, build_id: &BuildId) -> Option<Self> {
        let file = File::open(folder.join(file_name(build_id))).ok()?;
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        let starts = [0; PARTS + 1];
        let mut index = Self { file, starts, pages: HashMap::new(), marks: None, banner: None };
        if index.bytes(0, 8)? != MAGIC || index.long(8)? != length {
            return None;
        }
        let mut at = HEADER;
        for part in 0..PARTS {
            *index.starts.get_mut(part)? = at;
            at = at.checked_add(index.long(16 + 8 * part as u64)?)?;
        }
        *index.starts.last_mut()? = at;
        if at != length {
            return None;
        }
        let mut identity = index.start(Part::Identity);
        let id = index.string_at(&mut identity)?;
        let banner = index.string_at(&mut identity)?;
        index.banner = Some(banner).filter(|banner| !banner.is_empty());
        (BuildId::from_bytes(&id) == *build_id).then_some(index)
    }

    /// `Linux version …`.
    pub(crate) fn banner(&self) -> Option<&[u8]> {
        self.banner.as_deref()
    }

    /// As [`super::table::Table::find`].
    pub(crate) fn find(&mut self, name: &[u8], size: Option<u64>) -> Found {
        let candidates = self.named(name).unwrap_or_default();
        let candidates = candidates.iter().map(|r| {
            let is_last = r.extent & LAST != 0;
            (r.address, r.size, Extent { size: u64::from(r.extent & !LAST), is_last })
        });
        decide(candidates, size)
    }

    fn named(&mut self, name: &[u8]) -> Option<Vec<Record>> {
        let hash = hash(name);
        let buckets = (self.size(Part::Buckets) / 4).checked_sub(1).filter(|n| n.is_power_of_two())?;
        let bucket = self.start(Part::Buckets) + 4 * (u64::from(hash) & (buckets - 1));
        let (from, to) = (u64::from(self.word(bucket)?), u64::from(self.word(bucket + 4)?));
        let mut records = Vec::new();
        for entry in from..to.min(self.size(Part::Entries) / ENTRY) {
            let number = u64::from(self.word(self.start(Part::Entries) + ENTRY * entry)?);
            let record = self.record(number)?;
            if record.hash == hash {
                let full = self.string(record.name)?;
                if *full == *name || without_suffix(&full) == name {
                    records.push(record);
                }
            }
        }
        Some(records)
    }

    /// As [`super::table::Table::at`], with the bytes to the next symbol.
    pub(crate) fn at(&mut self, address: u64) -> Option<(Vec<u8>, u64, u64)> {
        let count = self.size(Part::Symbols) / SYMBOL;
        let behind = self.partition(count, |index, n| Some(index.record(n)?.address <= address))?;
        let last = self.record(behind.checked_sub(1)?)?;
        let extent = u64::from(last.extent & !LAST);
        if address - last.address >= extent {
            return None;
        }
        // Of the names of one address the last that has a size is the function's.
        let mut best = last;
        for number in (0..behind).rev() {
            let record = self.record(number)?;
            if record.address != last.address || best.size > 0 {
                break;
            }
            best = if record.size > 0 { record } else { best };
        }
        Some((self.string(best.name)?, last.address, extent))
    }

    /// As [`super::dwarf::Dwarf::find`].
    pub(crate) fn levels(&mut self, address: u64) -> Vec<Level> {
        let mut levels = Vec::new();
        let mut place = self.place_at(address).unwrap_or(NONE);
        while place != NONE && levels.len() < MOST_LEVELS {
            let Some((level, parent)) = self.level(place) else { break };
            levels.push(level);
            place = parent;
        }
        levels
    }

    fn place_at(&mut self, address: u64) -> Option<u32> {
        if self.marks.is_none() {
            let bytes = self.bytes(self.start(Part::Marks), self.size(Part::Marks))?;
            let (words, _) = bytes.as_chunks::<8>();
            self.marks = Some(words.iter().map(|word| u64::from_le_bytes(*word)).collect());
        }
        let marks = self.marks.as_deref()?;
        let mark = marks.partition_point(|mark| *mark <= address).checked_sub(1)?;
        let distance = u32::try_from(address - marks.get(mark)?).ok()?;
        let first = mark as u64 * RANGES_OF_MARK;
        let count = (self.size(Part::Ranges) / RANGE).checked_sub(first)?.min(RANGES_OF_MARK);
        let start = self.start(Part::Ranges) + RANGE * first;
        let behind = self.partition(count, |index, n| Some(index.word(start + RANGE * n)? <= distance))?;
        self.word(start + RANGE * behind.checked_sub(1)? + 4)
    }

    fn level(&mut self, place: u32) -> Option<(Level, u32)> {
        let at = self.start(Part::Places).checked_add(PLACE * u64::from(place))?;
        let [function, file, line, parent] = [0, 4, 8, 12].map(|field| self.word(at + field));
        let mut text = |string: u32| {
            let bytes = (string != NONE).then(|| self.string(string))??;
            Some(Arc::<str>::from(String::from_utf8_lossy(&bytes)))
        };
        let name = text(function?);
        let line = line?;
        let source = text(file?).map(|file| Source { file, line: Some(line).filter(|line| *line > 0) });
        Some((Level { name, source }, parent?))
    }

    fn record(&mut self, number: u64) -> Option<Record> {
        let at = self.start(Part::Symbols).checked_add(SYMBOL.checked_mul(number)?)?;
        if at.checked_add(SYMBOL)? > self.start(Part::Buckets) {
            return None;
        }
        Some(Record {
            address: self.long(at)?,
            size: self.long(at + 8)?,
            extent: self.word(at + 16)?,
            name: self.word(at + 20)?,
            hash: self.word(at + 24)?,
        })
    }

    /// How many of `count` things, which are sorted so, are before.
    fn partition(
        &mut self,
        count: u64,
        mut is_before: impl FnMut(&mut Self, u64) -> Option<bool>,
    ) -> Option<u64> {
        let (mut from, mut to) = (0, count);
        while from < to {
            let middle = from + (to - from) / 2;
            if is_before(self, middle)? {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        Some(from)
    }

    fn start(&self, part: Part) -> u64 {
        self.starts.get(part as usize).copied().unwrap_or(u64::MAX)
    }

    fn size(&self, part: Part) -> u64 {
        let end = self.starts.get(part as usize + 1).copied().unwrap_or(0);
        end.saturating_sub(self.start(part))
    }

    fn string(&mut self, at: u32) -> Option<Vec<u8>> {
        self.string_at(&mut self.start(Part::Strings).checked_add(u64::from(at))?)
    }

    fn string_at(&mut self, at: &mut u64) -> Option<Vec<u8>> {
        let length = u64::from(self.word(*at)?);
        let bytes = self.bytes(*at + 4, (length <= LONGEST).then_some(length)?)?;
        *at += 4 + length;
        Some(bytes)
    }

    fn word(&mut self, at: u64) -> Option<u32> {
        Some(u32::from_le_bytes(self.array(at)?))
    }

    fn long(&mut self, at: u64) -> Option<u64> {
        Some(u64::from_le_bytes(self.array(at)?))
    }

    fn array<const N: usize>(&mut self, at: u64) -> Option<[u8; N]> {
        let start = usize::try_from(at % PAGE).ok()?;
        if let Some(bytes) = self.page(at / PAGE)?.get(start..).and_then(|tail| tail.first_chunk()) {
            return Some(*bytes);
        }
        self.bytes(at, N as u64)?.first_chunk().copied()
    }

    fn bytes(&mut self, at: u64, length: u64) -> Option<Vec<u8>> {
        let end = at.checked_add(length)?;
        let mut bytes = Vec::new();
        let mut here = at;
        while here < end {
            let page = here / PAGE;
            let to = end.min((page + 1) * PAGE);
            let range = usize::try_from(here % PAGE).ok()?..usize::try_from(to - page * PAGE).ok()?;
            bytes.extend_from_slice(self.page(page)?.get(range)?);
            here = to;
        }
        Some(bytes)
    }

    fn page(&mut self, number: u64) -> Option<&[u8]> {
        if !self.pages.contains_key(&number) {
            if self.pages.len() >= MOST_PAGES {
                self.pages.clear();
            }
            let mut bytes = Vec::with_capacity(usize::try_from(PAGE).ok()?);
            self.file.seek(SeekFrom::Start(number.checked_mul(PAGE)?)).ok()?;
            self.file.by_ref().take(PAGE).read_to_end(&mut bytes).ok()?;
            self.pages.insert(number, bytes);
        }
        self.pages.get(&number).map(Vec::as_slice)
    }
}
