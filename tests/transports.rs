//! The same log as every transport carries it: the same reports.
//!
//! `tests/data/transport/make.py` made the files, where it could with the programs that make them for people.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

/// What must not depend on the transport.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    title: String,
    signature: String,
    header: String,
    frames: usize,
    lines: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/transport")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_none_or(|e| e != "py"));
    files.sort();
    assert!(files.len() > 50);
    files
}

fn seen<'a>(reports: impl Iterator<Item = ksplat::Report<'a>>) -> Vec<Seen> {
    reports
        .map(|r| Seen {
            title: ksplat::identify(&r).title,
            signature: ksplat::identify(&r).signature.to_string(),
            header: String::from_utf8_lossy(r.header_line()).into_owned(),
            frames: r.traces.iter().map(|t| t.frames.len()).sum(),
            lines: r.lines.iter().map(|l| l.to_string().trim_end().to_owned()).collect(),
        })
        .collect()
}

fn name(file: &Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn ok_every_transport_gives_the_same_report() {
    let want = seen(ksplat::reports(&std::fs::read(folder().join("console.log")).unwrap()));
    assert_eq!(want.len(), 1);
    // Mail programs wrap at blanks, and several of them become one.
    let blanks = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    for file in files() {
        let log = std::fs::read(&file).unwrap();
        let mut got = seen(ksplat::reports(&log));
        if name(&file).starts_with("mail-") {
            assert_eq!(blanks(&got[0].lines), blanks(&want[0].lines), "{}", name(&file));
            got[0].lines.clone_from(&want[0].lines);
        }
        if name(&file).starts_with("blob-short") {
            assert_eq!(
                (&got[0].title, &got[0].signature),
                (&want[0].title, &want[0].signature),
                "{}",
                name(&file)
            );
        } else if name(&file).starts_with("blob-") {
            assert_eq!(got[0].frames + 1, want[0].frames, "{}", name(&file));
        } else {
            assert_eq!(got, want, "{}", name(&file));
        }
    }
}

#[test]
fn ok_a_span_points_into_the_log_as_it_was_carried() {
    for file in files() {
        let log = std::fs::read(&file).unwrap();
        let report = ksplat::reports(&log).next().unwrap();
        let start = &log[report.span.offset..];
        let line = log[..report.span.offset].iter().filter(|c| **c == b'\n').count() + 1;
        assert_eq!(report.span.line, line, "{}", name(&file));
        // The first line of the report, or the record that holds it, starts there.
        let end = start.len().min(3000);
        assert!(start[..end].windows(8).any(|w| w == b"cut here"), "{}", name(&file));
        if !name(&file).starts_with("pstore-parts") {
            let whole = &log[report.span.offset..report.span.offset + report.span.length];
            let last = whole.windows(9).rposition(|w| w == b"end trace").expect("the end is in the span");
            assert!(whole.len() - last < 1200, "{}: {} bytes too many", name(&file), whole.len() - last);
        }
    }
}

#[test]
fn ok_a_lossy_transport_is_named() {
    let log = std::fs::read(folder().join("blob-short.log")).unwrap();
    let report = ksplat::reports(&log).next().unwrap();
    let defect = report.defects.iter().find(|d| d.code == ksplat::report::DefectCode::LossyTransport);
    assert!(defect.expect("the blob is a defect").text.contains("-o json"));
}

#[test]
fn ok_the_choice_has_a_reason() {
    for (file, transport) in [
        ("console.log", ksplat::Transport::Console),
        ("dmesg-ctime.log", ksplat::Transport::Dmesg),
        ("journal-short.log", ksplat::Transport::Syslog),
        ("journal-export.log", ksplat::Transport::Export),
        ("netconsole-extended.log", ksplat::Transport::Kmsg),
        ("android-samsung.log", ksplat::Transport::Android),
        ("mail-plain.log", ksplat::Transport::Mail),
    ] {
        let bytes = std::fs::read(folder().join(file)).unwrap();
        let log = ksplat::Log::from_bytes(&bytes);
        assert_eq!(log.detection().transport, transport, "{file}: {}", log.detection().reason);
        assert!(log.detection().reason.contains(" lines "), "{}", log.detection().reason);
        assert_eq!(seen(log.reports()).len(), 1);
        assert_eq!(seen(ksplat::Log::carried_by(transport, &bytes).reports()).len(), 1, "{file}");
    }
}

/// Sizes that pieces of a log are cut into.
const PIECES: [usize; 5] = [1, 7, 100, 4096, 1 << 20];

#[test]
fn ok_a_byte_order_mark_hides_no_header_of_a_told_log() {
    let log = format!("\u{feff}{}", OOPS.split_once("] ").unwrap().1);
    let told = ksplat::Log::carried_by(ksplat::Transport::Console, log.as_bytes());
    assert_eq!(told.reports().map(|r| ksplat::identify(&r).title).collect::<Vec<_>>(), titles(OOPS));
}

#[test]
fn ok_a_byte_order_mark_hides_no_transport() {
    let folder = folder();
    for file in std::fs::read_dir(&folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let marked = ["\u{feff}".as_bytes(), &bytes].concat();
        let (plain, marked) = (ksplat::Log::from_bytes(&bytes), ksplat::Log::from_bytes(&marked));
        let is = |log: &ksplat::Log<'_>| (log.detection().transport, log.detection().reason.clone());
        assert_eq!(is(&marked), is(&plain));
    }
}

#[test]
fn ok_a_stream_of_mail_learns_how_the_quoted_lines_start() {
    let journal = std::fs::read_to_string(folder().join("journal-short.log")).unwrap();
    let mail: String = journal.lines().map(|line| format!("> {line}\n")).collect();
    let mut stream = ksplat::Stream::carried_by(ksplat::Transport::Mail);
    let mut found = stream.push(mail.as_bytes());
    found.extend(stream.finish());
    let whole = ksplat::Log::carried_by(ksplat::Transport::Mail, mail.as_bytes());
    assert_eq!(found, whole.reports().collect::<Vec<_>>());
    assert_eq!(found.len(), 1);
}

#[test]
fn ok_a_stream_finds_what_the_whole_log_has() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut logs = files();
    for folder in ["examples/logs", "tests/data/real/amd64", "tests/data/real/arm64"] {
        logs.extend(std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()));
    }
    for file in logs {
        let log = std::fs::read(&file).unwrap();
        let want: Vec<_> = ksplat::reports(&log).map(ksplat::Report::into_owned).collect();
        for size in PIECES.into_iter().filter(|s| *s > 1 || log.len() < 8192) {
            let mut stream = ksplat::Stream::new();
            let mut got: Vec<_> = log.chunks(size).flat_map(|piece| stream.push(piece)).collect();
            assert_eq!(stream.received(), log.len());
            got.extend(stream.finish());
            assert_eq!(got, want, "{} in pieces of {size}", file.display());
        }
    }
}

