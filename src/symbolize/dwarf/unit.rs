//! One unit of `.debug_info`: its head, and which of its functions stand where.

use super::TRIED;
use super::die::{Address, Attributes, Entries, HighPc, Ranges, Slice, Text};
use super::lines::Lines;
use super::sections::Sections;
use super::walk::Walk;
use gimli::{
    Abbreviations, DebugAbbrev, DebugAbbrevOffset, DebugInfo, Encoding, Error, RangeLists, RawRngListEntry,
    Result, SectionId, UnitOffset, UnitType,
};
use std::ops::Range;
use std::sync::Arc;

/// Bytes in which a unit's header and its own entry stand, nearly always; and at most.
const HEAD: (u64, u64) = (512, 64 << 10);
/// Bytes in which its abbreviations stand, nearly always; and at most.
const ABBREVIATIONS: (u64, u64) = (8 << 10, 16 << 20);
/// Bytes in which a list of ranges stands, nearly always; and at most.
const RANGES: (u64, u64) = (128, 64 << 20);
/// Most ranges that are read for one look-up, so that entries which all point to one long list stay linear.
pub(super) const MOST_RANGES: u32 = 4 << 20;

/// What the beginning of a unit says.
#[derive(Debug)]
pub(super) struct Head {
    /// Where the unit starts in `.debug_info`.
    pub(super) offset: u64,
    /// Bytes of the unit, header included.
    pub(super) length: u64,
    pub(super) encoding: Encoding,
    pub(super) abbreviations: Abbreviations,
    /// Where its first entry stands, from the start of the unit.
    pub(super) first: u64,
    pub(super) root: Attributes,
    /// What ties it to its other half in a split file.
    pub(super) dwo_id: Option<u64>,
    /// Type units and their like have no code.
    pub(super) has_code: bool,
    share: Share,
}

/// Where the parts of other sections start that belong to a unit of a package; 0 of all others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    pub(super) abbreviations: u64,
    pub(super) str_offsets: u64,
    pub(super) rnglists: u64,
}

/// A function of a unit.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) range: Range<u64>,
    /// Where its entry and what is in it stand, from the start of the unit.
    pub(super) entries: Range<u64>,
}

/// A unit with what was read of it.
#[derive(Debug)]
pub(super) struct Unit {
    /// The unit that has the addresses and the lines.
    pub(super) head: Arc<Head>,
    /// Which file has the entries, and the unit there: the same, or its other half in a `.dwo` file.
    pub(super) file: usize,
    pub(super) entries: Arc<Head>,
    /// By start.
    pub(super) functions: Vec<Function>,
    pub(super) lines: Lines,
}

impl Unit {
    /// The function that has an address.
    pub(super) fn function(&self, address: u64) -> Option<&Function> {
        let behind = self.functions.partition_point(|f| f.range.start <= address);
        let before = self.functions.get(behind.saturating_sub(TRIED)..behind).unwrap_or_default();
        before.iter().rev().find(|f| address < f.range.end)
    }
}

/// Where the tables of a unit stand that its indices point into.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bases {
    pub(super) addr: u64,
    pub(super) str_offsets: u64,
    pub(super) rnglists: u64,
    /// Where the offsets of range lists are counted from.
    share: u64,
    pub(super) low_pc: u64,
}

/// How many bytes of the unit at `offset` there are, by its first field.
pub(super) fn length_at(sections: &mut Sections, offset: u64) -> Result<u64> {
    let id = SectionId::DebugInfo;
    let length = match sections.number(id, offset, 4)? {
        0xffff_ffff => sections.number(id, offset.saturating_add(4), 8)?.checked_add(12),
        short => short.checked_add(4),
    };
    length.filter(|l| *l > 4).ok_or(Error::UnknownReservedLength(0))
}

impl Head {
    pub(super) fn read(sections: &mut Sections, offset: u64) -> Result<Self> {
        Self::of_package(sections, offset, Share::default())
    }

