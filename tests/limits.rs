//! Limits: what each cuts is told, and the table of them in the chapter on security is what the constants say.
//!
//! A limit is a constant whose doc comment starts with "Most". `UPDATE=1 cargo test --test limits` writes the table.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use ksplat::report::DefectCode;
use ksplat::{Limits, Log, Report, Stream, Transport};
use std::fmt::Write as _;
use std::path::Path;

const HEAD: &str = "| Limit | Value | |\n|---|---|---|\n";

#[test]
fn ok_the_chapter_lists_every_limit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = table(&root.join("src"));
    assert!(table.lines().count() > 30, "{table}");
    let path = root.join("src/doc/security.md");
    let chapter = std::fs::read_to_string(&path).unwrap();
    let start = chapter.find(HEAD).expect("the chapter has the table");
    let end = chapter[start..].find("\n\n").map_or(chapter.len(), |at| start + at + 1);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, [&chapter[..start], &table, &chapter[end..]].concat()).unwrap();
        return;
    }
    assert_eq!(&chapter[start..end], table, "UPDATE=1 cargo test --test limits");
}

fn table(src: &Path) -> String {
    let mut files = Vec::new();
    let mut folders = vec![src.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    files.sort();
    let mut table = HEAD.to_owned();
    for path in files {
        let module = path.strip_prefix(src).unwrap().with_extension("");
        let module = module.to_str().unwrap().replace('/', "::");
        let module = module.trim_end_matches("::mod").to_owned();
        for (name, value, doc) in limits(&std::fs::read_to_string(&path).unwrap()) {
            let _ = writeln!(table, "| `{module}::{name}` | {value} | {} |", doc.trim_end_matches('.'));
        }
    }
    table
}

/// Name, value and doc comment of each limit of a source file.
fn limits(source: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut doc = String::new();
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push_str(text);
            continue;
        }
        let doc = std::mem::take(&mut doc).trim().to_owned();
        let Some((_, constant)) = line.split_once("const ").filter(|_| doc.starts_with("Most ")) else {
            continue;
        };
        let Some((name, (_, value))) =
            constant.split_once(": ").and_then(|(n, r)| Some((n, r.split_once(" = ")?)))
        else {
            continue;
        };
        let number = number(value.trim_end_matches(';'));
        let shown = if doc.starts_with("Most bytes") { bytes(number) } else { number.to_string() };
        found.push((name.to_owned(), shown, doc.replace("[`", "`").replace("`]", "`").replace('|', "\\|")));
    }
    found
}

/// `16 << 10`, `50_000`.
fn number(value: &str) -> u64 {
    let plain = |digits: &str| digits.replace('_', "").trim().parse::<u64>();
    let shifted = value.split_once("<<").map(|(n, by)| plain(n).unwrap() << plain(by).unwrap());
    shifted.unwrap_or_else(|| plain(value).unwrap_or_else(|_| panic!("{value}")))
}

fn bytes(number: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, by)| number >= 1 << by && number.trailing_zeros() >= *by);
    unit.map_or_else(|| format!("{number} bytes"), |(unit, by)| format!("{} {unit}", number >> by))
}

const HEADER: &str = "BUG: kernel NULL pointer dereference, address: 0000000000000010\n";

/// A report of so many lines.
fn lines(count: usize) -> String {
    let frames = (3..count).map(|n| format!(" frame_{n}+0x1a/0x90\n"));
    [HEADER, "RIP: 0010:ring_push+0x1a/0x90\n", "Call Trace:\n"]
        .map(str::to_owned)
        .into_iter()
        .chain(frames)
        .collect()
}

/// What the defects of a report say about limits.
fn told(report: &Report<'_>) -> Vec<String> {
    let limits = report.defects.iter().filter(|defect| defect.code == DefectCode::Limit);
    limits.map(|defect| defect.text.clone()).collect()
}

