//! Looks for a few names in a string table that goes by in pieces.
//!
//! Each name has several words of four bytes. One of them must stand at a place of the table that is a multiple of a
//! number, if that is not greater than a name has such words: so only these places are looked at, and most of them no
//! name's word is at. Where names begin does not matter, and cannot: a linker lets a name that another one ends with
//! stand in that one's bytes.

use super::elf::Piece;
use super::table::without_suffix;

/// Bytes of a word.
const WORD: usize = 4;
/// Bytes of the names that are looked for.
const LENGTHS: std::ops::RangeInclusive<usize> = WORD..=1024;
/// Most words of a name that are known.
const MOST_WORDS: usize = 16;
/// Most comparisons of names, which ends a search that a table and names were made for to be slow.
const MOST_LOOKS: u32 = 1 << 20;
/// What may follow a name: link-time optimisation adds it, and a number.
const SUFFIX: &[u8] = b".llvm.";
const NONE: u16 = u16::MAX;

/// Where a name stands in the string table, and which one; by place.
pub(super) type Places = Vec<(u32, usize)>;

/// A search for names.
#[derive(Debug)]
pub(super) struct Search {
    /// Sorted.
    names: Vec<Vec<u8>>,
    /// At every which place a word is looked at; so many of a name's words are known.
    step: usize,
    /// Which words the names have, perhaps.
    perhaps: Words,
    /// By [`Words::head`]: the first of the words that fit there, or [`NONE`].
    heads: Vec<u16>,
    /// Name, where in it the word is, and the next word that fits the same head, or [`NONE`].
    words: Vec<(u16, u16, u16)>,
    found: Places,
    looks: u32,
}

impl Search {
    /// Bytes that a piece has to have before its own and behind them.
    pub(super) const OVERLAP: (u64, u64) = (MOST_WORDS as u64, (*LENGTHS.end() + SUFFIX.len()) as u64);

    /// Looks for these names; those that are very short or long are left out.
    pub(super) fn new(mut names: Vec<Vec<u8>>) -> Self {
        names.retain(|name| LENGTHS.contains(&name.len()));
        names.sort_unstable();
        names.dedup();
        let shortest = names.iter().map(Vec::len).min().unwrap_or(WORD);
        let step = (shortest - WORD + 1).min(MOST_WORDS);
        let mut search = Self {
            step,
            perhaps: Words::default(),
            heads: vec![NONE; Words::HEADS],
            words: Vec::new(),
            found: Vec::new(),
            looks: 0,
            names: Vec::new(),
        };
        for (number, name) in (0u16..).zip(&names) {
            for (at, word) in (0u16..).zip(name.windows(WORD).take(step)) {
                let (Some(word), Ok(this)) = (word.first_chunk(), u16::try_from(search.words.len())) else {
                    break;
                };
                let head =
                    search.heads.get_mut(Words::head(slot(*word))).map(|head| std::mem::replace(head, this));
                search.words.push((number, at, head.unwrap_or(NONE)));
                search.perhaps.add(slot(*word));
            }
        }
        Self { names, ..search }
    }

    /// The names, and where they stand; `None` if too much of the table looks like them.
    pub(super) fn found(mut self) -> Option<(Vec<Vec<u8>>, Places)> {
        self.found.sort_unstable();
        (self.looks < MOST_LOOKS).then_some((self.names, self.found))
    }

    /// Looks at the next piece.
    pub(super) fn piece(&mut self, piece: &Piece<'_>) {
        let from = usize::try_from(piece.at).unwrap_or(usize::MAX);
        let mut at = from.saturating_add(piece.own.start).next_multiple_of(self.step).saturating_sub(from);
        while at < piece.own.end {
            let Some(word) = piece.bytes.get(at..).and_then(|rest| rest.first_chunk()) else { break };
            let slot = slot(*word);
            if self.perhaps.has(slot) {
                self.look(piece, at, slot);
            }
            at += self.step;
        }
    }

    /// Looks for the names that have a word which fits the slot of the one that stands at `at`.
    fn look(&mut self, piece: &Piece<'_>, at: usize, slot: usize) {
        let mut number = self.heads.get(Words::head(slot)).copied().unwrap_or(NONE);
        while let Some((name, before, next)) =
            self.words.get(usize::from(number)).filter(|_| self.looks < MOST_LOOKS)
        {
            self.looks += 1;
            let start = at.checked_sub(usize::from(*before));
            let rest = start.and_then(|start| piece.bytes.get(start..)).unwrap_or_default();
            let is_here = self.names.get(usize::from(*name)).is_some_and(|name| is_called(rest, name));
            let place = start.and_then(|start| u32::try_from(piece.at + start as u64).ok());
            self.found.extend(place.filter(|_| is_here).map(|place| (place, usize::from(*name))));
            number = *next;
        }
    }
}

