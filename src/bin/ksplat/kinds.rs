//! `ksplat kinds`: lists the rows of the table; for people two lines a row, the second an example of its header.

use crate::Outcome;
use crate::args::{Format, KindsArgs};
use crate::console::Console;
use ksplat::KindRow;
use serde::Serialize;
use std::io::{self, Write as _};

/// A row of the table as JSON.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    class: &'static str,
    title: &'static str,
    example: &'static str,
}

pub(crate) fn run(args: &KindsArgs, console: &mut Console) -> io::Result<Outcome> {
    let out = &mut console.out;
    match args.format {
        Format::Text => {
            let width = ksplat::kinds().map(|k| k.name.len()).max().unwrap_or(0);
            for kind in ksplat::kinds() {
                writeln!(out, "{:<width$}  {:<19}  {}", kind.name, kind.class, kind.title)?;
                writeln!(out, "    {}", kind.example)?;
            }
        }
        Format::Json => {
            serde_json::to_writer(&mut *out, &ksplat::kinds().map(|k| row(&k)).collect::<Vec<_>>())?;
            writeln!(out)?;
        }
        Format::Ndjson => {
            for kind in ksplat::kinds() {
                serde_json::to_writer(&mut *out, &row(&kind))?;
                writeln!(out)?;
            }
        }
    }
    Ok(Outcome::Nothing)
}

fn row(kind: &KindRow) -> Row {
    Row { name: kind.name, class: kind.class.name(), title: kind.title, example: kind.example }
}
