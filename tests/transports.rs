//! The same log as every transport carries it: the same reports.
//!
//! `tests/data/transport/make.py` made the files, where it could with the programs that make them for people.

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
    let entries = std::fs::read_dir(folder()).expect("the fixtures are there");
    let mut files: Vec<_> = entries.map(|e| e.expect("an entry can be read").path()).collect();
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
    file.file_name().expect("it has a name").to_string_lossy().into_owned()
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
