//! The formats of CI systems, as the program prints them.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on has failed")]

mod program;

use program::{Folder, KASAN, NULL, ksplat, run, run_command};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};

const FORMATS: [&str; 9] = ["text", "json", "ndjson", "markdown", "html", "junit", "kcidb", "github", "ktap"];

/// A log that tries to paint the terminal, in a folder whose name does.
fn evil(name: &str) -> (Folder, String) {
    let log =
        KASAN.replace("QEMU", "\x1b]0;owned\x07\x1b[2J").replace("Comm: kworker/1:1", "Comm: \u{9b}2J<b>");
    let folder = Folder::new(&format!("{name}\x1b[31m"));
    let path = folder.file("a.log", log);
    (folder, path)
}

#[test]
fn ok_every_format_exits_alike_and_paints_nothing() {
    let (_folder, path) = evil("formats");
    for format in FORMATS {
        for verb in ["scan", "group"] {
            let found = run(&[verb, "--format", format, &path], b"");
            assert_eq!((found.code, found.err.as_str()), (Some(1), ""), "{verb} {format}");
            let harmful = |c: char| c.is_control() && c != '\n';
            assert!(!found.text().contains(harmful), "{verb} {format}: {}", found.text());
            assert!(found.text().contains("ip6_send_skb"), "{verb} {format}");
            let none = run(&[verb, "--format", format], b"all is well\n");
            assert_eq!((none.code, none.err.as_str()), (Some(0), ""), "{verb} {format}");
            let zero = run(&[verb, "--format", format, "--exit-zero", &path], b"");
            assert_eq!(zero.code, Some(0), "{verb} {format}");
        }
    }
}

#[test]
fn ok_known_groups_do_not_fail_a_junit_file() {
    let folder = Folder::new("junit");
    let known = folder.path().to_owned() + "/known.ndjson";
    run(&["group", "--update-known", &known], KASAN.as_bytes());
    let log = format!("{KASAN}{NULL}");
    let run = run(&["group", "--format", "junit", "--known", &known], log.as_bytes());
    assert_eq!(run.code, Some(1));
    assert_eq!((run.text().matches("<failure ").count(), run.text().matches("<skipped ").count()), (1, 1));
    assert!(run.text().contains(" [v1:"), "{}", run.text());
}

#[test]
fn ok_github_gets_annotations_and_a_summary_that_fits() {
    let folder = Folder::new("github");
    let summary = folder.file("summary.md", "# before\n");
    let mut command = ksplat(&["group", "--format", "github"]);
    command.env("GITHUB_STEP_SUMMARY", &summary);
    let found = run_command(&mut command, format!("{KASAN}{NULL}").as_bytes());
    assert_eq!(found.code, Some(1));
    assert_eq!(found.text().lines().filter(|l| l.starts_with("::error ")).count(), 2);
    assert!(found.text().contains("file=net/ipv6/ip6_output.c,line=1917,title=KASAN%3A use-after-free Read"));
    let page = fs::read_to_string(&summary).unwrap();
    assert!(page.starts_with("# before\n## 2 reports in 2 groups\n"), "{page}");

    // So many groups that the page would not fit.
    let bug = |n: usize| {
        let frames = " caller_of_the_one_that_is_to_blame+0x1/0x2\n".repeat(20);
        format!("kernel BUG at fs/ring.c:7!\nRIP: 0010:ring_{n}_push+0x1/0x2\nCall Trace:\n{frames}")
    };
    let logs: String = (0..2000).map(bug).collect();
    let mut command = ksplat(&["group", "--format", "github"]);
    command.env("GITHUB_STEP_SUMMARY", &summary);
    assert_eq!(run_command(&mut command, logs.as_bytes()).code, Some(1));
    let page = fs::read_to_string(&summary).unwrap();
    assert!(page.len() <= 1 << 20 && page.len() > 1_000_000, "{}", page.len());
    assert!(page.contains("Left out for want of room: 0 rows and "));

    let mut command = ksplat(&["group", "--format", "github"]);
    command.env("GITHUB_STEP_SUMMARY", "/no/such/folder/summary");
    assert_eq!(run_command(&mut command, KASAN.as_bytes()).code, Some(2));
}

