//! Standard output and standard error of one run: data to the one, everything else to the other.

use ksplat::output::Clean;
use ksplat::output::text::Colour;
use std::error::Error;
use std::io::{self, BufWriter, StdoutLock, Write};

/// What a run writes to, and whether anything went wrong.
pub(crate) struct Console {
    /// Data. An error of it ends the run.
    pub(crate) out: BufWriter<StdoutLock<'static>>,
    /// Whether text on `out` is coloured.
    pub(crate) colour: Colour,
    verbose: bool,
    failed: bool,
    ignored: usize,
}

impl Console {
    pub(crate) fn new(colour: Colour, verbose: bool) -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
            colour,
            verbose,
            failed: false,
            ignored: 0,
        }
    }

    /// Whether [`Console::error`] was called.
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    /// Tells an error with its causes; the run goes on and will exit with 2.
    pub(crate) fn error(&mut self, error: &dyn Error) {
        self.failed = true;
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        say(&text);
    }

    /// The value, or the error told.
    pub(crate) fn value<T, E: Error>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.error(&error)).ok()
    }

    /// Counts a report that is noise; what it is, only `-v` wants to know.
    pub(crate) fn ignored(&mut self, text: &str) {
        self.ignored += 1;
        self.note(text);
    }

    /// Tells how many reports were noise.
    pub(crate) fn tell_ignored(&mut self) {
        match std::mem::take(&mut self.ignored) {
            0 => {}
            1 => say("1 report ignored"),
            count => say(&format!("{count} reports ignored")),
        }
    }

    /// Tells what cannot be done; the run will exit with 2.
    pub(crate) fn fail(&mut self, text: &str) {
        self.failed = true;
        say(text);
    }

    /// Tells something that only `-v` wants to know.
    pub(crate) fn note(&self, text: &str) {
        if self.verbose {
            say(text);
        }
    }
}

/// Writes to standard error. That it may be closed is nobody's fault.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "ksplat: {}", Clean(text));
}
