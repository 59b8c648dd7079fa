//! Every file under `tests/data` is a test: what its first lines say must be what ksplat reads from the rest.
//!
//! A fixture is a summary, an empty line, and a log, byte for byte. `UPDATE=1 cargo test --test fixtures` writes the
//! summaries anew; the difference is to be reviewed like code.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::HashSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 10, "the fixtures are missing: {}", root.display());
    let all = files.clone();
    let mut trials = vec![Trial::test("every kind has a fixture", move || every_kind(&all))];
    trials.extend(files.into_iter().map(|path| {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        Trial::test(name, move || check(&path))
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

/// Every row of the table is the kind that some summary says: `kind: NAME (`.
fn every_kind(files: &[PathBuf]) -> Result<(), Failed> {
    if std::env::var_os("UPDATE").is_some() {
        // The summaries are being written.
        return Ok(());
    }
    let mut seen = HashSet::new();
    for path in files {
        let bytes = std::fs::read(path)?;
        let end = bytes.windows(2).position(|w| w == b"\n\n").unwrap_or(bytes.len());
        for line in String::from_utf8_lossy(&bytes[..end]).lines() {
            if let Some((name, _)) = line.strip_prefix("kind: ").and_then(|l| l.split_once(" (")) {
                seen.insert(name.to_owned());
            }
        }
    }
    let missing: Vec<_> = ksplat::kinds().map(|k| k.name).filter(|n| !seen.contains(*n)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("kinds without a fixture under tests/data: {}", missing.join(", ")).into())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("tests/data can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            // The same log in many transports is the business of tests/transports.rs.
            if path.file_name().is_none_or(|n| n != "transport") {
                collect(&path, files);
            }
        } else {
            files.push(path);
        }
    }
}

fn check(path: &Path) -> Result<(), Failed> {
    let bytes = std::fs::read(path)?;
    let end = bytes.windows(2).position(|w| w == b"\n\n").ok_or("no empty line ends the summary")?;
    let (want, log) = (String::from_utf8_lossy(&bytes[..=end]), &bytes[end + 2..]);
    let got = summary(log);
    if got == want {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        let mut new = got.into_bytes();
        new.push(b'\n');
        new.extend_from_slice(log);
        std::fs::write(path, new)?;
        return Ok(());
    }
    Err(format!("want:\n{want}\ngot:\n{got}").into())
}

/// What a fixture says of its log.
fn summary(log: &[u8]) -> String {
    let reports: Vec<_> = ksplat::reports(log).collect();
    let mut out = format!("reports: {}\n", reports.len());
    for report in &reports {
        describe(report, &mut out).expect("a String takes all");
    }
    out
}

fn describe(report: &ksplat::Report<'_>, out: &mut String) -> std::fmt::Result {
    let identity = ksplat::identify(report);
    writeln!(out, "title: {}", identity.title)?;
    for alt in &identity.alt_titles {
        writeln!(out, "alt: {alt}")?;
    }
    writeln!(out, "kind: {} ({})", report.kind, report.kind.class())?;
    writeln!(out, "type: {}", identity.crash_type)?;
    writeln!(out, "signature: {} = {}", identity.signature, identity.signature.canonical().join(" | "))?;
    writeln!(out, "lines: {} from {}", report.lines.len(), report.span.line)?;
    let (task, kernel) = (&report.task, &report.kernel);
    writeln!(
        out,
        "task: cpu {:?} pid {:?} comm {}; kernel {} {}; taint {}",
        task.cpu,
        task.pid,
        task.comm.as_ref().map_or("-".into(), ToString::to_string),
        kernel.release.as_ref().map_or("-".into(), ToString::to_string),
        kernel.arch.as_deref().unwrap_or("-"),
        kernel.taint.as_ref().map_or("-".into(), ToString::to_string),
    )?;
    for trace in &report.traces {
        let first = trace.frames.iter().find_map(|f| f.function());
        let first = first.map_or("-".into(), ToString::to_string);
        writeln!(out, "trace: {} {} frames, {first} first", trace.role, trace.frames.len())?;
    }
    for dump in &report.registers {
        let ip = dump.ip.as_ref().map_or("-".into(), |s| s.name.to_string());
        let mode = if dump.user { "user" } else { "kernel" };
        writeln!(out, "registers: {} {mode} at {ip}", dump.entries.len())?;
    }
    for code in &report.code {
        writeln!(out, "code: {} units, marked {:?}", code.units.len(), code.at)?;
    }
    for lock in &report.locks_held {
        let at = lock.at.as_ref().map_or("-".into(), |s| s.name.to_string());
        writeln!(out, "lock: {}{} at {at}", lock.name, if lock.held { ", held" } else { "" })?;
    }
    for defect in &identity.defects {
        writeln!(out, "defect: {}: {}", defect.code, defect.text)?;
    }
    Ok(())
}
