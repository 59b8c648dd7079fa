//! The signature: what two reports of one bug share, and reports of different bugs do not.

use super::guilty::{self, Guilty};
use super::walk::Walk;
use super::{generic, normalize};
use crate::report::Report;
use sha2::{Digest, Sha256};
use std::fmt;

/// The version that every signature starts with. A changed output is a new version.
pub const SIGNATURE_VERSION: &str = "v1";

/// `v1:` and the first 64 bits of the SHA-256 of the canonical string; `v1+NAME:` where further functions were
/// skipped, by a list of that name.
///
/// ```
/// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
/// let signature = ksplat::identify(&ksplat::reports(log).next().unwrap()).signature;
/// assert_eq!(signature.canonical(), ["kasan/bad-access", "foo"]);
/// assert_eq!(signature.to_string().len(), "v1:".len() + 16);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signature {
    hash: u64,
    canonical: Vec<String>,
    mark: Option<String>,
}

impl Signature {
    /// The lines whose newline-joined bytes were hashed.
    #[must_use]
    pub fn canonical(&self) -> &[String] {
        &self.canonical
    }

    /// The signature of these lines.
    #[must_use]
    pub fn of_canonical(canonical: Vec<String>) -> Self {
        let digest = Sha256::digest(canonical.join("\n").as_bytes());
        let hash = digest.iter().take(8).fold(0u64, |n, b| n << 8 | u64::from(*b));
        Self { hash, canonical, mark: None }
    }

    /// The signature with the name of the list by which it was made: it equals none that was made without.
    #[must_use]
    pub fn marked(self, name: impl Into<String>) -> Self {
        Self { mark: Some(name.into()), ..self }
    }

    /// The signature of these lines, with the mark that `text` has: `ours` of `v1+ours:0123456789abcdef`.
    #[must_use]
    pub fn marked_as(text: &str, canonical: Vec<String>) -> Self {
        let signature = Self::of_canonical(canonical);
        match text.split_once(':').and_then(|(version, _)| version.split_once('+')) {
            Some((_, mark)) => signature.marked(mark),
            None => signature,
        }
    }

    /// Whether `text` can be a signature, of this version or another: `v1:0123456789abcdef`, `v2+NAME:…`.
    #[must_use]
    pub fn is_well_formed(text: &str) -> bool {
        let fits = |(version, hash): (&str, &str)| {
            let (version, mark) = version.split_once('+').unwrap_or((version, "-"));
            let number = version.strip_prefix('v').filter(|n| !n.is_empty());
            number.is_some_and(|n| n.bytes().all(|c| c.is_ascii_digit()))
                && is_mark(mark)
                && hash.len() == 16
                && hash.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        };
        text.split_once(':').is_some_and(fits)
    }
}

/// Whether a signature can carry this name.
pub(super) fn is_mark(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mark {
            Some(name) => write!(f, "{SIGNATURE_VERSION}+{name}:{:016x}", self.hash),
            None => write!(f, "{SIGNATURE_VERSION}:{:016x}", self.hash),
        }
    }
}

/// A capture as it enters the signature: a function by its name, any other text normalised.
fn told_apart(text: &[u8]) -> String {
    let text = normalize::text(&String::from_utf8_lossy(text));
    let (word, rest) = text.split_once(' ').unwrap_or((&text, "["));
    if rest.starts_with('[') { normalize::stem(normalize::function(word)).to_owned() } else { text }
}

/// The signature of a report: the kind's group and the guilty function; without a function, the title.
pub(super) fn signature(
    report: &Report<'_>,
    walk: Option<&Walk<'_>>,
    guilty: Option<&Guilty>,
    title: &str,
) -> Signature {
    let mut canonical = vec![report.kind.group().to_owned()];
    let guilty = guilty.cloned().or_else(|| guilty::of_header(report, walk?));
    match guilty {
        Some(guilty) => canonical.extend(told_by(&guilty)),
        None => canonical.push(title.to_owned()),
    }
    let sign = report.kind.meaning().map_or(&[][..], |m| m.sign);
    canonical.extend(sign.iter().filter_map(|name| Some(told_apart(report.capture(name)?))));
    Signature::of_canonical(canonical)
}

/// The guilty function and, where everybody calls it, who did.
fn told_by(guilty: &Guilty) -> Vec<String> {
    let stem = |name: &str| normalize::stem(name).to_owned();
    let mut function = &guilty.function;
    let mut callers = guilty.callers.iter();
    if generic::stand_in(function).is_some() {
        function = callers.find(|c| generic::stand_in(c).is_none()).unwrap_or(function);
    }
    let mut told = vec![stem(function)];
    if generic::shared(function).is_some() {
        let user = callers.find(|c| generic::stand_in(c).is_none() && generic::shared(c).is_none());
        told.extend(user.map(|user| format!("{}_*", area(&stem(user)))));
    }
    told
}

/// The part of the kernel that a function belongs to, by the word that its name starts with: callers are inlined into
/// each other, but seldom across such borders.
fn area(name: &str) -> &str {
    name.split_once('_').map_or(name, |(area, _)| area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_mark_keeps_signatures_apart() {
        let plain = Signature::of_canonical(vec!["bug/bug".to_owned(), "f".to_owned()]);
        let marked = plain.clone().marked("ours");
        assert_ne!(plain, marked);
        assert_eq!(marked.to_string(), plain.to_string().replace("v1:", "v1+ours:"));
        for signature in [plain, marked] {
            let text = signature.to_string();
            assert!(Signature::is_well_formed(&text), "{text}");
            assert_eq!(Signature::marked_as(&text, signature.canonical().to_vec()), signature);
        }
    }

    #[test]
    fn err_what_is_no_signature() {
        for text in
            ["", "v1", "v1:", "v1:0123", "v:0123456789abcdef", "x1:0123456789abcdef", "v1+:0123456789abcdef"]
        {
            assert!(!Signature::is_well_formed(text), "{text}");
        }
    }
}
