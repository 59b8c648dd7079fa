//! The signature: what two reports of one bug share, and reports of different bugs do not.

use super::guilty::{self, Guilty};
use super::{generic, normalize};
use crate::report::Report;
use sha2::{Digest, Sha256};
use std::fmt;

/// The version that every signature starts with. A changed output is a new version.
pub const SIGNATURE_VERSION: &str = "v1";

/// `v1:` and the first 64 bits of the SHA-256 of the canonical string.
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
        Self { hash, canonical }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGNATURE_VERSION}:{:016x}", self.hash)
    }
}

/// A capture as it enters the signature: a function by its name, any other text normalised.
fn told_apart(text: &[u8]) -> String {
    let text = normalize::text(&String::from_utf8_lossy(text));
    let (word, rest) = text.split_once(' ').unwrap_or((&text, "["));
    if rest.starts_with('[') { normalize::stem(normalize::function(word)).to_owned() } else { text }
}

/// The signature of a report: the kind's group and the guilty function; without a function, the title.
pub(super) fn signature(report: &Report<'_>, guilty: Option<&Guilty>, title: &str) -> Signature {
    let mut canonical = vec![report.kind.group().to_owned()];
    let guilty = guilty.cloned().or_else(|| guilty::of_header(report));
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
