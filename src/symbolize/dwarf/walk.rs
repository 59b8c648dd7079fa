//! The way through the entries of a unit to its functions, past most of them.

use super::die::{Attributes, Entries, Slice};
use super::sections::Sections;
use super::unit::Head;
use gimli::{
    Abbreviation, DebugAbbrevOffset, Error, Result, SectionId, UnitHeader, UnitOffset, UnitSectionOffset,
    UnitType,
};

/// Bytes of a unit that are read at once.
const WINDOW: u64 = 32 << 10;

/// The way through the entries of a unit, of which no more is read than somebody goes. Places are counted from the
/// first entry.
pub(super) struct Walk<'w> {
    unit: &'w Head,
    short: ShortEntries<'w>,
    endian: gimli::RunTimeEndian,
    /// What was read of the unit.
    bytes: &'w mut Vec<u8>,
    /// Where that starts.
    from: u64,
    /// Where the next entry stands.
    at: u64,
}

impl<'w> Walk<'w> {
    pub(super) fn new(unit: &'w Head, endian: gimli::RunTimeEndian, bytes: &'w mut Vec<u8>) -> Self {
        bytes.clear();
        let short = ShortEntries::new(unit, endian == gimli::RunTimeEndian::Little);
        Self { unit, short, endian, bytes, from: 0, at: 0 }
    }

    /// The next entry that has to be read, and where it stands. An error ends the unit; what came before it stands.
    pub(super) fn next(&mut self, sections: &mut Sections) -> Option<(u64, NextEntry)> {
        let all = self.unit.length.checked_sub(self.unit.first)?;
        let mut length = WINDOW;
        loop {
            let tail = self.short.skip(self.bytes, self.from, &mut self.at)?;
            if let Some(entry) = tail.and_then(|tail| self.unit.next(tail, self.endian, self.at).ok()) {
                return Some((std::mem::replace(&mut self.at, entry.behind), entry));
            }
            // What was read ends here, or within the entry.
            let end = self.from.saturating_add(self.bytes.len() as u64);
            if self.at >= all || self.at < end && end >= all {
                return None;
            }
            if self.at == self.from && self.at < end {
                length = length.saturating_mul(4);
            }
            let (start, end) = (self.at, self.at.saturating_add(length).min(all));
            self.unit
                .read_bytes(sections, self.unit.first + start..self.unit.first + end, self.bytes)
                .ok()?;
            self.from = start;
        }
    }
}

/// An entry on the way through a unit; places are counted from its first entry.
pub(super) struct NextEntry {
    /// Its attributes, if it is a function with code.
    pub(super) function: Option<Attributes>,
    /// Where what is in it ends, or the unit.
    pub(super) end: u64,
    /// Where to go on.
    behind: u64,
}

/// What can be known of an entry by its abbreviation alone. Most entries of a unit are types whose attributes have
/// fixed lengths; to read each of them would be most of the time of a look-up.
#[derive(Debug, Clone, Copy)]
enum Short {
    /// Nobody asked yet.
    Unknown,
    /// It has to be read.
    No,
    /// So many bytes of attributes, and what follows is next.
    Pass(usize),
    /// Behind so many bytes stands, in four bytes, where the next entry of its level is.
    Jump(usize),
}

/// What is known of the entries with codes of one byte, which is one digit of LEB128.
struct ShortEntries<'w> {
    by_code: [Short; 0x80],
    unit: &'w Head,
    header: UnitHeader<Slice<'static>>,
    little: bool,
}

impl<'w> ShortEntries<'w> {
    fn new(unit: &'w Head, little: bool) -> Self {
        let header = UnitHeader::new(
            unit.encoding,
            0,
            UnitType::Compilation,
            DebugAbbrevOffset(0),
            SectionId::DebugInfo,
            UnitSectionOffset(0),
            Slice::new(&[], gimli::RunTimeEndian::Little),
        );
        Self { by_code: [Short::Unknown; 0x80], unit, header, little }
    }

    #[inline]
    fn of_code(&mut self, code: u8) -> Short {
        match self.by_code.get(usize::from(code)) {
            Some(Short::Unknown) => self.find(code),
            Some(short) => *short,
            None => Short::No,
        }
    }

    fn find(&mut self, code: u8) -> Short {
        let short = match code {
            // It ends a list of children.
            0 => Short::Pass(0),
            _ => self.unit.abbreviations.get(code.into()).map_or(Short::No, |a| self.of(a)),
        };
        if let Some(known) = self.by_code.get_mut(usize::from(code)) {
            *known = short;
        }
        short
    }

