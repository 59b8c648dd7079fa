//! The few symbols that somebody is known to ask for, picked out of a symbol table that is not kept.
//!
//! A trace names twenty functions, a kernel has a hundred thousand symbols. To keep, hash and sort them all is most of
//! the time of a short run, and half of that is the memory: pages that are touched for the first time cost more than
//! what is read into them. So the table goes by in pieces, three times: once its strings, for where the names stand
//! ([`Search`]), then the symbols, for those that have one of these names, then the symbols again, for what follows
//! each of them, because the size of a trace counts to the next symbol.
//!
//! The answers are those of [`super::table::Table`]. What this cannot know for sure it does not know at all, and
//! then the table has to be read.

use super::elf::{BANNER, Code, Elf, Piece};
use super::table::{Extent, Found, decide, is_kept, without_suffix};

/// Most names that are looked for; with more of them it is faster to read the whole table.
pub(crate) const MOST_NAMES: usize = 256;
/// Most symbols that may have these names.
const MOST_SYMBOLS: usize = 1024;
/// Longest name, shortest name.
const LONGEST: usize = 1024;
/// Bytes at the end of a name by which most others are told apart from it; shorter names are not looked for.
const TAIL: usize = 4;
/// What may follow a name, and is looked at: `.llvm.`, or the next name's beginning.
const BEHIND: u64 = 16;
/// Bits of an address below those of its neighbourhood.
const NEAR: u32 = 16;
/// Most places of the string table that are remembered.
const MOST_PLACES: usize = 1 << 20;

/// What the symbol table says of the functions with some names.
#[derive(Debug)]
pub(crate) struct Picked {
    names: Vec<Vec<u8>>,
    symbols: Vec<Symbol>,
    /// Functions by start.
    places: Vec<Place>,
    code: Code,
}

/// A symbol of code that has one of the names.
#[derive(Debug)]
struct Symbol {
    /// Which one of the names.
    name: usize,
    address: u64,
    size: u64,
}

/// What stands at an address at which such a symbol does.
#[derive(Debug)]
struct Place {
    start: u64,
    /// Where the next symbol is, if one was seen, and where its name stands.
    next: Option<(u64, u32)>,
    /// Of the symbols here: whether it has a size, where its name stands; the greatest is the function's.
    best: Option<(bool, u32)>,
}

impl Picked {
    /// Looks for the functions that have the `names`; `None` if what there is does not let itself be picked.
    pub(crate) fn read(elf: &mut Elf, names: impl IntoIterator<Item = Vec<u8>>) -> Option<Self> {
        // Their symbols have no addresses, only places in their sections.
        if elf.is_relocatable() {
            return None;
        }
        let mut search = Search::new(names);
        elf.each_piece(search.overlap(), |piece| search.piece(piece));
        let Search { names, mut found, left_out, .. } = search;
        if found.len().max(left_out.len()) > MOST_PLACES {
            return None;
        }
        found.sort_unstable();
        let code = elf.code();
        let symbols = symbols(elf, &code, &names, &found)?;
        let mut starts: Vec<u64> = symbols.iter().map(|s| s.address).collect();
        starts.sort_unstable();
        starts.dedup();
        let places = places(elf, &code, &starts, &left_out);
        let picked = Self { names, symbols, places, code };
        picked.is_sure(elf).then_some(picked)
    }

    /// The function that a trace calls `name`, `size` bytes long, if the name was looked for.
    pub(crate) fn find(&self, name: &[u8], size: Option<u64>) -> Option<Found> {
        let number = self.names.binary_search_by(|known| known.as_slice().cmp(name)).ok()?;
        let symbols = self.symbols.iter().filter(|symbol| symbol.name == number);
        let candidates = symbols.filter_map(|s| Some((s.address, s.size, self.extent(self.place(s.address)?))));
        Some(decide(candidates, size))
    }

