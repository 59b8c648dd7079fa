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
use super::table::{DOTS, Extent, Found, decide, is_kept, without_suffix, zeros};

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
        elf.each_piece(Search::overlap(), |piece| search.piece(piece));
        if search.is_full() {
            return None;
        }
        let Search { names, mut found, left_out, .. } = search;
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
    let mut perhaps = Perhaps::default();
    found.iter().for_each(|(at, _)| perhaps.add(*at as usize));
    let mut symbols = Vec::new();
    let mut banner = None;
    let may_be = |name, _| perhaps.has(name as usize);
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

/// What stands at the addresses `starts`, and what next.
fn places(elf: &mut Elf, code: &Code, starts: &[u64], left_out: &[u32]) -> Vec<Place> {
    if starts.is_empty() {
        return Vec::new();
    }
    let mut near = Perhaps::default();
    for start in starts {
        let number = (start >> NEAR) as usize;
        near.add(number);
        near.add(number + 1);
    }
    let mut places: Vec<Place> =
        starts.iter().map(|start| Place { start: *start, next: None, best: None }).collect();
    let may_be = |_, value: u64| near.has((value >> NEAR) as usize);
    elf.each_symbol(may_be, |entry| {
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
    /// By the last bytes of a name: the first name that has them, or [`NO_NAME`].
    heads: Vec<u16>,
    /// For each name the next one of the same last bytes, or [`NO_NAME`].
    next: Vec<u16>,
    /// Where a name stands, and which one.
    found: Vec<(u32, usize)>,
    /// Where names stand that kallsyms leaves out.
    left_out: Vec<u32>,
    /// Where names end in a piece.
    ends: Vec<u32>,
}

const NO_NAME: u16 = u16::MAX;

impl Search {
    fn new(names: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let is_fit = |name: &Vec<u8>| (TAIL..=LONGEST).contains(&name.len());
        let mut names: Vec<Vec<u8>> = names.into_iter().filter(is_fit).collect();
        names.push(BANNER.to_vec());
        names.sort_unstable();
        names.dedup();
        let mut heads = vec![NO_NAME; SLOTS];
        let mut next = Vec::with_capacity(names.len());
        for (number, name) in (0u16..).zip(&names) {
            let head = name.last_chunk().and_then(|tail| heads.get_mut(slot(*tail)));
            next.push(head.map_or(NO_NAME, |head| std::mem::replace(head, number)));
        }
        Self { names, heads, next, found: Vec::new(), left_out: Vec::new(), ends: Vec::new() }
    }

    /// Bytes before and behind the end of a name that have to be in one piece with it.
    fn overlap() -> (u64, u64) {
        (LONGEST as u64, BEHIND)
    }

    /// Whether more was found than there can be of anybody's names.
    fn is_full(&self) -> bool {
        self.found.len().max(self.left_out.len()) > MOST_PLACES
    }

    fn piece(&mut self, piece: &Piece<'_>) {
        if self.is_full() {
            return;
        }
        if piece.at == 0 && !is_kept(piece.bytes) {
            self.left_out.push(0);
        }
        let own = piece.bytes.get(piece.own.clone()).unwrap_or_default();
        let count = ends_of_names(own, &mut self.ends);
        for end in self.ends.iter().take(count) {
            let end = piece.own.start + *end as usize;
            let Some((before, behind)) = piece.bytes.split_at_checked(end) else { continue };
            let [first, next @ ..] = behind else { continue };
            if *first == 0 && !is_kept(next) {
                self.left_out.extend(place(piece, end + 1));
            }
            let Some(tail) = before.last_chunk() else { continue };
            let mut number = self.heads.get(slot(*tail)).copied().unwrap_or(NO_NAME);
            while let Some(name) = self.names.get(usize::from(number)) {
                if is_end(before, behind, name) {
                    let place = place(piece, end - name.len());
                    self.found.extend(place.map(|place| (place, usize::from(number))));
                }
                number = self.next.get(usize::from(number)).copied().unwrap_or(NO_NAME);
            }
        }
    }
}

/// Where NUL and dots are, and perhaps a few other bytes behind them: so many numbers of `ends`.
///
/// The length of the next name is a guess that mostly fails, which would take longer than all the rest; so nothing here
/// branches on it.
fn ends_of_names(bytes: &[u8], ends: &mut Vec<u32>) -> usize {
    ends.resize(bytes.len(), 0);
    let mut count = 0;
    let mut add = |at: usize, is_end: bool| {
        if let Some(end) = ends.get_mut(count) {
            *end = at as u32;
        }
        count += usize::from(is_end);
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in (0..).step_by(8).zip(words) {
        let word = u64::from_le_bytes(*word);
        let mut found = zeros(word) | zeros(word ^ DOTS);
        add(at + (found.trailing_zeros() >> 3) as usize, found != 0);
        found &= found.wrapping_sub(1);
        while found != 0 {
            add(at + (found.trailing_zeros() >> 3) as usize, true);
            found &= found - 1;
        }
    }
    for (at, byte) in (bytes.len() - rest.len()..).zip(rest) {
        add(at, matches!(byte, 0 | b'.'));
    }
    count
}

/// Whether `name` ends between these bytes: the whole name, or what link-time optimisation lengthened.
fn is_end(before: &[u8], behind: &[u8], name: &[u8]) -> bool {
    let lengthened = || behind.starts_with(b".llvm.") && without_suffix(&[name, b".llvm."].concat()) == name;
    before.ends_with(name) && (behind.first() == Some(&0) || lengthened())
}

/// Where a byte of a piece stands in the string table.
fn place(piece: &Piece<'_>, at: usize) -> Option<u32> {
    u32::try_from(piece.at + at as u64).ok()
}

/// Numbers that something is told apart by in a small table.
const SLOTS: usize = 1 << 12;

fn slot(tail: [u8; TAIL]) -> usize {
    (u32::from_le_bytes(tail).wrapping_mul(0x9e37_79b1) >> 20) as usize
}

/// Says of most numbers that were not added that they were not.
struct Perhaps(Vec<bool>);

impl Default for Perhaps {
    fn default() -> Self {
        Self(vec![false; SLOTS])
    }
}

impl Perhaps {
    fn add(&mut self, number: usize) {
        if let Some(bit) = self.0.get_mut(number % SLOTS) {
            *bit = true;
        }
    }

    #[inline]
    fn has(&self, number: usize) -> bool {
        self.0.get(number % SLOTS).copied().unwrap_or(false)
    }
}
