//! Finds the row of a line: a filter on its first four bytes, then the literal its format starts with, then the
//! format itself.

use super::{Format, Rule, rules};
use crate::printk::{self, LINE_LIMIT, Pairs};
use memchr::memmem::Finder;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What stands before a header, and is no part of it: `pr_fmt` prefixes and die() banners.
const LEAD_INS: &[&[u8]] = &[
    b"rcu: ",
    b"watchdog: ",
    b"NMI watchdog: ",
    b"traps: ",
    b"Oops: ",
    b"[ ",
    b"kernel: ",
    b"kfence: ",
    b"workqueue: ",
    b"kmemleak: ",
    b"mce: ",
];

/// A header found: the row, the wording, and its captures.
#[derive(Debug, Clone)]
pub(crate) struct Header<'log> {
    pub(crate) rule: &'static Rule,
    pub(crate) format: Format,
    pub(crate) captures: Vec<&'log [u8]>,
}

struct Entry {
    /// What the format starts with; where that is a conversion, its longest literal.
    prefix: &'static [u8],
    /// Those of all literals.
    pairs: Pairs,
    /// The longest literal behind.
    word: Finder<'static>,
    /// What of the format is still to be read behind `prefix`.
    rest: &'static str,
    rule: &'static Rule,
    format: Format,
}

impl Entry {
    /// Reads the first [`LINE_LIMIT`] bytes of a line.
    fn read<'log>(&self, head: &'log [u8]) -> Option<Header<'log>> {
        let text = head.get(self.format.text.len() - self.rest.len()..)?;
        if !self.word.needle().is_empty() {
            self.word.find(text)?;
        }
        let mut captures = Vec::new();
        printk::read(self.rest, text, &mut captures)?;
        Some(Header { rule: self.rule, format: self.format, captures })
    }
}

/// Entries in table order.
#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    /// By 64 entries: by the pair of bytes by which they differ most from the others, a bit for each of them.
    by_pair: Vec<[u64; Pairs::COUNT]>,
}

impl Entries {
    /// Adds a row of which `rest` is still to be read where `prefix` was found.
    fn push(&mut self, prefix: &'static [u8], rest: &'static str, rule: &'static Rule, format: Format) {
        let pairs = Pairs::of_format(format.text);
        let word = Finder::new(printk::longest_literal(rest));
        self.entries.push(Entry { prefix, pairs, word, rest, rule, format });
    }

    /// Sorts the entries by pairs, once all are there.
    fn sort(&mut self) {
        let mut uses = [0; Pairs::COUNT];
        for pair in self.entries.iter().flat_map(|entry| entry.pairs.each()) {
            if let Some(uses) = uses.get_mut(pair) {
                *uses += 1;
            }
        }
        for entries in self.entries.chunks(64) {
            let mut by_pair = [0; Pairs::COUNT];
            for (bit, entry) in entries.iter().enumerate() {
                let rarest = entry.pairs.each().min_by_key(|pair| uses.get(*pair));
                if let Some(bits) = rarest.and_then(|pair| by_pair.get_mut(pair)) {
                    *bits |= 1 << bit;
                }
            }
            self.by_pair.push(by_pair);
        }
    }

    /// Shows those that a line with these pairs may be, in table order.
    #[inline]
    fn that_fit<'s>(&'s self, pairs: Pairs, mut each: impl FnMut(&'s Entry)) {
        for (entries, by_pair) in self.entries.chunks(64).zip(&self.by_pair) {
            let mut bits = pairs.each().filter_map(|pair| by_pair.get(pair)).fold(0, |all, bits| all | bits);
            while bits != 0 {
                if let Some(entry) = entries.get(bits.trailing_zeros() as usize)
                    && pairs.hold(entry.pairs)
                {
                    each(entry);
                }
                bits &= bits - 1;
            }
        }
    }

    /// The rows that `text` fits, of those whose prefix is where `starts` says, each by its first wording that does.
    fn read<'log>(&self, text: &'log [u8], starts: impl Fn(&[u8], &Entry) -> bool) -> Vec<Header<'log>> {
        let head = text.get(..LINE_LIMIT).unwrap_or(text);
        let mut found: Vec<Header<'log>> = Vec::new();
        self.that_fit(Pairs::of(head), |entry| {
            // The wordings of a row stand one behind the other.
            let is_known = found.last().is_some_and(|header| std::ptr::eq(header.rule, entry.rule));
            if !is_known
                && starts(head, entry)
                && let Some(header) = entry.read(head).filter(|h| !h.rule.refuses(text))
            {
                found.push(header);
            }
        });
        found
    }
}

