//! Log → bisection: one pass over the lines, each looked at once.
//!
//! A line either steers ([`line`]) or is free text, and free text belongs to what the last steering line opened: the
//! build of a revision, a run, the culprit's commit. Free text that belongs to nothing is counted.

use super::line::{self, Last, Line};
use super::model::{Bisection, Commit, Ending, Program, Revision, Run, Stage};
use super::{commit, git, verdict};
use crate::Text;
use crate::report::Report;
use memchr::memchr;

/// Most reports behind the crash's title among which its own is looked for.
const CRASHES: usize = 32;

/// Most unknown lines that are kept; the others are counted.
const UNKNOWN_KEPT: usize = 20;

impl<'log> Bisection<'log> {
    /// Reads a bisection log: syzkaller's (2019 to today), or what `git bisect log` prints. `None` if it is neither.
    ///
    /// Nothing in a log that is one can make it fail: lines that are not known are counted in
    /// [`Bisection::unknown`]. Time and memory are linear in the log.
    ///
    /// ```
    /// use ksplat::bisect::{Bisection, Ending, Verdict};
    /// let log = b"bisecting cause commit starting from 0123456789012345678901234567890123456789\n\
    ///             testing commit 0123456789012345678901234567890123456789 gcc\n\
    ///             run #0: crashed: WARNING in foo\n\
    ///             run #1: OK\n";
    /// let bisection = Bisection::parse(log).unwrap();
    /// assert_eq!(bisection.revisions[0].verdict(), Some(Verdict::Bad));
    /// assert_eq!(bisection.ending, Ending::CutShort);
    /// assert!(Bisection::parse(b"some other log\n").is_none());
    /// ```
    #[must_use]
    pub fn parse(log: &'log [u8]) -> Option<Self> {
        if git::is_log(log) {
            return Some(git::parse(log));
        }
        let mut reader = Reader::new(log);
        while let Some(line) = reader.next_line() {
            reader.take(line);
        }
        let mut bisection = reader.out;
        bisection.start.as_ref()?;
        verdict::replay(&mut bisection);
        Some(bisection)
    }
}

/// What free text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Free {
    Nothing,
    /// The last revision's failure; where it starts.
    Failure(Option<usize>),
    /// The last run's text, which starts there.
    Run(usize),
    Commit,
    /// The list of commits that are left.
    Candidates,
}

struct Reader<'log> {
    log: &'log [u8],
    /// Where the next line starts, and its number from 1.
    at: usize,
    number: usize,
    out: Bisection<'log>,
    free: Free,
    /// What the next test will be of.
    stage: Stage,
    release: Option<&'log [u8]>,
    checkout: Option<(&'log [u8], &'log [u8])>,
    left: Option<u64>,
    /// Whether the totals were printed.
    ended: bool,
}

/// A line and where it stands.
#[derive(Clone, Copy)]
struct Placed<'log> {
    text: &'log [u8],
    start: usize,
}

impl<'log> Reader<'log> {
    fn new(log: &'log [u8]) -> Self {
        Self {
            log,
            at: 0,
            number: 0,
            out: Bisection::new(Program::SyzBisect),
            free: Free::Nothing,
            stage: Stage::Original,
            release: None,
            checkout: None,
            left: None,
            ended: false,
        }
    }

