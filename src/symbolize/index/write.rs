//! Writing an index.

use super::{HEADER, LAST, MAGIC, NONE, RANGES_OF_MARK, file_name};
use crate::symbolize::build_id::BuildId;
use crate::symbolize::dwarf::{Dwarf, Segment};
use crate::symbolize::table::{Table, hash};
use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place: function, file, line, the place it is inlined into.
type Place = (u32, u32, u32, u32);

/// An index while it is made.
#[derive(Default)]
struct Builder {
    strings: Vec<u8>,
    by_text: HashMap<Arc<str>, u32>,
    places: Vec<Place>,
    by_place: HashMap<Place, u32>,
    /// From an address on a place.
    ranges: Vec<(u64, u32)>,
}

impl Builder {
    fn text(&mut self, text: Option<&Arc<str>>) -> u32 {
        let Some(text) = text else { return NONE };
        if let Some(at) = self.by_text.get(text) {
            return *at;
        }
        let at = self.string(text.as_bytes());
        self.by_text.insert(Arc::clone(text), at);
        at
    }

    fn string(&mut self, bytes: &[u8]) -> u32 {
        let at = u32::try_from(self.strings.len()).unwrap_or(NONE);
        self.strings.extend(length_of(bytes));
        self.strings.extend_from_slice(bytes);
        at
    }

    fn place(&mut self, place: Place) -> u32 {
        if let Some(number) = self.by_place.get(&place) {
            return *number;
        }
        let number = u32::try_from(self.places.len()).unwrap_or(NONE);
        self.places.push(place);
        self.by_place.insert(place, number);
        number
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        let mut place = NONE;
        // Outermost first, so that each knows what it is inlined into.
        for level in segment.levels.iter().rev() {
            let function = self.text(level.name.as_ref());
            let file = self.text(level.source.as_ref().map(|source| &source.file));
            let line = level.source.as_ref().and_then(|source| source.line).unwrap_or(0);
            place = self.place((function, file, line, place));
        }
        self.ranges.push((segment.address, place));
    }

    /// Sorts the ranges; what nothing is known of ends others and never hides one that starts at the same address.
    fn sort(&mut self) {
        self.ranges.sort_by_key(|(address, place)| (*address, *place == NONE));
        self.ranges.dedup_by_key(|(address, _)| *address);
        self.ranges.dedup_by_key(|(_, place)| *place);
    }
}

/// Writes the index of a file into a folder; its path. It appears there as a whole or not at all.
///
/// # Errors
///
/// Those of writing.
pub(crate) fn write(
    folder: &Path,
    build_id: &BuildId,
    banner: Option<&[u8]>,
    table: &Table,
    dwarf: &mut Dwarf,
) -> io::Result<PathBuf> {
    let mut builder = Builder::default();
    dwarf.each_segment(|segment| builder.segment(segment));
    builder.sort();
    let identity =
        [build_id.bytes(), banner.unwrap_or_default()].map(|b| [&length_of(b), b].concat()).concat();
    let symbols = symbols(table, &mut builder);
    let (buckets, entries) = buckets(table);
    let (marks, ranges) = ranges(&builder.ranges);
    let places: Vec<u8> = builder
        .places
        .iter()
        .flat_map(|(a, b, c, d)| [a, b, c, d].map(|w| w.to_le_bytes()))
        .flatten()
        .collect();
    let parts = [&identity, &symbols, &buckets, &entries, &marks, &ranges, &places, &builder.strings];
    std::fs::create_dir_all(folder)?;
    let path = folder.join(file_name(build_id));
    let unfinished = folder.join(format!("{}.{}", file_name(build_id), std::process::id()));
    let written = write_parts(&unfinished, &parts).and_then(|()| std::fs::rename(&unfinished, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&unfinished);
    }
    written.map(|()| path)
}

fn write_parts(path: &Path, parts: &[&Vec<u8>]) -> io::Result<()> {
    let mut file = io::BufWriter::new(std::fs::File::create(path)?);
    let body: u64 = parts.iter().map(|part| part.len() as u64).sum();
    file.write_all(MAGIC)?;
    file.write_all(&(HEADER + body).to_le_bytes())?;
    for part in parts {
        file.write_all(&(part.len() as u64).to_le_bytes())?;
    }
    for part in parts {
        file.write_all(part)?;
    }
    file.flush()
}

fn length_of(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(NONE).to_le_bytes()
}

fn symbols(table: &Table, builder: &mut Builder) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, symbol, extent) in table.iter() {
        let at = builder.string(name);
        let size = u32::try_from(extent.size).unwrap_or(LAST - 1).min(LAST - 1);
        let extent = if extent.is_last { size | LAST } else { size };
        bytes.extend(symbol.address.to_le_bytes());
        bytes.extend(symbol.size.to_le_bytes());
        for word in [extent, at, hash(name), 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes
}

/// Where the symbols of each hash stand: the starts of the buckets, and the numbers in them.
fn buckets(table: &Table) -> (Vec<u8>, Vec<u8>) {
    let hashes: Vec<u32> = table.iter().map(|(name, ..)| hash(name)).collect();
    let count = hashes.len().next_power_of_two();
    let bucket = |hash: u32| hash as usize & (count - 1);
    let mut numbers: Vec<(usize, u32)> = hashes.iter().map(|hash| bucket(*hash)).zip(0u32..).collect();
    numbers.sort_unstable();
    let mut starts = Vec::with_capacity(4 * (count + 1));
    let mut at = 0;
    for bucket in 0..=count {
        while numbers.get(at).is_some_and(|(of, _)| *of < bucket) {
            at += 1;
        }
        starts.extend(u32::try_from(at).unwrap_or(NONE).to_le_bytes());
    }
    (starts, numbers.iter().flat_map(|(_, number)| number.to_le_bytes()).collect())
}

/// Marks, and ranges by their distance from them. Distances of more than 4 GiB between two marks do not occur in the
/// code of one file; such ranges are left out.
fn ranges(ranges: &[(u64, u32)]) -> (Vec<u8>, Vec<u8>) {
    let (mut marks, mut bytes) = (Vec::new(), Vec::new());
    for page in ranges.chunks(usize::try_from(RANGES_OF_MARK).unwrap_or(1)) {
        let mark = page.first().map_or(0, |(address, _)| *address);
        marks.extend(mark.to_le_bytes());
        for (address, place) in page {
            bytes.extend(u32::try_from(address - mark).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend(place.to_le_bytes());
        }
    }
    (marks, bytes)
}
