//! `git bisect run` over a repository of our own, with `ksplat check` as the oracle.
//!
//! The repository has 200 commits, whose only file is their number; a shell script "boots" the checked-out number and
//! prints the console of that kernel. The bug comes with commit 137. Another crash, which has been mended since, shows
//! from commit 41 on in the test, and stops it for good at 120 to 124: an oracle that takes any crash for the bug ends
//! at commit 41.

#![cfg(all(feature = "cli", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Commits, and the one that brings the bug.
const COMMITS: usize = 200;
const CULPRIT: usize = 137;

/// Where another crash starts.
const OTHER: usize = 41;

const SCRIPT: &str = r#"#!/bin/sh
n=$(cat number)
{
    echo "[    0.000000] Linux version 6.12.0-$n"
    echo "[    2.000000] reproducer starts"
    if [ "$n" -ge 41 ] && [ "$n" -lt 170 ]; then
        echo "[    3.000000] WARNING: CPU: 0 PID: 9 at mm/slub.c:12 shrink_widget+0x1f/0x40"
        echo "[    3.000001] RIP: 0010:shrink_widget+0x1f/0x40"
        echo "[    3.000002] Call Trace:"
        echo "[    3.000003]  widget_ioctl+0x4/0x10"
        echo "[    3.000004] ---[ end trace 0000000000000000 ]---"
    fi
    if [ "$n" -ge 137 ]; then
        echo "[    4.000000] BUG: KASAN: slab-use-after-free in ring_write+0x1f7/0x560"
        echo "[    4.000001] Read of size 8 at addr ffff888012345678 by task writer/812"
        echo "[    4.000002] Call Trace:"
        echo "[    4.000003]  ring_write+0x1f7/0x560"
    fi
    [ "$n" -ge 120 ] && [ "$n" -le 124 ] || echo "[    9.000000] reproducer ends"
} > console.log
"#;

fn git(folder: &Path, arguments: &[&str]) -> Output {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "advice.detachedHead=false"]).args(arguments);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    git.output().expect("git runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// A repository with a commit for each number, made by one process.
fn repository(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    assert!(git(&folder, &["init", "--quiet", "--initial-branch=main"]).status.success());
    let mut stream = String::new();
    for n in 1..=COMMITS {
        let (number, subject) = (format!("{n}\n"), format!("commit {n}"));
        write!(
            stream,
            "commit refs/heads/main\ncommitter A <a@example.org> {} +0000\ndata {}\n{subject}\n",
            1_700_000_000 + n,
            subject.len()
        )
        .unwrap();
        write!(stream, "M 100644 inline number\ndata {}\n{number}\n", number.len()).unwrap();
    }
    let mut import = Command::new("git");
    import.current_dir(&folder).args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut import = import.spawn().expect("git runs");
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    assert!(git(&folder, &["checkout", "--quiet", "main"]).status.success());
    fs::write(folder.join("boot.sh"), SCRIPT).unwrap();
    folder
}

/// Bisects with that command behind the boot script; what Git prints.
fn bisect(name: &str, oracle: &str) -> Output {
    let folder = repository(name);
    let good = format!("main~{}", COMMITS - 1);
    assert!(git(&folder, &["bisect", "start", "main", &good]).status.success());
    let ksplat = env!("CARGO_BIN_EXE_ksplat");
    git(&folder, &["bisect", "run", "sh", "-c", &format!("sh ./boot.sh && '{ksplat}' {oracle}")])
}

/// The number of the commit that Git names.
fn named(output: &Output) -> Option<usize> {
    let text = text(output);
    let (_, behind) = text.split_once("is the first bad commit")?;
    behind.split_once("    commit ")?.1.lines().next()?.parse().ok()
}

#[test]
fn ok_any_crash_derails_the_bisection() {
    assert_eq!(named(&bisect("bisect-any", "check console.log")), Some(OTHER));
}

#[test]
fn ok_the_crash_that_is_looked_for_finds_its_commit() {
    for (name, crash) in [
        ("bisect-title", "--match title --crash 'KASAN: slab-use-after-free Read in ring_write'"),
        ("bisect-near", "--crash 'general protection fault in ring_write'"),
        ("bisect-class", "--match class --crash 'KASAN: slab-use-after-free Read in ring_write'"),
    ] {
        let output = bisect(
            name,
            &format!(
                "check {crash} --require 'reproducer ends' --boot-marker 'reproducer starts' console.log"
            ),
        );
        assert_eq!(named(&output), Some(CULPRIT), "{}", text(&output));
    }
}

#[test]
fn ok_the_log_of_the_bisection_can_be_read() {
    let output = bisect(
        "bisect-log-of-git",
        "check --crash 'KASAN: x in ring_write' --require 'reproducer ends' console.log",
    );
    assert_eq!(named(&output), Some(CULPRIT), "{}", text(&output));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bisect-log-of-git");
    fs::write(folder.join("bisect.log"), git(&folder, &["bisect", "log"]).stdout).unwrap();
    let mut ksplat = Command::new(env!("CARGO_BIN_EXE_ksplat"));
    let json = ksplat
        .current_dir(&folder)
        .args(["bisect", "--format", "json", "bisect.log"])
        .output()
        .unwrap()
        .stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["culprit"]["subject"], format!("commit {CULPRIT}"));
    assert_eq!((&json["program"], &json["unknown_lines"]), (&"git".into(), &0.into()));
    assert!(json["revisions"].as_array().unwrap().len() > 5);
}

#[test]
fn ok_an_error_stops_the_bisection_and_names_nobody() {
    for (name, oracle) in [
        ("bisect-flag", "check --mach near console.log"),
        ("bisect-verb", "chek console.log"),
        ("bisect-log", "check no-such.log"),
        ("bisect-crash", "check --crash no-such-file console.log"),
        ("bisect-regex", "check --require '(' console.log"),
        ("bisect-match", "check --match near console.log"),
        ("bisect-value", "verdict --min-present none console.log"),
    ] {
        let output = bisect(name, oracle);
        assert!(!output.status.success(), "{oracle}");
        assert_eq!(named(&output), None, "{oracle}: {}", text(&output));
    }
}
