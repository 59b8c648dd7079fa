//! Whether to believe a bisection: evidence with its weight, every verdict judged again, and what to test next.
//!
//! Of the culprits that syzbot's bisections named, 45 % were right. The others rest on a verdict `bad` that another
//! crash made, or on a verdict `good` that was given because the crash did not show. What tells them apart stands in the
//! log: [`Facts`]; how much each fact weighs was counted on bisections of which the truth is known: [`Tables`].

mod commit;
mod facts;
mod rejudge;
mod remarks;
mod rerun;
mod tables;

pub use facts::{Facts, Reach, Releases, Share};
pub use rejudge::Change;
pub use remarks::{Code, Remark};
pub use rerun::Rerun;
pub use tables::{BUILT_IN, MAX_CONFIDENCE, Odds, Ratio, Seen, Suspect, Tables};

use super::{Bisection, Goal, Likeness, Program, Sought, Verdict};

/// What is to be thought of a bisection.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Audit {
    /// The probability that the named culprit is the right one, never above [`MAX_CONFIDENCE`]; `None` where none is
    /// named, where a fix was looked for, and of a log of Git, which does not tell the runs.
    pub confidence: Option<f64>,
    /// What is most probably wrong.
    pub suspect: Suspect,
    /// What the confidence rests on.
    pub evidence: Vec<Evidence>,
    /// The verdict on each revision if only the crash that is looked for counts.
    pub rejudged: Vec<Option<Verdict>>,
    /// The verdicts that change by that.
    pub changes: Vec<Change>,
    /// Whether the culprit is still called bad then.
    pub culprit_stands: bool,
    /// What a doubter should test again first.
    pub rerun: Option<Rerun>,
    /// What else is worth knowing.
    pub remarks: Vec<Remark>,
}

/// One fact, and how much it weighs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// Which fact: `culprit-crash`, `weakest-bad`, `commit`, `releases`.
    pub code: &'static str,
    /// Its value.
    pub value: &'static str,
    /// How much more probable this is if the culprit is right; under 1 it speaks against it.
    pub ratio: f64,
    /// The same in words.
    pub text: String,
}

/// Audits a bisection.
///
/// ```
/// use ksplat::bisect::{Bisection, audit::audit};
/// let log = b"bisecting cause commit starting from 0123456789012345678901234567890123456789\n";
/// let audit = audit(&Bisection::parse(log).unwrap());
/// assert_eq!(audit.confidence, None);
/// ```
#[must_use]
pub fn audit(bisection: &Bisection<'_>) -> Audit {
    // A log of Git has no runs to judge by, and of fixes nobody has counted how they fare.
    let known = bisection.goal == Goal::Cause && bisection.program == Program::SyzBisect;
    let facts = Facts::of(bisection).filter(|_| known);
    let odds = facts.map(|f| BUILT_IN.odds(&f));
    let suspect = odds.map_or(Suspect::None, most_probable);
    let sought = Sought::of(bisection);
    let rejudged = rejudge::rejudge(bisection, &sought);
    let changes = rejudge::changes(bisection, &sought, &rejudged);
    let culprit = bisection.culprit.as_ref().map(|c| c.hash.to_string());
    Audit {
        confidence: odds.map(|[right, _, _]| right.min(MAX_CONFIDENCE)),
        suspect,
        evidence: facts.map(|f| evidence(&f)).unwrap_or_default(),
        culprit_stands: !changes.iter().any(|c| Some(&c.hash) == culprit.as_ref()),
        rejudged,
        changes,
        rerun: rerun::rerun(bisection, &sought, suspect).filter(|_| known),
        remarks: remarks::remarks(bisection),
    }
}

fn most_probable([right, bad, good]: Odds) -> Suspect {
    if right >= bad && right >= good {
        Suspect::None
    } else if bad >= good {
        Suspect::BadVerdict
    } else {
        Suspect::GoodVerdict
    }
}

fn evidence(facts: &Facts) -> Vec<Evidence> {
    let names = [
        ("culprit-crash", facts.crash.name(), crash_text(facts.crash)),
        ("weakest-bad", facts.bad.name(), bad_text(facts.bad)),
        ("commit", facts.commit.name(), commit_text(facts.commit)),
        ("releases", facts.releases.name(), releases_text(facts.releases)),
    ];
    let weighed = names.into_iter().zip(BUILT_IN.ratios(facts));
    weighed
        .map(|((code, value, text), Ratio { ratio, right, seen })| Evidence {
            code,
            value,
            ratio,
            text: format!("{text}: {right} of {seen} such results were right"),
        })
        .collect()
}

const fn crash_text(crash: Likeness) -> &'static str {
    match crash {
        Likeness::Same => "the culprit crashes in the same function",
        Likeness::Near => "the culprit crashes in a function of a kindred name",
        Likeness::Kind => "the culprit crashes in the same way, but elsewhere",
        Likeness::Unrelated => "the culprit's crash has nothing in common with the one looked for",
    }
}

