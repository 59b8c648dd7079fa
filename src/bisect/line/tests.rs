//! Lines as syzkaller and Git print them.

use super::*;
use crate::bisect::Outcome as Kind;

const A: &str = "0123456789abcdef0123456789abcdef01234567";
const B: &str = "fedcba9876543210fedcba9876543210fedcba98";

/// The line with `A` and `B` in place of the hashes.
fn filled(text: &str) -> String {
    text.replace("{A}", A).replace("{B}", B)
}

#[test]
fn ok_lines_with_a_hash() {
    let (a, b) = (A.as_bytes(), B.as_bytes());
    for (text, want) in [
        ("bisecting cause commit starting from {A}", Line::Start { goal: Goal::Cause, hash: a }),
        ("bisecting fixing commit since {A}", Line::Start { goal: Goal::Fix, hash: a }),
        ("building syzkaller on {A}", Line::Syzkaller(a)),
        ("testing commit {A} with gcc (GCC) 8.1.0", Line::Test { hash: a, compiler: b"gcc (GCC) 8.1.0" }),
        ("testing commit {A} clang", Line::Test { hash: a, compiler: b"clang" }),
        ("testing commit {A}", Line::Test { hash: a, compiler: b"" }),
        ("# git bisect start v5.1 {B}", Line::Range { bad: b"v5.1", good: b }),
        ("# git bisect skip {A}", Line::Verdict(Verdict::Skip, a)),
        ("[{A}] net: x", Line::Checkout { hash: a, subject: b"net: x" }),
        ("{A} is the first bad commit", Line::FirstBad(a)),
        ("{B} is the first 'bad' commit", Line::FirstBad(b)),
        ("{B}", Line::Hash(b)),
        ("{B}/net: x is a merge base, check if it has the bug", Line::Remark(Some(Stage::MergeBase))),
        ("parent commit {A} wasn't tested", Line::ParentUntested),
        ("first bad commit: {A} net: x", Line::Culprit { goal: Goal::Cause, hash: a, subject: b"net: x" }),
        ("first good commit: {A} net: x", Line::Culprit { goal: Goal::Fix, hash: a, subject: b"net: x" }),
        ("failed building {A}: exit status 2", Line::Failed(b"exit status 2")),
        ("revision {A} crashed and is reachable", Line::Remark(None)),
    ] {
        assert_eq!(line(filled(text).as_bytes()), Some(want), "{text}");
    }
}

#[test]
fn ok_signatures_of_all_years() {
    for (text, want) in [
        ("kernel signature: 00ff", Line::Signature(b"00ff")),
        ("kernel signature:   00ff", Line::CulpritSignature(b"00ff")),
        ("culprit signature: 00ff", Line::CulpritSignature(b"00ff")),
        ("parent  signature: 00ff", Line::ParentSignature(b"00ff")),
        ("previous signature: 00ff", Line::ParentSignature(b"00ff")),
    ] {
        assert_eq!(line(text.as_bytes()), Some(want), "{text}");
    }
}

#[test]
fn ok_runs() {
    let run = |number, all, kind, words| Line::Run { number, all, outcome: Outcome { kind, words } };
    for (text, want) in [
        ("run #12: OK", run(12, false, Kind::Ok, &b""[..])),
        ("all runs: crashed: WARNING in f", run(0, true, Kind::Crashed, b"WARNING in f")),
        ("run #0: ignore: x", run(0, false, Kind::Ignored, b"x")),
    ] {
        assert_eq!(line(text.as_bytes()), Some(want), "{text}");
    }
}

#[test]
fn ok_totals_in_seconds() {
    let text = b"revisions tested: 16, total time: 125h3m57.5s (build: 0s, test: 1m500ms)";
    let Some(Line::Totals(totals)) = line(text) else { panic!("{:?}", line(text)) };
    assert_eq!((totals.revisions, totals.seconds, totals.build_seconds), (16, 450_237.5, 0.0));
    assert!((totals.test_seconds - 60.5).abs() < 1e-9);
}

#[test]
fn ok_recipients() {
    let list = vec![&b"a@b"[..], b"c@d"];
    assert_eq!(
        line(br#"recipients (to): ["a@b" "c@d"]"#),
        Some(Line::Recipients { to: true, list: list.clone() })
    );
    assert_eq!(line(br#"cc: ["a@b" "c@d"]"#), Some(Line::Recipients { to: false, list }));
    assert_eq!(line(b"recipients (cc): []"), Some(Line::Recipients { to: false, list: Vec::new() }));
}

#[test]
fn ok_a_host_says_the_day() {
    let line = host(b"ci-upstream starts bisection 2023-01-16 10:43:45.26 +0000 UTC m=+17.1");
    assert_eq!(line, Some(Line::Host { name: b"ci-upstream", date: Some(Date(2023, 1, 16)) }));
    assert_eq!(host(b"x starts bisection today"), Some(Line::Host { name: b"x", date: None }));
}

#[test]
fn ok_behind_the_totals() {
    assert_eq!(last(b"crash: x"), Some(Last::Crash(b"x")));
    assert_eq!(last(b"error: "), Some(Last::Error(b"")));
    assert_eq!(last(b"commit msg: Linux 5.8"), Some(Last::Subject(b"Linux 5.8")));
    assert_eq!(line(b"crash: x"), None);
}

#[test]
fn err_free_text() {
    for text in [
        "",
        "testing commit 0123",
        "testing commit {A}0",
        "# git bisect maybe {A}",
        "{A} is the first bad commit, is it",
        "kernel signature: none",
        "run #: OK",
        "run #1: OK, but",
        "net/core/sock.c:12:3: error: 'x' undeclared",
        "warning: this is of a compiler",
        "revisions tested: 1, total time: long",
        "cc: [\"open",
    ] {
        let text = filled(text);
        assert_eq!(line(text.as_bytes()), None, "{text}");
    }
}
