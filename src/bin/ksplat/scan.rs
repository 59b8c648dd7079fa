//! `ksplat scan`: finds and prints every report.

use crate::Outcome;
use crate::args::{ReportFormat as Format, ScanArgs};
use crate::console::Console;
use crate::rules::Rules;
use crate::source_lines::SourceLines;
use crate::{group, logs};
use ksplat::dedup::Groups;
use ksplat::output::text::Colour;
use ksplat::output::{Summary, html, json, markdown, text};
use ksplat::owners::Owners;
use ksplat::{Identity, Report};
use std::io::{self, Write as _};

pub(crate) fn run(args: &ScanArgs, console: &mut Console) -> io::Result<Outcome> {
    let Some(mut rules) = Rules::load(&args.paths.rules, console) else { return Ok(Outcome::Nothing) };
    let Some(lines) = console.value(SourceLines::open(&args.files)) else { return Ok(Outcome::Nothing) };
    rules.lines = lines;
    let outcome = match args.format {
        Format::Junit | Format::Kcidb | Format::Github | Format::Ktap => each_group(args, &rules, console),
        _ => each(args, &rules, console),
    };
    if let Some(lines) = rules.lines {
        lines.tell(console);
    }
    outcome
}

/// The formats that say a report once.
fn each(args: &ScanArgs, rules: &Rules, console: &mut Console) -> io::Result<Outcome> {
    let (format, colour) = (args.format, console.colour);
    let mut found = 0;
    let render = |path: &str, report: &Report<'_>, identity: &Identity| {
        let owners = rules.owners(identity.file.as_deref());
        Rendering { path, report, identity, owners: owners.as_ref() }.write(format, colour)
    };
    let print = |console: &mut Console, report: io::Result<Vec<u8>>| {
        console.out.write_all(lead(format, found))?;
        console.out.write_all(&report?)?;
        found += 1;
        Ok(())
    };
    if args.follow {
        logs::follow(&args.paths, rules, console, &render, print)?;
    } else {
        logs::each_report(&args.paths, rules, console, &render, print)?;
    }
    if found == 0 && format == Format::Html {
        console.out.write_all(lead(format, found))?;
    }
    console.out.write_all(tail(format, found))?;
    Ok(Outcome::found(found > 0 && !args.exit_zero))
}

/// The formats that say a group once.
fn each_group(args: &ScanArgs, rules: &Rules, console: &mut Console) -> io::Result<Outcome> {
    if args.follow {
        console.fail("a log is followed report by report: text, ndjson, json, markdown or html");
        return Ok(Outcome::Nothing);
    }
    let mut groups = Groups::new();
    group::collect(&args.paths, rules, console, &mut groups)?;
    let summary = Summary::new(&groups).owned(|file| rules.owners(Some(file)));
    group::print(&summary, args.format, &args.kcidb, console)?;
    Ok(Outcome::found(groups.reports() > 0 && !args.exit_zero))
}

/// What stands before a report that so many others precede.
fn lead(format: Format, before: usize) -> &'static [u8] {
    match (format, before) {
        (Format::Text | Format::Markdown, 1..) => b"\n",
        (Format::Json, 0) => b"[\n",
        (Format::Json, _) => b",\n",
        (Format::Html, 0) => html::HEAD.as_bytes(),
        _ => b"",
    }
}

/// What stands behind the last of so many reports.
fn tail(format: Format, count: usize) -> &'static [u8] {
    match (format, count) {
        (Format::Json, 0) => b"[]\n",
        (Format::Json, _) => b"\n]\n",
        (Format::Html, _) => html::FOOT.as_bytes(),
        _ => b"",
    }
}

/// A report that is to be printed.
struct Rendering<'a> {
    path: &'a str,
    report: &'a Report<'a>,
    identity: &'a Identity,
    owners: Option<&'a Owners>,
}

impl Rendering<'_> {
    fn write(&self, format: Format, colour: Colour) -> io::Result<Vec<u8>> {
        let Self { path, report, identity, owners } = *self;
        let mut out = Vec::new();
        match format {
            Format::Markdown => write!(out, "{}", markdown::report(path, report, identity, owners))?,
            Format::Html => write!(out, "{}", html::report(path, report, identity, owners))?,
            Format::Json | Format::Ndjson => {
                json::write(&mut out, &json::Report::new(path, report, identity).owned_by(owners))?;
            }
            _ => write!(out, "{}", text::report(path, report, identity, colour).owned_by(owners))?,
        }
        if format == Format::Ndjson {
            out.push(b'\n');
        }
        Ok(out)
    }
}
