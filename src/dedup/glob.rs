//! Patterns in which `*` stands for any text: of titles, and of function names.

use crate::bytes::Starts;
use memchr::{memchr, memmem};

/// Whether `text` matches `pattern`; linear in `text` for each `*`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    // Most patterns are not meant.
    let first = pattern.as_bytes().first().filter(|c| **c != b'*');
    if first.is_some() && first != text.as_bytes().first() {
        return false;
    }
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    let mut anchored = true;
    loop {
        let star = memchr(b'*', pattern);
        let part = pattern.get(..star.unwrap_or(pattern.len())).unwrap_or_default();
        text = match (anchored, star) {
            (true, None) => return text == part,
            (false, None) => return text.ends_with(part),
            (true, Some(_)) => match text.strip_prefix(part) {
                Some(rest) => rest,
                None => return false,
            },
            (false, Some(_)) => match memmem::find(text, part) {
                Some(at) => text.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            },
        };
        anchored = false;
        pattern = star.and_then(|at| pattern.get(at + 1..)).unwrap_or_default();
    }
}

/// Many patterns, asked together: what a text is compared with grows with the text, not with the patterns.
#[derive(Debug)]
pub(super) struct Globs {
    /// The patterns, and whether one matches wherever its first literal stands.
    patterns: Vec<(&'static str, bool)>,
    /// Patterns by the literal they start with.
    anchored: Literals,
    /// Patterns that start with `*`, by the literal behind it.
    floating: Literals,
}

impl Globs {
    pub(super) fn new(patterns: impl IntoIterator<Item = &'static str>) -> Self {
        let mut globs = Self { patterns: Vec::new(), anchored: Literals::new(), floating: Literals::new() };
        for (id, pattern) in patterns.into_iter().enumerate() {
            let (literals, rest) = match pattern.strip_prefix('*') {
                Some(rest) => (&mut globs.floating, rest),
                None => (&mut globs.anchored, pattern),
            };
            literals.insert(rest.split('*').next().unwrap_or_default().as_bytes(), id);
            let is_literal = rest.strip_suffix('*').is_some_and(|literal| !literal.contains('*'));
            globs.patterns.push((pattern, is_literal));
        }
        globs
    }

    /// The place of the first pattern that matches.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        let mut first = None;
        let mut ask = |id: usize| {
            let better = first.is_none_or(|found| id < found);
            let fits = |(pattern, is_literal): &(&str, bool)| *is_literal || matches(pattern, text);
            if better && self.patterns.get(id).is_some_and(fits) {
                first = Some(id);
            }
        };
        self.anchored.each_of(text.as_bytes(), &mut ask);
        let mut rest = Some(text.as_bytes());
        while let Some(text) = rest {
            self.floating.each_of(text, &mut ask);
            rest = text.get(1..);
        }
        first
    }
}

/// Patterns that stand in one string by their reason, asked for it.
#[derive(Debug)]
pub(super) struct Reasons {
    patterns: Globs,
    reasons: Vec<&'static str>,
}

impl Reasons {
    /// `table` has reasons, and behind each its patterns.
    pub(super) fn new(table: &[(&'static str, &'static str)]) -> Self {
        let each =
            || table.iter().flat_map(|(why, list)| list.split_ascii_whitespace().map(move |p| (p, *why)));
        let patterns = Globs::new(each().map(|(pattern, _)| pattern));
        Self { patterns, reasons: each().map(|(_, reason)| reason).collect() }
    }

    /// The reason of the first pattern that matches.
    pub(super) fn find(&self, text: &str) -> Option<&'static str> {
        self.reasons.get(self.patterns.find(text)?).copied()
    }
}

/// The literals that patterns start with, asked for those that a text starts with.
#[derive(Debug)]
struct Literals {
    /// Most texts go no further.
    starts: Starts,
    /// By a hash of their first three bytes.
    buckets: Vec<Vec<(&'static [u8], usize)>>,
    /// Those that are shorter.
    short: Vec<(&'static [u8], usize)>,
}

/// A power of two.
const BUCKETS: usize = 512;

impl Literals {
    fn new() -> Self {
        Self { starts: Starts::new(), buckets: vec![Vec::new(); BUCKETS], short: Vec::new() }
    }

    fn insert(&mut self, literal: &'static [u8], id: usize) {
        self.starts.add(literal);
        let bucket = literal.first_chunk().and_then(|start| self.buckets.get_mut(bucket(*start)));
        bucket.unwrap_or(&mut self.short).push((literal, id));
    }

    /// Calls `each` with every literal that `text` starts with.
    #[inline]
    fn each_of(&self, text: &[u8], each: &mut impl FnMut(usize)) {
        if self.starts.may_start(text) {
            let bucket = text.first_chunk().and_then(|start| self.buckets.get(bucket(*start)));
            let likely = bucket.into_iter().flatten().chain(&self.short);
            likely.filter(|(literal, _)| text.starts_with(literal)).for_each(|(_, id)| each(*id));
        }
    }
}

#[inline]
const fn bucket(start: [u8; 3]) -> usize {
    Starts::hash(start) & (BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::{Globs, matches};

    #[test]
    fn ok_stars() {
        assert!(matches("KASAN: *use-after-free Read*", "KASAN: slab-use-after-free Read in f"));
        assert!(matches("kasan_*", "kasan_report"));
        assert!(matches("*_trap", "do_trap"));
        assert!(matches("exact", "exact"));
        assert!(matches("*", ""));
        assert!(!matches("kasan_*", "my_kasan_report"));
        assert!(!matches("exact", "exactly"));
        assert!(!matches("a*b*c", "acb"));
    }

    #[test]
    fn ok_many_at_once_say_what_each_says() {
        let patterns = ["do_*_work", "do_*", "do_work", "*_trap", "*rq*lock", "do", "*", "trap_*"];
        for texts in ["do_work", "do_my_work", "do", "x_trap", "raw_rq_spin_lock", "trap_x", "", "dö_trap"] {
            for upto in 0..=patterns.len() {
                let some = &patterns[..upto];
                let want = some.iter().position(|p| matches(p, texts));
                assert_eq!(Globs::new(some.iter().copied()).find(texts), want, "{texts}: {some:?}");
            }
        }
    }
}
