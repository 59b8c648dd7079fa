//! The index: terms → reports, so that a query looks at few of many.
//!
//! A report is listed under its rarest terms only, and a term only while few reports have it. Reports that share such
//! a term with the query are candidates; those with the most weight in common are compared term by term.

use super::strings::Strings;
use super::{OTHER_KIND, Profile, WORDS, is_file, release, why};
use crate::dedup::{blame, skip};
use std::collections::HashMap;

/// The rarest terms of a report, those under which it is listed and looked for.
const RAREST: usize = 48;

/// A term that more than one in so many reports have finds nobody.
const COMMON: usize = 20;

/// Reports that a term may always have.
const FEW: usize = 100;

/// Candidates that are compared in full for each hit that is wanted.
const PER_HIT: usize = 8;

/// Candidates that are compared in full at least.
const COMPARED: usize = 256;

/// Of small collections nobody can tell which words are rare. So many reports are thought of besides, that have all
/// functions and files that never carry the blame, all dispatchers, and all words without `_`: those are mostly
/// printk's own and names of folders.
const PRIOR: u32 = 32;

/// Where a report stands and what it is called: what a hit shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The log or the file of saved groups.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Its title.
    pub title: String,
    /// Its signature, as text.
    pub signature: String,
}

/// A report of the collection that is near the query.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Hit {
    /// The report.
    pub entry: Entry,
    /// From 0, nothing in common, to 1.
    pub score: f64,
    /// What they have in common and what not, in words.
    pub why: String,
}

/// A collection of reports that can be asked for those near another one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Index {
    /// Every term, sorted; the other lists name it by its number.
    pub(super) terms: Strings,
    /// How many reports have the term, those of [`PRIOR`] counted.
    pub(super) counts: Vec<u32>,
    /// The terms of all reports, one report behind the other, sorted; where each report's end.
    pub(super) has: Lists,
    /// The reports of each term that finds some.
    pub(super) finds: Lists,
    /// The length of each report's vector of words and of files.
    pub(super) norms: Vec<[f64; 2]>,
    /// Number of the kind, and of the release, of each report.
    pub(super) about: Vec<[u32; 2]>,
    pub(super) kinds: Strings,
    pub(super) offsets: Vec<u64>,
    /// Path, title and signature of each report.
    pub(super) entries: Strings,
}

/// Lists of numbers, one behind the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lists {
    pub(super) numbers: Vec<u32>,
    /// Where each list ends in `numbers`.
    pub(super) ends: Vec<u32>,
}

impl Lists {
    fn push(&mut self, list: impl IntoIterator<Item = u32>) {
        self.numbers.extend(list);
        self.ends.push(number(self.numbers.len()));
    }

    fn get(&self, at: u32) -> &[u32] {
        let end = |i: usize| self.ends.get(i).map_or(0, |end| *end as usize);
        let at = at as usize;
        let start = if at == 0 { 0 } else { end(at - 1) };
        self.numbers.get(start..end(at)).unwrap_or_default()
    }
}

/// A count as it is kept. No collection comes near the limit.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Makes an [`Index`].
#[derive(Debug, Default)]
pub struct Builder {
    ids: HashMap<Box<str>, u32>,
    index: Index,
}

impl Builder {
    /// Adds a report.
    pub fn add(&mut self, entry: &Entry, profile: &Profile) {
        self.put(entry, profile, release_of(profile));
    }

    fn put(&mut self, entry: &Entry, profile: &Profile, release: u32) {
        let ids = &mut self.ids;
        let id = |term: &str, ids: &mut HashMap<Box<str>, u32>| match ids.get(term) {
            Some(id) => *id,
            None => {
                let id = number(ids.len());
                ids.insert(term.into(), id);
                id
            }
        };
        self.index.has.push(profile.terms.iter().map(|term| id(term, ids)));
        let kinds = &mut self.index.kinds;
        let known = (0..kinds.len()).find(|at| kinds.get(*at) == profile.kind);
        let kind = known.unwrap_or_else(|| {
            kinds.push(&profile.kind);
            kinds.len() - 1
        });
        self.index.about.push([number(kind), release]);
        self.index.offsets.push(entry.offset as u64);
        [&entry.path, &entry.title, &entry.signature].into_iter().for_each(|s| self.index.entries.push(s));
    }

    /// Adds a report of another index.
    pub(super) fn add_of(&mut self, index: &Index, report: u32) {
        let [kind, release] = index.about_of(report);
        let terms = index.has.get(report).iter().map(|id| index.terms.get(*id as usize).to_owned());
        let kind = index.kinds.get(kind as usize).to_owned();
        let profile = Profile { kind, release: None, terms: terms.collect() };
        self.put(&index.entry(report), &profile, release);
    }