struct Table {
    /// Rows whose format starts with a literal, by its first byte.
    by_first: [Entries; 256],
    /// Rows whose format starts with a conversion: found by a literal inside.
    inner: Entries,
    filter: Filter,
    /// By first byte, whether a lead-in starts with it.
    leads: [bool; 256],
}

type Bits = [u64; 1024];

/// Says of almost every line that it is no header.
pub(crate) struct Filter {
    /// One bit per hash of the first four bytes of headers and lead-ins.
    quads: Bits,
    /// One bit per first two bytes of those that are shorter.
    pairs: Bits,
}

/// The filter before the rows.
pub(crate) fn filter() -> &'static Filter {
    &TABLE.filter
}

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

impl Table {
    fn build() -> Self {
        let mut table = Self {
            by_first: std::array::from_fn(|_| Entries::default()),
            inner: Entries::default(),
            filter: Filter { quads: [0; 1024], pairs: [0; 1024] },
            leads: [false; 256],
        };
        for rule in rules() {
            for format in rule.headers() {
                let prefix = printk::literal_prefix(format.text);
                let Some(first) = prefix.first() else {
                    table.inner.push(printk::longest_literal(format.text), format.text, rule, format);
                    continue;
                };
                table.filter.mark(prefix);
                let rest = format.text.get(prefix.len()..);
                if let Some((entries, rest)) = table.by_first.get_mut(usize::from(*first)).zip(rest) {
                    entries.push(prefix, rest, rule, format);
                }
            }
        }
        table.by_first.iter_mut().chain([&mut table.inner]).for_each(Entries::sort);
        for lead in LEAD_INS {
            table.filter.mark(lead);
            if let Some(leads) = lead.first().and_then(|first| table.leads.get_mut(usize::from(*first))) {
                *leads = true;
            }
        }
        table.filter.mark(b"20");
        table
    }
}

impl Filter {
    fn mark(&mut self, prefix: &[u8]) {
        if let Some(quad) = quad(prefix) {
            set(&mut self.quads, quad);
            return;
        }
        match (pair(prefix), prefix.first()) {
            (Some(pair), _) => set(&mut self.pairs, pair),
            // A literal of one byte: whatever stands behind it.
            (None, Some(first)) => (0..256).for_each(|b| set(&mut self.pairs, usize::from(*first) << 8 | b)),
            (None, None) => {}
        }
    }

    /// Whether `text`, a line behind its prefix, may be a header.
    #[inline]
    pub(crate) fn may_start(&self, text: &[u8]) -> bool {
        quad(text).is_some_and(|quad| is_set(&self.quads, quad))
            || pair(text).is_some_and(|pair| is_set(&self.pairs, pair))
    }
}

