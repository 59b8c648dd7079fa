//! Which functions differ between two kernels, although everything behind the first change has moved.
//!
//! A function that only moved has other operands: what it calls and reads stands elsewhere now. So where two versions of
//! a function differ, the bytes are read as an operand, relative to the instruction or absolute: if both lead to the same
//! place in the same symbol, or to the same content, the difference is none.

use super::{Image, Section, Symbol};
use std::collections::{BTreeMap, VecDeque};

/// How a symbol differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the first kernel has it.
    Removed,
    /// Only the second kernel has it.
    Added,
    /// Its code or its content differs.
    Changed,
}

impl Change {
    /// The name that outputs use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Changed => "changed",
        }
    }
}

/// One symbol that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// How it differs.
    pub change: Change,
    /// Whether it is a function; otherwise it is data.
    pub function: bool,
}

/// The symbols that differ, by name. Symbols of one name are paired in the order of their addresses.
#[must_use]
pub fn diff(a: &Image, b: &Image) -> Vec<Difference> {
    let mut others = by_name(b);
    let mut found = Vec::new();
    let mut differs = |symbol: &Symbol, change| {
        found.push(Difference { name: symbol.name.clone(), change, function: symbol.function });
    };
    for old in with_content(a) {
        match others.get_mut(&key(old)).and_then(VecDeque::pop_front) {
            None => differs(old, Change::Removed),
            Some(new) if !Pair { a, b, old, new }.is_equal() => differs(old, Change::Changed),
            Some(_) => {}
        }
    }
    others.into_values().flatten().for_each(|new| differs(new, Change::Added));
    found.sort();
    found
}

/// Names of symbols that say when, where or by whom the kernel was built.
const BUILD: &[&str] = &["init_uts_ns", "linux_banner", "linux_proc_banner", "version_string"];

fn with_content(image: &Image) -> impl Iterator<Item = &Symbol> {
    image.symbols.iter().filter(|s| image.bytes(s).is_some() && !BUILD.contains(&s.name.as_str()))
}

fn key(symbol: &Symbol) -> (&str, bool) {
    (&symbol.name, symbol.function)
}

fn by_name(image: &Image) -> BTreeMap<(&str, bool), VecDeque<&Symbol>> {
    let mut all: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
    for symbol in with_content(image) {
        all.entry(key(symbol)).or_default().push_back(symbol);
    }
    all
}

/// Bytes that content behind two operands must share to be taken for the same, unless a zero ends it.
const CONTENT: usize = 64;

/// One symbol in both kernels.
struct Pair<'a> {
    a: &'a Image,
    b: &'a Image,
    old: &'a Symbol,
    new: &'a Symbol,
}

impl Pair<'_> {
    fn is_equal(&self) -> bool {
        let (Some(old), Some(new)) = (self.a.bytes(self.old), self.b.bytes(self.new)) else { return false };
        if old.len() != new.len() {
            return false;
        }
        let (mut at, mut last) = (0, 0);
        while let Some(differs) = first_difference(old, new, at) {
            match self.explained(old, new, differs, last) {
                Some(end) => (at, last) = (end, end),
                None => return false,
            }
        }
        true
    }

    /// The end of an operand around the difference at `at` that leads to the same place in both kernels. It does not
    /// reach back before `last`, where the operand before it ends.
    fn explained(&self, old: &[u8], new: &[u8], at: usize, last: usize) -> Option<usize> {
        let starts = |width: usize| (at.saturating_sub(width - 1).max(last)..=at).rev();
        let absolute = starts(8).find_map(|start| {
            let (x, y) = (word::<8>(old, start)?, word::<8>(new, start)?);
            self.meets(u64::from_le_bytes(x), u64::from_le_bytes(y)).then_some(start + 8)
        });
        absolute.or_else(|| starts(4).find_map(|start| self.short(old, new, start)))
    }

    /// An operand of four bytes: relative to the end of its instruction, or absolute and sign-extended, as x86-64 has
    /// them. Behind the operand an instruction may have a constant of up to four bytes.
    fn short(&self, old: &[u8], new: &[u8], start: usize) -> Option<usize> {
        let (x, y) = (word::<4>(old, start)?, word::<4>(new, start)?);
        let (x, y) = (i64::from(i32::from_le_bytes(x)), i64::from(i32::from_le_bytes(y)));
        let end = u64::try_from(start + 4).ok()?;
        let target = |symbol: &Symbol, constant: u64, operand| {
            symbol.address.wrapping_add(end).wrapping_add(constant).wrapping_add_signed(operand)
        };
        let relative = self.old.function
            && self.a.x86_64
            && [0, 1, 2, 4].iter().any(|c| self.meets(target(self.old, *c, x), target(self.new, *c, y)));
        let absolute = || self.meets(0u64.wrapping_add_signed(x), 0u64.wrapping_add_signed(y));
        (relative || absolute()).then_some(start + 4)
    }

    /// Whether an address of the first kernel and one of the second are of the same.
    fn meets(&self, x: u64, y: u64) -> bool {
        match (place(self.a, x), place(self.b, y)) {
            (Some(x), Some(y)) => x == y,
            (None, None) if ending(self.a, x).any(|name| ending(self.b, y).any(|other| name == other)) => {
                true
            }
            // What is not in the image: the null of a weak symbol, a fixed address.
            (None, None) if self.a.at(x).is_none() && self.b.at(y).is_none() => x == y,
            (None, None) => self.meets_unnamed(x, y).unwrap_or(false),
            _ => false,
        }
    }

    /// The same of what has no name: a text, a constant, a pointer, or a table of jumps relative to itself.
    fn meets_unnamed(&self, x: u64, y: u64) -> Option<bool> {
        let (old, new) = (self.a.at(x)?, self.b.at(y)?);
        if text(old) == text(new) {
            return Some(!text(old).is_empty());
        }
        let named = |x, y| place(self.a, x).is_some_and(|place_of_x| Some(place_of_x) == place(self.b, y));
        let pointer = |data| word::<8>(data, 0).map(u64::from_le_bytes);
        if pointer(old).zip(pointer(new)).is_some_and(|(x, y)| named(x, y)) {
            return Some(true);
        }
        let jump = |data, table: u64| {
            Some(table.wrapping_add_signed(i64::from(i32::from_le_bytes(word::<4>(data, 0)?))))
        };
        Some(named(jump(old, x)?, jump(new, y)?))
    }
}

fn first_difference(a: &[u8], b: &[u8], from: usize) -> Option<usize> {
    let tails = a.get(from..)?.iter().zip(b.get(from..)?);
    tails.into_iter().position(|(x, y)| x != y).map(|at| from + at)
}

fn word<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk::<N>().copied()
}

/// The sections that end at an address: code that walks one compares with that.
fn ending(image: &Image, address: u64) -> impl Iterator<Item = &str> {
    let end = |s: &Section| s.address.checked_add(u64::try_from(s.data.len()).ok()?);
    image.sections.iter().filter(move |s| end(s) == Some(address)).map(|s| s.name.as_str())
}

/// The symbol that an address stands in, and how far.
fn place(image: &Image, address: u64) -> Option<(&str, u64)> {
    let behind = image.symbols.partition_point(|s| s.address <= address);
    let symbol = image.symbols.get(behind.checked_sub(1)?)?;
    let offset = address - symbol.address;
    (offset < symbol.size).then_some((symbol.name.as_str(), offset))
}

/// A text to its zero, or the first bytes of something else.
fn text(data: &[u8]) -> &[u8] {
    let data = data.get(..CONTENT).unwrap_or(data);
    memchr::memchr(0, data).and_then(|end| data.get(..end)).unwrap_or(data)
}
