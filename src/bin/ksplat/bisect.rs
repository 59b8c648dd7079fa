//! `ksplat bisect`: reads, replays and audits a bisection log.

use crate::Outcome;
use crate::bisect_args::{BisectArgs, BisectFormat};
use crate::console::Console;
use ksplat::bisect::Bisection;
use ksplat::bisect::audit::audit;
use ksplat::input::Source;
use ksplat::output::{bisect, json, text};
use std::io::{self, Write as _};

/// A culprit that is more probably right than not.
const BELIEVED: f64 = 0.5;

pub(crate) fn run(args: &BisectArgs, console: &mut Console) -> io::Result<Outcome> {
    let source = Source::of(args.path.as_deref());
    let (name, log) = match source.read() {
        Ok(log) => (source.name(), log),
        Err(error) => {
            console.error(&error);
            return Ok(Outcome::Nothing);
        }
    };
    let Some(bisection) = Bisection::parse(&log) else {
        console.fail(&format!("not a bisection log: {name}"));
        return Ok(Outcome::Nothing);
    };
    for line in &bisection.unknown.first {
        console.note(&format!("{name}: unknown line: {}", line.escape_ascii()));
    }
    let audit = audit(&bisection);
    let out = &mut console.out;
    match args.format {
        BisectFormat::Text => write!(out, "{}", text::bisect(&name, &bisection, &audit, console.colour))?,
        BisectFormat::Markdown => write!(out, "{}", bisect::markdown(&bisection, &audit))?,
        BisectFormat::Json => {
            json::write(&mut *out, &json::Bisect::new(&name, &bisection, &audit))?;
            writeln!(out)?;
        }
    }
    Ok(Outcome::found(audit.confidence.is_none_or(|c| c < BELIEVED)))
}
