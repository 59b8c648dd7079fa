//! Hostile input: whatever the bytes, ksplat neither panics nor loses what it found.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use std::path::Path;

/// One report with everything in it: text of our own after the kernel's formats.
const REPORT: &str = "\
[  100.000001][  T812] ==================================================================
[  100.000002][  T812] BUG: KASAN: slab-use-after-free in ring_write+0x1f7/0x560
[  100.000003][  T812] Read of size 8 at addr ffff888012345678 by task writer/812
[  100.000004][  T812]
[  100.000005][  T812] CPU: 1 UID: 0 PID: 812 Comm: writer Not tainted 6.12.0 #1
[  100.000006][  T812] Call Trace:
[  100.000007][  T812]  <TASK>
[  100.000008][  T812]  dump_stack_lvl+0x60/0x90
[  100.000009][  T812]  kasan_report+0xda/0x110
[  100.000010][  T812]  ring_write+0x1f7/0x560 [ring]
[  100.000011][  T812]  vfs_write+0x2a0/0x900
[  100.000012][  T812]  </TASK>
[  100.000013][  T812] Allocated by task 811:
[  100.000014][  T812]  kmalloc_trace+0x22/0x30
[  100.000015][  T812]  ring_open+0x40/0x90 [ring]
[  100.000016][  T812] ==================================================================
";

const TITLE: &str = "KASAN: slab-use-after-free Read in ring_write";

fn titles(log: &[u8]) -> Vec<String> {
    ksplat::reports(log).map(|r| ksplat::identify(&r).title).collect()
}

#[test]
fn ok_the_report_itself() {
    assert_eq!(titles(REPORT.as_bytes()), [TITLE]);
}

#[test]
fn ok_cut_at_every_byte() {
    for end in 0..REPORT.len() {
        let found = titles(&REPORT.as_bytes()[..end]);
        assert!(found.len() <= 1);
        if end > REPORT.find("Call Trace").unwrap() + 300 {
            assert_eq!(found, [TITLE], "cut at {end}");
        }
    }
}

#[test]
fn ok_every_line_doubled_dropped_or_swapped() {
    let lines: Vec<&str> = REPORT.lines().collect();
    for i in 0..lines.len() {
        let mut doubled = lines.clone();
        doubled.insert(i, lines[i]);
        assert!(!titles(doubled.join("\n").as_bytes()).is_empty());
        let mut dropped = lines.clone();
        dropped.remove(i);
        let _ = titles(dropped.join("\n").as_bytes());
        let mut swapped = lines.clone();
        swapped.swap(i, (i + 1) % lines.len());
        let _ = titles(swapped.join("\n").as_bytes());
    }
}

#[test]
fn ok_every_byte_changed() {
    let mut log = REPORT.as_bytes().to_vec();
    for i in 0..log.len() {
        let old = log[i];
        for new in [0, b'\n', b' ', b'[', b'%', 0x1b, 0xff] {
            log[i] = new;
            assert!(titles(&log).len() <= 2);
        }
        log[i] = old;
    }
}

#[test]
fn ok_noise_between_two_reports() {
    let noise: Vec<u8> = (0..60_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let log = [REPORT.as_bytes(), &noise, b"\n", REPORT.as_bytes()].concat();
    assert_eq!(titles(&log), [TITLE, TITLE]);
}

#[test]
fn ok_a_concatenation_holds_both() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/logs");
    for entry in std::fs::read_dir(root).expect("examples/logs is there") {
        let log = std::fs::read(entry.unwrap().path()).unwrap();
        let alone = titles(&log);
        let both = titles(&[&log, &b"\n"[..], REPORT.as_bytes()].concat());
        assert_eq!(both[..alone.len()], alone[..]);
        assert_eq!(both.last().map(String::as_str), Some(TITLE));
    }
}

