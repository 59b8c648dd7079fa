//! The symbols of code, by name and by address.
//!
//! All of them: one pass over `.symtab` and one sort; names stay where they are, in one copy of `.strtab`. A trace names a place
//! as `function+offset/size`, and there the size is not the symbol's own but the distance to the next symbol
//! (`get_symbol_pos` in `kernel/kallsyms.c`), padding included. It is what tells namesakes apart, and what tells that
//! a trace comes from another build.

use super::elf::{BANNER, Code, Elf};
use std::ops::Range;

/// A symbol of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// Link-time address.
    pub(crate) address: u64,
    /// Bytes, as the compiler said; 0 where assembler said nothing.
    pub(crate) size: u64,
    /// Where in the string table the name stands.
    pub(crate) name: u32,
    /// Of the name.
    hash: u32,
}

/// What a function's name and size stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// The start of the one function that fits.
    One(u64),
    /// No function has the name.
    None,
    /// Functions have the name, none the size: another build. The sizes that there are.
    OtherSize(Vec<u64>),
    /// So many functions have name and size.
    Ambiguous(usize),
}

/// The symbols of one file.
#[derive(Debug, Default)]
pub(crate) struct Table {
    names: Vec<u8>,
    /// By address.
    symbols: Vec<Symbol>,
    /// By hash of the name: the first symbol, or [`END`].
    heads: Vec<u32>,
    /// For each symbol the next of the same hash, or [`END`].
    next: Vec<u32>,
    code: Code,
}

const END: u32 = u32::MAX;

/// A table while symbols are added to it.
#[derive(Debug)]
pub(crate) struct Builder {
    names: Vec<u8>,
    symbols: Vec<Symbol>,
    /// Those added last, whose names nobody looked at yet.
    added: Vec<Symbol>,
}

/// Symbols whose names are looked at together.
const TOGETHER: usize = 1024;

impl Builder {
    /// A table of symbols whose names stand in `names`.
    pub(crate) fn new(names: Vec<u8>) -> Self {
        Self { names, symbols: Vec::new(), added: Vec::with_capacity(TOGETHER) }
    }

    /// Adds a symbol, unless kallsyms leaves it out.
    pub(crate) fn add(&mut self, address: u64, size: u64, name: u32) {
        self.added.push(Symbol { address, size, name, hash: 0 });
        if self.added.len() == TOGETHER {
            self.name();
        }
    }

    /// Hashes the names of the symbols added last.
    ///
    /// The names of a kernel are spread over megabytes, and to hash them one after the other is mostly to wait for
    /// memory. Here a look at the beginnings of many comes first, so short that memory is asked for many at once.
    fn name(&mut self) {
        let Self { names, symbols, added } = self;
        let tail = |name| usize::try_from(name).ok().and_then(|at| names.get(at..)).unwrap_or_default();
        added.retain(|symbol| is_kept(tail(symbol.name)));
        added.truncate((END as usize).saturating_sub(symbols.len()));
        for symbol in added.iter_mut() {
            symbol.hash = hash(tail(symbol.name));
        }
        symbols.append(added);
    }

    /// The table, of symbols that stand in the sections `code`.
    pub(crate) fn table(mut self, code: Code) -> Table {
        self.name();
        let Self { names, mut symbols, .. } = self;
        symbols.sort_unstable_by_key(|s| (s.address, s.name));
        let mut heads = vec![END; symbols.len().next_power_of_two()];
        let mut next = Vec::with_capacity(symbols.len());
        for (at, symbol) in (0u32..).zip(&symbols) {
            let slot = slot(symbol.hash, &heads);
            let head = heads.get_mut(slot).map(|head| std::mem::replace(head, at));
            next.push(head.unwrap_or(END));
        }
        Table { names, symbols, heads, next, code }
    }
}

