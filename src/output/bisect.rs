//! A bisection in words: the rows of its table and what was found, for text and Markdown alike; and the Markdown.

use super::markdown::{code, escape};
use crate::bisect::audit::{Audit, Suspect};
use crate::bisect::{Bisection, Ending, Likeness, Outcome, Program, Revision, Run, Sought, Stage, Verdict};
use std::fmt::Write as _;

/// Hex digits of a hash that are shown.
const HASH: usize = 12;

/// Marks of one revision that are shown.
const MARKS: usize = 40;

/// What the marks of runs mean, those of the table first.
const LEGEND: &[(char, &str)] = &[
    ('.', "clean"),
    ('X', "the crash"),
    ('x', "another crash"),
    ('b', "boot failed"),
    ('t', "test failed"),
    ('!', "infrastructure failed"),
    ('-', "ignored"),
];

/// One revision of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The first digits of the hash.
    pub hash: String,
    /// A mark a run; `all` before the mark that stands for all.
    pub runs: String,
    /// The verdict; in brackets where the log does not print it.
    pub verdict: String,
    /// The verdict if only the crash that is looked for counts, where it is another one.
    pub again: String,
    /// The release, the subject, or why the revision was tested.
    pub subject: String,
}

/// The revisions, in the order of the tests.
#[must_use]
pub fn rows(bisection: &Bisection<'_>, audit: &Audit) -> Vec<Row> {
    let sought = Sought::of(bisection);
    let pairs = bisection.revisions.iter().zip(&audit.rejudged);
    pairs
        .map(|(revision, again)| Row {
            hash: short(&revision.hash.to_string()),
            runs: marks(revision, &sought),
            verdict: match (revision.printed, revision.replayed) {
                (Some(printed), _) => printed.to_string(),
                (None, Some(replayed)) => format!("({replayed})"),
                (None, None) => String::new(),
            },
            again: again
                .filter(|v| revision.verdict() != Some(*v) && revision.replayed != Some(*v))
                .map_or_else(String::new, |v| v.to_string()),
            subject: subject(revision),
        })
        .collect()
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH).collect()
}

fn subject(revision: &Revision<'_>) -> String {
    match (&revision.release, &revision.subject, revision.stage) {
        (Some(release), ..) => release.to_string(),
        (None, Some(subject), _) => subject.to_string(),
        (None, None, Stage::Original) => "(where the crash was seen)".to_owned(),
        (None, None, Stage::Parent) => "(the culprit's parent: built only)".to_owned(),
        (None, None, stage) => format!("({stage})"),
    }
}

fn marks(revision: &Revision<'_>, sought: &Sought<'_>) -> String {
    if let [run] = revision.runs.as_slice()
        && run.all
    {
        return format!("all {}", mark(run, sought));
    }
    if revision.runs.is_empty() {
        return if revision.failure.is_some() { "not built".to_owned() } else { String::new() };
    }
    let mut marks: String = revision.runs.iter().take(MARKS).map(|run| mark(run, sought)).collect();
    if revision.runs.len() > MARKS {
        let _ = write!(marks, "… {}", revision.runs.len());
    }
    marks
}

fn mark(run: &Run<'_>, sought: &Sought<'_>) -> char {
    match run.outcome {
        Outcome::Ok => '.',
        Outcome::Crashed if sought.likeness(run).is_none_or(Likeness::is_same) => 'X',
        Outcome::Crashed => 'x',
        Outcome::BootFailed => 'b',
        Outcome::TestFailed | Outcome::BuildFailed => 't',
        Outcome::Infra => '!',
        Outcome::Ignored => '-',
    }
}

/// What the marks in these rows mean.
#[must_use]
pub fn legend(rows: &[Row]) -> String {
    let used = |mark: char| {
        rows.iter()
            .any(|r| r.runs.strip_prefix("all ").unwrap_or(&r.runs).contains(mark) && r.runs != "not built")
    };
    let used: Vec<String> =
        LEGEND.iter().filter(|(m, _)| used(*m)).map(|(m, word)| format!("{m} {word}")).collect();
    used.join(", ")
}

/// What was tested, in how much time.
#[must_use]
pub fn effort(bisection: &Bisection<'_>) -> String {
    let mut text = format!("{}, {} revisions", bisection.program, bisection.revisions.len());
    if let Some(totals) = bisection.totals {
        let _ = write!(
            text,
            " in {} (building {}, testing {})",
            hours(totals.seconds),
            hours(totals.build_seconds),
            hours(totals.test_seconds)
        );
    }
    if let Some(date) = bisection.date {
        let _ = write!(text, ", started on {date}");
    }
    text
}

/// `3 h 28 min`; no test is timed closer than that.
fn hours(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round().max(0.0);
    let hours = (minutes / 60.0).floor();
    if hours > 0.0 { format!("{hours} h {} min", minutes - hours * 60.0) } else { format!("{minutes} min") }
}

/// The finding: what the bisection says and whether to believe it, and what to do about it.
#[must_use]
pub fn finding(bisection: &Bisection<'_>, audit: &Audit) -> [String; 2] {
    [claim(bisection, audit), advice(bisection, audit)]
}

