//! Every verdict once more, where only the crash that is looked for counts.

use crate::bisect::verdict::{as_printed, judged};
use crate::bisect::{Bisection, Counts, Revision, Sought, Verdict};

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

/// Titles of other crashes that are named; the others are counted.
const NAMED: usize = 3;

/// The verdict on each revision if only the crash that is looked for counts; `None` where nothing was to be judged.
pub(super) fn rejudge(bisection: &Bisection<'_>, sought: &Sought<'_>) -> Vec<Option<Verdict>> {
    let mut flaky = false;
    let again = |revision: &Revision<'_>| {
        let verdict = judged(revision, sought.counts(revision), flaky, bisection.date);
        flaky |= revision.flaky;
        verdict.map(|v| as_printed(v, revision.stage, bisection.goal))
    };
    bisection.revisions.iter().map(again).collect()
}

/// The verdicts that change, of those that a printed or replayed rule made of the same runs.
pub(super) fn changes(
    bisection: &Bisection<'_>,
    sought: &Sought<'_>,
    again: &[Option<Verdict>],
) -> Vec<Change> {
    let pairs = bisection.revisions.iter().zip(again);
    pairs.filter_map(|(revision, now)| change(revision, sought, (*now)?)).collect()
}

fn change(revision: &Revision<'_>, sought: &Sought<'_>, now: Verdict) -> Option<Change> {
    let was = revision.verdict().filter(|was| *was != now && revision.replayed != Some(now))?;
    let all = Counts::of(revision);
    let others = all.crashed - sought.counts(revision).crashed;
    let mut titles: Vec<String> = Vec::new();
    for run in revision.runs.iter().filter(|r| sought.likeness(r).is_some_and(|l| !l.is_same())) {
        let title = run.title.as_ref().map(ToString::to_string).unwrap_or_default();
        if titles.len() <= NAMED && !titles.contains(&title) {
            titles.push(title);
        }
    }
    if titles.len() > NAMED {
        titles.truncate(NAMED);
        titles.push("and others".to_owned());
    }
    let why = format!("{others} of {} runs crashed in another way: {}", all.total, titles.join("; "));
    Some(Change { hash: revision.hash.to_string(), was, now, why })
}
