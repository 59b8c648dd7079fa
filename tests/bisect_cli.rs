//! Runs the verbs around bisections: exit codes, the members of their JSON, what they print.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const FOO: &str = "\
[    4.000000] BUG: KASAN: slab-use-after-free in ring_write+0x1f7/0x560
[    4.000001] Read of size 8 at addr ffff888012345678 by task writer/812
[    4.000002] Call Trace:
[    4.000003]  ring_write+0x1f7/0x560
[    4.000004]  vfs_write+0x2a0/0x900
";

const OTHER: &str = "\
[    5.000000] kernel BUG at mm/widget.c:12!
[    5.000001] RIP: 0010:widget_free+0x1f/0x40
";

const QUIET: &str = "[    1.000000] all is well\n";

fn ksplat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ksplat"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

fn code(arguments: &[&str]) -> i32 {
    ksplat(arguments).status.code().unwrap()
}

fn out(arguments: &[&str]) -> String {
    String::from_utf8(ksplat(arguments).stdout).unwrap()
}

/// A log in a folder of the test's own.
fn log(test: &str, name: &str, text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn ok_exit_codes_of_bisect() {
    let quiet = log("bisect-codes", "quiet", QUIET);
    let git = fs::read_to_string("tests/bisect/git-log").unwrap();
    let git = log("bisect-codes", "git", git.split_once("\n\n").unwrap().1);
    for (path, want) in [
        ("tests/bisect/culprit-2020", 0),
        ("tests/bisect/same-binary-2023", 1),
        ("tests/bisect/quorum-2024", 1),
        (git.as_str(), 1),
        (quiet.as_str(), 2),
        ("no-such.log", 2),
    ] {
        assert_eq!(code(&["bisect", path]), want, "{path}");
    }
    let refused = ksplat(&["bisect", &quiet]);
    assert!(String::from_utf8_lossy(&refused.stderr).starts_with("ksplat: not a bisection log: "));
}

#[test]
fn ok_json_of_bisect_has_the_members_of_the_contract() {
    let json: Value =
        serde_json::from_str(&out(&["bisect", "--format", "json", "tests/bisect/culprit-2020"])).unwrap();
    assert_eq!(
        (&json["schema"], &json["program"], &json["ending"]),
        (&"ksplat.bisect/1".into(), &"syz-bisect".into(), &"culprit".into())
    );
    let members = |value: &Value, names: &str| {
        for name in names.split(' ') {
            assert!(value.get(name).is_some(), "{name} in {value}");
        }
    };
    members(&json, "start culprit original totals revisions crash audit");
    members(&json["culprit"], "hash subject author signature parent_signature recipients");
    members(&json["revisions"][0], "hash subject release stage compiler signature runs verdict printed");
    members(&json["audit"], "confidence suspect evidence rejudged");
    members(&json["audit"]["evidence"][0], "code value ratio text");
    members(&json["audit"]["rejudged"], "verdicts_changed culprit_stands");
    assert_eq!(json["original"]["title"], "WARNING in ring_send");
    assert_eq!(json["crash"]["schema"], "ksplat.report/1");
    assert_eq!(
        json["culprit"]["recipients"],
        serde_json::json!({"to": ["ada@example.org", "ring@lists.example.org"], "cc": []})
    );
    let run = serde_json::json!({"n": 3, "outcome": "crashed", "title": "INFO: task hung in widget_wait", "text": null, "all": false});
    assert_eq!(json["revisions"][2]["runs"][3], run);
    assert_eq!(json["revisions"][5]["runs"][5]["outcome"], "infra");
    assert!(json["audit"]["confidence"].as_f64().unwrap() <= 0.85);
    let read = ksplat::output::json::Bisect::from_json(json.to_string().as_bytes(), "x").unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), json);
}

#[test]
fn ok_the_report_of_a_bisection_stands_where_its_span_says() {
    let text = fs::read_to_string("tests/bisect/culprit-2020").unwrap();
    let json: Value =
        serde_json::from_str(&out(&["bisect", "--format", "json", "tests/bisect/culprit-2020"])).unwrap();
    let source = &json["crash"]["source"];
    let number = |name: &str| usize::try_from(source[name].as_u64().unwrap()).unwrap();
    let report = &text.as_bytes()[number("offset")..number("offset") + number("length")];
    assert!(report.starts_with(b"------------[ cut here ]------------\nWARNING: CPU: 1"));
    assert_eq!(text.lines().nth(number("line") - 1), Some("------------[ cut here ]------------"));
}

#[test]
fn ok_text_and_markdown_of_bisect() {
    let text = out(&["bisect", "tests/bisect/culprit-2020"]);
    assert!(text.contains("\n  3c363836cf4e  .....!!!.!  good            ring: prepare\n"), "{text}");
    assert!(text.contains("\nWhoever doubts it should test 3c363836cf4e again first, "), "{text}");
    let markdown = out(&["bisect", "--format", "markdown", "tests/bisect/culprit-2020"]);
    assert!(markdown.starts_with("## Bisection of `WARNING in ring_send`\n"), "{markdown}");
    assert!(markdown.contains("\n| 3c363836cf4e | `.....!!!.!` | good |  | ring: prepare |\n"), "{markdown}");
}