fn set(bits: &mut Bits, bit: usize) {
    if let Some(word) = bits.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

#[inline]
fn is_set(bits: &Bits, bit: usize) -> bool {
    bits.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

#[inline]
fn pair(text: &[u8]) -> Option<usize> {
    text.first_chunk().map(|two| usize::from(u16::from_be_bytes(*two)))
}

/// 16 bits of the first four bytes.
#[inline]
fn quad(text: &[u8]) -> Option<usize> {
    let hash = u32::from_le_bytes(*text.first_chunk()?).wrapping_mul(0x9e37_79b1);
    usize::try_from(hash >> 16).ok()
}

/// Where the header of `text` would start behind the lead-ins; `None` when `text` cannot be a header.
pub(crate) fn lead_in(text: &[u8]) -> Option<&[u8]> {
    let may_start = TABLE.filter.may_start(text);
    may_start.then(|| if literal(text).is_empty() { behind_lead_ins(text) } else { text })
}

fn behind_lead_ins(mut text: &[u8]) -> &[u8] {
    let may_lead = text.first().and_then(|first| TABLE.leads.get(usize::from(*first)));
    if may_lead != Some(&true) {
        return undated(text);
    }
    // Two lead-ins are the most the kernel prints: `NMI watchdog: ` behind `[ `.
    for _ in 0..2 {
        let lead_in = LEAD_INS.iter().filter(|lead| lead.first() == text.first());
        let Some(rest) = lead_in.filter_map(|lead| text.strip_prefix(*lead)).next() else { break };
        text = rest;
    }
    undated(text)
}

/// What stands behind `2018/01/09 14:28:48 `, with which Go's `log` starts the lines that the fuzzer prints itself.
fn undated(text: &[u8]) -> &[u8] {
    const STAMP: &[u8] = b"2000/00/00 00:00:00 ";
    let Some((stamp, rest)) = text.split_at_checked(STAMP.len()) else { return text };
    let fits = |(c, s): (&u8, &u8)| if s.is_ascii_digit() { c.is_ascii_digit() } else { c == s };
    if stamp.iter().zip(STAMP).all(fits) { rest } else { text }
}

/// The row whose header `text` is, and all rows after it that share the header.
pub(crate) fn header(text: &[u8]) -> impl Iterator<Item = Header<'_>> {
    literal(text).into_iter().chain(inner(text))
}

/// The same behind the lead-ins, and where that is. `has_literal` says whether the filter let `text` pass,
/// `has_inner` whether one of the [`needles`] stands in it.
pub(crate) fn headers(text: &[u8], has_literal: bool, has_inner: bool) -> (&[u8], Vec<Header<'_>>) {
    let text = text.trim_ascii_end();
    let mut start = text;
    let mut found = if has_literal { literal(text) } else { Vec::new() };
    if has_literal && found.is_empty() {
        start = behind_lead_ins(text);
        if start.len() < text.len() {
            found = literal(start);
        }
    }
    if has_inner {
        found.extend(inner(start));
    }
    (start, found)
}

/// The same among the rows whose format starts with a literal.
fn literal(text: &[u8]) -> Vec<Header<'_>> {
    let first = text.first().map_or(0, |c| usize::from(*c));
    let entries = TABLE.by_first.get(first).filter(|entries| !entries.entries.is_empty());
    entries.map_or_else(Vec::new, |entries| entries.read(text, |head, entry| head.starts_with(entry.prefix)))
}

/// The same among the rows whose format starts with a conversion.
fn inner(text: &[u8]) -> Vec<Header<'_>> {
    TABLE.inner.read(text, |_, _| true)
}

/// Bytes of a literal that are searched for: each needle is one more search of the whole log, and rows whose literals
/// differ only behind these share one.
const NEEDLE_BYTES: usize = 16;

/// The literals by which headers that start with a conversion are found, each once.
pub(crate) fn needles() -> impl Iterator<Item = &'static [u8]> {
    let needle = |e: &Entry| e.prefix.get(..NEEDLE_BYTES).unwrap_or(e.prefix);
    TABLE.inner.entries.iter().map(needle).collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::super::{TABLES, rules};
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ok_every_example_is_read_by_its_own_row() {
        for rule in rules() {
            let text = lead_in(rule.example.as_bytes()).unwrap_or(rule.example.as_bytes());
            let literal = rule.headers().all(|f| !printk::literal_prefix(f.text).is_empty());
            assert!(
                !literal || lead_in(rule.example.as_bytes()).is_some(),
                "{}: the filter drops it",
                rule.name
            );
            let found: Vec<&str> = header(text).map(|h| h.rule.name).collect();
            assert!(found.contains(&rule.name), "{}: its example is read by {found:?}", rule.name);
        }
    }

    #[test]
    fn ok_lead_ins_are_cut() {
        for text in ["watchdog: BUG: x", "NMI watchdog: BUG: x", "2018/01/09 14:28:48 BUG: x", "BUG: x"] {
            assert_eq!(lead_in(text.as_bytes()), Some(&b"BUG: x"[..]), "{text}");
        }
        assert_eq!(lead_in(b"2018-01-09 BUG: x"), Some(&b"2018-01-09 BUG: x"[..]));
    }

    #[test]
    fn ok_names_are_unique_and_families_not_empty() {
        let mut seen = HashSet::new();
        for rule in rules() {
            assert!(seen.insert(rule.name), "{} stands twice", rule.name);
            assert!(rule.name.contains('/'), "{} is not family/row", rule.name);
        }
        assert!(TABLES.iter().all(|t| !t.is_empty()));
    }

    #[test]
    fn ok_an_earlier_row_that_reads_an_example_asks_for_more() {
        for rule in rules() {
            let text = lead_in(rule.example.as_bytes()).unwrap_or(rule.example.as_bytes());
            for h in header(text).take_while(|h| h.rule.name != rule.name) {
                let asks = h.format.text.len() > rule.example.len() || h.rule.parts().any(|p| p.required);
                assert!(asks, "{} hides {}", h.rule.name, rule.name);
            }
        }
    }
}
