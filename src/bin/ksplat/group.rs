//! `ksplat group`: groups reports by signature.

use crate::Outcome;
use crate::args::{Format, GroupArgs};
use crate::console::Console;
use crate::{logs, saved};
use ksplat::dedup::{Baseline, Groups};
use ksplat::output::{Summary, json, text};
use ksplat::{Identity, Report};
use std::io::{self, Write as _};
use std::path::Path;

pub(crate) fn run(args: &GroupArgs, console: &mut Console) -> io::Result<Outcome> {
    // Before the logs, which may take long: a damaged file is told at once.
    let Some(known) = console.value(saved::known(&args.known)) else { return Ok(Outcome::Nothing) };
    let Some(mut groups) = merged(args, console) else { return Ok(Outcome::Nothing) };
    if args.merge.is_empty() || !args.paths.paths.is_empty() {
        collect(args, console, &mut groups)?;
    }
    if let Some(path) = &args.update_known {
        update(path, &known, &groups, console);
    }
    let summary = Summary::new(&groups);
    let summary = if args.known.is_empty() { summary } else { summary.against(&known) };
    print(&summary, args.format, console)?;
    Ok(Outcome::found(summary.alarms() > 0 && !args.exit_zero))
}

/// The groups of the files of `--merge`.
fn merged(args: &GroupArgs, console: &mut Console) -> Option<Groups> {
    let mut groups = Groups::new();
    for path in &args.merge {
        groups.merge(console.value(saved::groups(path))?);
    }
    Some(groups)
}

fn collect(args: &GroupArgs, console: &mut Console, groups: &mut Groups) -> io::Result<()> {
    let one = |path: &str, report: &Report<'_>, identity: &Identity| {
        let mut groups = Groups::new();
        groups.add(path, report, identity);
        groups
    };
    logs::each_report(&args.paths, console, &one, |_, one| {
        groups.merge(one);
        Ok(())
    })
}

/// Writes what the file said, what `--known` says and what was found.
fn update(path: &Path, known: &Baseline, groups: &Groups, console: &mut Console) {
    let Some(mut all) = console.value(saved::known_or_none(path)) else { return };
    known.iter().for_each(|known| all.insert(known.clone()));
    all.update(groups);
    console.value(saved::write_known(path, &all));
}

fn print(summary: &Summary<'_>, format: Format, console: &mut Console) -> io::Result<()> {
    let out = &mut console.out;
    match format {
        Format::Text => write!(out, "{}", text::groups(summary, console.colour)),
        Format::Json => {
            serde_json::to_writer(&mut *out, &json::Groups::new(summary))?;
            writeln!(out)
        }
        Format::Ndjson => json::Groups::new(summary).groups.iter().try_for_each(|group| {
            serde_json::to_writer(&mut *out, group)?;
            writeln!(out)
        }),
    }
}
