//! The verdict that a doubter should test again first, and how often.
//!
//! If any verdict `good` is wrong, so is the last one: it is the newest revision that was called good, and what has the
//! bug hands it down to all that follow. In the same way, if any verdict `bad` is wrong, the culprit's own is. So there
//! are two verdicts to choose from, and the facts say which.

use super::Suspect;
use super::facts::judged;
use crate::bisect::{Bisection, Counts, Revision, Sought, Verdict};

/// A verdict to test again.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rerun {
    /// The commit.
    pub hash: String,
    /// The verdict in doubt.
    pub verdict: Verdict,
    /// Its runs.
    pub counts: Counts,
    /// How many more runs settle it.
    pub runs: usize,
    /// What to look for in them.
    pub why: String,
}

/// The chance to be wrong that is left when a verdict is settled.
const LEFT: f64 = 0.05;

/// Where a crash is rare, it may be so many times as rare as at the revisions that show it.
const RARER: f64 = 10.0;

/// Nobody runs a reproducer more often to settle one verdict.
const MOST: f64 = 1000.0;

/// What to test again first; `None` of a bisection without a culprit.
pub(super) fn rerun(bisection: &Bisection<'_>, sought: &Sought<'_>, suspect: Suspect) -> Option<Rerun> {
    let culprit = bisection.culprit.as_ref()?;
    let rate = rate(bisection, sought);
    let last_good = || judged(bisection, Verdict::Good).filter(|r| !r.runs.is_empty()).last();
    let own = || bisection.revisions.iter().rev().find(|r| r.hash == culprit.hash && !r.runs.is_empty());
    match suspect {
        Suspect::BadVerdict => own().map(|r| bad(r, rate)),
        // The facts speak for the result: what is left is that the reproducer missed the bug.
        Suspect::None | Suspect::GoodVerdict => {
            last_good().map(|r| good(r, rate)).or_else(|| own().map(|r| bad(r, rate)))
        }
    }
}

fn good(revision: &Revision<'_>, rate: f64) -> Rerun {
    let counts = Counts::of(revision);
    let rare = rate / RARER;
    let runs = runs_to_see(rare).saturating_sub(counts.ok).max(1);
    let why = format!(
        "one crash proves it wrong, and {runs} clean runs more leave a chance of {:.0} % that a crash which shows in \
         {:.1} % of the runs was missed",
        LEFT * 100.0,
        rare * 100.0,
    );
    Rerun { hash: revision.hash.to_string(), verdict: Verdict::Good, counts, runs, why }
}

fn bad(revision: &Revision<'_>, rate: f64) -> Rerun {
    let counts = Counts::of(revision);
    let runs = runs_to_see(rate);
    let why = format!(
        "if the crash that is looked for is there as often as elsewhere, in {:.1} % of the runs, {runs} runs show it with a \
         chance of {:.0} %",
        rate * 100.0,
        (1.0 - LEFT) * 100.0,
    );
    Rerun { hash: revision.hash.to_string(), verdict: Verdict::Bad, counts, runs, why }
}

/// After how many runs a crash of that rate was seen once, but for a chance of [`LEFT`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and MOST")]
fn runs_to_see(rate: f64) -> usize {
    let runs = LEFT.ln() / (1.0 - rate.clamp(0.001, 0.999)).ln();
    runs.ceil().clamp(1.0, MOST) as usize
}

/// In what share of the runs the crash shows where it shows least, by the rule of succession.
fn rate(bisection: &Bisection<'_>, sought: &Sought<'_>) -> f64 {
    let counts = judged(bisection, Verdict::Bad).map(|r| sought.counts(r)).filter(|c| c.crashed > 0);
    counts.map(|c| (number(c.crashed) + 1.0) / (number(c.started()) + 2.0)).fold(0.9, f64::min)
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_runs_until_a_crash_was_seen() {
        // One run of two: five runs miss it with a chance of 1 in 32. One of ten: 28 or 29 runs.
        assert_eq!((runs_to_see(0.5), runs_to_see(0.1), runs_to_see(0.999_9)), (5, 29, 1));
        assert_eq!(runs_to_see(0.0), 1000);
    }
}