impl Table {
    /// Reads all symbols of a file.
    pub(crate) fn read(elf: &mut Elf) -> Self {
        let names = elf.names();
        let ends =
            memchr::memmem::find_iter(&names, BANNER).filter(|at| names.get(at + BANNER.len()) == Some(&0));
        let banners: Vec<u32> = ends.filter_map(|at| u32::try_from(at).ok()).collect();
        let code = elf.code();
        let mut builder = Builder::new(names);
        let mut banner = None;
        let all = |_, _| true;
        elf.each_symbol(all, |entry| match code.address(entry) {
            Some(address) => builder.add(address, entry.size, entry.name),
            None if banners.contains(&entry.name) && code.is_data(entry) => banner = Some(*entry),
            None => {}
        });
        if let Some(entry) = banner {
            elf.set_banner(&entry);
        }
        builder.table(code)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// The function that a trace calls `name`, `size` bytes long.
    pub(crate) fn find(&self, name: &[u8], size: Option<u64>) -> Found {
        decide(self.named(name).map(|(at, symbol)| (symbol.address, symbol.size, self.extent(at))), size)
    }

    /// The name of the function that an address stands in, and where it starts.
    fn at(&self, address: u64) -> Option<(&[u8], u64)> {
        let section = self.code.around(address)?;
        let behind = self.symbols.partition_point(|s| s.address <= address);
        let last = self.symbols.get(behind.checked_sub(1)?)?;
        if last.address < section.start {
            return None;
        }
        // Of the names of one address the last that has a size is the function's.
        let first = self.symbols.partition_point(|s| s.address < last.address);
        let names = self.symbols.get(first..behind)?;
        let symbol = names.iter().max_by_key(|s| s.size > 0)?;
        Some((name_at(&self.names, symbol.name), symbol.address))
    }

    /// The function that an address stands in, where it starts, and how far it is from there to the next.
    pub(crate) fn function(&self, address: u64) -> Option<(String, u64, u64)> {
        let (name, start) = self.at(address)?;
        Some((String::from_utf8_lossy(name).into_owned(), start, self.size_of(start)))
    }

    /// Bytes from the symbol at `start` to the next.
    fn size_of(&self, start: u64) -> u64 {
        self.extent(self.symbols.partition_point(|s| s.address < start)).size
    }

    /// All symbols, by address, with the distance to the next.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], Symbol, Extent)> {
        let symbols = self.symbols.iter().enumerate();
        symbols.map(|(at, symbol)| (name_at(&self.names, symbol.name), *symbol, self.extent(at)))
    }

    /// The symbols called `name`; the suffix that link-time optimisation adds (`.llvm.123`) the kernel leaves out.
    fn named(&self, name: &[u8]) -> impl Iterator<Item = (usize, Symbol)> {
        let hash = hash(name);
        let mut at = self.heads.get(slot(hash, &self.heads)).copied().unwrap_or(END);
        std::iter::from_fn(move || {
            let here = usize::try_from(at).ok()?;
            let symbol = self.symbols.get(here)?;
            at = self.next.get(here).copied().unwrap_or(END);
            Some((here, *symbol))
        })
        .filter(move |(_, symbol)| {
            if symbol.hash != hash {
                return false;
            }
            let full = name_at(&self.names, symbol.name);
            full == name || without_suffix(full) == name
        })
    }

    /// A table of `System.map` or `/proc/kallsyms`: `ffffffff81002460 T do_one_initcall`, in any order. Modules'
    /// symbols, which have a fourth word, are left out.
    pub(crate) fn of_names(text: &[u8]) -> Self {
        let mut builder = Builder::new(Vec::new());
        let mut code: Option<Range<u64>> = None;
        for line in text.split(|c| *c == b'\n') {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
            let (Some(address), Some(kind), Some(name), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                continue;
            };
            let address = std::str::from_utf8(address).ok().and_then(|a| u64::from_str_radix(a, 16).ok());
            let Some(address) = address.filter(|a| *a != 0 && matches!(kind, b"t" | b"T" | b"w" | b"W"))
            else {
                continue;
            };
            let Ok(at) = u32::try_from(builder.names.len()) else { break };
            builder.names.extend_from_slice(name);
            builder.names.push(0);
            builder.add(address, 0, at);
            let known = code.unwrap_or(address..address);
            code = Some(known.start.min(address)..known.end.max(address.saturating_add(1)));
        }
        builder.table(Code::of(code.into_iter().collect()))
    }

    /// How far it is from a symbol to the next one.
    fn extent(&self, at: usize) -> Extent {
        let Some(symbol) = self.symbols.get(at) else { return Extent { size: 0, is_last: false } };
        let behind =
            at + self.symbols.get(at..).unwrap_or_default().partition_point(|s| s.address <= symbol.address);
        let next = self.symbols.get(behind).map_or(u64::MAX, |s| s.address);
        Extent::new(symbol.address, next, self.code.around(symbol.address))
    }
}

/// Which of the functions that have a name is meant: start, size by the compiler, distance to the next symbol.
pub(crate) fn decide(candidates: impl Iterator<Item = (u64, u64, Extent)>, size: Option<u64>) -> Found {
    let mut starts: Vec<u64> = Vec::new();
    let mut sizes = Vec::new();
    for (start, own_size, extent) in candidates {
        if size.is_none_or(|size| size == own_size || extent.fits(size)) {
            starts.push(start);
        } else {
            sizes.push(extent.size);
        }
    }
    // Two names of one address are one function.
    starts.sort_unstable();
    starts.dedup();
    match (starts.as_slice(), sizes.is_empty()) {
        ([start], _) => Found::One(*start),
        ([], true) => Found::None,
        ([], false) => Found::OtherSize(sizes),
        (several, _) => Found::Ambiguous(several.len()),
    }
}

