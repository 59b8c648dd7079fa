//! The rule that makes a verdict of the runs of a revision, and its history.
//!
//! syzkaller prints the verdicts of the revisions that `git bisect` chose, but not those of the first test and of the
//! releases; those follow from the runs by the rule of that day.

use super::model::{Bisection, Date, Goal, Outcome, Revision, Run, Stage, Verdict};

/// How the runs of a revision came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counts {
    /// All runs.
    pub total: usize,
    /// Runs without a crash.
    pub ok: usize,
    /// Runs with the crash, or with any where all crashes are one.
    pub crashed: usize,
    /// Runs that failed for reasons of infrastructure.
    pub infra: usize,
}

/// How many runs stand behind `all runs: …`, which does not say it: syzkaller's usual number.
pub const USUAL_RUNS: usize = 10;

impl Counts {
    /// Counts the runs of a revision.
    #[must_use]
    pub fn of(revision: &Revision<'_>) -> Self {
        Self::that(revision, |_| true)
    }

    /// Runs that said anything of the kernel.
    #[must_use]
    pub const fn started(&self) -> usize {
        self.total.saturating_sub(self.infra)
    }

    /// In how many percent of those it crashed.
    #[must_use]
    pub fn crashed_percent(&self) -> usize {
        self.crashed * 100 / self.started().max(1)
    }

    /// The same, where a crash counts only if `counts` says so.
    pub(super) fn that(revision: &Revision<'_>, counts: impl Fn(&Run<'_>) -> bool) -> Self {
        let mut all = Self::default();
        for run in &revision.runs {
            let runs = if run.all { USUAL_RUNS } else { 1 };
            all.total += runs;
            match run.outcome {
                Outcome::Ok => all.ok += runs,
                Outcome::Crashed if counts(run) => all.crashed += runs,
                Outcome::Infra => all.infra += runs,
                _ => {}
            }
        }
        all
    }
}

/// A rule, and since when it was the rule.
struct Rule {
    since: Date,
    decide: fn(Counts, bool) -> Verdict,
}

/// The rule's history, the latest first: `bisectionDecision` in syzkaller's `pkg/bisect/bisect.go`, and what stood in
/// its place before.
const RULES: &[Rule] = &[
    // e8709b21d; since db79ee42a (2024-12-03) a lost connection is no crash, which is said by the outcome.
    Rule { since: Date(2024, 7, 15), decide: |c, flaky| by_quorum(c, flaky, 2.max(c.started() / 6)) },
    // 01fe85726
    Rule { since: Date(2023, 6, 29), decide: |c, flaky| by_quorum(c, flaky, 1) },
    // 4c2028c3d
    Rule {
        since: Date(2023, 6, 15),
        decide: |c, _| match c {
            Counts { crashed: 1.., .. } => Verdict::Bad,
            Counts { ok, total, .. } if ok > total / 2 => Verdict::Good,
            _ => Verdict::Skip,
        },
    },
    Rule {
        since: Date(0, 0, 0),
        decide: |c, _| match c {
            Counts { crashed: 1.., .. } => Verdict::Bad,
            Counts { ok, total, .. } if total - ok > total / 3 * 2 => Verdict::Skip,
            Counts { ok: 1.., .. } => Verdict::Good,
            _ => Verdict::Skip,
        },
    },
];

/// Good needs many clean runs, bad needs crashes in a revision that is not too broken to tell.
fn by_quorum(c: Counts, flaky: bool, crashes: usize) -> Verdict {
    let clean = if flaky { c.total * 3 / 4 } else { c.total / 2 };
    if c.crashed == 0 && c.ok >= clean.max(1) {
        Verdict::Good
    } else if c.crashed >= crashes && c.ok + c.crashed >= c.total / 2 {
        Verdict::Bad
    } else {
        Verdict::Skip
    }
}

/// The verdict on these counts by the rule of `date`; a log without a date is older than July 2022.
///
/// ```
/// use ksplat::bisect::{Counts, Date, Verdict, verdict};
/// let counts = Counts::new(10, 9, 1, 0);
/// assert_eq!(verdict(counts, false, None), Verdict::Bad);
/// assert_eq!(verdict(counts, false, Some(Date(2024, 8, 1))), Verdict::Skip);
/// ```
#[must_use]
pub fn verdict(counts: Counts, flaky: bool, date: Option<Date>) -> Verdict {
    let date = date.unwrap_or(Date(0, 0, 0));
    RULES.iter().find(|r| r.since <= date).map_or(Verdict::Skip, |r| (r.decide)(counts, flaky))
}

