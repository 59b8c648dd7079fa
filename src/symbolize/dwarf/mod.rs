//! Lines and inlined functions, from DWARF, reading only what an address needs.
//!
//! `.debug_aranges` says which unit an address belongs to; where it is missing (clang) or has holes, the entries of
//! the units themselves do, read once. Of a unit the entries are walked once for the functions' addresses, the line
//! table is run once, and both are kept. The tree below the one function that holds the address is walked for the
//! functions inlined there. Nothing recurses: a tree of any depth costs its length.

mod die;
mod line_program;
mod lines;
mod ranges;
mod sections;
mod segments;
mod split;
mod unit;
mod walk;

pub(crate) use segments::Segment;

use super::elf::Elf;
use super::path;
use die::{Attributes, Entries, Reference, Slice, Text};
use gimli::{Error, Result, SectionId, UnitOffset};
use lines::Lines;
use ranges::Ranges;
use sections::Sections;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use unit::{Bases, Files, Head, Unit};

/// Most functions that are inlined into each other at one address. The kernel has some dozens.
pub(crate) const MOST_INLINED: usize = 256;
/// Most references that are followed for a name.
const MOST_ORIGINS: usize = 16;
/// How many ranges before an address are tried: those of units may overlap in odd files.
const TRIED: usize = 8;
/// The file that has the addresses; the others hold split units.
const MAIN: usize = 0;

/// The debug information of one file.
#[derive(Debug)]
pub(crate) struct Dwarf {
    files: Vec<Sections>,
    ranges: Ranges,
    /// Whether the units that `.debug_aranges` leaves out were looked at.
    complete: bool,
    units: HashMap<u64, Asked>,
    heads: HashMap<(usize, u64), Option<Arc<Head>>>,
    /// Where the units of a file start, once somebody had to know.
    starts: HashMap<usize, Vec<u64>>,
    names: HashMap<(usize, u64), Option<Arc<str>>>,
    paths: HashMap<(u64, u64), Arc<str>>,
    split: split::Split,
    /// Memory that a unit is read into.
    buffer: Vec<u8>,
}

/// A unit that somebody asked about.
#[derive(Debug)]
enum Asked {
    Once,
    /// All of the unit, if it can be read.
    Often(Option<Arc<Unit>>),
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) file: Arc<str>,
    pub(crate) line: Option<u32>,
}

/// One level of what is inlined at an address, innermost first; the last is the function itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) source: Option<Source>,
}

/// A function that is inlined at an address.
#[derive(Debug, Clone)]
struct Inlined {
    origin: Option<Reference>,
    name: Option<Text>,
    call_file: Option<u64>,
    call_line: Option<u64>,
}

impl Dwarf {
    pub(crate) fn new(elf: Elf) -> Self {
        Self {
            split: split::Split::new(elf.path()),
            files: vec![Sections::new(elf, false)],
            ranges: Ranges::default(),
            complete: false,
            units: HashMap::new(),
            heads: HashMap::new(),
            starts: HashMap::new(),
            names: HashMap::new(),
            paths: HashMap::new(),
            buffer: Vec::new(),
        }
        .with_ranges()
    }

    fn with_ranges(mut self) -> Self {
        // A broken table is as good as none: the units have it all.
        self.ranges = self.aranges().unwrap_or_default();
        self
    }

    fn main(&mut self) -> Option<&mut Sections> {
        self.files.get_mut(MAIN)
    }

    /// The file that has the addresses.
    pub(crate) fn elf(&mut self) -> Option<&mut Elf> {
        self.main().map(Sections::elf)
    }

    fn file(&mut self, file: usize) -> Result<&mut Sections> {
        self.files.get_mut(file).ok_or(Error::Io)
    }

    fn aranges(&mut self) -> Result<Ranges> {
        let Self { files, buffer, .. } = self;
        let main = files.get_mut(MAIN).ok_or(Error::Io)?;
        let size = main.size(SectionId::DebugAranges);
        main.read(SectionId::DebugAranges, 0..size, buffer)?;
        let section = gimli::DebugAranges::from(Slice::new(buffer, main.endian()));
        let mut ranges = Ranges::default();
        let mut headers = section.headers();
        while let Some(header) = headers.next()? {
            let unit = header.debug_info_offset().0 as u64;
            let mut entries = header.entries();
            while let Some(entry) = entries.next()? {
                let range = entry.range();
                ranges.extend((range.begin < range.end).then_some((range.begin..range.end, unit)));
            }
        }
        Ok(ranges)
    }

