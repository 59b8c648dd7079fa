//! What a bisection log says, as plain data.

use crate::Text;
use crate::report::Report;
use crate::report::named::named;

/// Most runs of the first test whose titles are counted; there are 20.
const ORIGINAL_RUNS: usize = 100;

/// A bisection, as its log tells it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Bisection<'log> {
    /// Who ran it.
    pub program: Program,
    /// What was looked for.
    pub goal: Goal,
    /// The machine that ran it.
    pub host: Option<Text<'log>>,
    /// When it was started; the log says so since July 2022.
    pub date: Option<Date>,
    /// The commit on which the crash was seen.
    pub start: Option<Text<'log>>,
    /// The commit of the fuzzer that ran the reproducer.
    pub syzkaller: Option<Text<'log>>,
    /// Every tested revision, in the order of the tests.
    pub revisions: Vec<Revision<'log>>,
    /// What `git bisect start` was given: the bad end and the good end.
    pub range: Option<(Text<'log>, Text<'log>)>,
    /// Whether the log calls the reproducer flaky.
    pub flaky: bool,
    /// How it ended.
    pub ending: Ending,
    /// Why it ended without a result.
    pub error: Option<Text<'log>>,
    /// The commit it names: the first bad one, or the one that fixed the bug.
    pub culprit: Option<Commit<'log>>,
    /// The commits among which the first bad one is, if no single one was found.
    pub candidates: Vec<Text<'log>>,
    /// How much was tested, in how much time.
    pub totals: Option<Totals>,
    /// Who was told.
    pub recipients: Recipients<'log>,
    /// The title that the log gives to its last crash.
    pub crash_title: Option<Text<'log>>,
    /// What the log holds behind that title.
    pub crash_text: Option<Text<'log>>,
    /// The report in it; its span is the log's.
    pub crash: Option<Report<'log>>,
    /// Lines that are known and say nothing about a revision, in order: Git's warnings, what minimising the
    /// configuration did.
    pub remarks: Vec<Text<'log>>,
    /// Lines that nothing here knows.
    pub unknown: Unknown<'log>,
}

named! {
    /// Who ran a bisection.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Program {
        /// syzkaller's bisection: `syz-ci`, `syz-bisect`.
        SyzBisect = "syz-bisect",
        /// A person or a script: what `git bisect log` prints.
        Git = "git",
    }
}

named! {
    /// What was looked for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Goal {
        /// The commit that brought the bug.
        Cause = "cause",
        /// The commit that fixed it.
        Fix = "fix",
    }
}

named! {
    /// How a bisection ended.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Ending {
        /// It names a commit.
        Culprit = "culprit",
        /// It gave up: [`Bisection::error`] says why.
        Error = "error",
        /// The oldest release that can be tested has the bug already.
        OldestRelease = "oldest-release",
        /// A fix was looked for, and the newest revision has the bug still.
        StillCrashes = "still-crashes",
        /// Several commits are left, and none of them can be tested.
        Inconclusive = "inconclusive",
        /// The log stops before any of these.
        CutShort = "cut-short",
    }
}

/// One revision that was built and tested.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Revision<'log> {
    /// The commit.
    pub hash: Text<'log>,
    /// Its subject, where Git printed it.
    pub subject: Option<Text<'log>>,
    /// The release it is, for instance `v5.8`.
    pub release: Option<Text<'log>>,
    /// Why it was tested.
    pub stage: Stage,
    /// The compiler, by its own words where the log has them.
    pub compiler: Option<Text<'log>>,
    /// The hash of the kernel that was built: equal for equal code and data.
    pub signature: Option<Text<'log>>,
    /// Every run, in order; `all runs: …` is one with [`Run::all`].
    pub runs: Vec<Run<'log>>,
    /// What the build, or the start of the test, printed when it failed.
    pub failure: Option<Text<'log>>,
    /// Whether the log calls the reproducer flaky after these runs.
    pub flaky: bool,
    /// The crash that the log takes for the one of these runs (since July 2023).
    pub representative: Option<Text<'log>>,
    /// The verdict that the log prints.
    pub printed: Option<Verdict>,
    /// The verdict by the rule of that time; `None` where there was nothing to judge.
    pub replayed: Option<Verdict>,
    /// Revisions left to test behind this one, as Git counts them.
    pub left: Option<u64>,
}

impl Revision<'_> {
    /// The verdict: the printed one, or else the replayed one.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.printed.or(self.replayed)
    }
}

named! {
    /// Why a revision was tested.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Stage {
        /// To see whether the crash can be reproduced at all.
        Original = "original",
        /// To find a release without the bug.
        Release = "release",
        /// Chosen by `git bisect`.
        Bisect = "bisect",
        /// The culprit's parent: built to compare the two, and not run.
        Parent = "parent",
        /// To make the configuration smaller.
        Config = "config",
        /// The newest revision of the tree, when a fix is looked for.
        Head = "head",
        /// Where two branches part.
        MergeBase = "merge-base",
    }
}

