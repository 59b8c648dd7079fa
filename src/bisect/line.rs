//! One line of a bisection log: nom parsers of the lines that steer the reading. Anything else is free text.
//!
//! The words are those of `pkg/bisect/bisect.go`, `pkg/vcs/git.go` and `pkg/vcs/linux_configs.go` of syzkaller, and of
//! `git bisect`, whose output syzkaller copies.

use super::model::{Date, Goal, Stage, Totals, Verdict};
use super::outcome::{Outcome, outcome};
use crate::bytes::{Parsed, dec, digits2, run};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while_m_n, take_while1};
use nom::character::complete::{char, digit1, satisfy, space1};
use nom::combinator::{all_consuming, eof, fail, map, map_opt, not, opt, recognize, rest, value};
use nom::multi::{fold_many1, many0};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// A line that steers the reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line<'a> {
    Host {
        name: &'a [u8],
        date: Option<Date>,
    },
    Start {
        goal: Goal,
        hash: &'a [u8],
    },
    Syzkaller(&'a [u8]),
    Test {
        hash: &'a [u8],
        compiler: &'a [u8],
    },
    Compiler(&'a [u8]),
    Signature(&'a [u8]),
    Run {
        number: u64,
        all: bool,
        outcome: Outcome<'a>,
    },
    /// What failed before there were any runs.
    Failed(&'a [u8]),
    Representative(&'a [u8]),
    Flaky,
    Release(&'a [u8]),
    Range {
        bad: &'a [u8],
        good: &'a [u8],
    },
    Verdict(Verdict, &'a [u8]),
    Left(u64),
    Checkout {
        hash: &'a [u8],
        subject: &'a [u8],
    },
    FirstBad(&'a [u8]),
    SkipList,
    Hash(&'a [u8]),
    ParentUntested,
    CulpritSignature(&'a [u8]),
    ParentSignature(&'a [u8]),
    Totals(Totals),
    Culprit {
        goal: Goal,
        hash: &'a [u8],
        subject: &'a [u8],
    },
    Recipients {
        to: bool,
        list: Vec<&'a [u8]>,
    },
    Oldest,
    StillCrashes,
    Inconclusive,
    /// Something known; the next tests may be of another stage from here on.
    Remark(Option<Stage>),
}

/// A line that has a meaning behind the totals only: build output is full of such words.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Last<'a> {
    Crash(&'a [u8]),
    Error(&'a [u8]),
    Subject(&'a [u8]),
}

/// Reads a line without its end; `None` for free text.
pub(super) fn line(text: &[u8]) -> Option<Line<'_>> {
    run(all_consuming(control), text).map(|(_, line)| line).or_else(|| known(text))
}

/// Reads a line behind the totals.
pub(super) fn last(text: &[u8]) -> Option<Last<'_>> {
    let crash = map(after("crash: "), Last::Crash);
    let error = map(after("error: "), Last::Error);
    let subject = map(after("commit msg: "), Last::Subject);
    run(alt((crash, error, subject)), text).map(|(_, line)| line)
}

/// `ci starts bisection 2023-01-16 10:43:45.26 +0000 UTC m=+17.1`, which can only be the first line.
pub(super) fn host(text: &[u8]) -> Option<Line<'_>> {
    let words = terminated(take_until(" starts bisection "), tag(" starts bisection "));
    let (_, (name, date)) = run((words, opt(date)), text)?;
    Some(Line::Host { name, date })
}

/// By the first byte: a line of a report costs one comparison.
fn control(input: &[u8]) -> Parsed<'_, Line<'_>> {
    match input.first() {
        Some(b't') => alt((test, map(after("testing release "), Line::Release))).parse(input),
        Some(b'r') => alt((run_line, recipients, totals, flaky, representative, reachable)).parse(input),
        Some(b'a') => map(preceded(tag("all runs: "), outcome), |outcome| all_runs(outcome)).parse(input),
        Some(b'k') => kernel(input),
        Some(b'c') => alt((compiler, culprit_signature, cc)).parse(input),
        Some(b'p') => parent(input),
        Some(b'f') => alt((failed, first_bad)).parse(input),
        Some(b'#') => alt((range, verdict)).parse(input),
        Some(b'B') => left(input),
        Some(b'[') => checkout(input),
        Some(b'b') => alt((start, syzkaller, inconclusive)).parse(input),
        Some(b'T') => {
            value(Line::SkipList, alt((tag(ONLY_SKIPPED), tag("The first bad commit could be any of:"))))
                .parse(input)
        }
        Some(b'W') => value(Line::SkipList, tag("We cannot bisect more!")).parse(input),
        Some(b'R') => value(Line::Flaky, tag("Reproducer flagged being flaky")).parse(input),
        Some(b'0'..=b'9') => bare_hash(input),
        _ => fail().parse(input),
    }
    .or_else(|error| {
        if input.first().is_some_and(u8::is_ascii_hexdigit) { bare_hash(input) } else { Err(error) }
    })
}

const ONLY_SKIPPED: &str = "There are only 'skip'ped commits left to test.";

fn all_runs(outcome: Outcome<'_>) -> Line<'_> {
    Line::Run { number: 0, all: true, outcome }
}

/// What stands behind `prefix`, to the end of the line.
fn after<'a>(
    prefix: &'static str,
) -> impl Parser<&'a [u8], Output = &'a [u8], Error = nom::error::Error<&'a [u8]>> {
    preceded(tag(prefix), rest)
}

/// A full hash: SHA-1, or SHA-256.
pub(super) fn hash(input: &[u8]) -> Parsed<'_, &[u8]> {
    let digits = |n| take_while_m_n(n, n, |c: u8| c.is_ascii_hexdigit());
    terminated(alt((digits(64), digits(40))), not(satisfy(|c| c.is_ascii_hexdigit()))).parse(input)
}

/// Hex digits, however many.
fn digest(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(|c: u8| c.is_ascii_hexdigit()).parse(input)
}

/// `testing commit HASH`, since 2022 with `gcc` or `clang` behind it, before 2021 with `with gcc (GCC) 8.1.0`.
fn test(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, hash) = preceded(tag("testing commit "), hash).parse(input)?;
    let (input, compiler) = alt((after(" with "), after(" "), eof)).parse(input)?;
    Ok((input, Line::Test { hash, compiler }))
}

fn run_line(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, number) = delimited(tag("run #"), dec, tag(": ")).parse(input)?;
    map(outcome, move |outcome| Line::Run { number, all: false, outcome }).parse(input)
}

/// `recipients (to): ["a@b" "c@d"]`, since August 2020.
fn recipients(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let whom = alt((value(true, tag("to")), value(false, tag("cc"))));
    let (input, (to, list)) = (delimited(tag("recipients ("), whom, tag("): ")), addresses).parse(input)?;
    Ok((input, Line::Recipients { to, list }))
}

/// `cc: ["a@b" "c@d"]`, before that.
fn cc(input: &[u8]) -> Parsed<'_, Line<'_>> {
    map(preceded(tag("cc: "), addresses), |list| Line::Recipients { to: false, list }).parse(input)
}

fn addresses(input: &[u8]) -> Parsed<'_, Vec<&[u8]>> {
    let address = delimited(char('"'), take_till(|c| c == b'"'), char('"'));
    delimited(char('['), many0(terminated(address, opt(char(' ')))), char(']')).parse(input)
}

/// `revisions tested: 16, total time: 3h27m57.8s (build: 1h15m16.2s, test: 2h11m18.4s)`
fn totals(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, revisions) = preceded(tag("revisions tested: "), dec).parse(input)?;
    let (input, seconds) = preceded(tag(", total time: "), duration).parse(input)?;
    let (input, build_seconds) = preceded(tag(" (build: "), duration).parse(input)?;
    let (input, test_seconds) = delimited(tag(", test: "), duration, char(')')).parse(input)?;
    Ok((input, Line::Totals(Totals { revisions, seconds, build_seconds, test_seconds })))
}

/// `3h27m57.81560214s`, as Go's `time.Duration` prints itself; in seconds.
fn duration(input: &[u8]) -> Parsed<'_, f64> {
    let number = map_opt(recognize((digit1, opt((char('.'), digit1)))), |n: &[u8]| {
        str::from_utf8(n).ok()?.parse::<f64>().ok()
    });
    let unit = alt((
        value(1e-3, tag("ms")),
        value(1e-6, alt((tag("us"), tag("µs"), tag("μs")))),
        value(1e-9, tag("ns")),
        value(3600.0, char('h')),
        value(60.0, char('m')),
        value(1.0, char('s')),
    ));
    fold_many1((number, unit), || 0.0, |sum, (number, unit): (f64, f64)| sum + number * unit).parse(input)
}

/// `reproducer seems to be flaky`; since July 2023 `reproducer is flaky (0.11 repro chance estimate)`.
fn flaky(input: &[u8]) -> Parsed<'_, Line<'_>> {
    value(Line::Flaky, (alt((tag("reproducer seems to be flaky"), tag("reproducer is flaky"))), rest))
        .parse(input)
}

/// `representative crash: TITLE, types: [LOCKDEP]`, since July 2023.
fn representative(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let title = alt((terminated(take_until(", types: ["), rest), rest));
    map(preceded(tag("representative crash: "), title), Line::Representative).parse(input)
}

/// `revision HASH crashed and is reachable`, when a fix is looked for.
fn reachable(input: &[u8]) -> Parsed<'_, Line<'_>> {
    value(Line::Remark(None), delimited(tag("revision "), hash, tag(" crashed and is reachable")))
        .parse(input)
}

/// `kernel signature: HEX` of a test; with three blanks, in 2019, of the culprit.
fn kernel(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let culprit = map(preceded(tag("kernel signature:   "), digest), Line::CulpritSignature);
    alt((culprit, map(preceded(tag("kernel signature: "), digest), Line::Signature))).parse(input)
}

fn compiler(input: &[u8]) -> Parsed<'_, Line<'_>> {
    map(after("compiler: "), Line::Compiler).parse(input)
}

fn culprit_signature(input: &[u8]) -> Parsed<'_, Line<'_>> {
    map(preceded(tag("culprit signature: "), digest), Line::CulpritSignature).parse(input)
}

/// `parent  signature: HEX`, in 2019 `previous signature: HEX`; `parent commit HASH wasn't tested`.
fn parent(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let untested = value(Line::ParentUntested, delimited(tag("parent commit "), hash, tag(" wasn't tested")));
    let label = (alt((tag("parent"), tag("previous"))), space1, tag("signature: "));
    alt((untested, map(preceded(label, digest), Line::ParentSignature))).parse(input)
}

/// What stands in place of the runs: `failed: TEXT`, `failed building HASH: TEXT`.
fn failed(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let building = preceded((tag("failed building "), hash, tag(": ")), rest);
    map(alt((building, after("failed: "))), Line::Failed).parse(input)
}

/// `first bad commit: HASH SUBJECT`; of a fix `first good commit: `.
fn first_bad(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let goal =
        alt((value(Goal::Cause, tag("first bad commit: ")), value(Goal::Fix, tag("first good commit: "))));
    let (input, (goal, hash, subject)) = (goal, hash, alt((after(" "), eof))).parse(input)?;
    Ok((input, Line::Culprit { goal, hash, subject }))
}

/// `# git bisect start BAD GOOD`
fn range(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let word = |input| take_while1(|c: u8| !c.is_ascii_whitespace())(input);
    let (input, (bad, good)) =
        preceded(tag("# git bisect start "), (word, preceded(space1, word))).parse(input)?;
    Ok((input, Line::Range { bad, good }))
}

/// `# git bisect good HASH`
fn verdict(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let word =
        map_opt(take_while1(|c: u8| c.is_ascii_lowercase()), |w| Verdict::from_name(str::from_utf8(w).ok()?));
    let (input, (verdict, hash)) =
        preceded(tag("# git bisect "), (terminated(word, char(' ')), hash)).parse(input)?;
    Ok((input, Line::Verdict(verdict, hash)))
}

/// `Bisecting: 284 revisions left to test after this (roughly 8 steps)`
fn left(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, left) = preceded(tag("Bisecting: "), dec).parse(input)?;
    let (input, _) =
        (tag(" revision"), opt(char('s')), tag(" left to test after this"), rest).parse(input)?;
    Ok((input, Line::Left(left)))
}

/// `[HASH] SUBJECT`
fn checkout(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, hash) = delimited(char('['), hash, char(']')).parse(input)?;
    let (input, subject) = preceded(opt(char(' ')), rest).parse(input)?;
    Ok((input, Line::Checkout { hash, subject }))
}