#[test]
fn ok_a_pause_ends_a_report_and_starts_no_second_one() {
    let log = std::fs::read(folder().join("console.log")).unwrap();
    let half = log.windows(7).position(|w| w == b"kthread").unwrap();
    let mut stream = ksplat::Stream::new();
    let mut found = stream.push(&log[..half]);
    assert!(found.is_empty());
    assert!(stream.settle(0).is_empty(), "nothing is that old");
    found.extend(stream.settle(stream.received()));
    assert_eq!(found.len(), 1);
    found.extend(stream.push(&log[half..]));
    found.extend(stream.settle(stream.received()));
    found.extend(stream.finish());
    assert_eq!(found.len(), 1);
}

#[test]
fn ok_damaged_logs_of_every_transport_end() {
    for file in files() {
        let log = std::fs::read(&file).unwrap();
        for end in (0..log.len()).step_by(53) {
            let found = ksplat::reports(&log[..end]).count();
            assert!(found <= 1, "{} cut at {end}: {found}", name(&file));
        }
        let mut log = log;
        for at in (0..log.len()).step_by(199) {
            for byte in [0, b'\n', b'\r', b'"', b'{', b'[', b';', b'&', b'>', 0x1b, 0xff] {
                let old = std::mem::replace(&mut log[at], byte);
                assert!(ksplat::reports(&log).count() <= 2, "{} with {byte} at {at}", name(&file));
                log[at] = old;
            }
        }
    }
}