    /// What stands at an address: the functions inlined there, and the one they are inlined into. Empty where the
    /// file does not know.
    pub(crate) fn find(&mut self, address: u64) -> Vec<Level> {
        self.files.iter_mut().for_each(Sections::refill);
        for unit in self.units_at(address) {
            if let Some(unit) = self.unit(unit, address) {
                let levels = self.levels(&unit, address);
                if !levels.is_empty() {
                    return levels;
                }
            }
        }
        Vec::new()
    }

    /// The units that may have code at an address.
    fn units_at(&mut self, address: u64) -> Vec<u64> {
        let mut found = self.ranges.at(address);
        if found.is_empty() && !self.complete {
            self.complete = true;
            self.add_units();
            found = self.ranges.at(address);
        }
        found
    }

    /// Adds the units that `.debug_aranges` leaves out.
    fn add_units(&mut self) {
        let mut known: Vec<u64> = self.ranges.sorted().iter().map(|(_, unit)| *unit).collect();
        known.sort_unstable();
        known.dedup();
        let mut budget = unit::MOST_RANGES;
        for offset in self.starts(MAIN) {
            if known.binary_search(&offset).is_ok() {
                continue;
            }
            let Some(head) = self.main().and_then(|main| Head::read(main, offset).ok()) else { continue };
            if !head.has_code {
                continue;
            }
            let ranges = self.ranges_of_unit(&head, &mut budget);
            self.ranges.extend(ranges.into_iter().map(|range| (range, offset)));
        }
    }

    /// The code of a unit: what its own entry says, or what its functions do.
    fn ranges_of_unit(&mut self, head: &Head, budget: &mut u32) -> Vec<Range<u64>> {
        let bases = head.bases(head);
        let Self { files, buffer, .. } = self;
        let Some(main) = files.get_mut(MAIN) else { return Vec::new() };
        let mut files = Files { main, split: None };
        let own = unit::ranges(&mut files, (head.encoding, bases), &head.root, budget).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let functions = head.functions(main, buffer, None, |main, attributes| {
            let mut files = Files { main, split: None };
            unit::ranges(&mut files, (head.encoding, bases), attributes, budget)
        });
        functions.unwrap_or_default().into_iter().map(|f| f.range).collect()
    }

    /// Where the units of a file start.
    fn starts(&mut self, file: usize) -> Vec<u64> {
        if let Some(starts) = self.starts.get(&file) {
            return starts.clone();
        }
        let mut starts = Vec::new();
        if let Ok(sections) = self.file(file) {
            let size = sections.size(SectionId::DebugInfo);
            let mut at = 0;
            while at < size {
                let Ok(length) = unit::length_at(sections, at) else { break };
                starts.push(at);
                at = at.saturating_add(length);
            }
        }
        self.starts.insert(file, starts.clone());
        starts
    }

    fn head(&mut self, file: usize, offset: u64) -> Option<Arc<Head>> {
        if let Some(head) = self.heads.get(&(file, offset)) {
            return head.clone();
        }
        let head = self.file(file).and_then(|sections| Head::read(sections, offset)).ok().map(Arc::new);
        self.heads.insert((file, offset), head.clone());
        head
    }

    /// The unit at `offset`, with at least what it takes for an address.
    fn unit(&mut self, offset: u64, address: u64) -> Option<Arc<Unit>> {
        match self.units.get(&offset) {
            // What one address takes is not kept, so that the next unit has its memory.
            None => {
                self.units.insert(offset, Asked::Once);
                self.read_unit(offset, Some(address)).map(Arc::new)
            }
            // Who asks twice asks often.
            Some(Asked::Once) => {
                let unit = self.read_unit(offset, None).map(Arc::new);
                self.units.insert(offset, Asked::Often(unit.clone()));
                unit
            }
            Some(Asked::Often(unit)) => unit.clone(),
        }
    }

    /// Reads the unit at `offset`, its functions and its lines, as far as it takes for the address that is `wanted`.
    fn read_unit(&mut self, offset: u64, wanted: Option<u64>) -> Option<Unit> {
        let head = Arc::new(Head::read(self.main()?, offset).ok()?);
        let (file, entries) = match self.other_half(&head) {
            Some((file, half)) => (file, half),
            None => (MAIN, Arc::clone(&head)),
        };
        let bases = entries.bases(&head);
        let mut budget = unit::MOST_RANGES;
        let (encoding, split) = (entries.encoding, file != MAIN);
        let Self { files, buffer, .. } = self;
        let (main, others) = files.split_first_mut()?;
        let functions = if split {
            let sections = others.get_mut(file.checked_sub(1)?)?;
            entries.functions(sections, buffer, wanted, |split, attributes| {
                let mut files = Files { main, split: Some(split) };
                unit::ranges(&mut files, (encoding, bases), attributes, &mut budget)
            })
        } else {
            entries.functions(main, buffer, wanted, |main, attributes| {
                let mut files = Files { main, split: None };
                unit::ranges(&mut files, (encoding, bases), attributes, &mut budget)
            })
        };
        let lines = self.lines(&head, wanted).unwrap_or_default();
        Some(Unit { head, file, entries, functions: functions.unwrap_or_default(), lines })
    }

