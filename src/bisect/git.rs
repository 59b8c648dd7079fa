//! What `git bisect log` prints: the verdicts of a person, or of a script under `git bisect run`, without the runs.
//!
//! Source: `bisect_write` and `bisect_log` in Git's `builtin/bisect.c`. Example: `# bad: [0123…] subject`

use super::line::hash;
use super::model::{Bisection, Commit, Ending, Program, Revision, Stage, Verdict};
use crate::bytes::{Parsed, run};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, opt, rest, value};
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};

/// A line of such a log.
#[derive(Debug, Clone, PartialEq)]
enum Line<'a> {
    Start(Vec<&'a [u8]>),
    /// `git bisect good HASH`, `# status: …`: what other lines say too.
    Repeated,
    Tested {
        term: &'a [u8],
        hash: &'a [u8],
        subject: &'a [u8],
    },
    FirstBad {
        hash: &'a [u8],
        subject: &'a [u8],
    },
    OnlySkipped,
    Possible(&'a [u8]),
}

/// Lines among which the first of such a log is looked for: mail may stand before it.
const HEAD: usize = 64;

/// Whether a log is one of Git: its first line is there before one of syzkaller's.
pub(super) fn is_log(log: &[u8]) -> bool {
    let lines = log.split(|c| *c == b'\n').map(<[u8]>::trim_ascii_end).filter(|l| !l.is_empty());
    let of_git = |text: &[u8]| match run(line, text)?.1 {
        Line::Start(_) | Line::Tested { .. } => Some(true),
        _ => None,
    };
    let of_syzkaller =
        |text| matches!(super::line::line(text)?, super::line::Line::Start { .. }).then_some(false);
    lines.take(HEAD).find_map(|text| of_git(text).or_else(|| of_syzkaller(text))).unwrap_or(false)
}

/// Reads it.
pub(super) fn parse(log: &[u8]) -> Bisection<'_> {
    let mut out = Bisection::new(Program::Git);
    let mut terms = Terms { good: b"good", bad: b"bad" };
    for text in log.split(|c| *c == b'\n').map(<[u8]>::trim_ascii_end).filter(|l| !l.is_empty()) {
        match run(line, text) {
            Some((_, line)) => take(&mut out, &mut terms, line),
            None => super::log::keep_unknown(&mut out, text),
        }
    }
    let of = |verdict| out.revisions.iter().find(move |r| r.printed == Some(verdict)).map(|r| r.hash.clone());
    (out.start, out.range) = (of(Verdict::Bad), of(Verdict::Bad).zip(of(Verdict::Good)));
    out
}

/// What this bisection calls good and bad: `git bisect start --term-old=slow --term-new=fast`.
struct Terms<'a> {
    good: &'a [u8],
    bad: &'a [u8],
}

impl Terms<'_> {
    fn verdict(&self, term: &[u8]) -> Option<Verdict> {
        match term {
            b"skip" => Some(Verdict::Skip),
            t if t == self.good || t == b"old" => Some(Verdict::Good),
            t if t == self.bad || t == b"new" => Some(Verdict::Bad),
            _ => None,
        }
    }
}

fn take<'log>(out: &mut Bisection<'log>, terms: &mut Terms<'log>, line: Line<'log>) {
    match line {
        Line::Repeated => {}
        Line::Start(words) => {
            for word in words {
                match run((tag("--term-"), take_until("="), char('='), rest), word) {
                    Some((_, (_, b"old" | b"good", _, term))) => terms.good = term,
                    Some((_, (_, b"new" | b"bad", _, term))) => terms.bad = term,
                    _ => {}
                }
            }
        }
        Line::Tested { term, hash, subject } => {
            let mut revision = Revision::new(hash.into(), Stage::Bisect);
            revision.subject = Some(subject.into());
            revision.printed = terms.verdict(term);
            out.revisions.push(revision);
        }
        Line::FirstBad { hash, subject } => {
            out.ending = Ending::Culprit;
            out.culprit =
                Some(Commit { hash: hash.into(), subject: Some(subject.into()), ..Commit::default() });
        }
        Line::OnlySkipped => out.ending = Ending::Inconclusive,
        Line::Possible(hash) => out.candidates.push(hash.into()),
    }
}

fn line(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let word = alt((
        delimited(char('\''), take_till(|c| c == b'\''), char('\'')),
        take_while1(|c: u8| !c.is_ascii_whitespace()),
    ));
    let start = preceded(tag("git bisect start"), many0(preceded(char(' '), word)));
    let possible = preceded((tag("# possible first "), term, tag(" commit: ")), commit);
    let possible = map(possible, |(hash, _)| Line::Possible(hash));
    alt((
        map(start, Line::Start),
        value(Line::Repeated, (alt((tag("git bisect "), tag("# status: "))), rest)),
        value(Line::OnlySkipped, tag("# only skipped commits left to test")),
        possible,
        first_bad,
        tested,
    ))
    .parse(input)
}

/// `# first bad commit: [HASH] SUBJECT`, in the bisection's own terms.
fn first_bad(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let label = (tag("# first "), term, tag(" commit: "));
    map(preceded(label, commit), |(hash, subject)| Line::FirstBad { hash, subject }).parse(input)
}

/// `# bad: [HASH] SUBJECT`
fn tested(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, term) = delimited(tag("# "), term, tag(": ")).parse(input)?;
    map(commit, move |(hash, subject)| Line::Tested { term, hash, subject }).parse(input)
}

fn term(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_').parse(input)
}

fn commit(input: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    (delimited(char('['), hash, char(']')), terminated(preceded(opt(char(' ')), rest), opt(char('\n'))))
        .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "33a33c24ffc49922207f75e7709e7bade1cf3257";
    const B: &str = "77e0f06d1c2f5a0bb0e9b4aeba6aa9d2b1dd1a04";

    #[test]
    fn ok_a_log_with_a_culprit() {
        let log = format!(
            "git bisect start\n# status: waiting for both good and bad commits\n# bad: [{A}] net: x\ngit bisect bad {A}\n\
             # good: [{B}] Linux 6.1\ngit bisect good {B}\n# skip: [{B}] y\n# first bad commit: [{A}] net: x\n"
        );
        let bisection = Bisection::parse(log.as_bytes()).unwrap();
        let verdicts: Vec<_> = bisection.revisions.iter().filter_map(Revision::verdict).collect();
        assert_eq!(verdicts, [Verdict::Bad, Verdict::Good, Verdict::Skip]);
        assert_eq!((bisection.program, bisection.ending), (Program::Git, Ending::Culprit));
        assert_eq!(bisection.culprit.unwrap().subject.unwrap(), "net: x");
        assert_eq!(bisection.range.unwrap().1, B);
        assert_eq!(bisection.unknown.count, 0);
    }

    #[test]
    fn ok_own_terms() {
        let log = format!(
            "git bisect start '--term-old=slow' '--term-new' 'x' '--term-new=fast'\n# fast: [{A}] a\n# slow: [{B}] b\n"
        );
        let bisection = Bisection::parse(log.as_bytes()).unwrap();
        let verdicts: Vec<_> = bisection.revisions.iter().filter_map(Revision::verdict).collect();
        assert_eq!(verdicts, [Verdict::Bad, Verdict::Good]);
    }

    #[test]
    fn ok_only_skipped_are_left() {
        let log = format!(
            "# bad: [{A}] a\n# only skipped commits left to test\n# possible first bad commit: [{B}] b\n"
        );
        let bisection = Bisection::parse(log.as_bytes()).unwrap();
        assert_eq!((bisection.ending, bisection.candidates.len()), (Ending::Inconclusive, 1));
    }
}
