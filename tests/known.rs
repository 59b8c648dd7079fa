//! Saved groups and known bugs: what a CI job keeps from run to run.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on has failed")]

mod program;

use program::{Folder, KASAN, NULL, ksplat, run, run_command};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn bug(n: usize) -> String {
    format!("[    1.000000] kernel BUG at fs/ring.c:7!\n[    1.000000] RIP: 0010:ring_{n}_push+0x1/0x2\n")
}

fn lines(path: &str) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn ok_only_a_new_bug_is_an_alarm() {
    let folder = Folder::new("alarm");
    let known = folder.path().to_owned() + "/known.ndjson";
    let first = run(&["group", "--update-known", &known], KASAN.as_bytes());
    assert_eq!((first.code, first.err.as_str()), (Some(1), ""));
    let again = run(&["group", "--known", &known, "-"], KASAN.as_bytes());
    assert_eq!(again.code, Some(0));
    assert!(again.text().ends_with("1 report in 1 group: 0 new, 1 known\n"), "{}", again.text());
    let both = format!("{}{KASAN}{KASAN}{NULL}", bug(0));
    let other = run(&["group", "--known", &known, "--format", "json"], both.as_bytes());
    assert_eq!(other.code, Some(1));
    let status: Vec<_> =
        other.json()["groups"].as_array().unwrap().iter().map(|g| g["status"].clone()).collect();
    assert_eq!(status, [json!("new"), json!("new"), json!("known")]);
    let zero = run(&["group", "--known", &known, "--exit-zero"], both.as_bytes());
    assert_eq!(zero.code, Some(0));
    assert_eq!(run(&["group", "--known", &known], b"").code, Some(0));
}

#[test]
fn ok_notes_and_links_survive_an_update_and_are_printed() {
    let folder = Folder::new("notes");
    let known = folder.file("known.ndjson", "");
    run(&["group", "--update-known", &known], KASAN.as_bytes());
    let mut line = lines(&known).remove(0);
    line["note"] = json!("flaky\u{1b}[31m since 6.1");
    line["link"] = json!("https://bugs.example/1");
    line["team"] = json!({"net": [1, 2]});
    folder.file("known.ndjson", line.to_string() + "\n");
    let log = format!("{NULL}{KASAN}");
    let update = run(&["group", "--known", &known, "--update-known", &known], log.as_bytes());
    assert_eq!(update.code, Some(1));
    assert!(update.text().contains("\n        flaky\\u{1b}[31m since 6.1\n        https://bugs.example/1\n"));
    let after = lines(&known);
    assert_eq!(after.len(), 2);
    let kept = after.iter().find(|l| l["signature"] == line["signature"]).unwrap();
    for member in ["title", "class", "note", "link", "count", "terms", "team"] {
        assert_eq!(kept[member], line[member], "{member}");
    }
    let json = run(&["group", "--known", &known, "--format", "json"], KASAN.as_bytes()).json();
    assert_eq!(json["groups"][0]["link"], "https://bugs.example/1");
}

#[test]
fn ok_an_update_adds_a_line_and_touches_no_other() {
    let folder = Folder::new("diff");
    let logs: String = (0..20).map(bug).collect();
    let log = folder.file("a.log", &logs);
    let known = folder.path().to_owned() + "/known.ndjson";
    run(&["group", "--update-known", &known, &log], b"");
    let before = fs::read_to_string(&known).unwrap();
    let signatures: Vec<_> = lines(&known).iter().map(|l| l["signature"].to_string()).collect();
    assert!(signatures.is_sorted() && signatures.len() == 20);
    run(&["group", "--update-known", &known, &log], b"");
    assert_eq!(fs::read_to_string(&known).unwrap(), before);
    folder.file("a.log", logs + &bug(20));
    run(&["group", "--update-known", &known, &log], b"");
    let after = fs::read_to_string(&known).unwrap();
    let added: Vec<_> = after.lines().filter(|l| !before.contains(l)).collect();
    assert_eq!((after.lines().count(), added.len()), (21, 1));
    assert!(added[0].contains("ring_20_push"));
}