    /// The function that an address stands in if it is one of those: where its name stands, its start, its size.
    pub(crate) fn at(&self, address: u64) -> Option<(u32, u64, u64)> {
        let place = self.place(address)?;
        let size = self.extent(place).size;
        let (_, name) = place.best?;
        (address - place.start < size).then_some((name, place.start, size))
    }

    fn place(&self, address: u64) -> Option<&Place> {
        let behind = self.places.partition_point(|place| place.start <= address);
        self.places.get(behind.checked_sub(1)?)
    }

    fn extent(&self, place: &Place) -> Extent {
        let next = place.next.map_or(u64::MAX, |(next, _)| next);
        Extent::new(place.start, next, self.code.around(place.start))
    }

    /// Whether each place ends where it seems to: at a symbol that kallsyms keeps, or with its section, and in the
    /// neighbourhood that was looked at.
    fn is_sure(&self, elf: &mut Elf) -> bool {
        let mut is_kept = |name| elf.name(name).is_some_and(|name| is_kept(&name));
        self.places.iter().all(|place| {
            let Some(section) = self.code.around(place.start) else { return false };
            let end = place.next.map_or(section.end, |(next, _)| next.min(section.end));
            let seen = ((place.start >> NEAR) + 2) << NEAR;
            let names = [place.best.map(|(_, name)| name), place.next.map(|(_, name)| name)];
            end <= seen && place.best.is_some() && names.into_iter().flatten().all(&mut is_kept)
        })
    }
}

/// The symbols of code that have one of the names.
fn symbols(
    elf: &mut Elf,
    code: &Code,
    names: &[Vec<u8>],
    found: &[(u32, usize)],
) -> Option<Vec<Symbol>> {
    let mut perhaps = Perhaps::new();
    found.iter().for_each(|(at, _)| perhaps.add(*at as usize));
    let mut symbols = Vec::new();
    let mut banner = None;
    let mut is_much = false;
    elf.each_symbol(|entry| {
        if is_much || !perhaps.has(entry.name as usize) {
            return;
        }
        let first = found.partition_point(|(at, _)| *at < entry.name);
        let of_name = found.get(first..).unwrap_or_default().iter().take_while(|(at, _)| *at == entry.name);
        for (_, name) in of_name {
            match code.address(entry) {
                Some(address) => symbols.push(Symbol { name: *name, address, size: entry.size }),
                None if code.is_data(entry) && names.get(*name).is_some_and(|name| name == BANNER) => {
                    banner = Some(*entry);
                }
                None => {}
            }
        }
        is_much = symbols.len() > MOST_SYMBOLS;
    });
    if let Some(entry) = banner {
        elf.set_banner(&entry);
    }
    (!is_much).then_some(symbols)
}

/// What stands at the addresses `starts`, and what next.
fn places(elf: &mut Elf, code: &Code, starts: &[u64], left_out: &[u32]) -> Vec<Place> {
    if starts.is_empty() {
        return Vec::new();
    }
    let mut near = Perhaps::new();
    for start in starts {
        let number = (start >> NEAR) as usize;
        near.add(number);
        near.add(number + 1);
    }
    let mut places: Vec<Place> =
        starts.iter().map(|start| Place { start: *start, next: None, best: None }).collect();
    elf.each_symbol(|entry| {
        if !near.has((entry.value >> NEAR) as usize) {
            return;
        }
        let Some(address) = code.address(entry) else { return };
        let behind = places.partition_point(|place| place.start <= address);
        let Some(place) = behind.checked_sub(1).and_then(|at| places.get_mut(at)) else { return };
        let is_next = address > place.start && place.next.is_none_or(|(next, _)| address < next);
        let rank = Some((entry.size > 0, entry.name));
        let is_best = address == place.start && rank > place.best;
        if (is_next || is_best) && left_out.binary_search(&entry.name).is_err() {
            if is_next {
                place.next = Some((address, entry.name));
            } else {
                place.best = rank;
            }
        }
    });
    places
}

