//! Every file under `tests/bisect` is a test: what its first lines say must be what ksplat reads from the rest.
//!
//! A fixture is a summary, an empty line, and a bisection log, byte for byte: written by ourselves after the format
//! strings of syzkaller and Git, so that the lines of years are there of which no log is at hand. `UPDATE=1 cargo test
//! --test bisections` writes the summaries anew; the difference is to be reviewed like code.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use ksplat::bisect::Bisection;
use ksplat::bisect::audit::audit;
use ksplat::output::bisect::{Row, finding, rows};
use libtest_mimic::{Arguments, Failed, Trial};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bisect");
    let entries = std::fs::read_dir(&root).expect("tests/bisect can be listed");
    let mut files: Vec<PathBuf> = entries.map(|e| e.expect("an entry can be read").path()).collect();
    files.sort();
    assert!(files.len() > 10, "the fixtures are missing: {}", root.display());
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let trials = files.into_iter().map(|path| Trial::test(name(&path), move || check(&path))).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn check(path: &Path) -> Result<(), Failed> {
    let bytes = std::fs::read(path)?;
    let end = bytes.windows(2).position(|w| w == b"\n\n").ok_or("no empty line ends the summary")?;
    let (want, log) = (String::from_utf8_lossy(&bytes[..=end]), &bytes[end + 2..]);
    let bisection = Bisection::parse(log).ok_or("no bisection log")?;
    let got = summary(&bisection)?;
    if got == want {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, [got.as_bytes(), b"\n", log].concat())?;
        return Ok(());
    }
    Err(format!("want:\n{want}\ngot:\n{got}").into())
}

/// What a fixture says of its log.
fn summary(b: &Bisection<'_>) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(
        out,
        "bisection: {} of a {}, {}, {} unknown lines",
        b.program, b.goal, b.ending, b.unknown.count
    )?;
    writeln!(out, "started: {} by {}", or_none(b.date.as_ref()), or_none(b.host.as_ref()))?;
    let lines = b.crash.as_ref().map_or(0, |r| r.lines.len());
    writeln!(out, "crash: {}; report of {lines} lines", or_none(b.crash_title.as_ref()))?;
    revisions(b, &mut out)?;
    result(b, &mut out)?;
    judged(b, &mut out)?;
    Ok(out)
}

fn or_none(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn revisions(b: &Bisection<'_>, out: &mut String) -> std::fmt::Result {
    for (row, r) in rows(b, &audit(b)).into_iter().zip(&b.revisions) {
        let Row { hash, runs, verdict, again, subject, .. } = row;
        let failure = r.failure.as_ref().map_or(0, |f| f.split(|c| *c == b'\n').count());
        writeln!(
            out,
            "revision: {hash} {} [{runs}] {verdict} [{again}] failure of {failure} lines, {}, {subject}",
            r.stage,
            or_none(r.compiler.as_ref())
        )?;
    }
    Ok(())
}

fn result(b: &Bisection<'_>, out: &mut String) -> std::fmt::Result {
    if let Some(c) = &b.culprit {
        writeln!(
            out,
            "culprit: {} by {}: {} files, {} directories, {} parents, {} lines",
            c.hash,
            or_none(c.author.as_ref()),
            c.files.len(),
            c.directories.len(),
            c.parents.len(),
            c.message.len()
        )?;
        writeln!(out, "signatures: {}, same {}", c.signature.is_some(), c.is_same_binary())?;
    }
    if !b.candidates.is_empty() {
        writeln!(out, "candidates: {}", b.candidates.len())?;
    }
    if let Some(t) = b.totals {
        let (all, build, test) = (t.seconds, t.build_seconds, t.test_seconds);
        writeln!(out, "totals: {} revisions, {all:.1} s, {build:.1} s, {test:.1} s", t.revisions)?;
    }
    writeln!(out, "told: {:?}, {:?}", b.recipients.to, b.recipients.cc)?;
    if let Some(error) = &b.error {
        writeln!(out, "error: {:?}", error.to_string())?;
    }
    writeln!(out, "flaky: {}; {} remarks of the log", b.flaky, b.remarks.len())
}

fn judged(b: &Bisection<'_>, out: &mut String) -> std::fmt::Result {
    let audit = audit(b);
    for evidence in &audit.evidence {
        writeln!(out, "evidence: {} {}", evidence.code, evidence.value)?;
    }
    for remark in &audit.remarks {
        writeln!(out, "remark: {} {}", remark.code, remark.text)?;
    }
    for sentence in finding(b, &audit) {
        writeln!(out, "finding: {sentence}")?;
    }
    Ok(())
}