/// Whether what stands here is called `name`, but for what link-time optimisation adds.
fn is_called(rest: &[u8], name: &[u8]) -> bool {
    match rest.strip_prefix(name) {
        Some([0, ..]) => true,
        Some(behind) => behind.starts_with(SUFFIX) && without_suffix(rest) == name,
        None => false,
    }
}

fn slot(word: [u8; WORD]) -> usize {
    (u32::from_le_bytes(word).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// A set of slots, small enough to stay in the fastest cache.
#[derive(Debug)]
struct Words([u64; Self::SLOTS / 64]);

impl Default for Words {
    fn default() -> Self {
        Self([0; Self::SLOTS / 64])
    }
}

impl Words {
    const SLOTS: usize = 1 << 16;
    const HEADS: usize = 1 << 12;

    /// Which head the words of a slot have: they are few, and so are the heads.
    const fn head(slot: usize) -> usize {
        slot % Self::HEADS
    }

    fn add(&mut self, slot: usize) {
        if let Some(bits) = self.0.get_mut(slot / 64) {
            *bits |= 1 << (slot % 64);
        }
    }

    #[inline]
    fn has(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_some_and(|bits| bits >> (slot % 64) & 1 == 1)
    }
}

/// Says of most numbers that were not added that they were not.
#[derive(Debug)]
pub(super) struct Perhaps(Vec<bool>);

impl Default for Perhaps {
    fn default() -> Self {
        Self(vec![false; Self::SLOTS])
    }
}

impl Perhaps {
    const SLOTS: usize = 1 << 12;

    pub(super) fn add(&mut self, number: u32) {
        if let Some(slot) = self.0.get_mut(number as usize % Self::SLOTS) {
            *slot = true;
        }
    }

    #[inline]
    pub(super) fn has(&self, number: u32) -> bool {
        self.0.get(number as usize % Self::SLOTS).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    /// Where names stand in a table that goes by in pieces of so many bytes.
    fn search(table: &[u8], names: &[&str], length: usize) -> Vec<(u32, String)> {
        let mut search = Search::new(names.iter().map(|name| name.as_bytes().to_vec()).collect());
        let (before, behind) = Search::OVERLAP;
        for at in (0..table.len()).step_by(length) {
            let own = at..(at + length).min(table.len());
            let all = Range {
                start: own.start.saturating_sub(usize::try_from(before).unwrap()),
                end: (own.end + usize::try_from(behind).unwrap()).min(table.len()),
            };
            let own = own.start - all.start..own.end - all.start;
            search.piece(&Piece { at: all.start as u64, bytes: &table[all], own });
        }
        let (names, found) = search.found().unwrap();
        found.into_iter().map(|(at, name)| (at, String::from_utf8(names[name].clone()).unwrap())).collect()
    }

    #[test]
    fn ok_every_place_is_found_however_the_table_is_cut() {
        let table = b"\0vfs_read\0ksys_read\0read\0__read.llvm.77\0readahead\0vfs_read.cold\0a\0xvfs_read";
        let expected = |names: &[&str]| -> Vec<(u32, String)> {
            let named = |at: &usize, name: &str| is_called(&table[*at..], name.as_bytes());
            let places = (0..table.len()).flat_map(|at| names.iter().map(move |name| (at, *name)));
            let found = places.filter(|(at, name)| named(at, name));
            found.map(|(at, name)| (u32::try_from(at).unwrap(), name.to_owned())).collect()
        };
        for names in [&["vfs_read"][..], &["read", "vfs_read", "ksys_read"], &["__read", "_read"]] {
            let expected = expected(names);
            assert!(expected.len() > 1 || names.len() == 1, "{names:?}");
            for length in 1..table.len() {
                assert_eq!(search(table, names, length), expected, "{names:?} {length}");
            }
        }
    }

    #[test]
    fn ok_names_end_where_they_end() {
        let table = b"\0do_exit\0do_exit_group\0do_exit.llvm.1.llvm.2\0do_exit.part.0\0";
        let places = |name| search(table, &[name], 64).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(places("do_exit"), [1, 23]);
        assert_eq!(places("do_exit.part.0"), [45]);
        // The suffix starts at the first of the two.
        assert!(places("do_exit.llvm.1").is_empty());
        assert_eq!(places("do_exit.llvm.1.llvm.2"), [23]);
    }

    #[test]
    fn err_a_table_made_to_be_slow_is_given_up() {
        let names: Vec<Vec<u8>> = (16..200).map(|length| vec![b'a'; length]).collect();
        let mut search = Search::new(names);
        let table = vec![b'a'; 1 << 16];
        search.piece(&Piece { at: 0, bytes: &table, own: 0..table.len() });
        assert!(search.found().is_none());
    }
}
