//! `ksplat group`: groups reports by signature.

use crate::Outcome;
use crate::args::{Format, GroupArgs};
use crate::console::Console;
use crate::logs;
use ksplat::Report;
use ksplat::dedup::Groups;
use ksplat::output::{json, text};
use std::io::{self, Write as _};

pub(crate) fn run(args: &GroupArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut groups = Groups::new();
    let one = |path: &str, report: Report<'_>| {
        let mut groups = Groups::new();
        groups.add(path, &report, &ksplat::identify(&report));
        groups
    };
    logs::each_report(&args.paths, console, &one, |_, one| {
        one.by_size().into_iter().for_each(|group| groups.insert(group.clone()));
        Ok(())
    })?;
    print(&groups, args.format, console)?;
    Ok(Outcome::found(groups.reports() > 0 && !args.exit_zero))
}

fn print(groups: &Groups, format: Format, console: &mut Console) -> io::Result<()> {
    let out = &mut console.out;
    match format {
        Format::Text => write!(out, "{}", text::groups(groups, console.colour)),
        Format::Json => {
            serde_json::to_writer(&mut *out, &json::Groups::new(groups))?;
            writeln!(out)
        }
        Format::Ndjson => json::Groups::new(groups).groups.iter().try_for_each(|group| {
            serde_json::to_writer(&mut *out, group)?;
            writeln!(out)
        }),
    }
}