    /// The index of all reports that were added.
    #[must_use]
    pub fn finish(self) -> Index {
        let Self { ids, mut index } = self;
        let mut terms: Vec<(Box<str>, u32)> = ids.into_iter().collect();
        terms.sort_unstable();
        let mut sorted = vec![0; terms.len()];
        for ((term, id), new) in terms.iter().zip(0..) {
            index.terms.push(term);
            if let Some(place) = sorted.get_mut(*id as usize) {
                *place = new;
            }
        }
        drop(terms);
        let mut has = Lists::default();
        for report in 0..number(index.len()) {
            let terms = index.has.get(report).iter().filter_map(|id| sorted.get(*id as usize));
            let mut terms: Vec<u32> = terms.copied().collect();
            terms.sort_unstable();
            terms.dedup();
            has.push(terms);
        }
        index.has = has;
        index.count();
        index.list();
        index
    }
}

fn release_of(profile: &Profile) -> u32 {
    profile.release.as_deref().map_or(0, release::number)
}

/// What is looked for: the terms of the query that the collection has, with their weights.
pub(super) struct Query<'p> {
    /// Number, weight, whether it is a file; sorted by number.
    terms: Vec<(u32, f64, bool)>,
    norms: [f64; 2],
    pub(super) kind: &'p str,
    pub(super) release: u32,
}

