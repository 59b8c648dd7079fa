//! `ksplat completions`: prints what a shell needs to complete our command line.

use crate::Outcome;
use crate::args::{Cli, CompletionsArgs};
use crate::console::Console;
use clap::CommandFactory as _;
use std::io::{self, Write as _};

pub(crate) fn run(args: &CompletionsArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ksplat", &mut script);
    console.out.write_all(&script)?;
    Ok(Outcome::Nothing)
}