/// The schema's own package says whether it takes our documents, where Python and the package are there.
#[test]
fn ok_kcidb_takes_the_document() {
    let check = "import json, sys; from kcidb_io.schema import LATEST; d = json.load(sys.stdin); \
                 LATEST.validate(d); print(LATEST.major, LATEST.minor)";
    let python = std::env::var("KSPLAT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let imports = Command::new(&python).args(["-c", "import kcidb_io"]).stderr(Stdio::null()).status();
    let there = imports.is_ok_and(|status| status.success());
    let (folder, path) = evil("kcidb");
    let known = folder.path().to_owned() + "/known.ndjson";
    run(&["group", "--update-known", &known, &path], b"");
    let line = fs::read_to_string(&known).unwrap();
    let noted = line
        .replace("\"note\":null,\"link\":null", "\"note\":\"a\\u0000b\",\"link\":\"https://bugs.example/1\"");
    assert_ne!(noted, line);
    fs::write(&known, noted).unwrap();
    let long = format!("{NULL}{}", "[    4.311450]  word\n".repeat(5000))
        .replace("Call Trace:\n", "Call Trace:\n\0\n");
    let long = folder.file("long.log", long);
    for from in [
        &["--kcidb-origin", "my_lab", "--kcidb-build", "my_lab:7", "--kcidb-test", "other:boot"][..],
        &["--kcidb-test", "a:"],
        &[],
    ] {
        let args = [&["group", "--format", "kcidb", "--known", &known, &path, &long], from].concat();
        let found = run(&args, b"");
        let document = found.json();
        assert_eq!(document["version"], serde_json::json!({"major": 5, "minor": 3}));
        let issues = document["issues"].as_array().unwrap();
        assert_eq!((issues.len(), document["incidents"].as_array().unwrap().len()), (2, 2));
        let excerpt = |i: &Value| i["misc"]["ksplat"]["log_excerpt"].as_str().unwrap().chars().count();
        assert!(issues.iter().all(|i| (1..=16384).contains(&excerpt(i))));
        if there {
            let valid = run_command(
                Command::new(&python)
                    .args(["-c", check])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped()),
                &found.out,
            );
            assert_eq!((valid.code, valid.text()), (Some(0), "5 3\n"), "{}", valid.err);
        }
    }
    for bad in [["--kcidb-origin", "My-Lab"], ["--kcidb-test", "no-origin"]] {
        assert_eq!(run(&[&["group", "--format", "kcidb"][..], &bad].concat(), b"").code, Some(2), "{bad:?}");
    }
}

#[test]
fn ok_a_page_of_reports_is_whole() {
    let page = run(&["scan", "--format", "html"], format!("{KASAN}{NULL}").as_bytes());
    assert!(page.text().starts_with("<!DOCTYPE html>") && page.text().ends_with("</html>\n"));
    assert_eq!(page.text().matches("<h2>").count(), 2);
    let empty = run(&["scan", "--format", "html"], b"");
    assert!(empty.text().starts_with("<!DOCTYPE html>") && empty.text().ends_with("</html>\n"));
    let markdown = run(&["scan", "--format", "markdown"], format!("{KASAN}{NULL}").as_bytes());
    assert_eq!(markdown.text().lines().filter(|l| l.starts_with("## `")).count(), 2);
    let follow = run(&["scan", "--follow", "--format", "junit"], b"");
    assert_eq!(follow.code, Some(2));
}

/// Every command of the chapter on CI is one that the program takes.
#[test]
fn ok_the_commands_of_the_chapter_are_understood() {
    let commands =
        include_str!("../src/doc/ci.md").lines().filter_map(|l| Some(&l[l.find("ksplat group ")?..]));
    let mut count = 0;
    for command in commands {
        let command = command.split(['>', '`', '\'']).next().unwrap();
        let args: Vec<&str> = command.split_whitespace().skip(1).chain(["--help"]).collect();
        if command.contains("FILE") {
            continue;
        }
        assert_eq!(run(&args, b"").code, Some(0), "{command}");
        count += 1;
    }
    assert!(count >= 7, "{count}");
}

#[test]
fn ok_joined_groups_are_named_for_people_and_programs() {
    let other = KASAN
        .replace("in ip6_send_skb+", "in udp_v6_send_skb+")
        .replace(" ip6_send_skb+0x2f5/0x330 net", " memcpy+0x1/0x2 net");
    let log = format!("{KASAN}{other}");
    for format in ["text", "json", "ndjson", "markdown", "html", "junit"] {
        let group = |flags: &[&str]| {
            run(&[&["group", "--format", format], flags].concat(), log.as_bytes()).text().to_owned()
        };
        let (plain, near) = (group(&[]), group(&["--near", "--near-threshold", "0.1"]));
        // A reason names what both share.
        assert!(near.len() > plain.len() && near.contains("sk_alloc"), "{format}: {near}");
    }
    let text = run(&["group", "--near", "--near-threshold", "0.1"], log.as_bytes());
    assert!(text.text().ends_with("2 reports in 2 groups, joined into 1 cluster\n"), "{}", text.text());
}
