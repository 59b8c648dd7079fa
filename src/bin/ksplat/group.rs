//! `ksplat group`: groups reports by signature.

use crate::Outcome;
use crate::args::{Format, GroupArgs};
use crate::console::Console;
use crate::logs;
use ksplat::dedup::Groups;
use ksplat::output::{json, text};
use std::io::{self, Write as _};

pub(crate) fn run(args: &GroupArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut groups = Groups::new();
    logs::each_report(&args.paths.paths, console, |_, path, report, identity| {
        groups.add(path, report, identity);
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
