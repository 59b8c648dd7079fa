//! `ksplat group`: groups reports by signature.

use crate::Outcome;
use crate::args::{Format, GroupArgs};
use crate::console::Console;
use crate::logs;
use ksplat::dedup::Groups;
use ksplat::dedup::near::Joins;
use ksplat::output::{json, text};
use ksplat::{Identity, Report};
use std::io::{self, Write as _};

pub(crate) fn run(args: &GroupArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut groups = Groups::new();
    let one = |path: &str, report: &Report<'_>, identity: &Identity| {
        let mut groups = Groups::new();
        groups.add(path, report, identity);
        groups
    };
    logs::each_report(&args.paths, console, &one, |_, one| {
        one.by_size().into_iter().for_each(|group| groups.insert(group.clone()));
        Ok(())
    })?;
    let joins = args.near.then(|| Joins::new(&groups, args.near_threshold));
    print(&groups, joins.as_ref(), args.format, console)?;
    Ok(Outcome::found(groups.reports() > 0 && !args.exit_zero))
}

fn print(groups: &Groups, joins: Option<&Joins>, format: Format, console: &mut Console) -> io::Result<()> {
    let wire = || {
        let wire = json::Groups::new(groups);
        match joins {
            Some(joins) => wire.with_joins(joins),
            None => wire,
        }
    };
    let out = &mut console.out;
    match format {
        Format::Text => write!(out, "{}", text::groups(groups, console.colour).with_joins(joins)),
        Format::Json => {
            serde_json::to_writer(&mut *out, &wire())?;
            writeln!(out)
        }
        Format::Ndjson => wire().groups.iter().try_for_each(|group| {
            serde_json::to_writer(&mut *out, group)?;
            writeln!(out)
        }),
    }
}
