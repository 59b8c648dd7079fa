//! The oracle of a bisection: does this log show the crash that is looked for?
//!
//! `git bisect run` asks a program, and a program that answers "bad" to any crash ends at the wrong commit more often
//! than at the right one. [`Wanted::check`] answers for one log, [`Quorum::verdict`] for several runs of one revision.
//! Where a log cannot answer, it says so: a wrong answer costs more than a skipped revision.

use super::same::{Crash, same_crash};
use crate::dedup::{Identity, glob};
use crate::report::named::named;
use crate::report::{Class, Report};

named! {
    /// When two crashes are one.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Match {
        /// Always: any crash is the one that is looked for.
        Any = "any",
        /// When they are of one coarse class.
        Class = "class",
        /// When they share a title, alternative titles counted.
        Title = "title",
        /// When their signatures are equal.
        Signature = "signature",
        /// When they share a title, a signature, a function, or a telling word of the functions' names.
        Near = "near",
    }
}

named! {
    /// What a log, or several, say of a revision.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Answer {
        /// The crash is not there.
        Absent = "absent",
        /// The crash is there.
        Present = "present",
        /// It cannot be said.
        Untestable = "untestable",
    }
}

impl Answer {
    /// The exit code by which `git bisect run` understands it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Absent => 0,
            Self::Present => 1,
            Self::Untestable => 125,
        }
    }
}

/// The crash that is looked for, and when a crash is it.
#[derive(Debug, Clone)]
pub struct Wanted {
    matching: Match,
    crash: Crash,
    titles: Vec<String>,
    signatures: Vec<String>,
    class: Option<Class>,
}

impl Wanted {
    /// Any crash.
    #[must_use]
    pub fn any() -> Self {
        Self {
            matching: Match::Any,
            crash: Crash::default(),
            titles: Vec::new(),
            signatures: Vec::new(),
            class: None,
        }
    }

    /// The crash of that title; `None` if a title cannot tell whether two crashes match so.
    #[must_use]
    pub fn of_title(title: &str, matching: Match) -> Option<Self> {
        let class = class_of(title);
        let fits = match matching {
            Match::Signature => false,
            Match::Class => class.is_some(),
            Match::Any | Match::Title | Match::Near => true,
        };
        let titles = vec![title.to_owned()];
        fits.then(|| Self { matching, crash: Crash::of_title(title), titles, class, ..Self::any() })
    }

    /// The crash of that signature; `None` if a signature cannot tell whether two crashes match so.
    #[must_use]
    pub fn of_signature(signature: &str, matching: Match) -> Option<Self> {
        let signatures = vec![signature.to_owned()];
        matches!(matching, Match::Any | Match::Signature | Match::Near).then(|| Self {
            matching,
            signatures,
            ..Self::any()
        })
    }

    /// The crash of that report.
    #[must_use]
    pub fn of_report(report: &Report<'_>, identity: &Identity, matching: Match) -> Self {
        let mut crash = Crash::default();
        crash.add_report(identity);
        let signatures = vec![identity.signature.to_string()];
        let titles = std::iter::once(&identity.title).chain(&identity.alt_titles).cloned().collect();
        Self { matching, crash, titles, signatures, class: Some(report.kind.class()) }
    }

    /// Whether a crash is the one that is looked for.
    #[must_use]
    pub fn is(&self, report: &Report<'_>, identity: &Identity) -> bool {
        let title =
            || std::iter::once(&identity.title).chain(&identity.alt_titles).any(|t| self.titles.contains(t));
        let signature = || self.signatures.contains(&identity.signature.to_string());
        match self.matching {
            Match::Any => true,
            Match::Class => self.class == Some(report.kind.class()),
            Match::Title => title(),
            Match::Signature => signature(),
            Match::Near => title() || signature() || self.is_near(identity),
        }
    }

    fn is_near(&self, identity: &Identity) -> bool {
        let mut crash = Crash::default();
        crash.add_report(identity);
        !self.crash.is_empty() && same_crash(&self.crash, &crash).is_same()
    }

