//! What is worth saying of a bisection although it does not enter the confidence.

use super::facts::judged;
use crate::bisect::{Bisection, Counts, Outcome, Revision, Stage, Verdict};
use crate::report::named::named;

named! {
    /// What a remark is about.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Code {
        /// The printed verdict is not the one that the rule of that time makes of the runs.
        VerdictDiffers = "verdict-differs",
        /// The crash and the release without it were built with different compilers.
        CompilerChanged = "compiler-changed",
        /// The log calls the reproducer flaky.
        Flaky = "flaky-reproducer",
        /// A verdict `good` rests on few runs, because infrastructure failed in the others.
        FewCleanRuns = "few-clean-runs",
        /// A kernel crashed at boot the way the culprit does under the reproducer.
        BootCrash = "boot-crash",
        /// Culprit and parent were built to the same kernel.
        SameBinary = "same-binary",
        /// The culprit is a merge.
        Merge = "merge",
        /// The culprit is a release.
        Release = "release",
        /// A fix was looked for; the tables know bisections of causes only.
        FixBisection = "fix-bisection",
    }
}

/// Something worth saying.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// What it is about.
    pub code: Code,
    /// The revision it is about.
    pub hash: Option<String>,
    /// The particulars, with how such bisections fared.
    pub text: String,
}

/// Clean runs on which a verdict `good` should rest.
const ENOUGH: usize = 8;

/// All remarks on a bisection: first those on its revisions, in their order.
pub(super) fn remarks(bisection: &Bisection<'_>) -> Vec<Remark> {
    let mut all: Vec<Remark> = bisection.revisions.iter().filter_map(differs).collect();
    all.extend(judged(bisection, Verdict::Good).filter_map(few_clean));
    let whole = |code, text: String| Remark { code, hash: None, text };
    if let Some((crash, clean)) = compilers(bisection) {
        let text = format!(
            "the crash was built with {crash}, the release without it with {clean}: of such results about 1 in 10 was right"
        );
        all.push(whole(Code::CompilerChanged, text));
    }
    if bisection.flaky {
        all.push(whole(
            Code::Flaky,
            "the log calls the reproducer flaky: of such results about 1 in 14 was right".to_owned(),
        ));
    }
    all.extend(boot_crash(bisection));
    all.extend(culprit(bisection));
    if bisection.goal == crate::bisect::Goal::Fix {
        all.push(whole(
            Code::FixBisection,
            "a fix was looked for; how such results fare is not known".to_owned(),
        ));
    }
    all
}

fn differs(revision: &Revision<'_>) -> Option<Remark> {
    let (printed, replayed) = (revision.printed?, revision.replayed?);
    (printed != replayed).then(|| Remark {
        code: Code::VerdictDiffers,
        hash: Some(revision.hash.to_string()),
        text: format!("the log says {printed}, its runs say {replayed}"),
    })
}

fn few_clean(revision: &Revision<'_>) -> Option<Remark> {
    let counts = Counts::of(revision);
    (counts.infra > 0 && counts.ok < ENOUGH).then(|| Remark {
        code: Code::FewCleanRuns,
        hash: Some(revision.hash.to_string()),
        text: format!(
            "{} clean runs of {}: {} failed for reasons of infrastructure",
            counts.ok, counts.total, counts.infra
        ),
    })
}

/// The compilers of the crash and of the good release, if they differ.
fn compilers(bisection: &Bisection<'_>) -> Option<(String, String)> {
    let of = |revision: &Revision<'_>| revision.compiler.as_ref().map(|c| c.to_string());
    let first = of(bisection.revisions.first()?)?;
    let release = bisection
        .revisions
        .iter()
        .rfind(|r| r.stage == Stage::Release && r.verdict() == Some(Verdict::Good))?;
    let last = of(release)?;
    // `gcc` alone, as the line before the compiler's own has it, is every version.
    let told = |name: &String| name.bytes().any(|c| c.is_ascii_digit());
    (first != last && told(&first) && told(&last)).then_some((first, last))
}

fn boot_crash(bisection: &Bisection<'_>) -> Option<Remark> {
    let culprit = bisection.culprit.as_ref()?;
    let own = bisection.revisions.iter().rev().find(|r| r.hash == culprit.hash && !r.runs.is_empty())?;
    let crashed = |title| own.runs.iter().any(|r| r.outcome == Outcome::Crashed && r.title == title);
    let runs = bisection.revisions.iter().flat_map(|r| r.runs.iter().map(move |run| (r, run)));
    let (revision, run) = runs
        .filter(|(_, run)| {
            matches!(run.outcome, Outcome::BootFailed | Outcome::TestFailed) && run.title.is_some()
        })
        .find(|(_, run)| crashed(run.title.clone()))?;
    Some(Remark {
        code: Code::BootCrash,
        hash: Some(revision.hash.to_string()),
        text: format!(
            "{} without the reproducer too: of such results about 1 in 19 was right",
            run.title.as_ref().map(ToString::to_string).unwrap_or_default()
        ),
    })
}

fn culprit(bisection: &Bisection<'_>) -> Vec<Remark> {
    let Some(culprit) = &bisection.culprit else { return Vec::new() };
    let remark = |(code, _, text): (Code, bool, &str)| Remark {
        code,
        hash: Some(culprit.hash.to_string()),
        text: text.to_owned(),
    };
    [
        (
            Code::SameBinary,
            culprit.is_same_binary(),
            "its kernel is the same as its parent's: it changed nothing that was built",
        ),
        (Code::Merge, culprit.is_merge(), "a merge: it changes no code of its own"),
        (Code::Release, culprit.is_release(), "a release: it changes no code"),
    ]
    .into_iter()
    .filter(|(_, holds, _)| *holds)
    .map(remark)
    .collect()
}
