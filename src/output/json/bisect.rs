//! The wire types of a bisection and its audit, and bisection → wire.

use super::{BISECT_SCHEMA, Report};
use crate::bisect::audit;
use crate::bisect::{self, Bisection};
use crate::report::Text;
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bisection: what `ksplat bisect --format json` writes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Bisect {
    /// `ksplat.bisect/1`.
    pub schema: String,
    /// Who ran it: `syz-bisect`, `git`.
    pub program: String,
    /// The commit on which the crash was seen.
    pub start: Option<String>,
    /// `culprit`, `error`, `oldest-release`, `still-crashes`, `inconclusive`, `cut-short`.
    pub ending: String,
    /// The commit it names.
    pub culprit: Option<Culprit>,
    /// The crash that was looked for.
    pub original: Original,
    /// How much was tested.
    pub totals: Option<Totals>,
    /// Every tested revision, in the order of the tests.
    pub revisions: Vec<Revision>,
    /// The last crash of the log.
    pub crash: Option<Report>,
    /// Whether to believe it.
    pub audit: Audit,
    /// The log's path; `-` is standard input.
    pub path: String,
    /// What was looked for: `cause`, `fix`.
    pub goal: String,
    /// The day it was started, `2023-01-16`.
    pub date: Option<String>,
    /// Why it ended without a result.
    pub error: Option<String>,
    /// The commits among which the culprit is, if no single one was found.
    pub candidates: Vec<String>,
    /// Whether the log calls the reproducer flaky.
    pub flaky: bool,
    /// The title that the log gives to its last crash.
    pub crash_title: Option<String>,
    /// Lines that nothing here knows.
    pub unknown_lines: usize,
}

/// The commit that a bisection names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Culprit {
    /// Its hash.
    pub hash: String,
    /// The first line of its message.
    pub subject: Option<String>,
    /// `Name <mail@host>`.
    pub author: Option<String>,
    /// The hash of the kernel built at it.
    pub signature: Option<String>,
    /// The hash of the kernel built at its parent.
    pub parent_signature: Option<String>,
    /// Who was told.
    pub recipients: Recipients,
    /// When it was written, as Git prints it.
    pub date: Option<String>,
    /// The files it touches, as Git shortens them.
    pub files: Vec<String>,
    /// Its parents, shortened, where it is a merge.
    pub parents: Vec<String>,
}

/// Who was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Recipients {
    /// Those it was addressed to.
    pub to: Vec<String>,
    /// Those who got a copy.
    pub cc: Vec<String>,
}

/// The crash that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Original {
    /// The title that most runs of the first test had.
    pub title: Option<String>,
}

/// How much was tested, in how many seconds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Totals {
    /// Revisions tested.
    pub revisions: u64,
    /// All of it.
    pub seconds: f64,
    /// Building kernels.
    pub build_seconds: f64,
    /// Running them.
    pub test_seconds: f64,
}

/// One tested revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Revision {
    /// The commit.
    pub hash: String,
    /// Its subject, where Git printed it.
    pub subject: Option<String>,
    /// The release it is.
    pub release: Option<String>,
    /// `original`, `release`, `bisect`, `parent`, `config`, `head`, `merge-base`.
    pub stage: String,
    /// The compiler.
    pub compiler: Option<String>,
    /// The hash of its kernel.
    pub signature: Option<String>,
    /// Its runs.
    pub runs: Vec<Run>,
    /// `good`, `bad`, `skip`; `null` where it was built only, or the log ends.
    pub verdict: Option<String>,
    /// Whether the log prints the verdict; otherwise it follows from the runs.
    pub printed: bool,
    /// The verdict if only the crash that is looked for counts.
    pub rejudged: Option<String>,
    /// What the build printed when it failed.
    pub failure: Option<String>,
}