/// How far a symbol reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) size: u64,
    /// Behind it the section ends, so that what follows in memory is not known here.
    pub(crate) is_last: bool,
}

impl Extent {
    /// From a symbol to the next one, or to the end of their section.
    pub(crate) fn new(start: u64, next: u64, section: Option<&Range<u64>>) -> Self {
        let end = section.map_or(next, |section| section.end);
        Self { size: next.min(end) - start, is_last: next >= end }
    }

    fn fits(&self, size: u64) -> bool {
        size == self.size || self.is_last && size > self.size
    }
}

/// Names that kallsyms leaves out, so that they end no function: labels and mapping symbols
/// (`is_ignored_symbol` in `scripts/kallsyms.c`, `scripts/mksysmap`). Behind the name stands anything.
pub(crate) fn is_kept(name: &[u8]) -> bool {
    match name {
        [] | [0, ..] | [b'.', b'L', ..] | [b'$', ..] | [b'L', b'0', ..] => false,
        [b'_', b'_', ..] => !name.starts_with(b"__efistub_") && !name.starts_with(b"__kvm_nvhe_"),
        _ => true,
    }
}

fn name_at(names: &[u8], at: u32) -> &[u8] {
    let name = usize::try_from(at).ok().and_then(|at| names.get(at..)).unwrap_or_default();
    name.split_at(memchr::memchr(0, name).unwrap_or(name.len())).0
}

pub(crate) fn without_suffix(name: &[u8]) -> &[u8] {
    memchr::memmem::find(name, b".llvm.").map_or(name, |at| name.split_at(at).0)
}

/// A multiplicative hash of a name's first 32 bytes up to a NUL or a dot, of which the high bits are the good ones.
/// Names that differ only behind a dot meet, and so a name is found without what link-time optimisation adds.
pub(crate) fn hash(name: &[u8]) -> u32 {
    let short;
    let name: &[u8; 32] = match name.first_chunk() {
        Some(beginning) => beginning,
        None => {
            let mut padded = [0; 32];
            padded.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
            short = padded;
            &short
        }
    };
    const ONES: u64 = 0x0101_0101_0101_0101;
    const DOTS: u64 = ONES * b'.' as u64;
    // The lowest bit set is the highest one of the first byte that is 0. No branches: nobody can foresee where names end.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (mut state, mut inside) = (0u64, u64::MAX);
    for word in name.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        let ends = zeros(word) | zeros(word ^ DOTS);
        // All bits where there is no end, else those of the bytes before the first.
        let before = ((ends & ends.wrapping_neg()) >> 7).wrapping_sub(1);
        state = (state.rotate_left(5) ^ (word & before & inside)).wrapping_mul(0x517c_c1b7_2722_0a95);
        inside &= u64::from(ends == 0).wrapping_neg();
    }
    (state >> 32) as u32
}

