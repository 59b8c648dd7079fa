//! `ksplat group`: groups reports by signature.

use crate::Outcome;
use crate::args::{GroupArgs, Kcidb, Paths, ReportFormat};
use crate::console::Console;
use crate::rules::Rules;
use crate::{logs, saved};
use ksplat::dedup::near::Joins;
use ksplat::dedup::{Baseline, Groups};
use ksplat::output::{Summary, github, html, json, junit, kcidb, ktap, markdown, text};
use ksplat::{Error, ErrorKind, Identity, Report};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

pub(crate) fn run(args: &GroupArgs, console: &mut Console) -> io::Result<Outcome> {
    let Some(rules) = Rules::load(&args.paths.rules, console) else { return Ok(Outcome::Nothing) };
    // Before the logs, which may take long: a damaged file is told at once.
    let Some(known) = console.value(saved::known(&args.known)) else { return Ok(Outcome::Nothing) };
    let Some(mut groups) = merged(args, &rules, console) else { return Ok(Outcome::Nothing) };
    if args.merge.is_empty() || !args.paths.paths.is_empty() {
        collect(&args.paths, &rules, console, &mut groups)?;
    }
    console.tell_ignored();
    if let Some(path) = &args.update_known {
        update(path, &known, &groups, console);
    }
    let joins = args.near.then(|| Joins::new(&groups, args.near_threshold));
    let summary = Summary::new(&groups);
    let summary = match &joins {
        Some(joins) => summary.joined(joins),
        None => summary,
    };
    let summary = if args.known.is_empty() { summary } else { summary.against(&known) };
    let summary = summary.owned(|file| rules.owners(Some(file)));
    print(&summary, args.format, &args.kcidb, console)?;
    Ok(Outcome::found(summary.alarms() > 0 && !args.exit_zero))
}

/// The groups of the files of `--merge` that are not noise.
fn merged(args: &GroupArgs, rules: &Rules, console: &mut Console) -> Option<Groups> {
    let mut groups = Groups::new();
    for path in &args.merge {
        groups.merge(console.value(saved::groups(path))?);
    }
    groups.retain(|group| match rules.ignore.reason_of_group(group) {
        None => true,
        Some(reason) => {
            for member in &group.members {
                console.ignored(&format!(
                    "{}:{}: {}: ignored: {reason}",
                    member.path, member.line, member.title
                ));
            }
            false
        }
    });
    Some(groups)
}

/// Adds the reports of all logs.
///
/// # Errors
///
/// Those of standard output.
pub(crate) fn collect(
    paths: &Paths,
    rules: &Rules,
    console: &mut Console,
    groups: &mut Groups,
) -> io::Result<()> {
    // In whatever order the logs' threads come: groups do not depend on it.
    let all = Mutex::new(groups);
    let one = |path: &str, report: &Report<'_>, identity: &Identity| {
        all.lock().unwrap_or_else(PoisonError::into_inner).add(path, report, identity);
    };
    logs::each_report(paths, rules, console, &one, |_, ()| Ok(()))
}

/// Writes what the file said, what `--known` says and what was found.
fn update(path: &Path, known: &Baseline, groups: &Groups, console: &mut Console) {
    let Some(mut all) = console.value(saved::known_or_none(path)) else { return };
    known.iter().for_each(|known| all.insert(known.clone()));
    all.update(groups);
    console.value(saved::write_known(path, &all));
}

/// Prints the groups.
///
/// # Errors
///
/// Those of standard output.
pub(crate) fn print(
    summary: &Summary<'_>,
    format: ReportFormat,
    kcidb: &Kcidb,
    console: &mut Console,
) -> io::Result<()> {
    let out = &mut console.out;
    match format {
        ReportFormat::Text => write!(out, "{}", text::groups(summary, console.colour)),
        ReportFormat::Json => json_line(out, &json::Groups::new(summary)),
        ReportFormat::Ndjson => {
            json::Groups::new(summary).groups.iter().try_for_each(|group| json_line(out, group))
        }
        ReportFormat::Markdown => write!(out, "{}", markdown::groups(summary)),
        ReportFormat::Html => write!(out, "{}", html::groups(summary)),
        ReportFormat::Junit => junit::groups(summary, out),
        ReportFormat::Kcidb => json_line(out, &kcidb::groups(summary, kcidb.submission())),
        ReportFormat::Ktap => write!(out, "{}", ktap::groups(summary)),
        ReportFormat::Github => {
            write!(out, "{}", github::annotations(summary))?;
            step_summary(summary, console);
            Ok(())
        }
    }
}

fn json_line(out: &mut impl io::Write, value: &impl serde::Serialize) -> io::Result<()> {
    json::write(out, value)?;
    writeln!(out)
}

/// Appends the groups to the summary of the step that GitHub runs, in the room that other commands of it left.
fn step_summary(summary: &Summary<'_>, console: &mut Console) {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()) else { return };
    let taken = fs::metadata(&path).map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX));
    let text = markdown::groups_within(summary, github::STEP_SUMMARY.saturating_sub(taken));
    let file = OpenOptions::new().append(true).create(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    console.value(written.map_err(|error| Error::new(ErrorKind::Write(path.into()), error)));
}
