//! The `ksplat` program: arguments → calls of the public API → an exit code.

mod args;
mod bisect;
mod bisect_args;
mod completions;
mod console;
mod explain;
mod group;
mod index;
mod kernel_signature;
mod kinds;
mod logs;
mod man;
mod near;
mod oracle;
mod rules;
mod saved;
mod scan;
mod schema;
mod sig;
mod source_lines;
mod symbolize;

use args::{Cli, Color, Global, Verb};
use clap::{CommandFactory as _, FromArgMatches as _};
use console::Console;
use ksplat::bisect::Answer;
use ksplat::output::text::Colour;
use oracle::{Answered, Failure};
use std::io::{self, Write as _};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

/// What a verb has to say by its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 0.
    Nothing,
    /// 1.
    Found,
    /// What the oracle answers, or that it cannot.
    Oracle(Answered),
}

impl Outcome {
    pub(crate) const fn found(found: bool) -> Self {
        if found { Self::Found } else { Self::Nothing }
    }
}

/// Something could not be read or written.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    // To describe all verbs takes longer than to read the arguments, so it is done once.
    let command = Cli::command();
    if !oracle::is_asked(&command, std::env::args_os().map(|a| a.to_string_lossy().into_owned())) {
        return run_cli(parse(command).unwrap_or_else(|error| error.exit()));
    }
    // Git takes the exit codes of clap and of a panic for "bad".
    match std::panic::catch_unwind(AssertUnwindSafe(|| parse(command).map(run_cli))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            let _ = error.print();
            if error.use_stderr() { Failure::Usage.exit_code().into() } else { 0.into() }
        }
        Err(_) => Failure::Panic.exit_code().into(),
    }
}

fn parse(command: clap::Command) -> Result<Cli, clap::Error> {
    let mut matches = command.try_get_matches()?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut Cli::command()))
}

fn run_cli(cli: Cli) -> ExitCode {
    let mut console = Console::new(colour(&cli.global), cli.global.verbose);
    let outcome = run(&cli.verb, &mut console).and_then(|outcome| {
        let flushed = console.out.flush();
        // An answer of the oracle is its exit code: that nobody reads the words makes it no other.
        if !matches!(outcome, Outcome::Oracle(_)) {
            flushed?;
        }
        Ok(outcome)
    });
    match outcome {
        Ok(Outcome::Oracle(answered)) => answered.map_or_else(Failure::exit_code, Answer::exit_code).into(),
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
        Verb::Near(args) => near::run(args, console),
        Verb::Bisect(args) => bisect::run(args, console),
        Verb::Check(args) => Ok(Outcome::Oracle(oracle::check(args, console))),
        Verb::KernelSignature(args) => kernel_signature::run(args, console),
        Verb::Verdict(args) => Ok(Outcome::Oracle(oracle::verdict(args, console))),
        Verb::Sig(args) => sig::run(args, console),
        Verb::Symbolize(args) => symbolize::run(args, console),
        Verb::Index(args) => index::run(args, console),
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