/// Where a hash stands in a table whose length is a power of two.
fn slot(hash: u32, heads: &[u32]) -> usize {
    hash as usize & heads.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symbols of 0x100 bytes from 0x1000 on, in one section that ends at 0x1f00.
    fn table(names: &[(&str, u64, u64)]) -> Table {
        let mut strings = vec![0];
        let mut places = Vec::new();
        for (name, address, size) in names {
            places.push((*address, *size, u32::try_from(strings.len()).unwrap()));
            strings.extend(name.bytes().chain([0]));
        }
        let mut builder = Builder::new(strings);
        places.into_iter().for_each(|(address, size, name)| builder.add(address, size, name));
        builder.table(Code::of(std::iter::once(0x1000..0x1f00).collect()))
    }

    #[test]
    fn ok_the_size_counts_to_the_next_symbol() {
        let table = table(&[("a", 0x1000, 0x7b), ("b", 0x1080, 0x10), ("$x", 0x1090, 0)]);
        assert_eq!(table.find(b"a", Some(0x80)), Found::One(0x1000));
        assert_eq!(table.find(b"a", Some(0x7b)), Found::One(0x1000));
        assert_eq!(table.find(b"a", None), Found::One(0x1000));
        assert_eq!(table.find(b"c", Some(0x80)), Found::None);
    }

    #[test]
    fn ok_namesakes_are_told_apart_by_size() {
        let table = table(&[("init", 0x1000, 0), ("x", 0x1040, 0), ("init", 0x1100, 0), ("y", 0x1180, 0)]);
        assert_eq!(table.find(b"init", Some(0x40)), Found::One(0x1000));
        assert_eq!(table.find(b"init", Some(0x80)), Found::One(0x1100));
        assert_eq!(table.find(b"init", None), Found::Ambiguous(2));
    }

    #[test]
    fn err_a_size_that_nobody_has_is_another_build() {
        let table = table(&[("a", 0x1000, 0x7b), ("b", 0x1080, 0x10)]);
        assert_eq!(table.find(b"a", Some(0x90)), Found::OtherSize(vec![0x80]));
    }

    #[test]
    fn ok_the_last_of_a_section_may_be_longer() {
        // `oopser_init+0x50/0x1000 [oopser]`: the kernel rounds the end of a module's section up.
        let table = table(&[("init_module", 0x1e00, 0x6b)]);
        assert_eq!(table.find(b"init_module", Some(0x1000)), Found::One(0x1e00));
        assert_eq!(table.find(b"init_module", Some(0x60)), Found::OtherSize(vec![0x100]));
    }

    #[test]
    fn ok_two_names_of_one_address_are_one_function() {
        let table = table(&[("a", 0x1000, 0), ("a", 0x1000, 0x40), ("b", 0x1000, 0x40), ("c", 0x1040, 0)]);
        assert_eq!(table.find(b"a", Some(0x40)), Found::One(0x1000));
        assert_eq!(table.at(0x1010).unwrap().1, 0x1000);
        assert_eq!(table.size_of(0x1000), 0x40);
    }

    #[test]
    fn ok_the_suffix_of_link_time_optimisation_is_left_out() {
        let table = table(&[("a.llvm.1234", 0x1000, 0), ("b", 0x1040, 0)]);
        assert_eq!(table.find(b"a", Some(0x40)), Found::One(0x1000));
        assert_eq!(table.find(b"a.llvm.1234", Some(0x40)), Found::One(0x1000));
    }

    #[test]
    fn ok_names_by_address() {
        let table = table(&[("a", 0x1100, 0), ("b", 0x1180, 0)]);
        assert_eq!(table.at(0x1105).unwrap(), (&b"a"[..], 0x1100));
        assert_eq!(table.at(0x1eff).unwrap(), (&b"b"[..], 0x1180));
        assert_eq!(table.at(0x10ff), None);
        assert_eq!(table.at(0x1f00), None);
    }

    #[test]
    fn ok_names_of_a_map() {
        let map = b"ffffffff81000000 T _text\nffffffff81000040 t init\nffffffff82000000 D data\n\
                    0000000000000000 T hidden\nffffffffc0000000 t foo\t[mod]\nx y z\nffffffff81000100 T end\n";
        let table = Table::of_names(map);
        assert_eq!(table.at(0xffff_ffff_8100_0050).unwrap(), (&b"init"[..], 0xffff_ffff_8100_0040));
        assert_eq!(table.find(b"init", Some(0xc0)), Found::One(0xffff_ffff_8100_0040));
        assert_eq!(table.find(b"foo", None), Found::None);
        assert!(Table::of_names(b"no map").is_empty());
    }

    #[test]
    fn ok_what_stands_behind_a_name_is_not_hashed() {
        let long = "x".repeat(40);
        for name in ["", "a", "schedule", "schedule_", "do_one_initcall", "\u{ff}\u{80}\u{1}", &long] {
            for behind in
                ["\0", "\0next\0and more than thirty-two bytes of it\0", ".llvm.123", ".cold\0.", ""]
            {
                assert_eq!(
                    hash(format!("{name}{behind}").as_bytes()),
                    hash(name.as_bytes()),
                    "{name}{behind}"
                );
            }
            for other in ["b", "schedule1", "chedule", "do_one_initcal", "\u{ff}\u{80}", "\u{1}"] {
                assert_ne!(hash(name.as_bytes()), hash(other.as_bytes()), "{name} {other}");
            }
        }
    }

    #[test]
    fn ok_names_that_begin_alike_are_told_apart() {
        let same = "trace_event_raw_event_of_a_subsystem";
        let names = [format!("{same}_a"), format!("{same}_b"), same.to_owned(), format!("{same}.cold")];
        let symbols: Vec<_> =
            (0x1000..).step_by(0x40).zip(&names).map(|(at, n)| (n.as_str(), at, 0)).collect();
        let table = table(&symbols);
        for (name, at, _) in &symbols {
            assert_eq!(table.find(name.as_bytes(), None), Found::One(*at), "{name}");
        }
        assert_eq!(table.find(format!("{same}_c").as_bytes(), None), Found::None);
    }

    #[test]
    fn err_a_name_outside_of_the_strings_is_none() {
        let mut builder = Builder::new(vec![0]);
        builder.add(0x1000, 1, 77);
        assert!(builder.table(Code::of(std::iter::once(0x1000..0x2000).collect())).is_empty());
    }
}