    fn of(&self, abbreviation: &Abbreviation) -> Short {
        let attributes = abbreviation.attributes();
        let has = |name| attributes.iter().any(|spec| spec.name() == name);
        let is_function = abbreviation.tag() == gimli::DW_TAG_subprogram;
        if is_function && (has(gimli::DW_AT_low_pc) || has(gimli::DW_AT_ranges)) {
            return Short::No;
        }
        let size = |specs: &[gimli::AttributeSpecification]| {
            specs.iter().map(|spec| spec.size(&self.header)).sum::<Option<usize>>()
        };
        let sibling = attributes.iter().position(|s| s.name() == gimli::DW_AT_sibling);
        match sibling.and_then(|at| attributes.split_at_checked(at)) {
            // What is in such an entry is of no interest unless functions can be among it.
            Some((before, [sibling, ..])) if !is_namespace(abbreviation.tag()) => {
                let is_short = sibling.form() == gimli::DW_FORM_ref4;
                size(before).filter(|_| is_short).map_or(Short::No, Short::Jump)
            }
            _ => size(attributes).map_or(Short::No, Short::Pass),
        }
    }

    /// Passes over entries that need not be read, in `bytes`, which stand at `from`; what follows them there. `None` if
    /// an entry leads back.
    fn skip<'b>(&mut self, bytes: &'b [u8], from: u64, at: &mut u64) -> Option<Option<&'b [u8]>> {
        let mut here = usize::try_from(at.checked_sub(from)?).ok()?;
        while let Some(code) = bytes.get(here) {
            here = match self.of_code(*code) {
                Short::Pass(length) => here.saturating_add(length).saturating_add(1),
                Short::Jump(before) => {
                    let field = bytes.get(here..).and_then(|entry| entry.get(before.saturating_add(1)..));
                    let Some(field) = field.and_then(|field| field.first_chunk()) else { break };
                    let next =
                        if self.little { u32::from_le_bytes(*field) } else { u32::from_be_bytes(*field) };
                    let next = u64::from(next).checked_sub(self.unit.first)?.checked_sub(from)?;
                    Some(usize::try_from(next).ok()?).filter(|next| *next > here)?
                }
                _ => break,
            };
        }
        *at = from.saturating_add(here as u64);
        Some(bytes.get(here..).filter(|tail| !tail.is_empty()))
    }
}

/// Entries that are always entered.
fn is_namespace(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_compile_unit
            | gimli::DW_TAG_partial_unit
            | gimli::DW_TAG_skeleton_unit
            | gimli::DW_TAG_namespace
            | gimli::DW_TAG_module
    )
}

impl Head {
    /// Reads the entry that `tail` starts with, `at` bytes behind the first of the unit.
    fn next(&self, tail: &[u8], endian: gimli::RunTimeEndian, at: u64) -> Result<NextEntry> {
        let tail = Slice::new(tail, endian);
        let start = usize::try_from(at).map_err(|_| Error::UnsupportedOffset)?;
        let mut entries = Entries::new(tail, self.encoding, &self.abbreviations, UnitOffset(start));
        let behind = |entries: &Entries<'_, '_>| entries.next_offset().0 as u64;
        let Some(abbreviation) = entries.read_abbreviation()? else {
            let behind = behind(&entries);
            return Ok(NextEntry { function: None, end: behind, behind });
        };
        let is_function = abbreviation.tag() == gimli::DW_TAG_subprogram;
        if !is_function && (!abbreviation.has_children() || is_namespace(abbreviation.tag())) {
            entries.skip_attributes(abbreviation.attributes())?;
            let behind = behind(&entries);
            return Ok(NextEntry { function: None, end: behind, behind });
        }
        let attributes = Attributes::read(&mut entries, abbreviation)?;
        let own_end = behind(&entries);
        // What is in an entry of a compiler that writes siblings (gcc) is no function of its own.
        let sibling = attributes.sibling.and_then(|s| s.checked_sub(self.first));
        let sibling = sibling.filter(|s| *s >= own_end && *s <= self.length - self.first);
        let has_code = attributes.low_pc.is_some() || attributes.ranges.is_some();
        let end = match sibling {
            Some(sibling) => sibling,
            None if abbreviation.has_children() => self.length - self.first,
            None => own_end,
        };
        let function = (is_function && has_code).then_some(attributes);
        Ok(NextEntry { function, end, behind: sibling.unwrap_or(own_end) })
    }
}
