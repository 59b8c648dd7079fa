//! `ksplat scan`: finds and prints every report.

use crate::Outcome;
use crate::args::{Format, ScanArgs};
use crate::console::Console;
use crate::logs;
use ksplat::output::text::Colour;
use ksplat::output::{json, text};
use ksplat::{Identity, Report};
use std::io::{self, Write as _};

pub(crate) fn run(args: &ScanArgs, console: &mut Console) -> io::Result<Outcome> {
    let (format, colour) = (args.format, console.colour);
    let mut found = 0;
    let render =
        |path: &str, report: &Report<'_>, identity: &Identity| render(format, colour, path, report, identity);
    let print = |console: &mut Console, report: io::Result<Vec<u8>>| {
        console.out.write_all(format.lead(found))?;
        console.out.write_all(&report?)?;
        found += 1;
        Ok(())
    };
    if args.follow {
        logs::follow(&args.paths, console, &render, print)?;
    } else {
        logs::each_report(&args.paths, console, &render, print)?;
    }
    console.out.write_all(format.end(found))?;
    Ok(Outcome::found(found > 0 && !args.exit_zero))
}

/// The report as it is printed.
fn render(
    format: Format,
    colour: Colour,
    path: &str,
    report: &Report<'_>,
    identity: &Identity,
) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    match format {
        Format::Text => write!(out, "{}", text::report(path, report, identity, colour))?,
        Format::Json => serde_json::to_writer(&mut out, &json::Report::new(path, report, identity))?,
        Format::Ndjson => {
            serde_json::to_writer(&mut out, &json::Report::new(path, report, identity))?;
            out.push(b'\n');
        }
    }
    Ok(out)
}
