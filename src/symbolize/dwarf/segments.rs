//! Every address of a file at once, for the index: where what is known of an address changes.

use super::die::{Attributes, Entries, Reference, Slice, Text};
use super::unit::{self, Unit};
use super::{Dwarf, Level, MAIN, MOST_INLINED};
use gimli::{Error, Result, UnitOffset};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// What is known from an address on, to the next segment.
#[derive(Debug)]
pub(crate) struct Segment<'l> {
    pub(crate) address: u64,
    /// As [`Dwarf::find`] gives them; empty where nothing is known any more.
    pub(crate) levels: &'l [Level],
}

/// A function, inlined or not, with its code.
struct Call {
    depth: usize,
    ranges: Vec<Range<u64>>,
    name: Option<Arc<str>>,
    /// Where it is inlined: file and line; of a function that is not, nothing.
    call: Option<(u64, Option<u32>)>,
}

impl Dwarf {
    /// Calls `visit` with every segment of every unit. Within a unit they come by address.
    pub(crate) fn each_segment(&mut self, mut visit: impl FnMut(&Segment<'_>)) {
        self.complete = true;
        self.add_units();
        let mut code: HashMap<u64, Vec<Range<u64>>> = HashMap::new();
        for (range, unit) in self.ranges.sorted() {
            code.entry(*unit).or_default().push(range.clone());
        }
        for offset in self.starts(MAIN) {
            let Some(code) = code.get(&offset) else { continue };
            self.files.iter_mut().for_each(super::Sections::refill);
            if let Some(unit) = self.read_unit(offset, None) {
                self.segments_of(&unit, code, &mut visit);
            }
            // What is kept for the next look-up would be all of the file here.
            self.heads.clear();
            self.names.clear();
            self.paths.clear();
        }
    }

    fn segments_of(&mut self, unit: &Unit, code: &[Range<u64>], visit: &mut impl FnMut(&Segment<'_>)) {
        let mut calls = Vec::new();
        let mut seen = HashMap::new();
        for function in &unit.functions {
            // A function with several ranges is several functions of the same entries.
            let known = seen.entry(function.entries.start).or_insert(calls.len());
            if *known == calls.len() {
                self.calls(unit, function.entries.clone(), &mut calls).unwrap_or_default();
            }
        }
        let mut events: Vec<(u64, bool, usize)> = Vec::new();
        for (number, call) in calls.iter().enumerate() {
            for range in &call.ranges {
                events.push((range.start, true, number));
                events.push((range.end, false, number));
            }
        }
        // Ends before starts.
        events.sort_unstable_by_key(|(address, starts, _)| (*address, *starts));
        let mut addresses: Vec<u64> = events.iter().map(|(address, ..)| *address).collect();
        addresses.extend(unit.lines.addresses());
        addresses.extend(code.iter().flat_map(|range| [range.start, range.end]));
        addresses.sort_unstable();
        addresses.dedup();
        let is_code = |address: u64| {
            let behind = code.partition_point(|range| range.start <= address);
            behind.checked_sub(1).and_then(|at| code.get(at)).is_some_and(|range| address < range.end)
        };
        let mut active: Vec<Option<usize>> = Vec::new();
        let mut next = events.into_iter().peekable();
        for address in addresses {
            while let Some((_, starts, number)) = next.next_if(|(at, ..)| *at <= address) {
                let depth = calls.get(number).map_or(0, |call| call.depth);
                active.resize(active.len().max(depth + 1), None);
                if let Some(slot) = active.get_mut(depth) {
                    if starts {
                        *slot = Some(number);
                    } else if *slot == Some(number) {
                        *slot = None;
                    }
                }
            }
            let chain = active.iter().map_while(|call| calls.get((*call)?));
            let levels = if is_code(address) { self.levels_of(unit, chain, address) } else { Vec::new() };
            visit(&Segment { address, levels: &levels });
        }
    }

    /// The levels of a chain of calls, of which the first is the function itself.
    fn levels_of<'c>(
        &mut self,
        unit: &Unit,
        chain: impl Iterator<Item = &'c Call>,
        address: u64,
    ) -> Vec<Level> {
        let mut chain: Vec<&Call> = chain.collect();
        let mut place = unit.lines.find(address);
        if chain.is_empty() && place.is_none() {
            return Vec::new();
        }
        let mut levels = Vec::with_capacity(chain.len().max(1));
        let function = (!chain.is_empty()).then(|| chain.remove(0));
        for call in chain.iter().rev() {
            levels.push(Level { name: call.name.clone(), source: self.source(unit, place) });
            place = call.call;
        }
        let name = function.and_then(|function| function.name.clone());
        levels.push(Level { name, source: self.source(unit, place) });
        levels
    }

    /// A function and all that is inlined into it.
    fn calls(&mut self, unit: &Unit, entries: Range<u64>, calls: &mut Vec<Call>) -> Result<()> {
        let head = Arc::clone(&unit.entries);
        let start = usize::try_from(entries.start).map_err(|_| Error::UnsupportedOffset)?;
        let mut bytes = Vec::new();
        head.read_bytes(self.file(unit.file)?, entries.clone(), &mut bytes)?;
        let slice = Slice::new(&bytes, self.file(unit.file)?.endian());
        let mut tree = Entries::new(slice, head.encoding, &head.abbreviations, UnitOffset(start));
        let bases = head.bases(&unit.head);
        let mut budget = unit::MOST_RANGES;
        // The levels of the tree at which the inlined functions stand that are open.
        let mut open: Vec<isize> = Vec::new();
        let mut passed: Option<isize> = None;
        loop {
            let depth = tree.next_depth();
            let is_first = open.is_empty();
            if !is_first && depth <= 0 {
                return Ok(());
            }
            let Some(abbreviation) = tree.read_abbreviation()? else { continue };
            open.truncate(open.partition_point(|level| *level < depth));
            if passed.is_some_and(|level| depth > level) {
                tree.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            passed = None;
            let is_inlined = abbreviation.tag() == gimli::DW_TAG_inlined_subroutine;
            if !is_first && !is_inlined {
                tree.skip_attributes(abbreviation.attributes())?;
                if abbreviation.tag() == gimli::DW_TAG_subprogram {
                    passed = abbreviation.has_children().then_some(depth);
                }
                continue;
            }
            let attributes = Attributes::read(&mut tree, abbreviation)?;
            let ranges = self.ranges(unit.file, (head.encoding, bases), &attributes, &mut budget)?;
            // One more says that there are too many.
            if open.len() <= MOST_INLINED + 1 {
                let call = self.call(unit, &attributes, entries.start, is_first);
                calls.push(Call { depth: open.len(), ranges, ..call });
            }
            if is_first && !abbreviation.has_children() {
                return Ok(());
            }
            open.push(depth);
        }
    }

    fn call(&mut self, unit: &Unit, attributes: &Attributes, own: u64, is_function: bool) -> Call {
        let text: Option<&Text> = attributes.linkage_name.as_ref().or(attributes.name.as_ref());
        let (file, entries, head) = (unit.file, &unit.entries, &unit.head);
        let name = match (text, attributes.origin) {
            _ if is_function => self.name(file, entries, head, Reference::Unit(own)),
            (Some(text), _) => self.text(file, entries, head, text),
            (None, origin) => origin.and_then(|origin| self.name(file, entries, head, origin)),
        };
        let line = attributes.call_line.and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0);
        let call = attributes.call_file.filter(|_| !is_function).map(|file| (file, line));
        Call { depth: 0, ranges: Vec::new(), name, call }
    }
}