    /// What a log of so many bytes says, by its crashes in their order. What is known to be noise is to be left out.
    ///
    /// ```
    /// use ksplat::bisect::{Answer, Match, oracle::{Markers, Wanted}};
    /// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
    /// let wanted = Wanted::of_title("general protection fault in foo", Match::Near).unwrap();
    /// let crashes: Vec<_> = ksplat::reports(log).map(|r| (ksplat::identify(&r), r)).collect();
    /// assert_eq!(wanted.check(&crashes, log.len(), Markers::default()).answer, Answer::Present);
    /// ```
    #[must_use]
    pub fn check(&self, crashes: &[(Identity, Report<'_>)], length: usize, markers: Markers) -> Checked {
        let start = match markers.booted {
            Some(Some(offset)) => offset,
            Some(None) => return Checked::failed("the kernel did not come up: the boot marker is missing"),
            None => 0,
        };
        if length == 0 {
            return Checked::failed("the log is empty");
        }
        let mut other = None;
        for (identity, report) in crashes.iter().filter(|(_, r)| r.span.offset >= start) {
            if self.is(report, identity) {
                let why = format!("{} {} (line {})", identity.title, identity.signature, report.span.line);
                return Checked { answer: Answer::Present, infra: false, why };
            }
            other.get_or_insert_with(|| identity.title.clone());
        }
        without(other, markers.finished)
    }
}

/// The class of the kind that makes such titles: the one whose template has most words of its own.
fn class_of(title: &str) -> Option<Class> {
    let rows = crate::kinds().map(|row| (pattern(row.title), row.class));
    let fitting = rows.filter(|(pattern, _)| glob::matches(pattern, title));
    let words = |pattern: &str| pattern.bytes().filter(|c| c.is_ascii_alphabetic()).count();
    let (pattern, class) = fitting.max_by_key(|(pattern, _)| words(pattern))?;
    (words(&pattern) > "in".len()).then_some(class)
}

/// A template with a `*` for every hole.
fn pattern(template: &str) -> String {
    let mut pattern = String::with_capacity(template.len());
    let mut hole = false;
    for c in template.chars() {
        match c {
            '{' => hole = true,
            '}' => {
                hole = false;
                pattern.push('*');
            }
            c if !hole => pattern.push(c),
            _ => {}
        }
    }
    pattern
}

/// What a log says that does not show the crash.
fn without(other: Option<String>, finished: Option<bool>) -> Checked {
    let instead = other.as_ref().map(|title| format!("; but {title}")).unwrap_or_default();
    let (answer, why) = match (finished, &other) {
        (Some(true), _) => (Answer::Absent, format!("the test came to its end without it{instead}")),
        (Some(false), _) => (Answer::Untestable, format!("the test did not come to its end{instead}")),
        (None, None) => (Answer::Absent, "no crash".to_owned()),
        (None, Some(title)) => {
            (Answer::Untestable, format!("another crash may have come before it: {title}"))
        }
    };
    Checked { answer, infra: answer == Answer::Untestable && other.is_none(), why }
}

/// Where a log has the marks that a test leaves; the outer `None` where none was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Markers {
    /// Where in the log the kernel had come up: crashes before that are not the reproducer's.
    pub booted: Option<Option<usize>>,
    /// Whether the test came to its end.
    pub finished: Option<bool>,
}

/// What one log says, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// The answer.
    pub answer: Answer,
    /// Whether the log is untestable although no kernel crashed in it: the machine, not the kernel, has failed.
    pub infra: bool,
    /// Why, in words.
    pub why: String,
}

impl Checked {
    fn failed(why: &str) -> Self {
        Self { answer: Answer::Untestable, infra: true, why: why.to_owned() }
    }
}

/// How many runs make a verdict.
///
/// Runs that failed for reasons of infrastructure are left out. The crash is present if at least
/// [`Quorum::present`] runs show it; absent if none does and at least half of the others, and at least
/// [`Quorum::absent`], are clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quorum {
    /// Runs that must show the crash for "present".
    pub present: usize,
    /// Clean runs without which nothing is "absent".
    pub absent: usize,
}

impl Default for Quorum {
    fn default() -> Self {
        Self { present: 1, absent: 1 }
    }
}

/// The runs of one revision, counted, and the verdict on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judged {
    /// The verdict.
    pub answer: Answer,
    /// Runs that show the crash.
    pub present: usize,
    /// Clean runs.
    pub absent: usize,
    /// Runs that another crash kept from answering.
    pub untestable: usize,
    /// Runs that failed for reasons of infrastructure, which are left out.
    pub infra: usize,
}

impl Quorum {
    /// The verdict on several runs of one revision.
    ///
    /// ```
    /// use ksplat::bisect::{Answer, oracle::{Markers, Quorum, Wanted}};
    /// let run = |log: &[u8]| {
    ///     let crashes: Vec<_> = ksplat::reports(log).map(|r| (ksplat::identify(&r), r)).collect();
    ///     Wanted::any().check(&crashes, log.len(), Markers::default())
    /// };
    /// let runs = [run(b"all is well\n"), run(b""), run(b"kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\n")];
    /// let judged = Quorum::default().verdict(&runs);
    /// assert_eq!((judged.answer, judged.infra), (Answer::Present, 1));
    /// ```
    #[must_use]
    pub fn verdict(self, runs: &[Checked]) -> Judged {
        let count = |answer| runs.iter().filter(|r| r.answer == answer && !r.infra).count();
        let infra = runs.iter().filter(|r| r.infra).count();
        let (present, absent) = (count(Answer::Present), count(Answer::Absent));
        let untestable = count(Answer::Untestable);
        let answer = if present >= self.present.max(1) {
            Answer::Present
        } else if present == 0 && absent >= self.absent.max(1) && absent >= untestable {
            Answer::Absent
        } else {
            Answer::Untestable
        };
        Judged { answer, present, absent, untestable, infra }
    }
}