fn claim(bisection: &Bisection<'_>, audit: &Audit) -> String {
    let Some(culprit) = &bisection.culprit else { return no_culprit(bisection) };
    let subject = culprit.subject.as_ref().map(|s| format!(" \"{s}\"")).unwrap_or_default();
    let name = format!("{}{subject}", short(&culprit.hash.to_string()));
    match audit.confidence {
        Some(confidence) => {
            let percent = (confidence * 100.0).round();
            let suspect = match audit.suspect {
                Suspect::None => "",
                Suspect::BadVerdict => ", and another crash has probably made a verdict \"bad\"",
                Suspect::GoodVerdict => ", and a verdict \"good\" is probably wrong: the crash did not show",
            };
            let stands = if audit.culprit_stands {
                ""
            } else {
                "; if only the crash that is looked for counts, it is not even bad"
            };
            format!("{name} is the right culprit with a probability of {percent} %{suspect}{stands}.")
        }
        None if bisection.program == Program::Git => {
            format!(
                "{name} is the first bad commit, if every verdict is true; a log of Git does not say what they rest on."
            )
        }
        None => format!("{name} is the commit it names; how such results fare is not known."),
    }
}

fn no_culprit(bisection: &Bisection<'_>) -> String {
    match bisection.ending {
        Ending::Error => {
            let error = bisection.error.as_ref().map(|e| e.to_string()).unwrap_or_default();
            format!(
                "No culprit is named, for the bisection failed: {}.",
                error.lines().next().unwrap_or_default()
            )
        }
        Ending::OldestRelease => {
            "No culprit is named, for the oldest release that can be tested crashes already.".to_owned()
        }
        Ending::StillCrashes => "No fix is named, for the newest revision crashes still.".to_owned(),
        Ending::Inconclusive => format!(
            "No single culprit is named, for the {} commits that are left cannot be tested.",
            bisection.candidates.len()
        ),
        Ending::Culprit | Ending::CutShort => {
            "No culprit is named, for the log ends before the bisection does.".to_owned()
        }
    }
}

fn advice(bisection: &Bisection<'_>, audit: &Audit) -> String {
    match &audit.rerun {
        Some(rerun) => {
            let (hash, counts) = (short(&rerun.hash), rerun.counts);
            let seen = if rerun.verdict == Verdict::Bad { counts.crashed } else { counts.ok };
            let failed = match counts.infra {
                0 => String::new(),
                infra => format!(" ({infra} failed for reasons of infrastructure)"),
            };
            let rests =
                format!("the verdict \"{}\" rests on {seen} of {} runs{failed}", rerun.verdict, counts.total);
            format!("Whoever doubts it should test {hash} again first, where {rests}: {}.", rerun.why)
        }
        None => match bisection.revisions.iter().filter(|r| r.verdict().is_none()).count() {
            0 if bisection.culprit.is_some() => {
                "Which verdict to test again first, the log does not tell.".to_owned()
            }
            0 => "There is no verdict to test again.".to_owned(),
            left => format!("{left} revisions have no verdict."),
        },
    }
}

/// The bisection as Markdown: for mail and bug trackers.
///
/// ```
/// use ksplat::bisect::{Bisection, audit::audit};
/// let log = b"bisecting cause commit starting from 0123456789012345678901234567890123456789\n\
///             testing commit 0123456789012345678901234567890123456789 gcc\n\
///             run #0: crashed: WARNING in foo\n\
///             run #1: OK\n";
/// let bisection = Bisection::parse(log).unwrap();
/// let text = ksplat::output::bisect::markdown(&bisection, &audit(&bisection));
/// assert!(text.contains("| 012345678901 | `X.` | (bad) |"));
/// ```
#[must_use]
pub fn markdown(bisection: &Bisection<'_>, audit: &Audit) -> String {
    let title = bisection.original_title().or(bisection.crash_title.as_ref()).map(ToString::to_string);
    let mut out = format!("## Bisection of {}\n\n", code(title.as_deref().unwrap_or("a crash")));
    let [claim, advice] = finding(bisection, audit);
    let _ = writeln!(out, "{}\n\n{}\n\n{}.\n", escape(&claim), escape(&advice), escape(&effort(bisection)));
    out.push_str("| Revision | Runs | Verdict | Only this crash | Subject |\n|---|---|---|---|---|\n");
    let rows = rows(bisection, audit);
    for row in &rows {
        let runs = if row.runs.is_empty() { String::new() } else { code(&row.runs) };
        let _ = writeln!(
            out,
            "| {} | {runs} | {} | {} | {} |",
            row.hash,
            row.verdict,
            row.again,
            escape(&row.subject)
        );
    }
    let _ = writeln!(out, "\n{}\n", escape(&legend(&rows)));
    for evidence in &audit.evidence {
        let _ = writeln!(out, "* ×{:.2}: {}", evidence.ratio, escape(&evidence.text));
    }
    for remark in &audit.remarks {
        let _ = writeln!(out, "* {}{}", at(remark.hash.as_deref()), escape(&remark.text));
    }
    out
}

/// `b5aea28dca13: `, or nothing.
#[must_use]
pub fn at(hash: Option<&str>) -> String {
    hash.map(|h| format!("{}: ", short(h))).unwrap_or_default()
}
