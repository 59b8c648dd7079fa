//! Joins groups that are near each other into clusters.
//!
//! Mean linkage: time and again the two clusters whose groups are nearest on average become one, while that average
//! reaches the threshold. So one odd group between two bugs does not chain them together. Groups are numbered by
//! signature and ties broken by number, so the clusters depend on the set of groups only, not on its order.

use super::{Builder, Entry, Index, Profile};
use crate::dedup::Groups;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// From which mean score on clusters are joined.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Threshold {
    /// Few wrong joins: about two in three joined pairs have one fix.
    #[default]
    Strict,
    /// As many right joins as wrong ones are worth: the best balance (F1) of precision and recall.
    Balanced,
    /// From this score on, between 0 and 1.
    At(f64),
}

impl Threshold {
    /// The score.
    #[must_use]
    pub const fn score(self) -> f64 {
        match self {
            Self::Strict => 0.4,
            Self::Balanced => 0.25,
            Self::At(score) => score,
        }
    }
}

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "strict" => Ok(Self::Strict),
            "balanced" => Ok(Self::Balanced),
            number => match number.parse() {
                Ok(score) if (0.0..=1.0).contains(&score) => Ok(Self::At(score)),
                _ => Err("neither `strict`, `balanced` nor a number from 0 to 1".to_owned()),
            },
        }
    }
}

/// A group of the same cluster that is near enough by itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Join {
    /// Its signature, as text.
    pub signature: String,
    /// From 0, nothing in common, to 1.
    pub score: f64,
    /// What they have in common and what not, in words.
    pub why: String,
}

/// Which groups belong together.
///
/// ```
/// use ksplat::dedup::{Groups, near::{Joins, Threshold}};
/// let log = "BUG: KASAN: use-after-free in ring_pop+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\nCall Trace:\n ring_poll+0x1/0x2\n\
///            BUG: KASAN: use-after-free in ring_drop+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\nCall Trace:\n ring_pop+0x1/0x2\n ring_poll+0x1/0x2\n";
/// let mut groups = Groups::new();
/// for report in ksplat::reports(log.as_bytes()) {
///     groups.add("console.log", &report, &ksplat::identify(&report));
/// }
/// let joins = Joins::new(&groups, Threshold::Strict);
/// let signatures: Vec<String> = groups.by_size().iter().map(|g| g.signature.to_string()).collect();
/// assert_eq!(joins.cluster(&signatures[0]), joins.cluster(&signatures[1]));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Joins {
    /// By signature: the smallest number of a group of the cluster, and the joins.
    groups: BTreeMap<String, (u32, Vec<Join>)>,
}

impl Joins {
    /// Joins these groups.
    #[must_use]
    pub fn new(groups: &Groups, threshold: Threshold) -> Self {
        let threshold = threshold.score();
        let mut groups = groups.by_size();
        groups.sort_by(|a, b| a.signature.cmp(&b.signature));
        let profiles: Vec<Profile> = groups.iter().map(|group| Profile::of_group(group)).collect();
        let mut builder = Builder::default();
        profiles.iter().for_each(|profile| builder.add(&Entry::default(), profile));
        let index = builder.finish();
        let pairs = pairs(&index, &profiles, threshold * NEGLIGIBLE);
        let clusters = Linkage::new(profiles.len(), &pairs, threshold).clusters();
        let signature =
            |at: u32| groups.get(at as usize).map(|g| g.signature.to_string()).unwrap_or_default();
        let mut joins = Self::default();
        for (at, cluster) in (0..).zip(&clusters) {
            joins.groups.insert(signature(at), (*cluster, Vec::new()));
        }
        let together = |a: u32, b: u32| clusters.get(a as usize) == clusters.get(b as usize);
        for ((a, b), score) in pairs.into_iter().filter(|((a, b), s)| *s >= threshold && together(*a, *b)) {
            let Some(profile) = profiles.get(a as usize) else { continue };
            let why = index.hit(&index.query(profile), b, score).why;
            for (of, to) in [(a, b), (b, a)] {
                if let Some((_, joins)) = joins.groups.get_mut(&signature(of)) {
                    joins.push(Join { signature: signature(to), score, why: why.clone() });
                }
            }
        }
        for (_, joins) in joins.groups.values_mut() {
            joins.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.signature.cmp(&b.signature)));
        }
        joins
    }

    /// A number that the groups of one cluster share; `None` for a signature that was not there.
    #[must_use]
    pub fn cluster(&self, signature: &str) -> Option<u32> {
        self.groups.get(signature).map(|(cluster, _)| *cluster)
    }

    /// The groups of the same cluster that are near this one by themselves, best first.
    #[must_use]
    pub fn of(&self, signature: &str) -> &[Join] {
        self.groups.get(signature).map_or(&[], |(_, joins)| joins)
    }

    /// How many clusters there are.
    #[must_use]
    pub fn clusters(&self) -> usize {
        let clusters: BTreeSet<u32> = self.groups.values().map(|(cluster, _)| *cluster).collect();
        clusters.len()
    }
}

