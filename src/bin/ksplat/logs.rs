//! Every report of every log of some paths, for the verbs that read logs.

use crate::args::Paths;
use crate::console::{self, Console};
use crate::rules::Rules;
use ksplat::input::{Follow, Opened, Pieces, Settings, Source};
use ksplat::log::Detection;
use ksplat::{Error, Identity, Report};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use std::io::{self, IsTerminal as _, Write as _};

/// Logs that are read at the same time, their reports held until it is their turn.
const TOGETHER: usize = 64;

/// What was read of one log.
enum Done<T> {
    Whole { name: String, bytes: usize, detection: Detection, found: Vec<Found<T>> },
    Long { name: String, pieces: Box<Pieces> },
}

/// What becomes of a report.
enum Found<T> {
    /// It is rendered.
    Wanted(T),
    /// It is known noise: what it is, and why.
    Noise(String),
}

fn found<T>(
    name: &str,
    mut report: Report<'_>,
    rules: &Rules,
    render: &impl Fn(&str, &Report<'_>, &Identity) -> T,
) -> Found<T> {
    if let Some(lines) = &rules.lines {
        lines.fill(&mut report);
    }
    let identity = rules.naming.identify(&report);
    match rules.ignore.reason(&report, &identity) {
        None => Found::Wanted(render(name, &report, &identity)),
        Some(reason) => {
            Found::Noise(format!("{name}:{}: {}: ignored: {reason}", report.span.line, identity.title))
        }
    }
}

fn deliver<T>(
    found: Found<T>,
    console: &mut Console,
    visit: &mut impl FnMut(&mut Console, T) -> io::Result<()>,
) -> io::Result<()> {
    match found {
        Found::Wanted(one) => visit(console, one),
        Found::Noise(text) => {
            console.ignored(&text);
            Ok(())
        }
    }
}

/// Calls `visit` with what `render` makes of each report that is not noise, in the order of the logs and of their lines, and flushes
/// behind each log. Short logs are read and rendered in parallel; long ones one by one, in bounded memory.
///
/// A log that cannot be read is told on standard error, and the next one is read.
///
/// # Errors
///
/// Those of `visit`, which ends the run, and of standard output.
pub(crate) fn each_report<T: Send>(
    paths: &Paths,
    rules: &Rules,
    console: &mut Console,
    render: &(impl Fn(&str, &Report<'_>, &Identity) -> T + Sync),
    mut visit: impl FnMut(&mut Console, T) -> io::Result<()>,
) -> io::Result<()> {
    let settings = paths.settings();
    if let Some(threads) = paths.threads {
        // Fails only where it was done before.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
    }
    let mut sources = ksplat::input::walk(&paths.paths);
    loop {
        let together: Vec<_> = sources.by_ref().take(TOGETHER).collect();
        if together.is_empty() {
            console.tell_ignored();
            return Ok(());
        }
        if together.iter().any(|s| matches!(s, Ok(Source::Stdin))) && io::stdin().is_terminal() {
            console::say("reading a log from the terminal; Ctrl-D ends it");
        }
        let read = |source: Result<Source, Error>| source.and_then(|s| read(&s, &settings, rules, render));
        let done: Vec<_> = together.into_par_iter().map(read).collect();
        for log in done {
            match log {
                Err(error) => console.error(&error),
                Ok(Done::Whole { name, bytes, detection, found }) => {
                    note(console, &name, bytes, &detection, found.len());
                    found.into_iter().try_for_each(|one| deliver(one, console, &mut visit))?;
                }
                Ok(Done::Long { name, pieces }) => long(&name, pieces, rules, console, render, &mut visit)?,
            }
            console.out.flush()?;
        }
    }
}

fn read<T>(
    source: &Source,
    settings: &Settings,
    rules: &Rules,
    render: &impl Fn(&str, &Report<'_>, &Identity) -> T,
) -> Result<Done<T>, Error> {
    let name = source.name();
    Ok(match source.open(settings)? {
        Opened::Long(pieces) => Done::Long { name, pieces },
        Opened::Whole(bytes) => {
            let log = settings.log(&bytes);
            let found = log.reports().map(|r| found(&name, r, rules, render)).collect();
            Done::Whole { name, bytes: bytes.len(), detection: log.detection().clone(), found }
        }
    })
}

fn long<T>(
    name: &str,
    mut pieces: Box<Pieces>,
    rules: &Rules,
    console: &mut Console,
    render: &impl Fn(&str, &Report<'_>, &Identity) -> T,
    visit: &mut impl FnMut(&mut Console, T) -> io::Result<()>,
) -> io::Result<()> {
    let (mut count, mut more) = (0, true);
    while more {
        let mut done = Ok(());
        let read = pieces.read(&mut |report| {
            count += 1;
            if done.is_ok() {
                done = deliver(found(name, report, rules, render), console, visit);
            }
        });
        done?;
        more = read.unwrap_or_else(|error| {
            console.error(&error);
            false
        });
    }
    if let Some(detection) = pieces.detection() {
        note(console, name, pieces.received(), detection, count);
    }
    Ok(())
}

/// Calls `visit` with what `render` makes of each report of a log that grows, as soon as it is complete.
///
/// # Errors
///
/// As [`each_report`].
pub(crate) fn follow<T>(
    paths: &Paths,
    rules: &Rules,
    console: &mut Console,
    render: &impl Fn(&str, &Report<'_>, &Identity) -> T,
    mut visit: impl FnMut(&mut Console, T) -> io::Result<()>,
) -> io::Result<()> {
    let source = match paths.paths.as_slice() {
        [] => Source::Stdin,
        [path] if path.as_os_str() == "-" => Source::Stdin,
        [path] => Source::File(path.clone()),
        _ => {
            console.fail("only one log can be followed");
            return Ok(());
        }
    };
    let name = source.name();
    let reports = match Follow::new(&source, &paths.settings()) {
        Ok(reports) => reports,
        Err(error) => {
            console.error(&error);
            return Ok(());
        }
    };
    for report in reports {
        match report {
            Ok(report) => deliver(found(&name, report, rules, render), console, &mut visit)?,
            Err(error) => console.error(&error),
        }
        console.out.flush()?;
    }
    console.tell_ignored();
    Ok(())
}

fn note(console: &Console, name: &str, bytes: usize, detection: &Detection, found: usize) {
    let Detection { transport, reason, .. } = detection;
    console.note(&format!("{name}: {bytes} bytes, {found} reports"));
    console.note(&format!("{name}: read as {transport}: {reason}"));
}
