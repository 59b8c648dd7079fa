//! The `ksplat` program: arguments → calls of the public API → an exit code.

mod args;
mod completions;
mod console;
mod explain;
mod group;
mod kinds;
mod logs;
mod man;
mod rules;
mod saved;
mod scan;
mod schema;

use args::{Cli, Color, Global, Verb};
use clap::Parser as _;
use console::Console;
use ksplat::output::text::Colour;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// What a verb has to say by its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 0.
    Nothing,
    /// 1.
    Found,
}

impl Outcome {
    pub(crate) const fn found(found: bool) -> Self {
        if found { Self::Found } else { Self::Nothing }
    }
}

/// Something could not be read or written.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut console = Console::new(colour(&cli.global), cli.global.verbose);
    let outcome = run(&cli.verb, &mut console).and_then(|outcome| {
        console.out.flush()?;
        Ok(outcome)
    });
    match outcome {
        Ok(_) if console.failed() => ERROR.into(),
        Ok(Outcome::Nothing) => 0.into(),
        Ok(Outcome::Found) => 1.into(),
        // Whoever closed the pipe has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 0.into(),
        Err(error) => {
            console::say(&format!("cannot write to standard output: {error}"));
            ERROR.into()
        }
    }
}

fn run(verb: &Verb, console: &mut Console) -> io::Result<Outcome> {
    match verb {
        Verb::Scan(args) => scan::run(args, console),
        Verb::Group(args) => group::run(args, console),
        Verb::Explain(args) => explain::run(args, console),
        Verb::Kinds(args) => kinds::run(args, console),
        Verb::Schema(args) => schema::run(args, console),
        Verb::Completions(args) => completions::run(args, console),
        Verb::Man(args) => man::run(args, console),
    }
}

fn colour(global: &Global) -> Colour {
    let coloured = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    };
    if coloured { Colour::Always } else { Colour::Never }
}