/// A name and the line that is repeated, by its number.
type Shape = (&'static str, Box<dyn Fn(usize) -> String>);

/// What costs more than its share when a parser is careless: headers alone, endless lists, one line, many callers.
#[test]
fn ok_adversarial_shapes_end() {
    let bug = |caller: usize| format!("[    1.000000][{:>6}] kernel BUG at a.c:1!\n", format!("T{caller}"));
    let shapes: [Shape; 14] = [
        ("headers alone", Box::new(|_| "BUG: KASAN: x in y+0x1/0x2\n".into())),
        ("half headers", Box::new(|_| "WARNING: CPU: \n".into())),
        (
            "trace without end",
            Box::new(|i| format!("{} f+0x1/0x2\n", if i == 0 { "Call Trace:\n" } else { "" })),
        ),
        ("many callers", Box::new(move |i| bug(i % 5000))),
        ("callers that are never heard of again", Box::new(move |i| bug(i + 1))),
        (
            "dropped messages while many callers are open",
            Box::new(move |i| if i < 2000 { bug(i + 1) } else { "** 1 printk messages dropped **\n".into() }),
        ),
        (
            "backtraces while many callers are open",
            Box::new(move |i| {
                if i < 2000 { bug(i + 1) } else { "[    1.900000][   C99] NMI backtrace for cpu 99\n".into() }
            }),
        ),
        (
            "a clock that falls back while many callers are open",
            Box::new(move |i| {
                if i < 2000 { bug(i + 1) } else { format!("[   {:2}.900000][    T1] f\n", 1 + i % 2 * 19) }
            }),
        ),
        ("headers that a report absorbs", Box::new(|_| "INFO: rcu_sched detected stall on CPU 7\n".into())),
        ("headers that ask about what stands before", Box::new(|_| "Booting the kernel.\n".into())),
        ("brackets", Box::new(|_| "[[[[[[[[[[[[[[[[[[[[[[[[[[".into())),
        ("lazy texts", Box::new(|_| "INFO: task a blocked b blocked c blocked for\n".into())),
        ("panics", Box::new(|_| "Kernel panic - not syncing: x\n".into())),
        ("nul", Box::new(|_| "\0\0\0\0\0\0\0\0\n".into())),
    ];
    for (name, shape) in shapes {
        let mut log: String = (0..22_000).map(&shape).collect();
        log.push('\n');
        log.push_str(REPORT);
        assert_eq!(titles(log.as_bytes()).last().map(String::as_str), Some(TITLE), "{name}");
    }
}

/// Files of settings and saved files: every cut and every changed byte is an error that says where, or is read.
#[cfg(all(feature = "json", feature = "owners"))]
#[test]
fn ok_settings_and_saved_files_changed() {
    use ksplat::dedup::{Baseline, Groups, Helpers, Ignore};
    use ksplat::output::{Summary, json};
    use ksplat::owners::Maintainers;
    let report = ksplat::reports(REPORT.as_bytes()).next().unwrap();
    let (mut groups, mut baseline) = (Groups::new(), Baseline::new());
    groups.add("a.log", &report, &ksplat::identify(&report));
    baseline.update(&groups);
    let known = json::to_known_file(&baseline);
    let saved = serde_json::to_string(&json::Groups::new(&Summary::new(&groups))).unwrap();
    let maintainers = "A RING\nM:\tJ <j@r.example>\nL:\tr@l.example (moderated)\nS:\tOdd Fixes\nF:\tfs/r?ng/\nX:\tfs/[a-\nN:\t(a|b)*+\nK:\t\\bx\n";
    type Read = fn(&[u8]) -> Option<String>;
    let shapes: [(&str, Read); 5] = [
        (&known, |text| json::known_file(text, "x").err().map(|e| e.to_string())),
        (&saved, |text| json::saved_groups(text, "x").err().map(|e| e.to_string())),
        (maintainers, |text| match Maintainers::parse(text, "x") {
            Ok(maintainers) => {
                let _ = maintainers.owners_of_content("fs/ring/a.c", b"x");
                None
            }
            Err(error) => Some(error.to_string()),
        }),
        ("kind a/b # why\ntitle f* # why\n", |text| Ignore::parse(text, "x").err().map(|e| e.to_string())),
        ("ring_* # why\nstar\n", |text| Helpers::parse("a", text, "x").err().map(|e| e.to_string())),
    ];
    for (text, read) in shapes {
        assert_eq!(read(text.as_bytes()), None);
        let says_where = |e: String| assert!(e.starts_with("x:") || e.contains(": x"), "{e}");
        let at = |error: Option<String>| error.into_iter().for_each(says_where);
        for i in 0..text.len() {
            at(read(&text.as_bytes()[..i]));
            let mut bytes = text.as_bytes().to_vec();
            for new in [0, b'\n', b'"', b'(', b'*', b'{', 0x1b, 0xff] {
                bytes[i] = new;
                at(read(&bytes));
            }
        }
    }
}

/// A bisection log whose shape is right and whose content is not: every steering line again and again, runs without
/// number, and no line end at all.
#[test]
fn ok_hostile_bisection_logs_end() {
    let hash = "0123456789012345678901234567890123456789";
    let start = format!("bisecting cause commit starting from {hash}\n");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bisect");
    let mut control = Vec::new();
    for entry in std::fs::read_dir(fixtures).expect("tests/bisect is there") {
        // Behind the totals, an error or a crash ends the log.
        let log = std::fs::read(entry.unwrap().path()).unwrap();
        let lines = log.split_inclusive(|c| *c == b'\n').filter(|l| !l.starts_with(b"revisions tested"));
        lines.for_each(|line| control.extend_from_slice(line));
        control.push(b'\n');
    }
    let test = format!("testing commit {hash} gcc\n");
    let shapes: [(&str, Vec<u8>); 7] = [
        ("every line", control.repeat((3 << 20) / control.len())),
        ("runs", [test.as_bytes(), "run #0: crashed: WARNING in f\n".repeat(70_000).as_bytes()].concat()),
        (
            "other runs",
            (0..20_000)
                .map(|n| format!("{test}run #{n}: crashed: WARNING in f{n}\n"))
                .collect::<String>()
                .into(),
        ),
        ("no line end", [test.as_bytes(), "run #0: crashed: ".repeat(1 << 16).as_bytes()].concat()),
        (
            "hashes",
            [b"The first bad commit could be any of:\n", format!("{hash}\n").repeat(40_000).as_bytes()]
                .concat(),
        ),
        (
            "commit blocks",
            format!("{hash} is the first bad commit\n    error: x\n a | 1 +\n").repeat(20_000).into(),
        ),
        ("text", [test.as_bytes(), &b"text of a build\n"[..].repeat(1 << 16)].concat()),
    ];
    for (name, shape) in shapes {
        let log = [start.as_bytes(), &shape].concat();
        let bisection = ksplat::bisect::Bisection::parse(&log).unwrap_or_else(|| panic!("{name}"));
        let audit = ksplat::bisect::audit::audit(&bisection);
        assert_eq!(audit.rejudged.len(), bisection.revisions.len(), "{name}");
        assert!(!ksplat::output::bisect::finding(&bisection, &audit).concat().is_empty(), "{name}");
    }
}

/// A bisection log cut anywhere, and with any byte changed.
#[test]
fn ok_damaged_bisection_logs() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bisect/culprit-2020");
    let log = std::fs::read(fixture).expect("the fixture is there");
    for at in (0..log.len()).step_by(3) {
        let mut changed = log.clone();
        changed[at] ^= 0x15;
        for log in [&log[..at], &changed[..]] {
            if let Some(bisection) = ksplat::bisect::Bisection::parse(log) {
                let _ = ksplat::bisect::audit::audit(&bisection);
            }
        }
    }
}