/// Looks for names in a string table.
///
/// A linker lets a name that another one ends with stand in that one's bytes, so names are known by their ends.
struct Search {
    names: Vec<Vec<u8>>,
    /// By the last bytes of a name: the first name that has them, in a table of a power of two.
    heads: Vec<Option<usize>>,
    /// For each name the next one.
    next: Vec<Option<usize>>,
    /// Where a name stands, and which one.
    found: Vec<(u32, usize)>,
    /// Where names stand that kallsyms leaves out.
    left_out: Vec<u32>,
}

impl Search {
    fn new(names: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let is_fit = |name: &Vec<u8>| (TAIL..=LONGEST).contains(&name.len());
        let mut names: Vec<Vec<u8>> = names.into_iter().filter(is_fit).collect();
        names.push(BANNER.to_vec());
        names.sort_unstable();
        names.dedup();
        let mut heads = vec![None; Perhaps::BITS];
        let mut next = Vec::with_capacity(names.len());
        for (number, name) in names.iter().enumerate() {
            let head = name.last_chunk().and_then(|tail| heads.get_mut(slot(*tail)));
            next.push(head.and_then(|head| head.replace(number)));
        }
        Self { names, heads, next, found: Vec::new(), left_out: Vec::new() }
    }

    /// Bytes before and behind the end of a name that have to be in one piece with it.
    fn overlap(&self) -> (u64, u64) {
        (LONGEST as u64, BEHIND)
    }

    fn piece(&mut self, piece: &Piece<'_>) {
        if self.found.len().max(self.left_out.len()) > MOST_PLACES {
            return;
        }
        if piece.at == 0 && !is_kept(piece.bytes) {
            self.left_out.push(0);
        }
        let own = piece.bytes.get(piece.own.clone()).unwrap_or_default();
        for end in memchr::memchr2_iter(0, b'.', own) {
            let Some((before, behind)) = piece.bytes.split_at_checked(piece.own.start + end) else { continue };
            let [first, next @ ..] = behind else { continue };
            if *first == 0 && !is_kept(next) {
                self.left_out.extend(offset(piece.at, before.len() + 1));
            }
            let Some(tail) = before.last_chunk() else { continue };
            let mut number = self.heads.get(slot(*tail)).copied().flatten();
            while let Some(at) = number {
                let Some(name) = self.names.get(at) else { break };
                if ends(before, behind, name) {
                    self.found.extend(offset(piece.at, before.len() - name.len()).map(|place| (place, at)));
                }
                number = self.next.get(at).copied().flatten();
            }
        }
    }
}

/// Whether `name` ends between these bytes: the whole name, or what link-time optimisation lengthened.
fn ends(before: &[u8], behind: &[u8], name: &[u8]) -> bool {
    if !before.ends_with(name) {
        return false;
    }
    behind.first() == Some(&0) || behind.starts_with(b".llvm.") && {
        let long = [name, b".llvm."].concat();
        without_suffix(&long) == name
    }
}

fn offset(piece: u64, at: usize) -> Option<u32> {
    u32::try_from(piece + at as u64).ok()
}

fn slot(tail: [u8; TAIL]) -> usize {
    (u32::from_le_bytes(tail).wrapping_mul(0x9e37_79b1) >> 20) as usize
}

/// Says of most numbers that were not added that they were not.
struct Perhaps(Vec<bool>);

impl Perhaps {
    const BITS: usize = 1 << 12;

    fn new() -> Self {
        Self(vec![false; Self::BITS])
    }

    fn add(&mut self, number: usize) {
        if let Some(bit) = self.0.get_mut(number % Self::BITS) {
            *bit = true;
        }
    }

    #[inline]
    fn has(&self, number: usize) -> bool {
        self.0.get(number % Self::BITS).copied().unwrap_or(false)
    }
}
