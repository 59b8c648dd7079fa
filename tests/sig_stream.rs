//! `ksplat sig --stream`: one row in, one answer out, whatever the row.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod program;

use ksplat::input::tsv;
use program::{Folder, KASAN, NULL, Run, ksplat, run};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};

/// The answers of a run that went well, each unescaped and read.
fn answers(run: &Run) -> Vec<Value> {
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let lines = run.out.strip_suffix(b"\n").map(|out| out.split(|c| *c == b'\n'));
    lines.into_iter().flatten().map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn tsv_answers(run: &Run) -> Vec<Value> {
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let lines = run.out.strip_suffix(b"\n").map(|out| out.split(|c| *c == b'\n'));
    lines.into_iter().flatten().map(|l| serde_json::from_slice(&tsv::unescape(l).unwrap()).unwrap()).collect()
}

fn row(log: &[u8]) -> Vec<u8> {
    let mut row = Vec::new();
    tsv::escape(log, &mut row);
    row.push(b'\n');
    row
}

fn jsonl(id: Value, log: &str) -> Vec<u8> {
    format!("{}\n", json!({"id": id, "log": log})).into_bytes()
}

/// What `scan` calls the reports of a log.
fn scanned(log: &[u8]) -> Value {
    let run = run(&["scan", "--format", "ndjson"], log);
    let report = |line: &str| -> Value {
        let report: Value = serde_json::from_str(line).unwrap();
        json!({"signature": report["signature"], "title": report["title"], "class": report["class"]})
    };
    run.text().lines().map(report).collect()
}

#[test]
fn ok_answers_say_what_scan_says() {
    let both = [KASAN, "[   31.000000][   T81] quiet\n", NULL].concat();
    let logs = [KASAN, "", NULL, "all is well", &both];
    let rows: Vec<u8> = logs.iter().flat_map(|log| row(log.as_bytes())).collect();
    let found = tsv_answers(&run(&["sig", "--stream", "tsv"], &rows));
    let expected: Vec<Value> = logs.iter().map(|log| json!({"reports": scanned(log.as_bytes())})).collect();
    assert_eq!(found, expected);
    assert_eq!(found[4]["reports"].as_array().unwrap().len(), 2);

    let rows: Vec<u8> = logs.iter().zip(0..).flat_map(|(log, n)| jsonl(json!(n), log)).collect();
    let found = answers(&run(&["sig", "--stream", "jsonl"], &rows));
    let with_id = |(answer, n): (Value, i32)| json!({"id": n, "reports": answer["reports"]});
    assert_eq!(found, expected.into_iter().zip(0..).map(with_id).collect::<Vec<_>>());
}

#[test]
fn ok_an_answer_is_this_to_the_byte() {
    let log = "BUG: KASAN: use-after-free in it's+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n\
               Call Trace:\n it's+0x1/0x2\n";
    let answer = run(&["sig", "--stream", "tsv"], &row(log.as_bytes()));
    assert!(answer.text().ends_with("\"class\":\"memory-safety\"}]}\n"), "{}", answer.text());
    assert!(answer.text().starts_with("{\"reports\":[{\"signature\":\"v1:"), "{}", answer.text());
    let quiet = run(&["sig", "--stream", "jsonl"], b"{\"log\":\"\",\"id\":1.0}");
    assert_eq!(quiet.text(), "{\"id\":1.0,\"reports\":[]}\n");
    let broken = run(&["sig", "--stream", "tsv"], b"\\");
    let error = r#"{"reports":[],"error":"the escape sequence at byte 0 is cut off or no hex number"}"#;
    assert_eq!(broken.text(), format!("{error}\n"));
}

#[test]
fn ok_ids_come_back_as_they_were() {
    let ids = [
        "null",
        "true",
        "-0",
        "1.0",
        "1e400",
        "123456789012345678901234567890",
        r#""a\/bé \u0041 \ud800""#,
        r#"{ "b" : [1, 2] ,"a":{}}"#,
    ];
    let rows: String =
        ids.iter().map(|id| format!("{{\"other\":[{{}}],\"id\": {id} ,\"log\":\"\"}}\n")).collect();
    let expected: String = ids.iter().map(|id| format!("{{\"id\":{id},\"reports\":[]}}\n")).collect();
    assert_eq!(run(&["sig", "--stream", "jsonl"], rows.as_bytes()).text(), expected);
}

#[test]
fn err_every_row_that_cannot_be_read_has_an_answer() {
    let deep = "[".repeat(200_000);
    let bad: &[(&[u8], Value)] = &[
        (b"", json!(null)),
        (b"{", json!(null)),
        (b"null", json!(null)),
        (b"[1,2]", json!(null)),
        (b"\xff\xfe\0", json!(null)),
        (b"{\"id\":7}", json!(7)),
        (b"{\"id\":7,\"log\":5}", json!(7)),
        (b"{\"id\":7,\"log\":[\"a\"]}", json!(7)),
        (b"{\"id\":\"a\",\"log\":\"BUG: cut of", json!("a")),
        (b"{\"id\":[1],\"log\":\"\\q\"}", json!([1])),
        (b"{\"id\":{},\"log\":\"\"} {}", json!({})),
        (b"{\"id\":8,\"log\":\"\\u12\"}", json!(8)),
        (b"{\"id\":\"\xff\",\"log\":\"\"}", json!(null)),
        (deep.as_bytes(), json!(null)),
    ];
    let mut rows = Vec::new();
    for (row, _) in bad {
        rows.extend_from_slice(row);
        rows.push(b'\n');
        rows.extend(jsonl(json!("good"), KASAN));
    }
    let found = answers(&run(&["sig", "--stream", "jsonl"], &rows));
    assert_eq!(found.len(), 2 * bad.len());
    for ((row, id), pair) in bad.iter().zip(found.chunks(2)) {
        let row = String::from_utf8_lossy(&row[..row.len().min(80)]);
        assert_eq!((&pair[0]["id"], &pair[0]["reports"]), (id, &json!([])), "{row}");
        assert!(pair[0]["error"].as_str().is_some_and(|e| !e.is_empty()), "{row}: {}", pair[0]);
        assert_eq!(
            (&pair[1]["id"], &pair[1]["reports"]),
            (&json!("good"), &scanned(KASAN.as_bytes())),
            "{row}"
        );
    }
}

#[test]
fn ok_logs_are_bytes() {
    let mut log = KASAN.replace("Hardware name: QEMU", "Hardware name: \u{9b}2J\0").into_bytes();
    log.extend(0..=255);
    let scanned = scanned(&log);
    assert_eq!(scanned.as_array().unwrap().len(), 1);
    let found = tsv_answers(&run(&["sig", "--stream", "tsv"], &row(&log)));
    assert_eq!(found, [json!({"reports": scanned})]);
    // JSON's own escapes, and bytes that are neither UTF-8 nor escaped.
    let mut jsonl = b"{\"log\":\"".to_vec();
    for byte in &log {
        match byte {
            b'\n' | b'"' | b'\\' => jsonl.extend(format!("\\u{:04x}", byte).bytes()),
            byte => jsonl.push(*byte),
        }
    }
    jsonl.extend(b"\"}");
    assert_eq!(
        answers(&run(&["sig", "--stream", "jsonl"], &jsonl)),
        [json!({"id": null, "reports": scanned})]
    );
}

#[test]
fn ok_nothing_in_an_answer_is_obeyed_by_a_terminal() {
    let log = "BUG: \u{9b}2J\u{202e}\x1b[31m\r\n";
    let rows = format!("{{\"id\":[\t\"\u{9b}\x7f\u{202e}\",\r1],\"log\":{}}}\n", json!(log));
    for (args, rows) in
        [(["sig", "--stream", "jsonl"], rows.into_bytes()), (["sig", "--stream", "tsv"], row(log.as_bytes()))]
    {
        let run = run(&args, &rows);
        let text = run.text().trim_end_matches('\n');
        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
    let run = run(&["sig", "--stream", "jsonl"], "{\"id\":[\t\"\u{9b}\x7f\",\r1],\"log\":\"\"}".as_bytes());
    assert_eq!(answers(&run), [json!({"id": ["\u{9b}\u{7f}", 1], "reports": []})]);
}

#[test]
fn err_a_row_that_is_too_long_is_passed_over() {
    let mut rows = row(KASAN.as_bytes());
    rows.extend(vec![b'x'; 3000]);
    rows.push(b'\n');
    rows.extend(row(NULL.as_bytes()));
    let found = tsv_answers(&run(&["sig", "--stream", "tsv", "--max-size", "2500"], &rows));
    let error = json!({"reports": [], "error": "the row is longer than 2500 bytes"});
    assert_eq!(found[1], error);
    assert_eq!(
        [&found[0]["reports"], &found[2]["reports"]],
        [&scanned(KASAN.as_bytes()), &scanned(NULL.as_bytes())]
    );
}

/// As an engine does it: nothing more is sent before the answers have come, though a chunk is only a few bytes.
#[test]
fn ok_chunks_are_answered_at_once() {
    for format in ["tsv", "jsonl"] {
        let mut child = ksplat(&["sig", "--chunked", "--stream", format]).spawn().unwrap();
        let mut to = child.stdin.take().unwrap();
        let mut from = BufReader::new(child.stdout.take().unwrap());
        for size in [1, 2, 0, 300, 1] {
            let line = |n: usize| match format {
                "tsv" => row(if n.is_multiple_of(2) { KASAN.as_bytes() } else { b"" }),
                _ => jsonl(json!(n), if n.is_multiple_of(2) { KASAN } else { "" }),
            };
            let mut chunk = format!("{size}\n").into_bytes();
            (0..size).for_each(|n| chunk.extend(line(n)));
            let to = &mut to;
            std::thread::scope(|scope| {
                scope.spawn(move || to.write_all(&chunk).unwrap());
                for n in 0..size {
                    let mut answer = String::new();
                    from.read_line(&mut answer).unwrap();
                    assert_eq!(
                        answer.contains("KASAN"),
                        n.is_multiple_of(2),
                        "{format} {size} {n}: {answer}"
                    );
                }
            });
        }
        drop(to);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn err_a_chunk_with_a_wrong_count() {
    let row = String::from_utf8(row(KASAN.as_bytes())).unwrap();
    let more = run(&["sig", "--stream", "tsv", "--chunked"], format!("1\n{row}{row}1\n{row}").as_bytes());
    let found = tsv_answers(&more);
    let counts: Vec<_> = found.iter().map(|a| a["reports"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [1, 0, 1]);
    assert_eq!(found[1]["error"], "a chunk's count of rows was expected here");

    let fewer = run(&["sig", "--stream", "tsv", "--chunked"], format!("3\n{row}{row}").as_bytes());
    assert_eq!(fewer.text().lines().count(), 2);
    assert_eq!(
        (fewer.code, fewer.err.as_str()),
        (Some(2), "ksplat: 1 rows of the last chunk did not come\n")
    );
}

#[test]
fn ok_reports_are_judged_as_everywhere() {
    let folder = Folder::new("sig-judged");
    let ignore = folder.file("ignore", "title KASAN: *  # known\n");
    let skip = folder.file("ours", "ip6_send_skb  # helper\n");
    let maintainers = folder.file("MAINTAINERS", "NET\nM:\tA <a@b.c>\nS:\tMaintained\nF:\tnet/ipv6/\n");
    let rows = [row(KASAN.as_bytes()), row(NULL.as_bytes())].concat();
    let ignored = run(&["sig", "--stream", "tsv", "--ignore", &ignore], &rows);
    assert_eq!((ignored.code, ignored.err.as_str()), (Some(0), "ksplat: 1 report ignored\n"));
    let sizes = ignored.text().lines().map(str::len).collect::<Vec<_>>();
    assert_eq!((sizes.len(), sizes[0]), (2, r#"{"reports":[]}"#.len()));

    let skipped = tsv_answers(&run(&["sig", "--stream", "tsv", "--skip", &skip], &rows));
    assert!(skipped[0]["reports"][0]["signature"].as_str().unwrap().starts_with("v1+ours:"));
    assert_eq!(skipped[0]["reports"][0]["title"], "KASAN: use-after-free Read in udp_v6_send_skb");

    let owned = tsv_answers(&run(&["sig", "--stream", "tsv", "--maintainers", &maintainers], &rows));
    assert_eq!(owned[0]["reports"][0]["owners"]["people"][0]["mail"], "A <a@b.c>");
    assert_eq!(owned[1]["reports"][0]["owners"], Value::Null);

    let told = run(
        &["sig", "--stream", "tsv", "--input-format", "kmsg"],
        &row(b"4,1,2,-;BUG: Bad page state in process a  pfn:1"),
    );
    assert_eq!(tsv_answers(&told)[0]["reports"].as_array().unwrap().len(), 1);
}

#[test]
fn ok_rows_of_a_file() {
    let folder = Folder::new("sig-file");
    let rows = folder.file("rows.tsv", row(KASAN.as_bytes()));
    assert_eq!(tsv_answers(&run(&["sig", "--stream", "tsv", &rows], b"")).len(), 1);
    assert_eq!(run(&["sig", "--stream", "tsv", "/no/such/file"], b"").code, Some(2));
    assert_eq!(run(&["sig"], b"").code, Some(2));
}

#[test]
fn ok_answers_fit_their_schema() {
    let schema = run(&["schema", "answer"], b"").json();
    let rows = [jsonl(json!(1), KASAN), b"{}\n".to_vec()].concat();
    for answer in answers(&run(&["sig", "--stream", "jsonl"], &rows)) {
        for name in answer.as_object().unwrap().keys() {
            assert!(schema["properties"][name].is_object(), "{name}");
        }
    }
}