/// One run of the reproducer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Run {
    /// Its number, from 0.
    pub n: u64,
    /// `ok`, `crashed`, `boot-failed`, `test-failed`, `build-failed`, `ignored`, `infra`.
    pub outcome: String,
    /// The title of the crash.
    pub title: Option<String>,
    /// What the log says of a failure that is no crash.
    pub text: Option<String>,
    /// Whether this stands for all runs of the revision: the log does not say how many they were.
    pub all: bool,
}

/// Whether to believe a bisection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Audit {
    /// The probability that the culprit is the right one, never above 0.85; `null` where none is named, or the runs are not known.
    pub confidence: Option<f64>,
    /// What is most probably wrong: `none`, `bad-verdict`, `good-verdict`.
    pub suspect: String,
    /// What the confidence rests on.
    pub evidence: Vec<Evidence>,
    /// Every verdict judged again, where only the crash that is looked for counts.
    pub rejudged: Rejudged,
    /// What a doubter should test again first.
    pub rerun: Option<Rerun>,
    /// What else is worth knowing.
    pub remarks: Vec<Remark>,
}

/// One fact, and how much it weighs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Evidence {
    /// `culprit-crash`, `weakest-bad`, `commit`, `releases`.
    pub code: String,
    /// Its value.
    pub value: String,
    /// How much more probable this is if the culprit is right; under 1 it speaks against it.
    pub ratio: f64,
    /// The same in words.
    pub text: String,
}

/// Every verdict judged again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Rejudged {
    /// The verdicts that another crash made.
    pub verdicts_changed: Vec<Change>,
    /// Whether the culprit is still called bad.
    pub culprit_stands: bool,
}

/// A verdict that another crash made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Change {
    /// The commit.
    pub hash: String,
    /// The verdict of the log.
    pub was: String,
    /// The verdict now.
    pub now: String,
    /// What crashed instead.
    pub why: String,
}

/// A verdict to test again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Rerun {
    /// The commit.
    pub hash: String,
    /// The verdict in doubt.
    pub verdict: String,
    /// Its runs, and how many of them were clean, crashed, or failed for reasons of infrastructure.
    pub total: usize,
    /// Clean runs.
    pub ok: usize,
    /// Runs that crashed.
    pub crashed: usize,
    /// Runs that failed for reasons of infrastructure.
    pub infra: usize,
    /// How many more runs settle it.
    pub runs: usize,
    /// What to look for in them.
    pub why: String,
}

/// Something worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Remark {
    /// What it is about.
    pub code: String,
    /// The revision it is about.
    pub hash: Option<String>,
    /// The particulars.
    pub text: String,
}

impl Bisect {
    /// The wire form of a bisection whose log is called `path`.
    #[must_use]
    pub fn new(path: &str, bisection: &Bisection<'_>, audit: &audit::Audit) -> Self {
        let recipients =
            Recipients { to: strings(&bisection.recipients.to), cc: strings(&bisection.recipients.cc) };
        let revisions = bisection.revisions.iter().zip(&audit.rejudged);
        let crash = bisection.crash.as_ref();
        Self {
            schema: BISECT_SCHEMA.to_owned(),
            program: bisection.program.name().to_owned(),
            start: string(bisection.start.as_ref()),
            ending: bisection.ending.name().to_owned(),
            culprit: bisection.culprit.as_ref().map(|c| culprit(c, recipients)),
            original: Original { title: bisection.original_title().map(|t| t.to_string()) },
            totals: bisection.totals.map(totals),
            revisions: revisions.map(|(r, again)| revision(r, *again)).collect(),
            crash: crash.map(|report| Report::new(path, report, &crate::identify(report))),
            audit: audit_wire(audit),
            path: path.to_owned(),
            goal: bisection.goal.name().to_owned(),
            date: bisection.date.map(|d| d.to_string()),
            error: string(bisection.error.as_ref()),
            candidates: strings(&bisection.candidates),
            flaky: bisection.flaky,
            crash_title: string(bisection.crash_title.as_ref()),
            unknown_lines: bisection.unknown.count,
        }
    }

