//! The wire types of reports that are near each other, and what `near` can be asked about.

use super::{Groups, Member, Near};
use crate::dedup::near::{Entry, Hit, Joins, Profile};
use crate::{Identity, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The reports near one: a line of `ksplat near --format ndjson`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Neighbours {
    /// `ksplat.near/1`.
    pub schema: String,
    /// The report that was asked about.
    pub query: Queried,
    /// Those near it, best first.
    pub hits: Vec<Neighbour>,
}

/// A report that was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Queried {
    /// The log's path.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Its title.
    pub title: String,
    /// Its signature.
    pub signature: String,
}

/// A report near another one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Neighbour {
    /// The path of the log, or of the file of saved groups where that names no log.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Its title.
    pub title: String,
    /// Its signature.
    pub signature: String,
    /// From 0 nothing in common to 1 the same.
    pub score: f64,
    /// What they have in common and what not.
    pub why: String,
}

/// What [`Neighbours::schema`] says.
pub const NEAR_SCHEMA: &str = "ksplat.near/1";

impl Neighbours {
    /// The wire form of the hits of a report that stands in the log called `path`.
    #[must_use]
    pub fn new(path: &str, report: &Report<'_>, identity: &Identity, hits: &[Hit]) -> Self {
        Self {
            schema: NEAR_SCHEMA.to_owned(),
            query: Queried {
                path: path.to_owned(),
                offset: report.span.offset,
                title: identity.title.clone(),
                signature: identity.signature.to_string(),
            },
            hits: hits.iter().map(Neighbour::new).collect(),
        }
    }
}

impl Neighbour {
    fn new(hit: &Hit) -> Self {
        Self {
            path: hit.entry.path.clone(),
            offset: hit.entry.offset,
            title: hit.entry.title.clone(),
            signature: hit.entry.signature.clone(),
            score: rounded(hit.score),
            why: hit.why.clone(),
        }
    }
}

/// Four digits are more than a score can tell.
fn rounded(score: f64) -> f64 {
    (score * 1e4).round() / 1e4
}

impl Groups {
    /// Adds what was joined: the clusters, numbered in the order of the groups, and of each group those of its cluster
    /// that are near it.
    pub(super) fn with_joins(mut self, joins: Option<&Joins>) -> Self {
        let Some(joins) = joins else { return self };
        let mut numbers = BTreeMap::new();
        for group in &mut self.groups {
            let next = numbers.len() + 1;
            group.cluster = match joins.cluster(&group.signature) {
                Some(cluster) => *numbers.entry(cluster).or_insert(next),
                None => 0,
            };
            let near = joins.of(&group.signature).iter();
            group.near = near
                .map(|j| Near { signature: j.signature.clone(), score: rounded(j.score), why: j.why.clone() })
                .collect();
        }
        self
    }
}

/// What a saved group, a line of known groups and a saved report have in common: enough to be near something.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Saved {
    signature: String,
    title: String,
    canonical: Vec<String>,
    kernel: SavedKernel,
    release: Option<String>,
    terms: Vec<String>,
    members: Vec<Member>,
    source: Option<super::Source>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SavedKernel {
    release: Option<String>,
}

#[derive(Deserialize)]
struct SavedGroups {
    groups: Vec<Saved>,
}

/// The saved groups, known groups or saved reports of a file, to be compared with others; `None` if the text is none
/// of them. `path` is what the file is called, for groups that name no log.
///
/// ```
/// let known = br#"{"signature":"v1:0123456789abcdef","title":"WARNING in f","terms":["f","net"]}"#;
/// let saved = ksplat::output::json::saved_profiles("known.ndjson", known).unwrap();
/// assert_eq!((saved.len(), saved[0].0.path.as_str()), (1, "known.ndjson"));
/// assert!(ksplat::output::json::saved_profiles("a.log", b"[    0.000000] Linux version 6.1").is_none());
/// ```
#[must_use]
pub fn saved_profiles(path: &str, text: &[u8]) -> Option<Vec<(Entry, Profile)>> {
    if text.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    if let Ok(all) = serde_json::from_slice::<SavedGroups>(text) {
        return Some(all.groups.into_iter().map(|saved| saved.compared(path)).collect());
    }
    let lines = serde_json::Deserializer::from_slice(text).into_iter::<Saved>();
    let saved: Vec<Saved> = lines.collect::<Result<_, _>>().ok()?;
    let is_saved = |saved: &Saved| saved.signature.starts_with('v') && saved.signature.contains(':');
    saved.iter().all(is_saved).then(|| saved.into_iter().map(|saved| saved.compared(path)).collect())
}

impl Saved {
    fn compared(self, path: &str) -> (Entry, Profile) {
        let of_log = self.source.map(|s| (s.path, s.offset));
        let of_group =
            || self.members.into_iter().min_by(|a, b| a.defects.cmp(&b.defects)).map(|m| (m.path, m.offset));
        let (path, offset) = of_log.or_else(of_group).unwrap_or_else(|| (path.to_owned(), 0));
        let mut terms = self.terms;
        terms.sort_unstable();
        terms.dedup();
        let profile = Profile {
            kind: self.canonical.into_iter().next().unwrap_or_default(),
            release: self.release.or(self.kernel.release),
            terms,
        };
        (Entry { path, offset, title: self.title, signature: self.signature }, profile)
    }
}
