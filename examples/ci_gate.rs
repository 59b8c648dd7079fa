//! A gate for CI: fails only for crashes that are not in a file of known ones.
//!
//! `cargo run --features json --example ci_gate -- known.ndjson examples/logs/*.log`; a known file that is not there
//! yet knows nothing. Exits with 0 if all crashes are known, 1 if one is new, 2 if something could not be read.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use ksplat::dedup::{Baseline, Groups};
use ksplat::output::json::known_file;
use ksplat::output::{Summary, text};
use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

fn main() -> ExitCode {
    match gate() {
        Ok(alarms) => ExitCode::from(u8::from(alarms > 0)),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// How many new groups the logs have.
fn gate() -> Result<usize, Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("which known file?")?;
    let baseline = match std::fs::read(&path) {
        Ok(text) => known_file(&text, &path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => Baseline::new(),
        Err(error) => return Err(error.into()),
    };
    let mut groups = Groups::new();
    for log in args {
        let bytes = std::fs::read(&log)?;
        for report in ksplat::reports(&bytes) {
            groups.add(&log, &report, &ksplat::identify(&report));
        }
    }
    let summary = Summary::new(&groups).against(&baseline);
    print!("{}", text::groups(&summary, text::Colour::Never));
    Ok(summary.alarms())
}
