//! `ksplat symbolize`: a log in, the same log out with source lines.

use crate::Outcome;
use crate::args::{Files, SymbolizeArgs};
use crate::console::{self, Console};
use ksplat::filter::Filter;
use ksplat::input::Source;
use ksplat::symbolize::{KaslrOffset, Settings, Symbolizer};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

pub(crate) fn run(args: &SymbolizeArgs, console: &mut Console) -> io::Result<Outcome> {
    let mut symbolizer = match Symbolizer::open(settings(&args.files)) {
        Ok(symbolizer) => symbolizer,
        Err(error) => {
            console.error(&error);
            return Ok(Outcome::Nothing);
        }
    };
    let mut filter = Filter::new(&mut symbolizer);
    if args.follow {
        follow(&mut filter, console)?;
    } else {
        each_log(args, &mut filter, console)?;
    }
    let counts = filter.counts();
    for step in symbolizer.take_trail() {
        console.note(&step);
    }
    // All of the process goes at once; to take these tables apart first would be a tenth of a short run.
    std::mem::forget(symbolizer);
    console.note(&format!("{} places have a source line, {} have none", counts.resolved, counts.unknown));
    Ok(Outcome::Nothing)
}

/// What the options say of files.
pub(crate) fn settings(files: &Files) -> Settings {
    let mut settings = Settings::default();
    settings.vmlinux.clone_from(&files.vmlinux);
    settings.symbols.clone_from(&files.symbols);
    settings.modules.clone_from(&files.modules);
    settings.release.clone_from(&files.release);
    settings.indices = files.index.clone().or_else(ksplat::symbolize::cache_folder);
    settings.force = files.force;
    settings.debuginfod = files.debuginfod;
    settings.kaslr_offset = files.kaslr_offset.map(KaslrOffset);
    settings
}

fn each_log(args: &SymbolizeArgs, filter: &mut Filter<'_>, console: &mut Console) -> io::Result<()> {
    for source in ksplat::input::walk(&args.paths) {
        if matches!(source, Ok(Source::Stdin)) && io::stdin().is_terminal() {
            console::say("reading a log from the terminal; Ctrl-D ends it");
        }
        match source.and_then(|source| source.read()) {
            Ok(bytes) => filter.log(&bytes, &mut console.out)?,
            Err(error) => console.error(&error),
        }
        filter.take_errors().iter().for_each(|error| console.error(error));
        console.out.flush()?;
    }
    Ok(())
}

/// Line by line, as they come.
fn follow(filter: &mut Filter<'_>, console: &mut Console) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let ended = line.pop_if(|c| *c == b'\n').is_some();
        filter.line(&line, &mut console.out)?;
        if ended {
            console.out.write_all(b"\n")?;
        }
        console.out.flush()?;
        filter.take_errors().iter().for_each(|error| console.error(error));
        line.clear();
    }
    Ok(())
}
