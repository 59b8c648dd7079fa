//! The few symbols that somebody is known to ask for, picked out of a symbol table that is not kept.
//!
//! A trace names twenty functions, a kernel has a hundred thousand symbols. To keep, hash and sort them all is most of
//! the time of a short run, and half of that is the memory: pages that are touched for the first time cost more than
//! what is read into them. So the table goes by in pieces, three times: once its strings, for where the names stand
//! ([`super::search`]), then the symbols, for those that have one of these names, then the symbols again, for what
//! follows each of them, because the size of a trace counts to the next symbol.
//!
//! The answers are those of [`super::table::Table`]. What this cannot know for sure it does not know at all, and
//! then the table has to be read.

use super::elf::{BANNER, Code, Elf};
use super::search::{Perhaps, Search};
use super::table::{Extent, Found, decide, is_kept};

/// Most names that are looked for; with more of them it is faster to read the whole table.
pub(crate) const MOST_NAMES: usize = 256;
/// Most symbols that may have these names.
const MOST_SYMBOLS: usize = 1024;
/// Bits of an address within its neighbourhood: what comes next is looked for in this and in the following one. Few
/// functions are longer.
const NEAR: u32 = 14;
/// Most symbols that are looked at for one that ends a function.
const MOST_TRIED: usize = 64;

/// What the symbol table says of the functions with some names.
#[derive(Debug)]
pub(crate) struct Picked {
    names: Vec<Vec<u8>>,
    symbols: Vec<Symbol>,
    /// Functions by start.
    places: Vec<Place>,
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
    extent: Extent,
    /// Where the function's name stands.
    name: u32,
}

/// A symbol in the neighbourhood of one that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Neighbour {
    address: u64,
    has_size: bool,
    name: u32,
}

impl Picked {
    /// Looks for the functions that have the `names`; `None` if what there is does not let itself be picked.
    pub(crate) fn read(elf: &mut Elf, mut names: Vec<Vec<u8>>) -> Option<Self> {
        // Their symbols have no addresses, only places in their sections.
        if elf.is_relocatable() {
            return None;
        }
        names.push(BANNER.to_vec());
        let mut search = Search::new(names);
        elf.each_piece(Search::OVERLAP, |piece| search.piece(piece));
        let (names, found) = search.found()?;
        let code = elf.code();
        let symbols = symbols(elf, &code, &names, &found)?;
        let mut starts: Vec<u64> = symbols.iter().map(|s| s.address).collect();
        starts.sort_unstable();
        starts.dedup();
        let neighbours = neighbours(elf, &code, &starts);
        let places = starts.into_iter().map(|start| place(elf, &code, &neighbours, start));
        Some(Self { names, symbols, places: places.collect::<Option<_>>()? })
    }

    /// The function that a trace calls `name`, `size` bytes long, if the name was looked for.
    pub(crate) fn find(&self, name: &[u8], size: Option<u64>) -> Option<Found> {
        let number = self.names.binary_search_by(|known| known.as_slice().cmp(name)).ok()?;
        let symbols = self.symbols.iter().filter(|symbol| symbol.name == number);
        let candidates = symbols.filter_map(|s| Some((s.address, s.size, self.place(s.address)?.extent)));
        Some(decide(candidates, size))
    }

    /// The function that an address stands in if it is one of those: where its name stands, its start, its size.
    pub(crate) fn at(&self, address: u64) -> Option<(u32, u64, u64)> {
        let place = self.place(address)?;
        let size = place.extent.size;
        (address - place.start < size).then_some((place.name, place.start, size))
    }

    fn place(&self, address: u64) -> Option<&Place> {
        let behind = self.places.partition_point(|place| place.start <= address);
        self.places.get(behind.checked_sub(1)?)
    }
}

/// The symbols of code that have one of the names, which stand where they were `found`.
fn symbols(elf: &mut Elf, code: &Code, names: &[Vec<u8>], found: &[(u32, usize)]) -> Option<Vec<Symbol>> {
    let mut perhaps = Perhaps::default();
    found.iter().for_each(|(at, _)| perhaps.add(*at));
    let mut symbols = Vec::new();
    let mut banner = None;
    let may_be = |name, _| perhaps.has(name);
    elf.each_symbol(may_be, |entry| {
        let first = found.partition_point(|(at, _)| *at < entry.name);
        let of_name = found.get(first..).unwrap_or_default().iter().take_while(|(at, _)| *at == entry.name);
        for (_, name) in of_name {
            match code.address(entry) {
                Some(_) if symbols.len() > MOST_SYMBOLS => {}
                Some(address) => symbols.push(Symbol { name: *name, address, size: entry.size }),
                None if code.is_data(entry) && names.get(*name).is_some_and(|name| name == BANNER) => {
                    banner = Some(*entry);
                }
                None => {}
            }
        }
    });
    if let Some(entry) = banner {
        elf.set_banner(&entry);
    }
    (symbols.len() <= MOST_SYMBOLS).then_some(symbols)
}

/// The symbols that stand at the addresses `starts` or may come next, by address.
fn neighbours(elf: &mut Elf, code: &Code, starts: &[u64]) -> Vec<Neighbour> {
    if starts.is_empty() {
        return Vec::new();
    }
    let mut near = Perhaps::default();
    for start in starts {
        near.add(neighbourhood(*start));
        near.add(neighbourhood(*start).wrapping_add(1));
    }
    let mut neighbours = Vec::new();
    let may_be = |_, value| near.has(neighbourhood(value));
    elf.each_symbol(may_be, |entry| {
        let of = |address| Neighbour { address, has_size: entry.size > 0, name: entry.name };
        neighbours.extend(code.address(entry).map(of));
    });
    neighbours.sort_unstable();
    neighbours
}

fn neighbourhood(address: u64) -> u32 {
    (address >> NEAR) as u32
}

/// What stands at `start`. It ends at the next symbol that kallsyms keeps, or with its section; `None` if that is
/// further away than it was looked at.
fn place(elf: &mut Elf, code: &Code, neighbours: &[Neighbour], start: u64) -> Option<Place> {
    let mut is_kept = |symbol: &Neighbour| elf.name(symbol.name).is_some_and(|name| is_kept(&name));
    let section = code.around(start)?;
    let first = neighbours.partition_point(|symbol| symbol.address < start);
    let behind = neighbours.partition_point(|symbol| symbol.address <= start);
    let here = neighbours.get(first..behind)?.iter().rev();
    // Of the names of one address the last that has a size is the function's.
    let own = here.take(MOST_TRIED).find(|symbol| is_kept(symbol))?;
    let after = neighbours.get(behind..neighbours.partition_point(|symbol| symbol.address < section.end))?;
    let end = match after.iter().take(MOST_TRIED).find(|symbol| is_kept(symbol)) {
        Some(next) => next.address,
        None if after.len() > MOST_TRIED => return None,
        None => section.end,
    };
    let seen = ((start >> NEAR) + 2) << NEAR;
    (end <= seen).then(|| Place { start, extent: Extent::new(start, end, Some(section)), name: own.name })
}
