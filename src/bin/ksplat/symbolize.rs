//! `ksplat symbolize`: a log in, the same log out with source lines.

use crate::Outcome;
use crate::args::{Files, SymbolizeArgs};
use crate::console::{self, Console};
use ksplat::filter::Filter;
use ksplat::input::Source;
use ksplat::output::Clean;
use ksplat::symbolize::{KaslrOffset, Settings, Symbolizer};
use std::io::{self, BufRead as _, IsTerminal as _, Write};

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
            Ok(bytes) => print(console, |mut out| filter.log(&bytes, &mut out))?,
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
        print(console, |mut out| {
            filter.line(&line, &mut out)?;
            if ended { out.write_all(b"\n") } else { Ok(()) }
        })?;
        console.out.flush()?;
        filter.take_errors().iter().for_each(|error| console.error(error));
        line.clear();
    }
    Ok(())
}

/// Writes every byte of a log again, but to a terminal only what it does not obey.
fn print(console: &mut Console, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return write(&mut console.out);
    }
    let mut text = Vec::new();
    write(&mut text)?;
    console.out.write_all(shown(&text).as_bytes())
}

/// Lines as a terminal may show them.
fn shown(text: &[u8]) -> String {
    let line = |line: &[u8]| {
        let (line, end) = line.strip_suffix(b"\n").map_or((line, ""), |line| (line, "\n"));
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        format!("{}{end}", Clean(String::from_utf8_lossy(line)))
    };
    text.split_inclusive(|c| *c == b'\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_terminal_is_not_told_what_to_do() {
        assert_eq!(shown(b"a\x1b[2Jb\xff\r\n\tc\x07\nd"), "a\\u{1b}[2Jb\u{fffd}\n c\\u{7}\nd");
    }
}