    /// Reads a bisection from JSON. `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the text is not JSON, or not a bisection of this schema.
    pub fn from_json(json: &[u8], at: &str) -> Result<Self> {
        let kind = || ErrorKind::Saved { what: "bisection", at: at.to_owned() };
        let bisect: Self = serde_json::from_slice(json).map_err(|e| Error::new(kind(), e))?;
        if bisect.schema == BISECT_SCHEMA {
            return Ok(bisect);
        }
        Err(Error::new(kind(), format!("schema is {:?}, not {BISECT_SCHEMA:?}", bisect.schema)))
    }
}

fn string(text: Option<&Text<'_>>) -> Option<String> {
    text.map(ToString::to_string)
}

fn strings(texts: &[Text<'_>]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

fn culprit(commit: &bisect::Commit<'_>, recipients: Recipients) -> Culprit {
    Culprit {
        hash: commit.hash.to_string(),
        subject: string(commit.subject.as_ref()),
        author: string(commit.author.as_ref()),
        signature: string(commit.signature.as_ref()),
        parent_signature: string(commit.parent_signature.as_ref()),
        recipients,
        date: string(commit.date.as_ref()),
        files: strings(&commit.files),
        parents: strings(&commit.parents),
    }
}

fn totals(totals: bisect::Totals) -> Totals {
    let bisect::Totals { revisions, seconds, build_seconds, test_seconds } = totals;
    Totals { revisions, seconds, build_seconds, test_seconds }
}

fn revision(revision: &bisect::Revision<'_>, again: Option<bisect::Verdict>) -> Revision {
    let name = |verdict: bisect::Verdict| verdict.name().to_owned();
    Revision {
        hash: revision.hash.to_string(),
        subject: string(revision.subject.as_ref()),
        release: string(revision.release.as_ref()),
        stage: revision.stage.name().to_owned(),
        compiler: string(revision.compiler.as_ref()),
        signature: string(revision.signature.as_ref()),
        runs: revision.runs.iter().map(run).collect(),
        verdict: revision.verdict().map(name),
        printed: revision.printed.is_some(),
        rejudged: again.map(name),
        failure: string(revision.failure.as_ref()),
    }
}

fn run(run: &bisect::Run<'_>) -> Run {
    Run {
        n: run.number,
        outcome: run.outcome.name().to_owned(),
        title: string(run.title.as_ref()),
        text: string(run.text.as_ref()),
        all: run.all,
    }
}

fn audit_wire(audit: &audit::Audit) -> Audit {
    Audit {
        confidence: audit.confidence,
        suspect: audit.suspect.name().to_owned(),
        evidence: audit.evidence.iter().map(evidence).collect(),
        rejudged: Rejudged {
            verdicts_changed: audit.changes.iter().map(change).collect(),
            culprit_stands: audit.culprit_stands,
        },
        rerun: audit.rerun.as_ref().map(rerun),
        remarks: audit.remarks.iter().map(remark).collect(),
    }
}

fn evidence(evidence: &audit::Evidence) -> Evidence {
    Evidence {
        code: evidence.code.to_owned(),
        value: evidence.value.to_owned(),
        ratio: evidence.ratio,
        text: evidence.text.clone(),
    }
}

fn change(change: &audit::Change) -> Change {
    Change {
        hash: change.hash.clone(),
        was: change.was.name().to_owned(),
        now: change.now.name().to_owned(),
        why: change.why.clone(),
    }
}

fn rerun(rerun: &audit::Rerun) -> Rerun {
    let bisect::Counts { total, ok, crashed, infra, .. } = rerun.counts;
    Rerun {
        hash: rerun.hash.clone(),
        verdict: rerun.verdict.name().to_owned(),
        total,
        ok,
        crashed,
        infra,
        runs: rerun.runs,
        why: rerun.why.clone(),
    }
}

fn remark(remark: &audit::Remark) -> Remark {
    Remark { code: remark.code.name().to_owned(), hash: remark.hash.clone(), text: remark.text.clone() }
}
