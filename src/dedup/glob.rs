//! Patterns in which `*` stands for any text: of titles, and of function names.

/// Whether `text` matches `pattern`; linear in `text` for each `*`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return text.is_empty() };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

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
}