impl Index {
    /// How many reports it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.about.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.about.is_empty()
    }

    /// The reports near this one, best first, `most` of them at most; of equal ones that which was added first.
    #[must_use]
    pub fn near(&self, profile: &Profile, most: usize) -> Vec<Hit> {
        let query = self.query(profile);
        let mut ranked = self.ranked(&query, most);
        ranked.truncate(most);
        ranked.into_iter().map(|(report, score)| self.hit(&query, report, score)).collect()
    }

    pub(super) fn hit(&self, query: &Query<'_>, report: u32, score: f64) -> Hit {
        let shared: Vec<(&str, f64)> =
            self.shared(query, report).map(|(id, weight, _)| (self.terms.get(id as usize), weight)).collect();
        let [kind, release] = self.about_of(report);
        let kinds = (query.kind, self.kinds.get(kind as usize));
        let why = why::why(shared, kinds, release::apart(query.release, release));
        Hit { entry: self.entry(report), score, why }
    }

    fn about_of(&self, report: u32) -> [u32; 2] {
        self.about.get(report as usize).copied().unwrap_or_default()
    }

    fn entry(&self, report: u32) -> Entry {
        let at = report as usize;
        let text = |n: usize| self.entries.get(at * 3 + n).to_owned();
        let offset = self.offsets.get(at).map_or(0, |o| usize::try_from(*o).unwrap_or(usize::MAX));
        Entry { path: text(0), offset, title: text(1), signature: text(2) }
    }

    pub(super) fn query<'p>(&self, profile: &'p Profile) -> Query<'p> {
        let mut norms = [0.0; 2];
        let mut terms = Vec::with_capacity(profile.terms.len());
        for term in &profile.terms {
            let id = self.terms.find(term);
            // A word that nobody has is as rare as one that a single report has.
            let count = id.and_then(|id| self.counts.get(id as usize).copied());
            let (weight, file) = (self.weight(count.unwrap_or_else(|| 1 + prior(term))), is_file(term));
            *side(&mut norms, file) += weight * weight;
            terms.extend(id.map(|id| (id, weight, file)));
        }
        terms.sort_unstable_by_key(|(id, ..)| *id);
        let norms = norms.map(f64::sqrt);
        Query { terms, norms, kind: &profile.kind, release: release_of(profile) }
    }

    /// The weight of a term that `count` reports have.
    fn weight(&self, count: u32) -> f64 {
        let all = (self.len() as f64) + f64::from(PRIOR);
        (1.0 + all / f64::from(count.max(1))).ln().powi(2)
    }

    /// The reports near the query with their scores, best first.
    pub(super) fn ranked(&self, query: &Query<'_>, most: usize) -> Vec<(u32, f64)> {
        let mut candidates = self.candidates(query);
        let compared = most.saturating_mul(PER_HIT).max(COMPARED);
        if candidates.len() > compared {
            candidates.select_nth_unstable_by(compared, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            candidates.truncate(compared);
        }
        let mut ranked: Vec<(u32, f64)> =
            candidates.into_iter().map(|(report, _)| (report, self.score(query, report))).collect();
        ranked.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked
    }

    /// The reports that share a rare term with the query, and what they share of the score by those.
    fn candidates(&self, query: &Query<'_>) -> Vec<(u32, f64)> {
        let rarest = self.rarest(query.terms.iter().map(|(id, ..)| *id));
        let mut sums = vec![0.0_f32; self.len()];
        let mut found = Vec::new();
        for id in rarest {
            let Ok(at) = query.terms.binary_search_by_key(&id, |(id, ..)| *id) else { continue };
            let Some(&(_, weight, _)) = query.terms.get(at) else { continue };
            for report in self.finds.get(id) {
                let Some(sum) = sums.get_mut(*report as usize) else { continue };
                if *sum == 0.0 {
                    found.push(*report);
                }
                *sum += (weight * weight) as f32;
            }
        }
        let rated = found.into_iter().map(|report| {
            let sum = sums.get(report as usize).copied().unwrap_or_default();
            let norms = self.norms.get(report as usize).copied().unwrap_or_default();
            (report, f64::from(sum) / norms[0].hypot(norms[1]).max(1.0) * self.likeness(query, report))
        });
        rated.collect()
    }

    fn score(&self, query: &Query<'_>, report: u32) -> f64 {
        let mut sums = [0.0; 2];
        for (_, weight, file) in self.shared(query, report) {
            *side(&mut sums, file) += weight * weight;
        }
        let norms = self.norms.get(report as usize).copied().unwrap_or_default();
        let cosine = |n: usize| match (sums.get(n), query.norms.get(n), norms.get(n)) {
            (Some(sum), Some(a), Some(b)) if *a > 0.0 && *b > 0.0 => Some(sum / (a * b)),
            _ => None,
        };
        let words = cosine(0).unwrap_or_default();
        let mix = cosine(1).map_or(words, |files| WORDS * words + (1.0 - WORDS) * files);
        (mix * self.likeness(query, report)).min(1.0)
    }

    /// What kind and release leave of the score.
    fn likeness(&self, query: &Query<'_>, report: u32) -> f64 {
        let [kind, release] = self.about_of(report);
        let kind = self.kinds.get(kind as usize);
        let known = !kind.is_empty() && !query.kind.is_empty();
        let same = if known && kind != query.kind { OTHER_KIND } else { 1.0 };
        same * release::closeness(query.release, release)
    }

    /// The terms that the report shares with the query.
    fn shared<'q>(&self, query: &'q Query<'_>, report: u32) -> impl Iterator<Item = (u32, f64, bool)> + 'q
    where
        Self: 'q,
    {
        let mut has = self.has.get(report).to_vec().into_iter().peekable();
        query.terms.iter().copied().filter(move |(id, ..)| {
            while has.next_if(|other| other < id).is_some() {}
            has.peek() == Some(id)
        })
    }

    /// The rarest of these terms that find somebody.
    fn rarest(&self, terms: impl Iterator<Item = u32>) -> Vec<u32> {
        let common = number((self.len() / COMMON).max(FEW));
        let counted = terms.filter_map(|id| Some((*self.counts.get(id as usize)?, id)));
        let mut rare: Vec<(u32, u32)> = counted.filter(|(count, _)| *count <= common).collect();
        if rare.len() > RAREST {
            rare.select_nth_unstable(RAREST);
            rare.truncate(RAREST);
        }
        rare.into_iter().map(|(_, id)| id).collect()
    }

    /// Counts the reports of each term, and measures the reports.
    fn count(&mut self) {
        self.counts = (0..self.terms.len()).map(|at| prior(self.terms.get(at))).collect();
        for id in &self.has.numbers {
            if let Some(count) = self.counts.get_mut(*id as usize) {
                *count += 1;
            }
        }
        let files: Vec<bool> = (0..self.terms.len()).map(|at| is_file(self.terms.get(at))).collect();
        let norm = |report: u32| {
            let mut norms = [0.0; 2];
            for id in self.has.get(report) {
                let weight = self.counts.get(*id as usize).map_or(0.0, |count| self.weight(*count));
                let file = files.get(*id as usize).is_some_and(|file| *file);
                *side(&mut norms, file) += weight * weight;
            }
            norms.map(f64::sqrt)
        };
        self.norms = (0..number(self.len())).map(norm).collect();
    }

    /// Lists each report under its rarest terms.
    fn list(&mut self) {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for report in 0..number(self.len()) {
            let rarest = self.rarest(self.has.get(report).iter().copied());
            pairs.extend(rarest.into_iter().map(|id| (id, report)));
        }
        pairs.sort_unstable();
        let mut pairs = pairs.into_iter().peekable();
        for id in 0..number(self.terms.len()) {
            let reports = std::iter::from_fn(|| pairs.next_if(|(of, _)| *of == id));
            self.finds.push(reports.map(|(_, report)| report));
        }
    }
}

/// The sum of the words or that of the files.
fn side(sums: &mut [f64; 2], file: bool) -> &mut f64 {
    let [words, files] = sums;
    if file { files } else { words }
}

/// Reports of the [`PRIOR`] that have the term.
fn prior(term: &str) -> u32 {
    let common = if is_file(term) {
        blame::blameless(term).is_some()
    } else {
        !term.contains('_') || skip::dispatches(term) || skip::reason(term, &[]).is_some()
    };
    if common { PRIOR } else { 0 }
}