    /// Reads the head of a unit whose offsets into other sections are counted from its share of them.
    pub(super) fn of_package(sections: &mut Sections, offset: u64, share: Share) -> Result<Self> {
        let length = length_at(sections, offset)?;
        let endian = sections.endian();
        let limits = (HEAD.0.min(length), HEAD.1.min(length));
        let (encoding, abbreviations_at, unit_type, first) =
            sections.parse(SectionId::DebugInfo, offset, limits, |bytes| {
                let bytes = shortened(bytes.to_vec(), endian == gimli::RunTimeEndian::Little);
                let section = DebugInfo::from(Slice::new(&bytes, endian));
                let header = section.units().next()?.ok_or(Error::UnexpectedEof(gimli::ReaderOffsetId(0)))?;
                let at = header.debug_abbrev_offset().0 as u64;
                Ok((header.encoding(), at, header.type_(), header.size_of_header() as u64))
            })?;
        let abbreviations_at = abbreviations_at.saturating_add(share.abbreviations);
        let abbreviations =
            sections.parse_list(SectionId::DebugAbbrev, abbreviations_at, ABBREVIATIONS, |bytes| {
                DebugAbbrev::from(Slice::new(bytes, endian)).abbreviations(DebugAbbrevOffset(0))
            })?;
        let root = sections.parse(SectionId::DebugInfo, offset.saturating_add(first), limits, |bytes| {
            let start = usize::try_from(first).map_err(|_| Error::UnsupportedOffset)?;
            let entries = Slice::new(bytes, endian);
            let mut entries = Entries::new(entries, encoding, &abbreviations, UnitOffset(start));
            let abbreviation = entries.read_abbreviation()?.ok_or(Error::MissingUnitDie)?;
            Attributes::read(&mut entries, abbreviation)
        })?;
        let dwo_id = match unit_type {
            UnitType::Skeleton(id) | UnitType::SplitCompilation(id) => Some(id.0),
            _ => root.dwo_id,
        };
        let has_code = !matches!(unit_type, UnitType::Type { .. } | UnitType::SplitType { .. });
        Ok(Self { offset, length, encoding, abbreviations, first, root, dwo_id, has_code, share })
    }

    /// Reads bytes of the unit, by offsets from its start, into `bytes`.
    pub(super) fn read_bytes(
        &self,
        sections: &mut Sections,
        range: Range<u64>,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        let end = range.end.min(self.length);
        let from = self.offset.saturating_add(range.start.min(end));
        sections.read(SectionId::DebugInfo, from..self.offset.saturating_add(end), bytes)
    }

    /// The attributes of the entry at `at` from the start of the unit.
    pub(super) fn entry(&self, sections: &mut Sections, at: u64) -> Result<Attributes> {
        let left = self.length.checked_sub(at).ok_or(Error::OffsetOutOfBounds(at))?;
        let endian = sections.endian();
        let start = usize::try_from(at).map_err(|_| Error::UnsupportedOffset)?;
        let limits = (128.min(left), left);
        sections.parse(SectionId::DebugInfo, self.offset.saturating_add(at), limits, |bytes| {
            let bytes = Slice::new(bytes, endian);
            let mut entries = Entries::new(bytes, self.encoding, &self.abbreviations, UnitOffset(start));
            let abbreviation = entries.read_abbreviation()?.ok_or(Error::OffsetOutOfBounds(at))?;
            Attributes::read(&mut entries, abbreviation)
        })
    }

    /// Where the tables of the entries stand, if the addresses are those of `skeleton`.
    pub(super) fn bases(&self, skeleton: &Self) -> Bases {
        let new = self.encoding.version >= 5;
        // The header of a table: length, version, padding; for range lists a count too.
        let (length, strings, lists) = match self.encoding.format {
            gimli::Format::Dwarf32 => (4, 8, 12),
            gimli::Format::Dwarf64 => (12, 16, 20),
        };
        let default = |header: u64| if new { header } else { 0 };
        let strings = self.root.str_offsets_base.unwrap_or_else(|| default(strings));
        let lists = match new {
            true => self.root.rnglists_base.unwrap_or(lists),
            // Only the skeleton says it.
            false => skeleton.root.rnglists_base.unwrap_or(0),
        };
        let low_pc = match skeleton.root.low_pc {
            Some(Address::Is(address)) => address,
            _ => 0,
        };
        Bases {
            addr: skeleton.root.addr_base.unwrap_or_else(|| default(length + 4)),
            str_offsets: self.share.str_offsets.saturating_add(strings),
            rnglists: self.share.rnglists.saturating_add(lists),
            share: self.share.rnglists,
            low_pc,
        }
    }