impl Counts {
    /// `total` runs, of which so many were clean, crashed, or failed for reasons of infrastructure.
    #[must_use]
    pub const fn new(total: usize, ok: usize, crashed: usize, infra: usize) -> Self {
        Self { total, ok, crashed, infra }
    }
}

/// Fills in [`Revision::replayed`].
pub(super) fn replay(bisection: &mut Bisection<'_>) {
    let (goal, date) = (bisection.goal, bisection.date);
    let mut flaky = false;
    for revision in &mut bisection.revisions {
        revision.replayed =
            judged(revision, Counts::of(revision), flaky, date).map(|v| as_printed(v, revision.stage, goal));
        flaky |= revision.flaky;
    }
}

/// The verdict on a revision of which the runs are counted so; `None` where nothing was to be judged.
pub(super) fn judged(
    revision: &Revision<'_>,
    counts: Counts,
    flaky: bool,
    date: Option<Date>,
) -> Option<Verdict> {
    if revision.stage == Stage::Parent {
        return None;
    }
    if revision.runs.is_empty() {
        return revision.failure.as_ref().map(|_| Verdict::Skip);
    }
    Some(verdict(counts, flaky, date))
}

/// Git looks for the first bad commit. To find a fix with it, syzkaller calls what still crashes good.
pub(super) fn as_printed(verdict: Verdict, stage: Stage, goal: Goal) -> Verdict {
    match verdict {
        Verdict::Good if goal == Goal::Fix && stage == Stage::Bisect => Verdict::Bad,
        Verdict::Bad if goal == Goal::Fix && stage == Stage::Bisect => Verdict::Good,
        verdict => verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Option<Date> = None;
    const HALF: Option<Date> = Some(Date(2023, 6, 20));
    const QUORUM: Option<Date> = Some(Date(2023, 7, 20));
    const TWO: Option<Date> = Some(Date(2024, 7, 15));

    #[test]
    fn ok_the_rule_of_each_time() {
        for (date, flaky, (total, ok, crashed, infra), want) in [
            (OLD, false, (10, 9, 1, 0), Verdict::Bad),
            (OLD, false, (10, 4, 0, 6), Verdict::Good),
            (OLD, false, (10, 3, 0, 7), Verdict::Skip),
            (OLD, false, (10, 0, 0, 0), Verdict::Skip),
            (OLD, false, (20, 8, 0, 12), Verdict::Good),
            (OLD, false, (20, 7, 0, 13), Verdict::Skip),
            (HALF, false, (10, 9, 1, 0), Verdict::Bad),
            (HALF, false, (10, 6, 0, 4), Verdict::Good),
            (HALF, false, (10, 5, 0, 5), Verdict::Skip),
            (QUORUM, false, (10, 5, 0, 5), Verdict::Good),
            (QUORUM, true, (20, 14, 0, 6), Verdict::Skip),
            (QUORUM, true, (20, 15, 0, 5), Verdict::Good),
            (QUORUM, false, (10, 4, 1, 5), Verdict::Bad),
            (QUORUM, false, (10, 2, 2, 6), Verdict::Skip),
            (TWO, false, (10, 9, 1, 0), Verdict::Skip),
            (TWO, false, (10, 8, 2, 0), Verdict::Bad),
            (TWO, false, (20, 18, 2, 0), Verdict::Skip),
            (TWO, false, (20, 17, 3, 0), Verdict::Bad),
            (TWO, false, (20, 10, 2, 6), Verdict::Bad),
        ] {
            let counts = Counts::new(total, ok, crashed, infra);
            assert_eq!(verdict(counts, flaky, date), want, "{date:?} {flaky} {counts:?}");
        }
    }

    #[test]
    fn ok_rules_are_ordered_by_date() {
        assert!(RULES.is_sorted_by(|a, b| a.since > b.since));
    }

    #[test]
    fn ok_all_runs_stand_for_the_usual_number() {
        let log = b"bisecting cause commit starting from 0123456789012345678901234567890123456789\n\
                    testing commit 0123456789012345678901234567890123456789 gcc\nall runs: OK\n";
        let bisection = Bisection::parse(log).unwrap();
        assert_eq!(Counts::of(&bisection.revisions[0]), Counts::new(10, 10, 0, 0));
    }
}