/// Shapes that cost a careless decoder more than their share.
#[test]
fn ok_adversarial_input_of_every_transport_is_linear() {
    let shapes: [&[u8]; 12] = [
        b"{\"MESSAGE\":\"",
        b"{\"a\":[[[[",
        b"{",
        b"[{'",
        b"6,1,2,-,ncfrag=0/9999999999;x\n",
        b"6,1,2,c;x\n",
        b"__CURSOR=\nMESSAGE\n",
        b"> > > > ",
        b"&lt;&",
        b"\r",
        b"Oops#1 Part1\n",
        b"- {\"dt\": \"",
    ];
    for transport in ksplat::Transport::ALL {
        for shape in shapes {
            let log = shape.repeat((1 << 20) / shape.len());
            let start = std::time::Instant::now();
            let _ = ksplat::Log::carried_by(*transport, &log).reports().count();
            assert!(start.elapsed().as_secs() < 20, "{transport}: {}", String::from_utf8_lossy(shape));
        }
    }
}

/// Lines after the kernel's formats, with made-up names.
const OOPS: &str = "[    1.000001] BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
    [    1.000002] RIP: 0010:ring_poll+0x1a/0x90\n[    1.000003] Call Trace:\n[    1.000004]  ring_read+0x1/0x2\n\
    [    1.000005]  vfs_read+0x1/0x2\n[    1.000006] ---[ end trace 0000000000000000 ]---\n";

fn titles(log: &str) -> Vec<String> {
    ksplat::reports(log.as_bytes()).map(|r| ksplat::identify(&r).title).collect()
}

#[test]
fn ok_lines_that_ran_into_each_other_are_two() {
    let want = titles(OOPS);
    assert_eq!(want, ["BUG: unable to handle kernel NULL pointer dereference in ring_poll"]);
    let half = "[    0.999999] ring: an allocation of 34359738352 bytes failed, which is a lot";
    for before in [half, "box login: ", "** 93 printk messages dropped ** "] {
        assert_eq!(titles(&format!("{before}{OOPS}")), want, "{before}");
    }
    // And a line behind the header, before which no report was open.
    let three = format!("box login: {}", OOPS.replacen('\n', "[    1.000001] usb 1-1: reset\n", 1));
    let report = ksplat::reports(three.as_bytes()).next().unwrap();
    assert!(report.lines[0].ends_with(b"address: 0000000000000010"), "{}", report.lines[0]);
    assert_eq!(titles(&three), want);
    // A foreign line in the trace, glued to a frame's.
    let glued = OOPS.replace("ring_read+0x1/0x2\n", "ring_read+0x1/0x2\n[    1.000004] usb 1-1: reset");
    assert_eq!(titles(&glued), want);
}

#[test]
fn ok_a_trace_that_lost_messages_says_where() {
    let cut = OOPS.replace("[    1.000005] ", "** 93 printk messages dropped ** [    1.000005] ");
    let report = ksplat::reports(cut.as_bytes()).next().unwrap();
    let defect = report.defects.iter().find(|d| d.code == ksplat::report::DefectCode::Dropped).unwrap();
    assert_eq!(defect.text, "** 93 printk messages dropped **, behind: ring_read+0x1/0x2");
    assert!(!report.is_corrupted());
}

#[test]
fn ok_a_report_that_another_cut_is_damaged() {
    let warn = "[    1.000000] WARNING: CPU: 0 PID: 7 at net/ring.c:12 ring_push+0x1a/0x90\n";
    let reports: Vec<_> =
        ksplat::reports(format!("{warn}{OOPS}").as_bytes()).map(ksplat::Report::into_owned).collect();
    assert_eq!(reports.len(), 2);
    assert!(reports[0].defects.iter().any(|d| d.code == ksplat::report::DefectCode::Interleaved));
}
