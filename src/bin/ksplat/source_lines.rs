//! Source lines for the reports of many logs, which are read in parallel and take turns.

use crate::args::Files;
use crate::console::Console;
use crate::symbolize;
use ksplat::symbolize::Symbolizer;
use ksplat::{Error, Report, Result};
use std::sync::{Mutex, PoisonError};

/// Gives reports their source lines, and keeps what went wrong until the reports are printed.
#[derive(Debug)]
pub(crate) struct SourceLines(Mutex<(Symbolizer, Vec<Error>)>);

impl SourceLines {
    /// From the files that were given; `None` if none were.
    ///
    /// # Errors
    ///
    /// Where vmlinux cannot be used.
    pub(crate) fn open(files: &Files) -> Result<Option<Self>> {
        if !files.are_given() {
            return Ok(None);
        }
        let symbolizer = Symbolizer::open(symbolize::settings(files))?;
        Ok(Some(Self(Mutex::new((symbolizer, Vec::new())))))
    }

    /// Puts them into a report.
    pub(crate) fn fill(&self, report: &mut Report<'_>) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (symbolizer, errors) = &mut *guard;
        errors.extend(symbolizer.report(report).err());
        errors.extend(symbolizer.take_errors());
    }

    /// Says where files were looked for, and what went wrong.
    pub(crate) fn tell(self, console: &mut Console) {
        let (mut symbolizer, errors) = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        symbolizer.take_trail().iter().for_each(|step| console.note(step));
        errors.iter().for_each(|error| console.error(error));
    }
}