    fn next_line(&mut self) -> Option<Placed<'log>> {
        let rest = self.log.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let start = self.at;
        self.at = (start + end + 1).min(self.log.len());
        self.number += 1;
        let text = rest.get(..end)?;
        Some(Placed { text: text.strip_suffix(b"\r").unwrap_or(text), start })
    }

    fn take(&mut self, placed: Placed<'log>) {
        if self.ended
            && let Some(last) = line::last(placed.text)
        {
            return self.last(last, placed);
        }
        if self.out.start.is_none()
            && let Some(Line::Host { name, date }) = line::host(placed.text)
        {
            (self.out.host, self.out.date) = (Some(name.into()), date);
            return;
        }
        // What a commit's author wrote is no steering line, whatever it says.
        let in_message = self.free == Free::Commit && placed.text.starts_with(b" ");
        match line::line(placed.text).filter(|_| !in_message) {
            Some(line) => self.steer(line, placed),
            None => self.text(placed),
        }
    }

    /// Behind the totals stand the result, and as the very last the crash or the error with all its lines.
    fn last(&mut self, last: Last<'log>, placed: Placed<'log>) {
        match last {
            Last::Crash(title) => {
                self.out.crash_title = Some(title.into());
                self.out.crash_text = self.log.get(self.at..).map(Text::from);
                self.out.crash = self.report(title);
                self.at = self.log.len();
            }
            Last::Error(text) => {
                self.out.ending = Ending::Error;
                self.out.culprit = None;
                let start = placed.start + placed.text.len() - text.len();
                self.out.error = self.log.get(start..).map(|rest| rest.trim_ascii().into());
                self.at = self.log.len();
            }
            Last::Subject(subject) => {
                if let Some(revision) = self.out.revisions.last_mut() {
                    revision.subject.get_or_insert(subject.into());
                }
            }
        }
    }

    /// The report in the rest of the log: the one of that title, or else the first.
    fn report(&self, title: &[u8]) -> Option<Report<'log>> {
        let rest = self.log.get(self.at..)?;
        let mut first = None;
        for report in crate::reports(rest).take(CRASHES) {
            let identity = crate::identify(&report);
            let named = |t: &String| t.as_bytes() == title;
            if named(&identity.title) || identity.alt_titles.iter().any(named) {
                first = Some(report);
                break;
            }
            first.get_or_insert(report);
        }
        let mut report = first?;
        report.span.offset += self.at;
        report.span.line += self.number;
        Some(report)
    }

    fn steer(&mut self, line: Line<'log>, placed: Placed<'log>) {
        // Steering lines end free text, those that only remark on something between the lines of one test do too.
        let was = std::mem::replace(&mut self.free, Free::Nothing);
        match line {
            Line::Host { .. } => self.unknown(placed.text),
            Line::Start { goal, hash } => {
                self.out.goal = goal;
                self.out.start.get_or_insert(hash.into());
            }
            Line::Syzkaller(hash) => self.out.syzkaller = Some(hash.into()),
            Line::Release(tag) => (self.stage, self.release) = (Stage::Release, Some(tag)),
            Line::Range { bad, good } => {
                self.stage = Stage::Bisect;
                self.out.range = Some((bad.into(), good.into()));
            }
            Line::Left(left) => self.left = Some(left),
            Line::Checkout { hash, subject } => self.checkout = Some((hash, subject)),
            Line::Test { hash, compiler } => self.test(hash, compiler),
            Line::ParentUntested => self.stage = Stage::Parent,
            Line::Remark(stage) => {
                self.stage = stage.unwrap_or(self.stage);
                self.out.remarks.push(placed.text.into());
            }
            Line::Compiler(_)
            | Line::Signature(_)
            | Line::Run { .. }
            | Line::Failed(_)
            | Line::Representative(_)
            | Line::Flaky
            | Line::Verdict(..) => self.about_test(line, placed),
            other => self.result(other, placed, was),
        }
    }

    fn test(&mut self, hash: &'log [u8], compiler: &'log [u8]) {
        let mut revision = Revision::new(hash.into(), self.stage);
        revision.compiler = (!compiler.is_empty()).then(|| compiler.into());
        revision.release = self.release.take().map(Text::from);
        if let Some((_, subject)) = self.checkout.take().filter(|(of, _)| *of == hash) {
            revision.subject = Some(subject.into());
            revision.left = self.left.take();
        }
        self.out.revisions.push(revision);
        self.free = Free::Failure(None);
    }

    /// Lines about the last tested revision.
    fn about_test(&mut self, line: Line<'log>, placed: Placed<'log>) {
        if self.ended && line == Line::Flaky {
            self.out.flaky = true;
            return;
        }
        let Some(revision) = self.out.revisions.last_mut() else { return self.unknown(placed.text) };
        self.free = Free::Failure(None);
        match line {
            Line::Compiler(compiler) => revision.compiler = Some(compiler.into()),
            Line::Signature(signature) => revision.signature = Some(signature.into()),
            Line::Run { number, all, outcome } => {
                revision.runs.push(Run::new(number, all, outcome));
                self.free = Free::Run(placed.start + placed.text.len() - outcome.words.len());
            }
            Line::Failed(words) => {
                revision.failure = Some(words.into());
                self.free = Free::Failure(Some(placed.start + placed.text.len() - words.len()));
            }
            Line::Representative(title) => revision.representative = Some(title.into()),
            Line::Flaky => (self.out.flaky, revision.flaky) = (true, true),
            Line::Verdict(verdict, hash) if *revision.hash == *hash => {
                revision.printed = Some(verdict);
                self.free = Free::Nothing;
            }
            _ => {
                self.free = Free::Nothing;
                self.unknown(placed.text);
            }
        }
    }

    /// Lines about what was found.
    fn result(&mut self, line: Line<'log>, placed: Placed<'log>, was: Free) {
        match line {
            Line::FirstBad(hash) => {
                self.out.culprit = Some(Commit { hash: hash.into(), ..Commit::default() });
                self.free = Free::Commit;
            }
            Line::SkipList => {
                self.out.candidates.clear();
                self.free = Free::Candidates;
            }
            Line::Inconclusive => {
                self.out.ending = Ending::Inconclusive;
                self.out.candidates.clear();
                self.free = Free::Candidates;
            }
            Line::Hash(hash) if was == Free::Candidates => {
                self.out.candidates.push(hash.into());
                self.free = Free::Candidates;
            }
            Line::CulpritSignature(hash) => self.culprit().signature = Some(hash.into()),
            Line::ParentSignature(hash) => self.culprit().parent_signature = Some(hash.into()),
            Line::Totals(totals) => (self.out.totals, self.ended) = (Some(totals), true),
            Line::Culprit { goal, hash, subject } => {
                self.out.goal = goal;
                self.out.ending = Ending::Culprit;
                let culprit = self.culprit();
                culprit.hash = hash.into();
                culprit.subject = Some(subject.into());
            }
            Line::Recipients { to, list } => {
                let own = if to { &mut self.out.recipients.to } else { &mut self.out.recipients.cc };
                *own = list.into_iter().map(Text::from).collect();
            }
            Line::Oldest => self.out.ending = Ending::OldestRelease,
            Line::StillCrashes => self.out.ending = Ending::StillCrashes,
            _ => self.unknown(placed.text),
        }
    }

    fn culprit(&mut self) -> &mut Commit<'log> {
        self.out.culprit.get_or_insert_default()
    }

    /// A line that does not steer.
    fn text(&mut self, placed: Placed<'log>) {
        match self.free {
            Free::Commit => {
                let known = self.out.culprit.as_mut().is_some_and(|c| commit::take(c, placed.text));
                if !known {
                    self.unknown(placed.text);
                }
            }
            _ if placed.text.trim_ascii().is_empty() => {}
            Free::Failure(start) => {
                let start = start.unwrap_or(placed.start);
                let text = self.between(start, placed);
                match self.out.revisions.last_mut().filter(|r| r.runs.is_empty()) {
                    Some(revision) => (revision.failure, self.free) = (text, Free::Failure(Some(start))),
                    None => self.unknown(placed.text),
                }
            }
            Free::Run(start) => {
                let text = self.between(start, placed);
                if let Some(run) = self.out.revisions.last_mut().and_then(|r| r.runs.last_mut()) {
                    run.text = text;
                }
            }
            Free::Nothing | Free::Candidates => self.unknown(placed.text),
        }
    }

    /// The log from `start` to the end of a line.
    fn between(&self, start: usize, last: Placed<'log>) -> Option<Text<'log>> {
        self.log.get(start..last.start + last.text.len()).map(Text::from)
    }

    fn unknown(&mut self, line: &'log [u8]) {
        keep_unknown(&mut self.out, line);
    }
}

/// Counts a line that nothing here knows.
pub(super) fn keep_unknown<'log>(out: &mut Bisection<'log>, line: &'log [u8]) {
    let unknown = &mut out.unknown;
    unknown.count += 1;
    if unknown.first.len() < UNKNOWN_KEPT {
        unknown.first.push(line.into());
    }
}
