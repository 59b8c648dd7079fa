//! `ksplat near`: for each report, those of a collection that are probably of the same bug.

use crate::Outcome;
use crate::args::{Format, NearArgs, Paths};
use crate::console::Console;
use crate::rules::Rules;
use crate::{logs, saved};
use ksplat::dedup::near::{Builder, Entry, Hit, Index, Profile};
use ksplat::input::Source;
use ksplat::output::{json, text};
use ksplat::{Identity, Report};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

pub(crate) fn run(args: &NearArgs, console: &mut Console) -> io::Result<Outcome> {
    let Some(rules) = Rules::load(&args.paths.rules, console) else { return Ok(Outcome::Nothing) };
    let index = collection(args, &rules, console)?;
    console.note(&format!("{} reports to compare with", index.len()));
    if let Some(path) = &args.save_index {
        console.value(saved::write(path, &index.to_bytes()));
        if args.paths.paths.is_empty() {
            return Ok(Outcome::Nothing);
        }
    }
    let colour = console.colour;
    let render = |path: &str, report: &Report<'_>, identity: &Identity| {
        let hits = hits(args, &index, path, report);
        let mut out = Vec::new();
        let wire = || json::Neighbours::new(path, report, identity, &hits);
        match args.format {
            Format::Text => write!(out, "{}", text::near(path, report, identity, &hits, colour))?,
            Format::Json => json::write(&mut out, &wire())?,
            Format::Ndjson => {
                json::write(&mut out, &wire())?;
                out.push(b'\n');
            }
        }
        Ok::<_, io::Error>((out, !hits.is_empty()))
    };
    let (mut printed, mut found) = (0, false);
    logs::each_report(&args.paths, &rules, console, &render, |console, one| {
        let (out, any) = one?;
        console.out.write_all(args.format.lead(printed))?;
        console.out.write_all(&out)?;
        printed += 1;
        found |= any;
        Ok(())
    })?;
    console.out.write_all(args.format.end(printed))?;
    Ok(Outcome::found(found))
}

/// The hits of a report, itself left out.
fn hits(args: &NearArgs, index: &Index, path: &str, report: &Report<'_>) -> Vec<Hit> {
    let mut hits = index.near(&Profile::of_report(report), args.top.saturating_add(1));
    hits.retain(|hit| hit.entry.path != path || hit.entry.offset != report.span.offset);
    hits.retain(|hit| hit.score >= args.min_score);
    hits.truncate(args.top);
    hits
}

/// What is compared with: saved files first, then logs.
fn collection(args: &NearArgs, rules: &Rules, console: &mut Console) -> io::Result<Index> {
    let mut builder = Builder::default();
    let mut whole = None;
    let mut logs = Vec::new();
    for path in &args.against {
        match collected(path) {
            Ok(None) => logs.push(path.clone()),
            Ok(Some(Saved::Profiles(profiles))) => profiles.iter().for_each(|(e, p)| builder.add(e, p)),
            // An index that is all there is need not be made anew.
            Ok(Some(Saved::Index(index))) if args.against.len() == 1 => whole = Some(*index),
            Ok(Some(Saved::Index(index))) => builder.extend(&index),
            Err(error) => console.error(&error),
        }
    }
    if !logs.is_empty() {
        let paths = Paths { paths: logs, ..args.paths.clone() };
        let profile = |path: &str, report: &Report<'_>, identity: &Identity| {
            let entry = Entry {
                path: path.to_owned(),
                offset: report.span.offset,
                title: identity.title.clone(),
                signature: identity.signature.to_string(),
            };
            (entry, Profile::of_report(report))
        };
        logs::each_report(&paths, rules, console, &profile, |_, (entry, profile)| {
            builder.add(&entry, &profile);
            Ok(())
        })?;
    }
    Ok(whole.unwrap_or_else(|| builder.finish()))
}

enum Saved {
    Index(Box<Index>),
    Profiles(Vec<(Entry, Profile)>),
}

/// What was saved to the file at `path`; `None` if it is a log, a directory or cannot be opened, which reading it as a
/// log will tell.
fn collected(path: &Path) -> ksplat::Result<Option<Saved>> {
    let start = start_of(path).unwrap_or_default();
    let name = path.to_string_lossy();
    if Index::is_saved(&start) {
        return Ok(Some(Saved::Index(Box::new(Index::from_bytes(&saved::read(path)?, &name)?))));
    }
    if start.trim_ascii_start().first() != Some(&b'{') {
        return Ok(None);
    }
    Ok(json::saved_profiles(&name, &Source::File(path.to_owned()).read()?).map(Saved::Profiles))
}

/// The first bytes of a file.
fn start_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    if path.is_file() {
        File::open(path)?.take(64).read_to_end(&mut start)?;
    }
    Ok(start)
}