/// `bisecting cause commit starting from HASH`, `bisecting fixing commit since HASH`
fn start(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let goal = alt((
        value(Goal::Cause, tag("bisecting cause commit starting from ")),
        value(Goal::Fix, tag("bisecting fixing commit since ")),
    ));
    map((goal, hash), |(goal, hash)| Line::Start { goal, hash }).parse(input)
}

fn syzkaller(input: &[u8]) -> Parsed<'_, Line<'_>> {
    map(preceded(tag("building syzkaller on "), hash), Line::Syzkaller).parse(input)
}

fn inconclusive(input: &[u8]) -> Parsed<'_, Line<'_>> {
    value(Line::Inconclusive, (tag("bisection is inconclusive, the first bad commit could be any of:"), rest))
        .parse(input)
}

/// A line that starts with a hash: one of a list, or the end of Git's search. Newer Git quotes `'bad'`.
fn bare_hash(input: &[u8]) -> Parsed<'_, Line<'_>> {
    let (input, hash) = hash(input)?;
    let bad = alt((tag("bad"), tag("'bad'"), tag("good"), tag("'good'")));
    let first = value(Line::FirstBad(hash), (tag(" is the first "), bad, tag(" commit")));
    let base = value(Line::Remark(Some(Stage::MergeBase)), (char('/'), rest));
    alt((first, value(Line::Hash(hash), eof), base)).parse(input)
}

