//! Says why two reports are near each other.

use super::is_file;

/// Words and files that are named; the rest is counted.
const NAMED: usize = 4;

/// Words with less than this share of the best one's weight tell nothing.
const TELLING: f64 = 0.2;

/// What two reports share, the most telling first, and what tells against them.
pub(super) fn why(mut shared: Vec<(&str, f64)>, kinds: (&str, &str), apart: Option<u32>) -> String {
    shared.sort_by(|(a, a_weight), (b, b_weight)| b_weight.total_cmp(a_weight).then(a.cmp(b)));
    let least = shared.first().map_or(0.0, |(_, best)| best * TELLING);
    let telling = shared.into_iter().take_while(|(_, weight)| *weight >= least).map(|(term, _)| term);
    let (files, words): (Vec<&str>, Vec<&str>) = telling.partition(|term| is_file(term));
    let mut parts = Vec::new();
    parts.extend(list("both name ", &words));
    parts.extend(list("both in ", &files));
    if kinds.0 != kinds.1 && !kinds.0.is_empty() && !kinds.1.is_empty() {
        parts.push(format!("kinds differ: {}, {}", kinds.0, kinds.1));
    }
    match apart {
        None | Some(0) => {}
        Some(1) => parts.push("one release apart".to_owned()),
        Some(n) => parts.push(format!("{n} releases apart")),
    }
    parts.join("; ")
}

fn list(lead: &str, terms: &[&str]) -> Option<String> {
    let named: Vec<&str> = terms.iter().copied().take(NAMED).collect();
    let more = terms.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("{lead}{}{more}", named.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_most_telling_first() {
        let shared =
            vec![("BUG", 1.0), ("net", 2.0), ("net/ring.c", 4.0), ("ring_pop", 9.0), ("ring_push", 9.5)];
        let same = why(shared.clone(), ("a/b", "a/b"), Some(0));
        assert_eq!(same, "both name ring_push, ring_pop, net; both in net/ring.c");
        let other = why(shared, ("a/b", "c/d"), Some(3));
        assert!(other.ends_with("; kinds differ: a/b, c/d; 3 releases apart"), "{other}");
        let many: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|t| (t, 1.0)).to_vec();
        assert_eq!(why(many, ("", "a/b"), None), "both name a, b, c, d and 2 more");
    }
}
