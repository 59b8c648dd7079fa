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
    anchored: Trie,
    /// Patterns that start with `*`, by the literal behind it.
    floating: Trie,
}

impl Globs {
    pub(super) fn new(patterns: impl IntoIterator<Item = &'static str>) -> Self {
        let mut globs = Self { patterns: Vec::new(), anchored: Trie::new(), floating: Trie::new() };
        for (id, pattern) in patterns.into_iter().enumerate() {
            let (trie, rest) = match pattern.strip_prefix('*') {
                Some(rest) => (&mut globs.floating, rest),
                None => (&mut globs.anchored, pattern),
            };
            trie.insert(rest.split('*').next().unwrap_or_default().as_bytes(), id);
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
        self.anchored.walk(text.as_bytes(), &mut ask);
        let mut rest = Some(text.as_bytes());
        while let Some(text) = rest {
            self.floating.walk(text, &mut ask);
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

/// Literals that share their beginnings.
#[derive(Debug)]
struct Trie {
    nodes: Vec<Node>,
    /// Most texts go no further.
    starts: Starts,
}

#[derive(Debug, Default)]
struct Node {
    /// The nodes one byte further, sorted by it.
    next: Vec<(u8, usize)>,
    /// The literals that end here.
    ends: Vec<usize>,
}

impl Trie {
    fn new() -> Self {
        Self { nodes: vec![Node::default()], starts: Starts::new() }
    }

    fn insert(&mut self, literal: &[u8], id: usize) {
        self.starts.add(literal);
        let mut at = 0;
        for byte in literal {
            let new = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else { return };
            at = match node.next.binary_search_by_key(byte, |(b, _)| *b) {
                Ok(found) => node.next.get(found).map_or(new, |(_, to)| *to),
                Err(place) => {
                    node.next.insert(place, (*byte, new));
                    self.nodes.push(Node::default());
                    new
                }
            };
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.ends.push(id);
        }
    }

    /// Calls `each` with every literal that `text` starts with.
    #[inline]
    fn walk(&self, text: &[u8], each: &mut impl FnMut(usize)) {
        if self.starts.may_start(text) {
            self.descend(text, each);
        }
    }

    fn descend(&self, text: &[u8], each: &mut impl FnMut(usize)) {
        let mut at = 0;
        let mut bytes = text.iter();
        while let Some(node) = self.nodes.get(at) {
            node.ends.iter().for_each(|id| each(*id));
            let Some(byte) = bytes.next() else { return };
            let Ok(found) = node.next.binary_search_by_key(byte, |(b, _)| *b) else { return };
            at = node.next.get(found).map_or(usize::MAX, |(_, to)| *to);
        }
    }
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