#[test]
fn ok_exit_codes_of_check() {
    let file = |name, text| log("check-codes", name, text);
    let (foo, other, quiet, empty) =
        (file("foo", FOO), file("other", OTHER), file("quiet", QUIET), file("empty", "\n"));
    let noise = file("noise", "title kernel BUG in widget_*  # known\n");
    let done = file("done", &format!("{OTHER}TEST DONE in 12 s\r\nlogin:\n"));
    let title = "KASAN: slab-use-after-free Read in ring_write";
    for (arguments, want) in [
        (vec!["--crash", title, &foo], 1),
        (vec!["--crash", title, &quiet], 0),
        (vec!["--crash", title, &other], 125),
        (vec!["--crash", title, &empty], 125),
        (vec!["--crash", title, "--ignore", &noise, &other], 0),
        (vec!["--ignore", "no-such.rules", &other], 128),
        (vec!["--crash", title, "--require", "TEST DONE", &done], 0),
        (vec!["--crash", title, "--require", r"^TEST DONE in \d+ s$", &done], 0),
        (vec!["--crash", title, "--require", "TEST DONE", &quiet], 125),
        (vec!["--crash", title, "--boot-marker", "login:", &quiet], 125),
        (vec!["--crash", &foo, "--match", "signature", &foo], 1),
        (vec!["--crash", &foo, "--match", "class", &foo], 1),
        (vec!["--crash", &foo, &other], 125),
        (vec![&other], 1),
        (vec!["no-such.log"], 128),
        (vec!["--crash", "no-such.log", &foo], 128),
        (vec!["--crash", &quiet, &foo], 129),
        (vec!["--crash", "v1:12", &foo], 129),
        (vec!["--crash", title, "--match", "signature", &foo], 129),
        (vec!["--match", "title", &foo], 129),
        (vec!["--require", "(", &foo], 129),
        (vec!["--mach", "title", &foo], 129),
        (vec![&foo, &foo], 129),
    ] {
        assert_eq!(code(&[&["check"][..], &arguments].concat()), want, "{arguments:?}");
    }
}

#[test]
fn ok_a_mistyped_verb_is_no_answer() {
    for arguments in
        [&["chekc", "x"][..], &[], &["--no-such-option", "check", "x"], &["check", "--color", "x"]]
    {
        assert_eq!(code(arguments), 129, "{arguments:?}");
    }
    assert_eq!(code(&["check", "--help"]), 0);
    assert_eq!(code(&["scan", "--no-such-option"]), 2);
}

#[test]
fn ok_a_signature_and_a_saved_report_say_what_is_looked_for() {
    let foo = log("check-saved", "foo", FOO);
    let json = out(&["scan", "--format", "ndjson", &foo]);
    let report: Value = serde_json::from_str(&json).unwrap();
    let saved = log("check-saved", "foo.json", &json);
    let moved = log("check-saved", "moved", &FOO.replace("+0x1f7/0x560", "+0x20f/0x580"));
    for crash in [report["signature"].as_str().unwrap(), &saved] {
        assert_eq!(code(&["check", "--crash", crash, &moved]), 1, "{crash}");
    }
    let said = out(&["check", "--crash", &saved, &moved]);
    assert_eq!(
        said,
        format!(
            "present: {} {} (line 1)\n",
            report["title"].as_str().unwrap(),
            report["signature"].as_str().unwrap()
        )
    );
}

#[test]
fn ok_verdict_of_several_runs() {
    let file = |name, text| log("verdict", name, text);
    let (foo, other, quiet, empty) =
        (file("foo", FOO), file("other", OTHER), file("quiet", QUIET), file("empty", ""));
    let verdict = |arguments: &[&str]| {
        let output = ksplat(&[&["verdict", "--crash", &foo][..], arguments].concat());
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = verdict(&[&quiet, &foo, &empty, &other]);
    assert_eq!(code, 1);
    assert!(said.contains("\npresent: of 4 runs 1 show the crash, 1 are clean, 1 crashed otherwise, 1 are left out\nrule: present if 1 or more"), "{said}");
    assert!(said.contains("/empty: left out: the log is empty\n"), "{said}");
    assert_eq!(verdict(&["--min-present", "2", &quiet, &foo]).0, 125);
    assert_eq!(verdict(&[&quiet, &quiet, &empty]).0, 0);
    assert_eq!(verdict(&["--min-absent", "3", &quiet, &quiet, &empty]).0, 125);
    assert_eq!(verdict(&[&empty]).0, 125);
    assert_eq!(verdict(&["--min-absent", "0", &quiet]).0, 129);
    assert_eq!(verdict(&[]).0, 129);
    assert_eq!(verdict(&[&quiet, "no-such.log"]).0, 128);
}

#[test]
fn ok_kernel_signatures_of_the_test_itself() {
    let image = env!("CARGO_BIN_EXE_ksplat");
    let lines = out(&["kernel-signature", "--diff", image, image]);
    let signatures: Vec<&str> = lines.lines().map(|l| l.split("  ").next().unwrap()).collect();
    assert_eq!((signatures.len(), signatures[0].len()), (2, 64), "{lines}");
    assert_eq!(signatures[0], signatures[1]);
    assert!(out(&["kernel-signature", "--symbols", image]).lines().count() > 100);
    for arguments in [&["no-such-vmlinux"][..], &["README.md"], &["--diff", image]] {
        assert_eq!(code(&[&["kernel-signature"], arguments].concat()), 2, "{arguments:?}");
    }
}

#[test]
fn ok_schema_of_bisect() {
    let schema: Value = serde_json::from_str(&out(&["schema", "bisect"])).unwrap();
    assert!(schema["properties"]["audit"].is_object());
}
