//! Every report of every log of some paths, for the verbs that read logs.

use crate::console::{self, Console};
use ksplat::input::Source;
use ksplat::{Identity, Report};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

/// Calls `visit` with each report, in the order of the logs and of their lines, and flushes behind each log.
///
/// A log that cannot be read is told on standard error, and the next one is read.
///
/// # Errors
///
/// Those of `visit`, which ends the run, and of standard output.
pub(crate) fn each_report(
    paths: &[PathBuf],
    console: &mut Console,
    mut visit: impl FnMut(&mut Console, &str, &Report<'_>, &Identity) -> io::Result<()>,
) -> io::Result<()> {
    for source in ksplat::input::walk(paths) {
        if matches!(source, Ok(Source::Stdin)) && io::stdin().is_terminal() {
            console::say("reading a log from the terminal; Ctrl-D ends it");
        }
        let log = source.and_then(|source| Ok((source.name(), source.read()?)));
        let (name, bytes) = match log {
            Ok(log) => log,
            Err(error) => {
                console.error(&error);
                continue;
            }
        };
        let mut found = 0;
        for report in ksplat::reports(&bytes) {
            visit(console, &name, &report, &ksplat::identify(&report))?;
            found += 1;
        }
        console.note(&format!("{name}: {} bytes, {found} reports", bytes.len()));
        console.out.flush()?;
    }
    Ok(())
}
