//! `ksplat scan`: finds and prints every report.

use crate::Outcome;
use crate::args::{Files, Format, ScanArgs};
use crate::console::Console;
use crate::{logs, symbolize};
use ksplat::output::text::Colour;
use ksplat::output::{json, text};
use ksplat::symbolize::Symbolizer;
use ksplat::{Error, Identity, Report};
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};

pub(crate) fn run(args: &ScanArgs, console: &mut Console) -> io::Result<Outcome> {
    let (format, colour) = (args.format, console.colour);
    let mut found = 0;
    let mut symbolizing = match symbolizing(&args.files) {
        Ok(symbolizing) => symbolizing,
        Err(error) => {
            console.error(&error);
            return Ok(Outcome::Nothing);
        }
    };
    let render = |path: &str, mut report: Report<'_>| {
        if let Some(symbolizing) = &symbolizing {
            symbolizing.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut report);
        }
        render(format, colour, path, &report, &ksplat::identify(&report))
    };
    let print = |console: &mut Console, report: io::Result<Vec<u8>>| {
        console.out.write_all(lead(format, found))?;
        console.out.write_all(&report?)?;
        found += 1;
        Ok(())
    };
    if args.follow {
        logs::follow(&args.paths, console, &render, print)?;
    } else {
        logs::each_report(&args.paths, console, &render, print)?;
    }
    if let Some(symbolizing) =
        symbolizing.take().map(|s| s.into_inner().unwrap_or_else(PoisonError::into_inner))
    {
        symbolizing.tell(console);
    }
    if args.format == Format::Json {
        console.out.write_all(if found == 0 { b"[]\n" } else { b"\n]\n" })?;
    }
    Ok(Outcome::found(found > 0 && !args.exit_zero))
}

/// Gives reports their source lines, and keeps what went wrong until the reports are printed.
struct Symbolizing {
    symbolizer: Symbolizer,
    errors: Vec<Error>,
}

/// One for all logs; they are read in parallel and take turns.
fn symbolizing(files: &Files) -> Result<Option<Mutex<Symbolizing>>, Error> {
    if !files.are_given() {
        return Ok(None);
    }
    let symbolizer = Symbolizer::open(symbolize::settings(files))?;
    Ok(Some(Mutex::new(Symbolizing { symbolizer, errors: Vec::new() })))
}

impl Symbolizing {
    fn fill(&mut self, report: &mut Report<'_>) {
        self.errors.extend(self.symbolizer.report(report).err());
        self.errors.extend(self.symbolizer.take_errors());
    }

    fn tell(mut self, console: &mut Console) {
        self.symbolizer.take_trail().iter().for_each(|step| console.note(step));
        self.errors.iter().for_each(|error| console.error(error));
    }
}

/// What stands before a report that so many others precede.
fn lead(format: Format, before: usize) -> &'static [u8] {
    match (format, before) {
        (Format::Ndjson, _) | (Format::Text, 0) => b"",
        (Format::Text, _) => b"\n",
        (Format::Json, 0) => b"[\n",
        (Format::Json, _) => b",\n",
    }
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