    /// The functions of the unit that have code, by address; only those up to the one that has the address that is
    /// `wanted`. `bytes` is memory to read into.
    pub(super) fn functions(
        &self,
        sections: &mut Sections,
        bytes: &mut Vec<u8>,
        wanted: Option<u64>,
        mut ranges_of: impl FnMut(&mut Sections, &Attributes) -> Result<Vec<Range<u64>>>,
    ) -> Result<Vec<Function>> {
        let mut walk = Walk::new(self, sections.endian(), bytes);
        let mut functions = Vec::new();
        while let Some((at, entry)) = walk.next(sections) {
            let Some(attributes) = entry.function else { continue };
            let entries = self.first + at..self.first + entry.end;
            let ranges = ranges_of(sections, &attributes)?;
            let is_enough = wanted.is_some_and(|wanted| ranges.iter().any(|r| r.contains(&wanted)));
            let of_range = |range| Function { range, entries: entries.clone() };
            functions.extend(ranges.into_iter().map(of_range));
            if is_enough {
                break;
            }
        }
        // Without siblings (clang) a function ends where the next one begins.
        let mut starts: Vec<u64> = functions.iter().map(|f| f.entries.start).collect();
        starts.dedup();
        for function in functions.iter_mut().filter(|f| f.entries.end == self.length) {
            let behind = starts.partition_point(|start| *start <= function.entries.start);
            function.entries.end = starts.get(behind).copied().unwrap_or(self.length);
        }
        functions.sort_unstable_by_key(|f| (f.range.start, f.range.end));
        Ok(functions)
    }
}

/// The beginning of a unit, made a unit of its own: its length says how much there is.
fn shortened(mut bytes: Vec<u8>, little: bool) -> Vec<u8> {
    let wide = bytes.get(..4) == Some(&[0xff; 4]);
    let (field, size) = if wide { (4..12, 12) } else { (0..4, 4) };
    let length = (bytes.len() as u64).saturating_sub(size);
    if let Some(field) = bytes.get_mut(field) {
        let digits = length.to_le_bytes();
        let digits = digits.iter().take(field.len());
        if little {
            field.iter_mut().zip(digits).for_each(|(b, d)| *b = *d);
        } else {
            field.iter_mut().rev().zip(digits).for_each(|(b, d)| *b = *d);
        }
    }
    bytes
}

/// The address that an attribute is or points to; `main` has the table of addresses.
pub(super) fn address(main: &mut Sections, encoding: Encoding, bases: Bases, of: Address) -> Result<u64> {
    match of {
        Address::Is(address) => Ok(address),
        Address::Index(index) => {
            let at = bases.addr.saturating_add(index.saturating_mul(u64::from(encoding.address_size)));
            main.number(SectionId::DebugAddr, at, encoding.address_size)
        }
    }
}

/// The code that an entry is of. `files` are the file of the addresses and, where it is another, that of the entries.
pub(super) fn ranges(
    files: &mut Files<'_>,
    (encoding, bases): (Encoding, Bases),
    attributes: &Attributes,
    budget: &mut u32,
) -> Result<Vec<Range<u64>>> {
    if let Some(list) = attributes.ranges {
        return listed(files, encoding, bases, list, budget);
    }
    let Some(low) = attributes.low_pc else { return Ok(Vec::new()) };
    let low = address(files.main, encoding, bases, low)?;
    let high = match attributes.high_pc {
        Some(HighPc::Size(size)) => low.saturating_add(size),
        Some(HighPc::Is(high)) => address(files.main, encoding, bases, high)?,
        None => low,
    };
    Ok(std::iter::once(low..high).filter(|range| range.start < range.end).collect())
}

