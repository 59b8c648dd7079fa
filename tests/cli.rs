//! Runs the program: exit codes, the members of its JSON, and what it does with input that is no log.
//!
//! The logs here are written from the kernel's format strings; real ones are the fixtures' business.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on has failed")]

mod program;

use program::{Folder, KASAN, NULL, ksplat, run, run_command};
use serde_json::Value;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

#[test]
fn ok_exit_codes_of_scan_and_group() {
    for verb in ["scan", "group"] {
        assert_eq!(run(&[verb], b"[    1.000000] all is well\n").code, Some(0), "{verb}");
        assert_eq!(run(&[verb], KASAN.as_bytes()).code, Some(1), "{verb}");
        assert_eq!(run(&[verb, "--exit-zero", "-"], KASAN.as_bytes()).code, Some(0), "{verb}");
        assert_eq!(run(&[verb, "/no/such/log"], b"").code, Some(2), "{verb}");
        assert_eq!(run(&[verb, "--no-such-option"], b"").code, Some(2), "{verb}");
    }
}

#[test]
fn ok_ndjson_has_the_members_of_the_contract_in_their_order() {
    let run = run(&["scan", "--format", "ndjson"], KASAN.as_bytes());
    let text = run.text();
    assert_eq!(text.lines().count(), 1);
    let names = [
        "schema",
        "source",
        "title",
        "alt_titles",
        "kind",
        "class",
        "type",
        "function",
        "file",
        "signature",
        "canonical",
        "defects",
        "corrupted",
        "time",
        "caller",
        "kernel",
        "task",
        "traces",
        "registers",
        "code",
        "modules",
        "kaslr_offset",
        "captures",
        "terms",
    ];
    let mut at = 0;
    for name in names {
        let found = text[at..].find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name} in {text}"));
        at += found;
    }
}