/// `2023-01-16`
fn date(input: &[u8]) -> Parsed<'_, Date> {
    let part = |input| -> IResult<_, u8> { map_opt(digits2, |n| u8::try_from(n).ok()).parse(input) };
    let year = map_opt(take_while_m_n(4, 4, |c: u8| c.is_ascii_digit()), |y: &[u8]| {
        str::from_utf8(y).ok()?.parse().ok()
    });
    let (input, (year, month, day)) =
        (year, preceded(char('-'), part), preceded(char('-'), part)).parse(input)?;
    Ok((input, Date(year, month, day)))
}

/// What a line with one of these beginnings is.
type Known = (for<'a> fn(&'a [u8]) -> Line<'a>, &'static [&'static str]);

/// Lines that are known by how they start, and whose rest says nothing more.
const KNOWN: &[Known] = &[
    (
        |_| Line::Remark(None),
        &[
            // Git cannot read its own settings.
            "warning: unable to access '",
            // How the revisions are found and fetched.
            "ensuring issue is reproducible on original commit ",
            "rewritten commit ",
            "fetch other tags and check if the commit is present",
            "fetch failed with ",
            "picked [",
            "failed to detect release: ",
            "failed to detect noop change: ",
            // What is thought of the runs.
            "false negative chance: ",
            "accumulated error probability: ",
            "unable to determine the verdict: ",
            "too many neither good nor bad results, skipping this commit",
            // Looking for a fix.
            "determine whether the revision contains the guilty commit",
            "no existing result, test the revision",
            "the bug was not introduced yet; pretend that kernel crashed",
            "HEAD had kernel build, boot or test errors",
            "expected 1 merge base, got ",
            "reproducer does not crash the merge base, ",
        ],
    ),
    (|_| Line::Remark(Some(Stage::Head)), &["testing current HEAD "]),
    (
        |_| Line::Remark(Some(Stage::MergeBase)),
        &["determining the merge base between ", "checking the merge base "],
    ),
    (
        |_| Line::Remark(Some(Stage::Config)),
        &[
            "kconfig minimization: ",
            "base config crashes",
            "trying half: [",
            "half crashed",
            "both halves did not crash",
            "only full config crashes",
            "resulting configs: [",
            "minimized to ",
            "# configuration already minimized",
            "split chunks (needed=",
            "split chunk #",
            "testing without sub-chunk ",
            "the chunk can be dropped",
            "no need to test this chunk, it's definitely needed",
            "no way to further split the chunk",
            "we have reached the limit on predicate runs (",
            "check whether we can drop unnecessary instrumentation",
            "disabling configs for [",
            "the bug reproduces without the instrumentation",
            "there was nothing we could disable; skip",
            "config minimization failed due to bad Kconfig ",
            "proceeding with the original config",
        ],
    ),
    (
        |_| Line::Oldest,
        &[
            "the crash already happened on the oldest tested release",
            "oldest tested release already had the bug or it had kernel test errors",
        ],
    ),
    (
        |_| Line::StillCrashes,
        &[
            "the crash still happens on HEAD",
            "crash still not fixed",
            "crash still happens on the oldest tested release",
        ],
    ),
    (|text| Line::Failed(text), &["repro testing failure: "]),
];

fn known(text: &[u8]) -> Option<Line<'_>> {
    let (make, _) = KNOWN.iter().find(|(_, starts)| starts.iter().any(|s| text.starts_with(s.as_bytes())))?;
    Some(make(text))
}

#[cfg(test)]
mod tests;