/// One run of the reproducer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run<'log> {
    /// Its number, from 0.
    pub number: u64,
    /// Whether the line stands for all runs of the revision, however many they were.
    pub all: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// The title of the crash.
    pub title: Option<Text<'log>>,
    /// What the log says of a failure that is no crash, with all its lines.
    pub text: Option<Text<'log>>,
}

named! {
    /// What came of a run.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Outcome {
        /// The reproducer ran, and nothing crashed.
        Ok = "ok",
        /// The kernel crashed.
        Crashed = "crashed",
        /// The kernel crashed before the reproducer could start.
        BootFailed = "boot-failed",
        /// The kernel crashed under a simple test program.
        TestFailed = "test-failed",
        /// There was no kernel to run.
        BuildFailed = "build-failed",
        /// A crash that does not count.
        Ignored = "ignored",
        /// The machine, the network or the cloud failed, not the kernel.
        Infra = "infra",
    }
}

named! {
    /// What a test says of a revision.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Verdict {
        /// It does not have the bug.
        Good = "good",
        /// It has the bug.
        Bad = "bad",
        /// It cannot be said.
        Skip = "skip",
    }
}

/// A commit as `git bisect` shows the one it found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Commit<'log> {
    /// Its hash.
    pub hash: Text<'log>,
    /// The first line of its message.
    pub subject: Option<Text<'log>>,
    /// `Name <mail@host>`.
    pub author: Option<Text<'log>>,
    /// When it was written, as printed.
    pub date: Option<Text<'log>>,
    /// The parents, shortened, where it is a merge.
    pub parents: Vec<Text<'log>>,
    /// Its message behind the subject, line by line.
    pub message: Vec<Text<'log>>,
    /// The files it touches, as Git shortens them: `.../core/sock.c`.
    pub files: Vec<Text<'log>>,
    /// The directories it touches something in, where the log (of 2019) has no files.
    pub directories: Vec<Text<'log>>,
    /// The hash of the kernel built at it.
    pub signature: Option<Text<'log>>,
    /// The hash of the kernel built at its parent.
    pub parent_signature: Option<Text<'log>>,
}

impl Commit<'_> {
    /// Whether the kernel built at this commit is the one built at its parent: then it cannot be to blame.
    #[must_use]
    pub fn is_same_binary(&self) -> bool {
        self.signature.is_some() && self.signature == self.parent_signature
    }

    /// Whether it is a merge, by its parents or by its subject.
    #[must_use]
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1 || self.subject.as_deref().is_some_and(|s| s.starts_with(b"Merge "))
    }

    /// Whether its subject is a release's: `Linux 5.9`.
    #[must_use]
    pub fn is_release(&self) -> bool {
        let version = self.subject.as_deref().and_then(|s| s.strip_prefix(b"Linux "));
        version.is_some_and(|v| v.first().is_some_and(u8::is_ascii_digit))
    }
}

/// How much a bisection took. Times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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

/// Who was told of a result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipients<'log> {
    /// Those it was addressed to.
    pub to: Vec<Text<'log>>,
    /// Those who got a copy; before August 2020, all of them.
    pub cc: Vec<Text<'log>>,
}

/// Lines that nothing here knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unknown<'log> {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<Text<'log>>,
}

/// A day: year, month and day of month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub u16, pub u8, pub u8);

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0, self.1, self.2)
    }
}

impl<'log> Revision<'log> {
    /// A revision that was not tested yet.
    #[must_use]
    pub fn new(hash: Text<'log>, stage: Stage) -> Self {
        Self {
            hash,
            subject: None,
            release: None,
            stage,
            compiler: None,
            signature: None,
            runs: Vec::new(),
            failure: None,
            flaky: false,
            representative: None,
            printed: None,
            replayed: None,
            left: None,
        }
    }
}

impl<'log> Bisection<'log> {
    /// The title of the crash that is looked for: the one that the log picked from the first test, or else the one of
    /// most of its runs.
    #[must_use]
    pub fn original_title(&self) -> Option<&Text<'log>> {
        let first = self.revisions.iter().find(|r| r.stage == Stage::Original)?;
        let runs = first.runs.iter().filter(|r| r.outcome == Outcome::Crashed);
        let mut counts: Vec<(&Text<'log>, usize)> = Vec::new();
        for title in runs.filter_map(|r| r.title.as_ref()).take(ORIGINAL_RUNS) {
            match counts.iter_mut().find(|(t, _)| *t == title) {
                Some((_, count)) => *count += 1,
                None => counts.push((title, 1)),
            }
        }
        let most = counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(title, _)| title);
        first.representative.as_ref().or(most)
    }

    /// A log of that program, before its first line.
    #[must_use]
    pub fn new(program: Program) -> Self {
        Self {
            program,
            goal: Goal::Cause,
            host: None,
            date: None,
            start: None,
            syzkaller: None,
            revisions: Vec::new(),
            range: None,
            flaky: false,
            ending: Ending::CutShort,
            error: None,
            culprit: None,
            candidates: Vec::new(),
            totals: None,
            recipients: Recipients::default(),
            crash_title: None,
            crash_text: None,
            crash: None,
            remarks: Vec::new(),
            unknown: Unknown::default(),
        }
    }
}