#[test]
fn ok_ndjson_says_what_the_report_says() {
    let report = run(&["scan", "--format", "ndjson"], KASAN.as_bytes()).json();
    assert_eq!(report["schema"], "ksplat.report/1");
    assert_eq!(report["source"]["path"], "-");
    assert_eq!(report["title"], "KASAN: use-after-free Read in ip6_send_skb");
    assert_eq!((&report["kind"], &report["class"]), (&"kasan/bad-access".into(), &"memory-safety".into()));
    assert_eq!(report["type"], "KASAN-USE-AFTER-FREE-READ");
    assert_eq!(report["file"], "net/ipv6/ip6_output.c");
    assert_eq!(report["corrupted"], false);
    assert_eq!((&report["time"], &report["caller"]), (&30.492_499.into(), &"T81".into()));
    assert_eq!(report["kernel"]["release"], "6.12.0-rc3");
    assert_eq!(report["kernel"]["taint"], serde_json::json!(["W"]));
    assert_eq!(report["kernel"]["build_id"], Value::Null);
    let task = serde_json::json!({
        "cpu": 1, "pid": 81, "uid": 0, "comm": "kworker/1:1", "workqueue": "usb_hub_wq hub_event"
    });
    assert_eq!(report["task"], task);
    let signature = report["signature"].as_str().unwrap();
    assert!(signature.starts_with("v1:") && signature.len() == 19, "{signature}");
    let traces = report["traces"].as_array().unwrap();
    let roles: Vec<_> = traces.iter().map(|t| (&t["role"], &t["task"])).collect();
    assert_eq!(roles, [(&"crash".into(), &Value::Null), (&"allocated".into(), &80.into())]);
    let frame = serde_json::json!({
        "function": "ip6_send_skb", "offset": 0x2f5, "size": 0x330, "module": null, "build_id": null,
        "address": null, "reliable": true, "inlined": false, "file": "net/ipv6/ip6_output.c", "line": 1917,
        "stack": "task"
    });
    assert_eq!(traces[0]["frames"][2], frame);
    let terms: Vec<&str> = report["terms"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(terms.contains(&"ip6_send_skb") && terms.contains(&"ipv6") && terms.is_sorted(), "{terms:?}");
    assert!(!terms.iter().any(|t| t.starts_with("ffff8881")), "{terms:?}");
}

#[test]
fn ok_registers_and_modules_are_in_the_json() {
    let report = run(&["scan", "--format", "ndjson"], NULL.as_bytes()).json();
    assert_eq!(report["registers"]["RIP"]["text"], "0010:foo_poll+0xc/0x20 [foo]");
    assert_eq!(report["registers"]["RCX"]["value"], "0xc0000000ffffefff");
    assert_eq!(report["instruction_pointer"]["function"], "foo_poll");
    assert_eq!(report["modules"], serde_json::json!(["foo", "bar"]));
    assert_eq!(report["module_details"][0]["taint"], "OE");
    assert_eq!(report["kernel"]["arch"], "x86_64");
}

#[test]
fn ok_json_of_scan_is_one_array() {
    assert_eq!(run(&["scan", "--format", "json"], b"").json(), serde_json::json!([]));
    let log = format!("{KASAN}{NULL}");
    let reports = run(&["scan", "--format", "json"], log.as_bytes()).json();
    let kinds: Vec<_> = reports.as_array().unwrap().iter().map(|r| r["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["kasan/bad-access", "fault/null-deref"]);
    assert_eq!(reports[1]["source"]["line"], 18);
}

#[test]
fn ok_groups_count_reports_of_all_logs() {
    let folder = Folder::new("groups");
    folder.file("b.log", format!("{NULL}{KASAN}"));
    folder.file("a.log", KASAN);
    let run = run(&["group", "--format", "json", folder.path()], b"");
    let groups = run.json();
    assert_eq!(
        (run.code, &groups["schema"], &groups["reports"]),
        (Some(1), &"ksplat.groups/1".into(), &3.into())
    );
    let first = &groups["groups"][0];
    assert_eq!((&first["count"], &first["status"], &first["cluster"]), (&2.into(), &"new".into(), &1.into()));
    assert!(first["first"]["path"].as_str().unwrap().ends_with("a.log"));
    assert_eq!(first["members"][1]["offset"], NULL.len());
    assert_eq!(first["near"], serde_json::json!([]));
}

#[test]
fn ok_an_unreadable_log_does_not_stop_the_others() {
    let good = Folder::new("unreadable").file("good.log", KASAN);
    let run = run(&["scan", "--format", "ndjson", "/no/such/log", &good], b"");
    assert_eq!(run.code, Some(2));
    assert_eq!(run.json()["kind"], "kasan/bad-access");
    assert!(run.err.starts_with("ksplat: cannot read /no/such/log: "), "{}", run.err);
    assert_eq!(run.err.lines().count(), 1);
}

#[test]
fn ok_an_empty_folder_has_no_reports() {
    let folder = Folder::new("empty");
    let run = run(&["scan", folder.path()], b"");
    assert_eq!((run.code, run.text(), run.err.as_str()), (Some(0), "", ""));
}

#[test]
fn ok_garbage_is_a_log_without_reports() {
    // Bytes of a fixed linear congruence: all values, no structure.
    let mut state = 1u32;
    let garbage: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(1 << 20)
    .collect();
    let run = run(&["scan"], &garbage);
    assert_eq!((run.code, run.text(), run.err.as_str()), (Some(0), "", ""));
}

#[test]
fn ok_a_line_of_five_megabytes_is_read() {
    let mut log = vec![b'a'; 5 << 20];
    log.push(b'\n');
    log.extend(KASAN.as_bytes());
    let run = run(&["scan", "--format", "ndjson"], &log);
    assert_eq!((run.code, &run.json()["source"]["line"]), (Some(1), &2.into()));
    assert!(run.text().len() < 20_000);
    // The same size as part of a report's own line.
    let long = KASAN.replace("[   30.492504]", &format!("{}\n[   30.492504]", "BUG: ".repeat(1 << 20)));
    let run = self::run(&["scan"], long.as_bytes());
    assert_eq!((run.code, run.err.as_str()), (Some(1), ""));
}

#[test]
fn ok_a_closed_pipe_is_no_error() {
    let log = KASAN.repeat(500);
    for args in [&["scan"][..], &["scan", "--format", "ndjson"], &["scan", "--format", "json"]] {
        let mut child = ksplat(args).spawn().unwrap();
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn ok_colour_comes_only_when_asked_for() {
    let coloured = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = ksplat(args);
        command.envs(variables.iter().copied());
        run_command(&mut command, KASAN.as_bytes()).out.contains(&0x1b)
    };
    assert!(!coloured(&["scan"], &[]));
    assert!(coloured(&["scan", "--color", "always"], &[]));
    assert!(coloured(&["scan"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["scan"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["scan", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&["scan", "--format", "ndjson", "--color", "always"], &[]));
}

#[test]
fn ok_a_log_cannot_paint_the_terminal() {
    let evil =
        KASAN.replace("QEMU", "\x1b]0;owned\x07\x1b[2J").replace("udp_v6_send_skb", "udp\x1b[31m_v6\u{9b}m");
    let folder = Folder::new("evil\x1b[31m");
    let path = folder.file("a.log", &evil);
    for verb in ["scan", "group"] {
        let run = run(&[verb, &path], b"");
        assert_eq!(run.code, Some(1));
        let harmful = |c: char| c.is_control() && c != '\n';
        assert!(!run.text().contains(harmful), "{}", run.text());
        assert!(run.text().contains("\\u{1b}[31m"), "{}", run.text());
    }
}

#[test]
fn ok_text_names_what_where_and_who() {
    let run = run(&["scan"], KASAN.as_bytes());
    let expected = "\
KASAN: use-after-free Read in ip6_send_skb
  log       -:1 (byte 0)
";
    assert!(run.text().starts_with(expected), "{}", run.text());
    for part in [
        "  where     net/ipv6/ip6_output.c:1917  ip6_send_skb+0x2f5/0x330\n",
        "  access    Read of 8 bytes at 0xffff8881d53ec5c0\n",
        "  when      30.492499 s, printed by T81\n",
        "  who       CPU 1, PID 81, kworker/1:1, UID 0, workqueue usb_hub_wq hub_event\n",
        "tainted W\n",
        "\n  call trace\n      dump_stack_lvl+0x116/0x1f0  lib/dump_stack.c:120\n",
        "\n  >   ip6_send_skb+0x2f5/0x330  net/ipv6/ip6_output.c:1917\n",
        "\n  allocated by task 80\n      sk_alloc+0x36/0x460  net/core/sock.c:2133\n",
    ] {
        assert!(run.text().contains(part), "{part} in\n{}", run.text());
    }
}

#[test]
fn ok_verbose_talks_on_standard_error_only() {
    let run = run(&["-v", "scan"], KASAN.as_bytes());
    let (first, second) = run.err.split_once('\n').unwrap();
    assert_eq!(first, format!("ksplat: -: {} bytes, 1 reports", KASAN.len()));
    assert_eq!(
        second,
        "ksplat: -: read as console: 17 of the first 17 lines have the console's stamp or level\n"
    );
    assert!(!run.text().contains("bytes, 1 reports"));
}

#[test]
fn ok_every_verb_is_documented_and_completed() {
    let verbs = ["scan", "group", "explain", "near", "kinds", "schema", "sig", "completions", "man"];
    let completions = run(&["completions", "bash"], b"");
    let man = run(&["man"], b"");
    for verb in verbs {
        assert!(completions.text().contains(verb) && man.text().contains(verb), "{verb}");
        let page = run(&["man", verb], b"");
        assert_eq!(page.code, Some(0));
        assert!(page.text().contains(&format!(".TH ksplat-{verb} 1")), "{}", page.text());
    }
    assert_eq!(run(&["man", "no-such-verb"], b"").code, Some(2));
    let folder = Folder::new("man");
    assert_eq!(run(&["man", "--dir", folder.path()], b"").code, Some(0));
    let pages = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(fs::read(folder.0.join("ksplat-scan.1")).unwrap(), run(&["man", "scan"], b"").out);
    assert!(folder.0.join("ksplat.1").is_file() && pages > verbs.len(), "{pages}");
    assert_eq!(run(&["man", "--dir", "/no/such/folder"], b"").code, Some(2));
}

#[test]
fn ok_schemas_name_their_output() {
    for (name, member) in [
        ("report", "canonical"),
        ("groups", "groups"),
        ("known", "note"),
        ("explanation", "searches"),
        ("near", "hits"),
        ("answer", "reports"),
    ] {
        let run = run(&["schema", name], b"");
        assert_eq!(run.code, Some(0));
        assert!(run.json()["properties"][member].is_object(), "{name}");
    }
    assert_eq!(run(&["schema", "no-such-output"], b"").code, Some(2));
}

#[test]
fn ok_kinds_are_listed_in_every_format() {
    let text = run(&["kinds"], b"");
    let array = run(&["kinds", "--format", "json"], b"").json();
    let lines = run(&["kinds", "--format", "ndjson"], b"");
    // A row and its example.
    assert_eq!(text.text().lines().count(), 2 * array.as_array().unwrap().len());
    assert_eq!(lines.text().lines().count(), array.as_array().unwrap().len());
    assert!(text.text().lines().any(|l| l.starts_with("kasan/bad-access ") && l.contains("memory-safety")));
    assert!(text.text().lines().any(|l| l.starts_with("    BUG: KASAN: slab-out-of-bounds in ")));
    assert!(array[0]["example"].is_string());
}

/// The time until the program prints the first line, behind the last byte of its input, which stays open.
fn follow(args: &[&str], log: &str) -> (std::time::Duration, String) {
    use std::io::BufRead as _;
    let mut child = ksplat(args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(log.as_bytes()).unwrap();
    stdin.flush().unwrap();
    let start = std::time::Instant::now();
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let waited = start.elapsed();
    drop(stdin);
    out.read_to_string(&mut line).unwrap();
    child.wait().unwrap();
    (waited, line)
}

#[test]
fn ok_follow_prints_a_report_within_a_second_of_its_end() {
    let (waited, out) = follow(&["scan", "--follow", "--format", "ndjson", "-"], KASAN);
    assert!(waited.as_millis() < 1000, "{waited:?}");
    assert_eq!(out.lines().count(), 1);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["title"], "KASAN: use-after-free Read in ip6_send_skb");
    // A report that the next one ends is there at once; lines that come late start none.
    let (_, out) = follow(&["scan", "-f", "--format", "ndjson"], &format!("{KASAN}{NULL}"));
    assert_eq!(out.lines().count(), 2);
}

#[test]
fn ok_follow_reads_what_is_appended() {
    let folder = Folder::new("follow");
    let path = folder.file("grows.log", "[    1.000000] quiet\n");
    let mut child = ksplat(&["scan", "--follow", "--format", "ndjson", &path]).spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(300));
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(KASAN.as_bytes()).unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    assert!(line.contains("KASAN: use-after-free Read"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn ok_compressed_logs_are_read_by_their_magic() {
    // `KASAN: …` would be large; these hold `[    1.000000] kernel BUG at a.c:1!`, as the programs compress it.
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03";
    let folder = Folder::new("compressed");
    let path = folder.file("broken.log", gzip);
    let run = run(&["scan", &path], b"");
    assert_eq!((run.code, run.text()), (Some(2), ""));
    for (name, program) in [("a.gz", "gzip"), ("a.xz", "xz"), ("a.zst", "zstd")] {
        let Ok(mut child) =
            Command::new(program).arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
        else {
            continue;
        };
        child.stdin.take().unwrap().write_all(KASAN.as_bytes()).unwrap();
        let packed = child.wait_with_output().unwrap().stdout;
        let path = folder.file(name, &packed);
        let found = self::run(&["scan", "--format", "ndjson", &path], b"");
        assert_eq!(found.json()["kind"], "kasan/bad-access", "{program}");
        // Two files one behind the other are one log; standard input is decompressed too.
        let twice = self::run(&["scan", "--format", "ndjson"], &packed.repeat(2));
        assert_eq!(twice.text().lines().count(), 2, "{program}");
        let limited = self::run(&["scan", "--max-size", "100", &path], b"");
        assert_eq!(limited.code, Some(2));
        assert!(limited.err.contains("--max-size"), "{}", limited.err);
    }
}

/// A frame of zstd that says 520 times that 128 KiB are the same byte: 65 MiB in 2 kB.
#[cfg(feature = "compress")]
fn bomb() -> Vec<u8> {
    const BLOCKS: u32 = 520;
    let window = [0x00, 0x38];
    let block = |at| {
        let (last, run, size) = (u32::from(at + 1 == BLOCKS), 1 << 1, (128 << 10) << 3);
        let [a, b, c, _] = (last | run | size).to_le_bytes();
        [a, b, c, b'a']
    };
    b"\x28\xb5\x2f\xfd".iter().copied().chain(window).chain((0..BLOCKS).flat_map(block)).collect()
}

#[test]
#[cfg(feature = "compress")]
fn err_what_grows_out_of_proportion_is_not_read() {
    let folder = Folder::new("bomb");
    let path = folder.file("bomb.log.zst", bomb());
    // A log beside it is read none the less.
    let crash = folder.file("crash.log", KASAN);
    let refused = run(&["scan", "--format", "ndjson", &path, &crash], b"");
    assert_eq!((refused.code, refused.json()["kind"].as_str()), (Some(2), Some("kasan/bad-access")));
    let why = "decompresses to more than 1024 times its size (--max-growth)";
    assert!(refused.err.contains(&path) && refused.err.contains(why), "{}", refused.err);
    let allowed = run(&["scan", "--max-growth", "40000", &path], b"");
    assert_eq!((allowed.code, allowed.err.as_str()), (Some(0), ""));
    let sized = run(&["scan", "--max-growth", "40000", "--max-size", "1000000"], &bomb());
    assert_eq!(sized.code, Some(2));
    assert!(sized.err.contains("decompresses to more than 1000000 bytes (--max-size)"), "{}", sized.err);
}

#[test]
fn ok_the_transport_can_be_told() {
    let found =
        |format: &str| run(&["scan", "--format", "ndjson", "--input-format", format], KASAN.as_bytes());
    assert_eq!(found("auto").json()["kind"], "kasan/bad-access");
    assert_eq!(found("console").json()["kind"], "kasan/bad-access");
    assert_eq!(found("json").code, Some(0));
    assert_eq!(found("pigeon").code, Some(2));
}

#[test]
fn ok_a_long_log_is_read_piece_by_piece() {
    let quiet = "[    0.000001] nothing to see here, nor anywhere near\n".repeat(200_000);
    let log = format!("{KASAN}{quiet}{NULL}{quiet}");
    let run = run(&["scan", "--format", "ndjson"], log.as_bytes());
    let offsets: Vec<u64> = run
        .text()
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["source"]["offset"].as_u64().unwrap())
        .collect();
    assert_eq!(offsets, [0, (KASAN.len() + quiet.len()) as u64]);
}

/// [`KASAN`] as the next build of the kernel reports it: another guilty function, the same stacks.
fn sibling() -> String {
    KASAN
        .replace("in ip6_send_skb+0x2f5/0x330", "in udp_v6_send_skb+0x990/0x1850")
        .replace("sk_alloc+0x36/0x460 net/core/sock.c", "ip6_dst_alloc+0x36/0x460 net/ipv6/route.c")
}

#[test]
fn ok_near_finds_the_sibling_and_says_why() {
    let folder = Folder::new("near");
    let kasan = folder.file("kasan.log", KASAN);
    folder.file("null.log", NULL);
    let sibling = folder.file("sibling.log", sibling());
    let all = folder.0.to_str().unwrap();
    let run_near = run(&["near", "--format", "ndjson", "--top", "1", "--against", all, &kasan], b"");
    assert_eq!(run_near.code, Some(1), "{}", run_near.err);
    let near = run_near.json();
    assert_eq!(
        (near["query"]["path"].as_str(), near["query"]["offset"].as_u64()),
        (Some(kasan.as_str()), Some(0))
    );
    let hits = near["hits"].as_array().unwrap();
    assert_eq!((hits.len(), hits[0]["path"].as_str()), (1, Some(sibling.as_str())));
    let why = hits[0]["why"].as_str().unwrap();
    assert!(
        why.starts_with("both name hub_event, ip6_output, ip6_send_skb, udp_v6_send_skb and ")
            && why.ends_with("; both in net/ipv6/ip6_output.c, net/ipv6/udp.c"),
        "{why}"
    );
    assert!(hits[0]["score"].as_f64().unwrap() > 0.5);
    let text = run(&["near", "--against", all, &kasan], b"");
    assert!(text.text().contains("KASAN: use-after-free Read in udp_v6_send_skb"), "{}", text.text());
}

#[test]
fn ok_near_reads_logs_groups_known_files_reports_and_indexes() {
    let folder = Folder::new("near-against");
    let kasan = folder.file("kasan.log", KASAN);
    let other = folder.file("other.log", sibling() + NULL);
    let saved = folder.file("groups.json", run(&["group", "--format", "json", &other], b"").out);
    let known = folder.file("known.ndjson", run(&["group", "--format", "ndjson", &other], b"").out);
    let reports = folder.file("reports.ndjson", run(&["scan", "--format", "ndjson", &other], b"").out);
    let index = folder.file("near.index", b"");
    let save = run(&["near", "--against", &other, "--save-index", &index], b"");
    assert_eq!((save.code, save.text()), (Some(0), ""), "{}", save.err);
    for against in [&other, &saved, &known, &reports, &index] {
        let near = run(&["near", "--format", "json", "--against", against, &kasan], b"");
        assert_eq!(near.code, Some(1), "{against}: {}", near.err);
        let hit = &near.json()[0]["hits"][0];
        assert_eq!(hit["title"], "KASAN: use-after-free Read in udp_v6_send_skb", "{against}");
        assert_eq!(hit["path"], other.as_str(), "{against}");
    }
    let both = run(&["near", "--format", "json", "--against", &index, "--against", &saved, &kasan], b"");
    assert_eq!(both.json()[0]["hits"].as_array().unwrap().len(), 2);
}

#[test]
fn err_near_refuses_a_damaged_index() {
    let folder = Folder::new("near-damaged");
    let kasan = folder.file("kasan.log", KASAN);
    let index = folder.file("near.index", b"");
    run(&["near", "--against", &kasan, "--save-index", &index], b"");
    let mut bytes = fs::read(&index).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&index, bytes).unwrap();
    let near = run(&["near", "--against", &index, &kasan], b"");
    assert_eq!(near.code, Some(2));
    assert!(near.err.contains("not a saved index") && near.err.contains("was changed"), "{}", near.err);
}

#[test]
fn ok_near_finds_nothing_in_nothing() {
    let folder = Folder::new("near-nothing");
    let (kasan, null) = (folder.file("kasan.log", KASAN), folder.file("null.log", NULL));
    assert_eq!(run(&["near", "--against", &kasan, &kasan], b"").code, Some(0));
    let far = run(&["near", "--against", &null, "--min-score", "0.3", &kasan], b"");
    assert_eq!((far.code, far.text().lines().last()), (Some(0), Some("  nothing is near it")));
}

#[test]
fn ok_group_joins_near_groups_and_says_why() {
    let folder = Folder::new("group-near");
    folder.file("a.log", KASAN.to_owned() + NULL);
    folder.file("b.log", sibling());
    let all = folder.0.to_str().unwrap();
    let clusters = |args: &[&str]| {
        let groups =
            run(&[&["group", "--format", "json"], args, &[all]].concat(), b"").json()["groups"].clone();
        let of = |title: &str| {
            let found =
                groups.as_array().unwrap().iter().find(|g| g["title"].as_str().unwrap().ends_with(title));
            found.unwrap().clone()
        };
        ["ip6_send_skb", "udp_v6_send_skb", "foo_poll"].map(of)
    };
    let plain = clusters(&[]);
    assert!(plain.iter().all(|g| g["near"] == serde_json::json!([])));
    assert_ne!(plain[0]["cluster"], plain[1]["cluster"]);
    let [send, udp, poll] = clusters(&["--near"]);
    assert_eq!(send["cluster"], udp["cluster"]);
    assert_ne!(send["cluster"], poll["cluster"]);
    assert_eq!(
        (&send["near"][0]["signature"], &udp["near"][0]["signature"]),
        (&udp["signature"], &send["signature"])
    );
    assert_eq!(send["near"][0]["why"], udp["near"][0]["why"]);
    let [send, udp, _] = clusters(&["--near", "--near-threshold", "1"]);
    assert_ne!(send["cluster"], udp["cluster"]);
    let text = run(&["group", "--near", "--near-threshold", "balanced", all], b"");
    assert!(text.text().ends_with("3 reports in 3 groups, joined into 2 clusters\n"), "{}", text.text());
    let wrong = run(&["group", "--near", "--near-threshold", "2", all], b"");
    assert!(wrong.code == Some(2) && wrong.err.contains("a number from 0 to 1"), "{}", wrong.err);
}