const fn bad_text(bad: Share) -> &'static str {
    match bad {
        Share::All => "every run of every revision called bad crashed",
        Share::Most => "at least half of the runs of every revision called bad crashed",
        Share::Some => "a revision was called bad of which less than half of the runs crashed",
        Share::Few => "a revision was called bad of which at most 15 % of the runs crashed",
    }
}

const fn commit_text(commit: Reach) -> &'static str {
    match commit {
        Reach::Guilty => "the culprit touches the first file on the crash's stacks that may carry the blame",
        Reach::File => "the culprit touches a file on the crash's stacks",
        Reach::Name => "the culprit shares telling names with the crash",
        Reach::Directory => "the culprit touches a directory of the crash, or shares a name with it",
        Reach::Elsewhere => "the culprit touches nothing that the crash shows",
        Reach::Unknown => "what the culprit touches, or where the crash was, is not known",
        Reach::Impossible => {
            "the culprit cannot be to blame: a merge, a release, nothing built, or the same kernel as its parent"
        }
    }
}

const fn releases_text(releases: Releases) -> &'static str {
    match releases {
        Releases::One => "the last release before the crash is without it",
        Releases::Few => "two or three releases were tested to find one without the crash",
        Releases::Many => "four or more releases were tested to find one without the crash",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests of revisions, by the digit that their hash is made of, their stage and their runs; the last bad one is the
    /// culprit.
    fn audited(tests: &[(&str, &str, &str)], culprit: &str) -> Audit {
        let hash = |digit: &str| digit.repeat(40);
        let mut log = format!("bisecting cause commit starting from {}\n", hash("a"));
        for (digit, stage, runs) in tests {
            match *stage {
                "release" => log.push_str("testing release v5.8\n"),
                "start" => log.push_str("# git bisect start v5.9 v5.8\n"),
                _ => {}
            }
            log.push_str(&format!("testing commit {} gcc\n", hash(digit)));
            for (n, mark) in runs.chars().enumerate() {
                let outcome = match mark {
                    '.' => "OK",
                    'X' => "crashed: WARNING in ring_send",
                    'x' => "crashed: INFO: task hung in widget_wait",
                    _ => "infra problem: x",
                };
                log.push_str(&format!("run #{n}: {outcome}\n"));
            }
        }
        log.push_str(&format!(
            "{culprit} is the first bad commit\n    ring: x\n net/ring/ring.c | 2 +-\n\
             revisions tested: 1, total time: 0s (build: 0s, test: 0s)\nfirst bad commit: {culprit} ring: x\n",
            culprit = hash(culprit)
        ));
        audit(&Bisection::parse(log.as_bytes()).unwrap())
    }

    const GOOD: &[(&str, &str, &str)] = &[
        ("a", "", "XXXXXXXXXX"),
        ("b", "release", ".........."),
        ("c", "start", "XXXXXXXXXX"),
        ("d", "", "......!!!!"),
    ];

    #[test]
    fn ok_a_clean_bisection_stands() {
        let audit = audited(GOOD, "c");
        assert!(audit.confidence.unwrap() > 0.5 && audit.confidence.unwrap() <= MAX_CONFIDENCE);
        assert!(audit.culprit_stands && audit.changes.is_empty());
        let rerun = audit.rerun.unwrap();
        assert_eq!((rerun.hash, rerun.verdict), ("d".repeat(40), Verdict::Good));
        assert_eq!((rerun.counts.ok, rerun.counts.infra), (6, 4));
        let codes: Vec<_> = audit.remarks.iter().map(|r| r.code).collect();
        assert_eq!(codes, [Code::FewCleanRuns]);
    }

    #[test]
    fn ok_another_crash_at_the_culprit_overturns_it() {
        let mut tests = GOOD.to_vec();
        tests[2].2 = "x.........";
        let audit = audited(&tests, "c");
        assert!(audit.confidence.unwrap() < 0.2 && !audit.culprit_stands);
        assert_eq!(audit.suspect, Suspect::BadVerdict);
        let change = &audit.changes[0];
        assert_eq!(
            (change.was, change.now, change.hash.as_str()),
            (Verdict::Bad, Verdict::Good, &*"c".repeat(40))
        );
        assert_eq!(change.why, "1 of 10 runs crashed in another way: INFO: task hung in widget_wait");
        assert_eq!(audit.rerun.unwrap().hash, "c".repeat(40));
    }

    #[test]
    fn ok_every_fact_is_told_with_its_weight() {
        let audit = audited(GOOD, "c");
        let codes: Vec<_> = audit.evidence.iter().map(|e| e.code).collect();
        assert_eq!(codes, ["culprit-crash", "weakest-bad", "commit", "releases"]);
        assert!(audit.evidence.iter().all(|e| e.ratio > 0.0 && e.text.contains(" such results were right")));
    }
}