/// Scores below this share of the threshold count as none: they would change a mean by less than the data can tell.
const NEGLIGIBLE: f64 = 0.25;

/// Groups that are asked for, of each group.
const NEIGHBOURS: usize = 64;

/// The scores of near pairs, the smaller number first.
fn pairs(index: &Index, profiles: &[Profile], least: f64) -> BTreeMap<(u32, u32), f64> {
    let mut pairs = BTreeMap::new();
    for (at, profile) in (0..).zip(profiles) {
        let ranked = index.ranked(&index.query(profile), NEIGHBOURS);
        for (other, score) in ranked.into_iter().take_while(|(_, score)| *score >= least) {
            if other != at {
                pairs.entry((at.min(other), at.max(other))).or_insert(score);
            }
        }
    }
    pairs
}

/// A pair of clusters, ordered by their mean score, then by number, the smallest first.
#[derive(PartialEq)]
struct Candidate {
    mean: f64,
    pair: (u32, u32),
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.mean.total_cmp(&other.mean).then_with(|| other.pair.cmp(&self.pair))
    }
}

/// Clusters while they grow. A cluster is called by its smallest group.
struct Linkage {
    threshold: f64,
    /// For each cluster: its groups; none once it is part of another one.
    groups: Vec<Vec<u32>>,
    /// For each cluster: the sum of scores with others.
    sums: Vec<BTreeMap<u32, f64>>,
    best: BinaryHeap<Candidate>,
}

impl Linkage {
    fn new(count: usize, pairs: &BTreeMap<(u32, u32), f64>, threshold: f64) -> Self {
        let mut linkage = Self {
            threshold,
            groups: (0..).take(count).map(|at| vec![at]).collect(),
            sums: vec![BTreeMap::new(); count],
            best: BinaryHeap::new(),
        };
        for (&(a, b), &score) in pairs {
            for (of, to) in [(a, b), (b, a)] {
                if let Some(sums) = linkage.sums.get_mut(of as usize) {
                    sums.insert(to, score);
                }
            }
            linkage.consider(a, b);
        }
        linkage
    }

    /// The cluster of each group.
    fn clusters(mut self) -> Vec<u32> {
        while let Some(Candidate { mean, pair: (a, b) }) = self.best.pop() {
            // What was true when it was noted may be so no more.
            if self.mean(a, b) == Some(mean) {
                self.join(a, b);
            }
        }
        let mut clusters = vec![0; self.groups.len()];
        for (cluster, groups) in (0..).zip(&self.groups) {
            for group in groups {
                if let Some(place) = clusters.get_mut(*group as usize) {
                    *place = cluster;
                }
            }
        }
        clusters
    }

    fn mean(&self, a: u32, b: u32) -> Option<f64> {
        let size = |of: u32| self.groups.get(of as usize).map(Vec::len).filter(|size| *size > 0);
        let sum = self.sums.get(a as usize)?.get(&b)?;
        Some(sum / (size(a)? * size(b)?) as f64)
    }

    fn consider(&mut self, a: u32, b: u32) {
        let pair = (a.min(b), a.max(b));
        if let Some(mean) = self.mean(pair.0, pair.1).filter(|mean| *mean >= self.threshold) {
            self.best.push(Candidate { mean, pair });
        }
    }

    /// Makes `b` a part of `a`.
    fn join(&mut self, a: u32, b: u32) {
        let take =
            |lists: &mut Vec<Vec<u32>>| lists.get_mut(b as usize).map(std::mem::take).unwrap_or_default();
        let groups = take(&mut self.groups);
        let sums = self.sums.get_mut(b as usize).map(std::mem::take).unwrap_or_default();
        if let Some(own) = self.groups.get_mut(a as usize) {
            own.extend(groups);
        }
        for (other, sum) in sums {
            if let Some(back) = self.sums.get_mut(other as usize) {
                back.remove(&b);
                if other != a {
                    *back.entry(a).or_default() += sum;
                }
            }
            if let Some(own) = self.sums.get_mut(a as usize).filter(|_| other != a) {
                *own.entry(other).or_default() += sum;
            }
        }
        let others: Vec<u32> =
            self.sums.get(a as usize).into_iter().flat_map(|s| s.keys().copied()).collect();
        others.into_iter().for_each(|other| self.consider(a, other));
    }
}