    fn lines(&mut self, head: &Head, wanted: Option<u64>) -> Result<Lines> {
        let Self { files, buffer, .. } = self;
        let main = files.get_mut(MAIN).ok_or(Error::Io)?;
        let Some(at) = head.root.stmt_list else { return Ok(Lines::default()) };
        let id = SectionId::DebugLine;
        let length = match main.number(id, at, 4)? {
            0xffff_ffff => main.number(id, at.saturating_add(4), 8)?.saturating_add(12),
            short => short.saturating_add(4),
        };
        let endian = main.endian();
        main.read(id, at..at.saturating_add(length), buffer)?;
        Lines::read(buffer, endian, head.encoding.address_size, wanted)
    }

    /// The levels of an address in a unit.
    fn levels(&mut self, unit: &Unit, address: u64) -> Vec<Level> {
        let row = unit.lines.find(address);
        let function = unit.function(address);
        if function.is_none() && row.is_none() {
            return Vec::new();
        }
        let mut inlined = Vec::new();
        let mut own_name = None;
        if let Some(function) = function {
            inlined = self.inlined(unit, function.entries.clone(), address).unwrap_or_default();
            own_name =
                self.name(unit.file, &unit.entries, &unit.head, Reference::Unit(function.entries.start));
        }
        let mut levels = Vec::with_capacity(inlined.len() + 1);
        let mut place = row;
        for level in inlined.iter().rev() {
            let name = match &level.name {
                Some(text) => self.text(unit.file, &unit.entries, &unit.head, text),
                None => {
                    level.origin.and_then(|origin| self.name(unit.file, &unit.entries, &unit.head, origin))
                }
            };
            levels.push(Level { name, source: self.source(unit, place) });
            let line = level.call_line.and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0);
            place = level.call_file.map(|file| (file, line));
        }
        levels.push(Level { name: own_name, source: self.source(unit, place) });
        levels
    }

    /// What is inlined at an address of a function, outermost first.
    fn inlined(&mut self, unit: &Unit, entries: Range<u64>, address: u64) -> Result<Vec<Inlined>> {
        let head = &unit.entries;
        let known = entries.end < head.length;
        let start = usize::try_from(entries.start).map_err(|_| Error::UnsupportedOffset)?;
        let bases = head.bases(&unit.head);
        let endian = self.file(unit.file)?.endian();
        let (first, whole) = (4096, entries.end.saturating_sub(entries.start));
        let mut length = if known { whole } else { first.min(whole) };
        let mut bytes = Vec::new();
        loop {
            let range = entries.start..entries.start.saturating_add(length);
            head.read_bytes(self.file(unit.file)?, range, &mut bytes)?;
            let slice = Slice::new(&bytes, endian);
            let tree = Entries::new(slice, head.encoding, &head.abbreviations, UnitOffset(start));
            let mut budget = unit::MOST_RANGES;
            let found = inlined_at(tree, |attributes| {
                let ranges = self.ranges(unit.file, (head.encoding, bases), attributes, &mut budget)?;
                Ok(ranges.iter().any(|range| range.contains(&address)))
            });
            match found {
                Err(_) if length < whole => length = length.saturating_mul(4).min(whole),
                found => return found,
            }
        }
    }

    fn ranges(
        &mut self,
        file: usize,
        of: (gimli::Encoding, Bases),
        attributes: &Attributes,
        budget: &mut u32,
    ) -> Result<Vec<Range<u64>>> {
        let (main, others) = self.files.split_first_mut().ok_or(Error::Io)?;
        let split = file.checked_sub(1).and_then(|file| others.get_mut(file));
        unit::ranges(&mut Files { main, split }, of, attributes, budget)
    }

    /// The name of an entry, its own or that of the entry it refers to.
    fn name(&mut self, file: usize, unit: &Arc<Head>, skeleton: &Head, of: Reference) -> Option<Arc<str>> {
        let mut unit = Arc::clone(unit);
        let mut at = of;
        let key = (file, absolute(&unit, of));
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let mut found = None;
        for _ in 0..MOST_ORIGINS {
            let offset = match at {
                Reference::Unit(offset) => offset,
                Reference::Info(offset) => {
                    unit = self.head_around(file, offset)?;
                    offset.checked_sub(unit.offset)?
                }
            };
            let Ok(entry) = self.file(file).and_then(|sections| unit.entry(sections, offset)) else { break };
            if let Some(text) = entry.linkage_name.as_ref().or(entry.name.as_ref()) {
                found = self.text(file, &unit, skeleton, text);
                break;
            }
            let Some(origin) = entry.origin else { break };
            at = origin;
        }
        self.names.insert(key, found.clone());
        found
    }

    /// The unit of a file that an offset into `.debug_info` lies in.
    fn head_around(&mut self, file: usize, offset: u64) -> Option<Arc<Head>> {
        let starts = self.starts(file);
        let behind = starts.partition_point(|start| *start <= offset);
        self.head(file, *starts.get(behind.checked_sub(1)?)?)
    }

    fn text(&mut self, file: usize, unit: &Head, skeleton: &Head, text: &Text) -> Option<Arc<str>> {
        let bases = if file == MAIN { unit.bases(unit) } else { unit.bases(skeleton) };
        let bytes = unit::text(self.file(file).ok()?, unit.encoding, bases, text).ok()?;
        Some(String::from_utf8_lossy(&bytes).into())
    }

    /// A file of a unit's line table and a line of it.
    fn source(&mut self, unit: &Unit, place: Option<(u64, Option<u32>)>) -> Option<Source> {
        let (index, line) = place?;
        let key = (unit.head.offset, index);
        if let Some(file) = self.paths.get(&key) {
            return Some(Source { file: Arc::clone(file), line });
        }
        let file = unit.lines.file(index)?;
        let of_unit = unit.head.root.comp_dir.as_ref().or(unit.lines.compilation());
        let mut bytes = |text: &Text| {
            let head = &unit.head;
            unit::text(self.file(MAIN).ok()?, head.encoding, head.bases(head), text).ok()
        };
        let compilation = of_unit.and_then(&mut bytes).unwrap_or_default();
        let directory = file.directory.and_then(&mut bytes);
        let name = bytes(file.name)?;
        let path = path::clean(&compilation, directory.as_deref(), &name);
        let path: Arc<str> = String::from_utf8_lossy(&path).into();
        self.paths.insert(key, Arc::clone(&path));
        Some(Source { file: path, line })
    }
}

