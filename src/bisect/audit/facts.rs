//! The four facts of a bisection by which it is judged, each of a short list.

use super::commit;
use crate::bisect::{Bisection, Counts, Likeness, Revision, Sought, Stage, Verdict};
use crate::report::named::named;

/// What the log alone says for or against its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Facts {
    /// The crash at the culprit against the one that was looked for.
    pub crash: Likeness,
    /// The weakest verdict `bad`.
    pub bad: Share,
    /// The culprit against the crash.
    pub commit: Reach,
    /// How far back the releases were tested.
    pub releases: Releases,
}

named! {
    /// In how many of its runs a revision crashed; runs that failed for reasons of infrastructure do not count.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Share {
        /// In every one.
        All = "all",
        /// In at least half of them.
        Most = "most",
        /// In more than 15 %.
        Some = "some",
        /// In fewer.
        Few = "few",
    }
}

named! {
    /// How near a commit is to a crash.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Reach {
        /// It touches the first file on the crash's stacks that may carry the blame.
        Guilty = "guilty-file",
        /// It touches another file on them.
        File = "file",
        /// Its files or its subject share a name with the functions on them.
        Name = "name",
        /// It touches a directory of theirs, or shares a weak name.
        Directory = "directory",
        /// It touches something else.
        Elsewhere = "elsewhere",
        /// The log does not say what it touches, or where the crash was.
        Unknown = "unknown",
        /// It cannot be to blame: a merge, a release, no built file, or the same kernel as its parent.
        Impossible = "impossible",
    }
}

named! {
    /// How many releases were tested.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Releases {
        /// At most one.
        One = "1",
        /// Two or three.
        Few = "2-3",
        /// More.
        Many = "4+",
    }
}

impl Facts {
    /// The facts of a bisection that names a culprit; `None` of another one.
    #[must_use]
    pub fn of(bisection: &Bisection<'_>) -> Option<Self> {
        let culprit = bisection.culprit.as_ref()?;
        let sought = Sought::of(bisection);
        let tested = bisection.revisions.iter().rev().find(|r| r.hash == culprit.hash && !r.runs.is_empty());
        let releases = bisection.revisions.iter().filter(|r| r.stage == Stage::Release).count();
        Some(Self {
            crash: tested.map_or(Likeness::Unrelated, |r| likeness(r, &sought)),
            bad: weakest(bisection),
            commit: commit::reach(bisection, culprit),
            releases: match releases {
                0 | 1 => Releases::One,
                2 | 3 => Releases::Few,
                _ => Releases::Many,
            },
        })
    }
}

/// The nearest of a revision's crashes.
fn likeness(revision: &Revision<'_>, sought: &Sought<'_>) -> Likeness {
    revision.runs.iter().filter_map(|run| sought.likeness(run)).min().unwrap_or(Likeness::Unrelated)
}

/// The revisions whose verdict, printed or replayed, is this one.
pub(super) fn judged<'a, 'log>(
    bisection: &'a Bisection<'log>,
    verdict: Verdict,
) -> impl Iterator<Item = &'a Revision<'log>> {
    bisection.revisions.iter().filter(move |r| r.verdict() == Some(verdict))
}

fn weakest(bisection: &Bisection<'_>) -> Share {
    let tested = judged(bisection, Verdict::Bad).filter(|r| !r.runs.is_empty());
    match tested.map(|r| Counts::of(r).crashed_percent()).min() {
        Some(..=15) => Share::Few,
        Some(16..50) => Share::Some,
        Some(50..100) => Share::Most,
        _ => Share::All,
    }
}
