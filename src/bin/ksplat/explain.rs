//! `ksplat explain`: says why reports have their titles and signatures.

use crate::Outcome;
use crate::args::{ExplainArgs, Format};
use crate::console::Console;
use crate::logs;
use crate::rules::Rules;
use ksplat::output::{json, text};
use ksplat::{Identity, Report};
use std::io::{self, Write as _};

pub(crate) fn run(args: &ExplainArgs, console: &mut Console) -> io::Result<Outcome> {
    let Some(rules) = Rules::load(&args.paths.rules, console) else { return Ok(Outcome::Nothing) };
    let colour = console.colour;
    let wanted = |identity: &Identity| {
        args.signature.as_ref().is_none_or(|signature| *signature == identity.signature.to_string())
    };
    let render = |path: &str, report: &Report<'_>, identity: &Identity| {
        wanted(identity).then(|| {
            let explanation = rules.naming.explain(report);
            let mut out = Vec::new();
            match args.format {
                Format::Text => write!(out, "{}", text::explanation(path, report, &explanation, colour))?,
                Format::Json | Format::Ndjson => {
                    json::write(&mut out, &json::Explanation::new(path, report, &explanation))?;
                }
            }
            io::Result::Ok(out)
        })
    };
    let mut found = 0;
    logs::each_report(&args.paths, &rules, console, &render, |console, text| {
        let Some(text) = text else { return Ok(()) };
        console.out.write_all(lead(args.format, found))?;
        console.out.write_all(&text?)?;
        found += 1;
        Ok(())
    })?;
    console.out.write_all(match (args.format, found) {
        (Format::Json, 0) => b"[]\n",
        (Format::Json, _) => b"\n]\n",
        (Format::Ndjson, 1..) => b"\n",
        _ => b"",
    })?;
    Ok(Outcome::found(found > 0))
}

/// What stands before an explanation that so many others precede.
const fn lead(format: Format, before: usize) -> &'static [u8] {
    match (format, before) {
        (Format::Json, 0) => b"[\n",
        (Format::Json, _) => b",\n",
        (_, 0) => b"",
        (Format::Text | Format::Ndjson, _) => b"\n",
    }
}
