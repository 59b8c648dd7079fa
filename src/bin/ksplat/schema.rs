//! `ksplat schema`: prints the JSON Schema of an output.

use crate::Outcome;
use crate::args::{SchemaArgs, SchemaOf};
use crate::console::Console;
use ksplat::output::json::{Output, schema};
use std::io::{self, Write as _};

pub(crate) fn run(args: &SchemaArgs, console: &mut Console) -> io::Result<Outcome> {
    let output = match args.output {
        SchemaOf::Report => Output::Report,
        SchemaOf::Groups => Output::Groups,
        SchemaOf::Known => Output::Known,
        SchemaOf::Explanation => Output::Explanation,
        SchemaOf::Near => Output::Near,
        SchemaOf::Bisect => Output::Bisect,
        SchemaOf::Answer => Output::Answer,
    };
    serde_json::to_writer_pretty(&mut console.out, &schema(output))?;
    writeln!(console.out)?;
    Ok(Outcome::Nothing)
}