/// The reports of a log within limits: in one piece, line by line, and as another transport carries it; what each has.
fn each_way<T: PartialEq + std::fmt::Debug>(
    log: &str,
    limits: Limits,
    what: impl Fn(&Report<'_>) -> T,
) -> Vec<T> {
    let whole: Vec<T> =
        Log::from_bytes(log.as_bytes()).with_limits(limits).reports().map(|r| what(&r)).collect();
    let mut stream = Stream::new().with_limits(limits);
    let mut pieces: Vec<T> =
        log.split_inclusive('\n').flat_map(|l| stream.push(l.as_bytes())).map(|r| what(&r)).collect();
    pieces.extend(stream.finish().iter().map(&what));
    assert_eq!(whole, pieces, "in pieces");
    let kmsg: String = log.lines().enumerate().map(|(n, line)| format!("6,{n},{n},-;{line}\n")).collect();
    let carried = Log::from_bytes(kmsg.as_bytes()).with_limits(limits);
    assert_eq!(carried.detection().transport, Transport::Kmsg);
    assert_eq!(whole, carried.reports().map(|r| what(&r)).collect::<Vec<T>>(), "as /dev/kmsg");
    whole
}

#[test]
fn err_more_lines_than_a_report_may_have() {
    let mut limits = Limits::default();
    limits.report_lines = 10;
    let found = |count| each_way(&lines(count), limits, |r| (r.lines.len(), told(r)));
    assert_eq!(found(10), [(10, vec![])]);
    assert_eq!(found(11), [(10, vec!["the report was cut after 10 lines".to_owned()])]);
    let log = lines(50_001);
    let report = ksplat::reports(log.as_bytes()).next().unwrap();
    assert_eq!(
        (report.lines.len(), told(&report)),
        (50_000, vec!["the report was cut after 50000 lines".to_owned()])
    );
    assert_eq!(report.traces[0].frames.len(), 49_997);
}

#[test]
fn err_longer_lines_than_a_report_keeps() {
    let log = |length: usize| format!("{}note: {}\n", lines(5), "x".repeat(length - 6));
    let log = |length: usize| format!("{} frame_9+0x1a/0x90\n", log(length));
    let mut limits = Limits::default();
    limits.line_bytes = 100;
    let found = |length, limits| each_way(&log(length), limits, |r| (r.lines[5].len(), told(r)));
    assert_eq!(found(99, limits), [(99, vec![])]);
    assert_eq!(found(101, limits), [(100, vec!["a line was cut after 100 bytes".to_owned()])]);
    let usual = found(20_000, Limits::default());
    assert_eq!(usual, [(16 << 10, vec!["a line was cut after 16384 bytes".to_owned()])]);
}

#[test]
fn err_longer_header_than_formats_look_at() {
    let log = format!("kernel BUG at {}.c:7!\n", "a".repeat(100));
    assert_eq!(each_way(&log, Limits::default(), told), [Vec::<String>::new()]);
    let log = format!("Kernel panic - not syncing: {}\n", "a".repeat(5000));
    assert_eq!(each_way(&log, Limits::default(), told), [["of the header, 4096 bytes were read"]]);
}

#[test]
fn err_more_reports_than_a_log_may_have() {
    let mut limits = Limits::default();
    limits.reports = 2;
    let last = vec!["2 reports were shown, and no more are".to_owned()];
    assert_eq!(each_way(&lines(5).repeat(3), limits, told), [vec![], last]);
    assert_eq!(each_way(&lines(5), limits, told), [Vec::<String>::new()]);
    assert_eq!(each_way(&lines(5).repeat(300), Limits::default(), told), vec![Vec::<String>::new(); 300]);
    limits.reports = 0;
    assert_eq!(each_way(&lines(5), limits, told), Vec::<Vec<String>>::new());
}

#[test]
fn err_more_open_reports_than_a_stream_holds() {
    // A caller that goes on and on, and one that is never heard of again.
    let mut log = "[    1.000000][   T1] kernel BUG at a.c:1!\n".to_owned();
    for n in 0..2000 {
        let _ = writeln!(log, "[    1.000000][   T2] note {n}");
    }
    let mut limits = Limits::default();
    limits.open_bytes = 10_000;
    let mut stream = Stream::carried_by(Transport::Console).with_limits(limits);
    let mut found = stream.push(log.as_bytes());
    found.extend(stream.finish());
    let cut = "the report was cut after 10000 bytes without an end";
    assert_eq!(found.iter().map(told).collect::<Vec<_>>(), [[cut]]);
    let mut stream = Stream::carried_by(Transport::Console);
    assert_eq!(stream.push(log.as_bytes()), []);
    assert_eq!(told(&stream.finish()[0]), Vec::<String>::new());
}

#[test]
fn err_more_dumps_that_begin_together_than_are_told_apart() {
    let log = |dumps: usize| {
        let pointers = (0..dumps).map(|n| format!("RIP: 0010:ring_{n}+0x1a/0x90\n"));
        let more = (0..dumps).map(|n| format!("RSP: 0018:ffffc9000000{n:04x} EFLAGS: 00010246\n"));
        [HEADER.to_owned()].into_iter().chain(pointers).chain(more).collect::<String>()
    };
    assert_eq!(each_way(&log(8), Limits::default(), told), [Vec::<String>::new()]);
    assert_eq!(
        each_way(&log(9), Limits::default(), told),
        [["of dumps that began together, 8 were told apart"]]
    );
}