/// Where an entry stands in `.debug_info`.
fn absolute(unit: &Head, reference: Reference) -> u64 {
    match reference {
        Reference::Unit(offset) => unit.offset.saturating_add(offset),
        Reference::Info(offset) => offset,
    }
}

/// Walks the tree of a function for the inlined functions that have code where `is_here` says so.
fn inlined_at(
    mut entries: Entries<'_, '_>,
    mut is_here: impl FnMut(&Attributes) -> Result<bool>,
) -> Result<Vec<Inlined>> {
    let mut chain = Vec::new();
    // Levels of the tree: that of the innermost inlined function found, and of one that is passed over.
    let mut inside = 0;
    let mut passed: Option<isize> = None;
    let Some(function) = entries.read_abbreviation()? else { return Ok(chain) };
    entries.skip_attributes(function.attributes())?;
    while entries.next_depth() > inside {
        let depth = entries.next_depth();
        let Some(abbreviation) = entries.read_abbreviation()? else { continue };
        if passed.is_some_and(|level| depth > level) {
            entries.skip_attributes(abbreviation.attributes())?;
            continue;
        }
        passed = None;
        match abbreviation.tag() {
            gimli::DW_TAG_inlined_subroutine => {
                let attributes = Attributes::read(&mut entries, abbreviation)?;
                if is_here(&attributes)? {
                    let Attributes { origin, name, linkage_name, call_file, call_line, .. } = attributes;
                    let name = linkage_name.or(name);
                    // One more says that there are too many.
                    if chain.len() <= MOST_INLINED {
                        chain.push(Inlined { origin, name, call_file, call_line });
                    }
                    if !abbreviation.has_children() {
                        break;
                    }
                    inside = depth;
                } else if abbreviation.has_children() {
                    passed = Some(depth);
                }
            }
            gimli::DW_TAG_subprogram => {
                entries.skip_attributes(abbreviation.attributes())?;
                passed = abbreviation.has_children().then_some(depth);
            }
            _ => entries.skip_attributes(abbreviation.attributes())?,
        }
    }
    Ok(chain)
}