/// The kernel ends the program in the middle of its writing: at a limit on the size of files.
#[test]
fn ok_a_killed_update_leaves_the_old_file_whole() {
    let folder = Folder::new("killed");
    let log = folder.file("a.log", (0..400).map(bug).collect::<String>());
    let known = folder.path().to_owned() + "/known.ndjson";
    run(&["group", "--update-known", &known, &log], b"");
    let before = fs::read(&known).unwrap();
    assert!(before.len() > 65536, "{}", before.len());
    folder.file("a.log", (0..401).map(bug).collect::<String>());
    let update =
        format!("ulimit -f 32; exec {} group --update-known {known} {log}", env!("CARGO_BIN_EXE_ksplat"));
    let status = Command::new("sh").args(["-c", &update]).stdout(Stdio::null()).status().unwrap();
    assert!(!status.success() && status.code() != Some(1), "{status}");
    assert_eq!(fs::read(&known).unwrap(), before);
    // What it left behind is in nobody's way.
    assert_eq!(run(&["group", "--update-known", &known, &log], b"").code, Some(1));
    assert_eq!(lines(&known).len(), 401);
}

#[cfg(unix)]
#[test]
fn ok_an_update_keeps_the_link_and_the_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("permissions");
    let real = folder.file("real.ndjson", "");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().to_owned() + "/link.ndjson";
    std::os::unix::fs::symlink("real.ndjson", &link).unwrap();
    run(&["group", "--update-known", &link], KASAN.as_bytes());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(lines(&real).len(), 1);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn err_a_damaged_known_file_is_told_with_its_line() {
    let folder = Folder::new("damaged");
    let good = folder.path().to_owned() + "/known.ndjson";
    run(&["group", "--update-known", &good], KASAN.as_bytes());
    let text = fs::read_to_string(&good).unwrap();
    for bad in ["{", "[]", "{}", "\0", "{\"signature\":\"no\"}", "<<<<<<< HEAD"] {
        let damaged = folder.file("damaged.ndjson", format!("{text}\n{bad}\n"));
        for flag in ["--known", "--update-known"] {
            let run = run(&["group", flag, &damaged], KASAN.as_bytes());
            assert_eq!(run.code, Some(2), "{bad}");
            let want = format!("ksplat: not a saved known bug: {damaged}:3: ");
            assert!(run.err.starts_with(&want), "{}", run.err);
            assert_eq!(fs::read_to_string(&damaged).unwrap(), format!("{text}\n{bad}\n"));
        }
    }
    let missing = run(&["group", "--known", "/no/such/known"], KASAN.as_bytes());
    assert_eq!((missing.code, missing.text()), (Some(2), ""));
    let unwritable = run(&["group", "--update-known", "/no/such/folder/known"], KASAN.as_bytes());
    assert_eq!(unwritable.code, Some(2));
    assert!(unwritable.err.starts_with("ksplat: cannot write /no/such/folder/known: "), "{}", unwritable.err);
}

#[test]
fn ok_merged_halves_are_the_whole() {
    let folder = Folder::new("merge");
    let a = folder.file("a.log", format!("{KASAN}{}{NULL}", bug(1)));
    let b = folder.file("b.log", format!("{}{KASAN}{}", bug(2), bug(1)));
    let group = |format: &str, path: &str| run(&["group", "--format", format, path], b"").out;
    let left = folder.file("left.json", group("json", &a));
    let right = folder.file("right.ndjson", group("ndjson", &b));
    let whole = run(&["group", "--format", "json", &a, &b], b"").json();
    for files in [[&left, &right], [&right, &left]] {
        let merged = run(&["group", "--format", "json", "--merge", files[0], files[1]], b"");
        assert_eq!((merged.code, merged.json()), (Some(1), whole.clone()));
        let twice = run(&["group", "--format", "json", "--merge", files[0], "--merge", files[1]], b"");
        assert_eq!(twice.json(), whole);
    }
    let half = run(&["group", "--format", "json", &a, "--merge", &right], b"");
    assert_eq!(half.json(), whole);
    let broken = run(&["group", "--merge", &left, &a], b"");
    assert_eq!((broken.code, broken.text()), (Some(2), ""));
    assert!(Path::new(&left).exists());
    // Standard input is read when it is asked for only.
    let mut command = ksplat(&["group", "--format", "json", "--merge", &left]);
    assert_eq!(run_command(&mut command, NULL.as_bytes()).json()["reports"], 3);
}