/// The file that has addresses, and the one that has entries if that is another.
pub(super) struct Files<'f> {
    pub(super) main: &'f mut Sections,
    pub(super) split: Option<&'f mut Sections>,
}

impl Files<'_> {
    pub(super) fn entries(&mut self) -> &mut Sections {
        match &mut self.split {
            Some(split) => split,
            None => self.main,
        }
    }
}

fn listed(
    files: &mut Files<'_>,
    encoding: Encoding,
    bases: Bases,
    list: Ranges,
    budget: &mut u32,
) -> Result<Vec<Range<u64>>> {
    let new = encoding.version >= 5;
    let id = if new { SectionId::DebugRngLists } else { SectionId::DebugRanges };
    // Before DWARF 5 the lists stand in the main file even if the entries do not.
    let whole = files.split.is_none();
    let sections = if new { files.entries() } else { &mut *files.main };
    let at = match list {
        Ranges::Offset(offset) if new || whole => bases.share.saturating_add(offset),
        Ranges::Offset(offset) => bases.rnglists.saturating_add(offset),
        Ranges::Index(index) => {
            let size = encoding.format.word_size();
            let at = bases.rnglists.saturating_add(index.saturating_mul(u64::from(size)));
            bases.rnglists.saturating_add(sections.number(id, at, size)?)
        }
    };
    let endian = sections.endian();
    let entries = sections.parse_list(id, at, RANGES, |bytes| {
        let bytes = Slice::new(bytes, endian);
        let lists = RangeLists::new(bytes.into(), bytes.into());
        let mut raw = lists.raw_ranges(gimli::RangeListsOffset(0), encoding)?;
        let mut entries = Vec::new();
        while let Some(entry) = raw.next()? {
            *budget = budget.checked_sub(1).ok_or(Error::TooManyRegisterRules)?;
            entries.push(entry);
        }
        Ok(entries)
    })?;
    resolve(files.main, encoding, bases, &entries)
}

fn resolve(
    main: &mut Sections,
    encoding: Encoding,
    bases: Bases,
    entries: &[RawRngListEntry<usize>],
) -> Result<Vec<Range<u64>>> {
    let mut base = bases.low_pc;
    let mut ranges = Vec::new();
    let mut indexed = |index: usize| address(main, encoding, bases, Address::Index(index as u64));
    for entry in entries {
        let (begin, end) = match *entry {
            RawRngListEntry::BaseAddress { addr } => {
                base = addr;
                continue;
            }
            RawRngListEntry::BaseAddressx { addr } => {
                base = indexed(addr.0)?;
                continue;
            }
            RawRngListEntry::StartxEndx { begin, end } => (indexed(begin.0)?, indexed(end.0)?),
            RawRngListEntry::StartxLength { begin, length } => {
                let begin = indexed(begin.0)?;
                (begin, begin.wrapping_add(length))
            }
            RawRngListEntry::AddressOrOffsetPair { begin, end }
            | RawRngListEntry::OffsetPair { begin, end } => {
                (base.wrapping_add(begin), base.wrapping_add(end))
            }
            RawRngListEntry::StartEnd { begin, end } => (begin, end),
            RawRngListEntry::StartLength { begin, length } => (begin, begin.wrapping_add(length)),
        };
        if begin < end {
            ranges.push(begin..end);
        }
    }
    Ok(ranges)
}

/// The bytes of a string.
pub(super) fn text(
    sections: &mut Sections,
    encoding: Encoding,
    bases: Bases,
    text: &Text,
) -> Result<Vec<u8>> {
    match text {
        Text::Here(bytes) => Ok(bytes.clone()),
        Text::Str(at) => sections.string(SectionId::DebugStr, *at),
        Text::LineStr(at) => sections.string(SectionId::DebugLineStr, *at),
        Text::Index(index) => {
            let size = encoding.format.word_size();
            let at = bases.str_offsets.saturating_add(index.saturating_mul(u64::from(size)));
            let at = sections.number(SectionId::DebugStrOffsets, at, size)?;
            sections.string(SectionId::DebugStr, at)
        }
    }
}
