//! `ksplat scan`: finds and prints every report.

use crate::Outcome;
use crate::args::{Format, ScanArgs};
use crate::console::Console;
use crate::logs;
use ksplat::output::{json, text};
use ksplat::{Identity, Report};
use std::io::{self, Write as _};

pub(crate) fn run(args: &ScanArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut found = 0;
    logs::each_report(&args.paths.paths, console, |console, path, report, identity| {
        print(args.format, found, console, path, report, identity)?;
        found += 1;
        Ok(())
    })?;
    if args.format == Format::Json {
        console.out.write_all(if found == 0 { b"[]\n" } else { b"\n]\n" })?;
    }
    Ok(Outcome::found(found > 0 && !args.exit_zero))
}

/// Prints the report that `before` others precede.
fn print(
    format: Format,
    before: usize,
    console: &mut Console,
    path: &str,
    report: &Report<'_>,
    identity: &Identity,
) -> io::Result<()> {
    let out = &mut console.out;
    match format {
        Format::Text => {
            if before > 0 {
                writeln!(out)?;
            }
            write!(out, "{}", text::report(path, report, identity, console.colour))
        }
        Format::Json => {
            out.write_all(if before == 0 { b"[\n" } else { b",\n" })?;
            Ok(serde_json::to_writer(out, &json::Report::new(path, report, identity))?)
        }
        Format::Ndjson => {
            serde_json::to_writer(&mut *out, &json::Report::new(path, report, identity))?;
            writeln!(out)
        }
    }
}
