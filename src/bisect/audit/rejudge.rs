//! Every verdict once more, where only the crash that is looked for counts.

use super::facts;
use crate::bisect::same::{Crash, same_crash};
use crate::bisect::verdict::{self, as_printed, judged};
use crate::bisect::{Bisection, Counts, Revision, Run, Verdict};

/// A verdict that another crash made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The commit.
    pub hash: String,
    /// The verdict of the log.
    pub was: Verdict,
    /// The verdict if only the crash that is looked for counts.
    pub now: Verdict,
    /// What crashed instead.
    pub why: String,
}

/// The verdict on each revision if only the crash that is looked for counts; `None` where nothing was to be judged.
#[must_use]
pub fn rejudge(bisection: &Bisection<'_>) -> Vec<Option<Verdict>> {
    let original = facts::original(bisection);
    let mut flaky = false;
    let again = |revision: &Revision<'_>| {
        let counts =
            Counts::that(revision, |run| original.is_empty() || is_original(bisection, &original, run));
        let verdict = judged(revision, counts, flaky, bisection.date)?;
        flaky |= revision.flaky;
        Some(as_printed(verdict, revision.stage, bisection.goal))
    };
    bisection.revisions.iter().map(again).collect()
}

/// Whether a run shows the crash that is looked for.
fn is_original(bisection: &Bisection<'_>, original: &Crash, run: &Run<'_>) -> bool {
    let Some(title) = &run.title else { return false };
    let mut crash = Crash::of_title(&title.to_str_lossy());
    if let Some(report) = bisection.crash.as_ref().filter(|_| bisection.crash_title.as_ref() == Some(title)) {
        crash.add_report(&crate::identify(report));
    }
    same_crash(original, &crash).is_same()
}

/// The verdicts that change, of those that a printed or replayed rule made of the same runs.
pub(super) fn changes(bisection: &Bisection<'_>, again: &[Option<Verdict>]) -> Vec<Change> {
    let pairs = bisection.revisions.iter().zip(again);
    pairs.filter_map(|(revision, now)| change(bisection, revision, (*now)?)).collect()
}

fn change(bisection: &Bisection<'_>, revision: &Revision<'_>, now: Verdict) -> Option<Change> {
    let was = revision.verdict().filter(|was| *was != now && revision.replayed != Some(now))?;
    let original = facts::original(bisection);
    let mut others: Vec<String> = Vec::new();
    for run in revision.runs.iter().filter(|r| r.outcome == crate::bisect::Outcome::Crashed) {
        let title = run.title.as_ref().map(ToString::to_string).unwrap_or_default();
        if !same_crash(&original, &Crash::of_title(&title)).is_same() && !others.contains(&title) {
            others.push(title);
        }
    }
    let counts = verdict::Counts::of(revision);
    let why =
        format!("{} of {} runs crashed in another way: {}", counts.crashed, counts.total, others.join("; "));
    Some(Change { hash: revision.hash.to_string(), was, now, why })
}