impl std::fmt::Display for Quorum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "present if {} or more show the crash; absent if none does, and {} or more, and at least half, are clean; \
             runs without a kernel are left out",
            self.present.max(1),
            self.absent.max(1)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOO: &str = "BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\nCall Trace:\n foo+0x1/0x2\n";
    const OTHER: &str = "kernel BUG at fs/inode.c:10!\nRIP: 0010:bar_iput+0x1/0x2\n";

    fn crashes(log: &str) -> Vec<(Identity, Report<'_>)> {
        crate::reports(log.as_bytes()).map(|r| (crate::identify(&r), r)).collect()
    }

    fn checked(wanted: &Wanted, log: &str, markers: Markers) -> Checked {
        wanted.check(&crashes(log), log.len(), markers)
    }

    fn foo(matching: Match) -> Wanted {
        {
            let (identity, report) = &crashes(FOO)[0];
            Wanted::of_report(report, identity, matching)
        }
    }

    #[test]
    fn ok_each_way_of_matching_finds_the_crash_and_passes_over_another() {
        for matching in [Match::Class, Match::Title, Match::Signature, Match::Near] {
            assert_eq!(
                checked(&foo(matching), FOO, Markers::default()).answer,
                Answer::Present,
                "{matching}"
            );
            assert_eq!(
                checked(&foo(matching), OTHER, Markers::default()).answer,
                Answer::Untestable,
                "{matching}"
            );
        }
        assert_eq!(checked(&Wanted::any(), OTHER, Markers::default()).answer, Answer::Present);
    }

    #[test]
    fn ok_a_title_knows_its_class() {
        let wanted = Wanted::of_title("KASAN: slab-out-of-bounds Read in quux", Match::Class).unwrap();
        assert_eq!(checked(&wanted, FOO, Markers::default()).answer, Answer::Present);
        assert!(Wanted::of_title("no such title", Match::Class).is_none());
        assert!(Wanted::of_title("WARNING in f", Match::Signature).is_none());
        assert!(Wanted::of_signature("v1:0123456789abcdef", Match::Title).is_none());
    }

    #[test]
    fn ok_the_end_marker_decides_without_the_crash() {
        let finished = |finished| Markers { finished: Some(finished), ..Markers::default() };
        for (log, done, answer, infra) in [
            ("fine\n", true, Answer::Absent, false),
            ("fine\n", false, Answer::Untestable, true),
            (OTHER, true, Answer::Absent, false),
            (OTHER, false, Answer::Untestable, false),
            (FOO, false, Answer::Present, false),
        ] {
            let checked = checked(&foo(Match::Near), log, finished(done));
            assert_eq!((checked.answer, checked.infra), (answer, infra), "{log} {done}");
        }
    }

    #[test]
    fn ok_crashes_before_the_boot_marker_do_not_count() {
        let log = format!("{FOO}login:\n");
        let booted = |at| Markers { booted: Some(at), ..Markers::default() };
        assert_eq!(checked(&foo(Match::Near), &log, booted(log.find("login"))).answer, Answer::Absent);
        assert_eq!(checked(&foo(Match::Near), &log, booted(None)).answer, Answer::Untestable);
        assert_eq!(checked(&foo(Match::Near), &log, booted(Some(0))).answer, Answer::Present);
    }

    #[test]
    fn ok_quorum() {
        let runs = |text: &str| -> Vec<Checked> {
            let one = |c| match c {
                'X' => Checked { answer: Answer::Present, infra: false, why: String::new() },
                '.' => Checked { answer: Answer::Absent, infra: false, why: String::new() },
                'x' => Checked { answer: Answer::Untestable, infra: false, why: String::new() },
                _ => Checked::failed(""),
            };
            text.chars().map(one).collect()
        };
        for (present, absent, text, answer) in [
            (1, 1, "..X.", Answer::Present),
            (2, 1, "..X.", Answer::Untestable),
            (2, 1, "X.X!", Answer::Present),
            (1, 1, "....", Answer::Absent),
            (1, 1, "..xx", Answer::Absent),
            (1, 1, ".xx!", Answer::Untestable),
            (1, 3, "..!!", Answer::Untestable),
            (1, 1, "!!!!", Answer::Untestable),
            (1, 1, "", Answer::Untestable),
        ] {
            assert_eq!(
                Quorum { present, absent }.verdict(&runs(text)).answer,
                answer,
                "{present} {absent} {text}"
            );
        }
    }
}
