//! The settings that every verb that reads logs takes: what is noise, who is no suspect, whose code it is.

use crate::args::{Files, RuleArgs};
use crate::console::Console;
use crate::{saved, symbolize};
use ksplat::dedup::{Helpers, Ignore, Naming};
use ksplat::owners::{Maintainers, Owners};
use ksplat::symbolize::Symbolizer;
use ksplat::{Error, Report, Result};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The files, read.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) naming: Naming,
    pub(crate) ignore: Ignore,
    maintainers: Option<Maintainers>,
    /// One for all logs; they are read in parallel and take turns.
    symbolizing: Option<Mutex<Symbolizing>>,
}

/// Gives reports their source lines, and keeps what went wrong until the reports are printed.
#[derive(Debug)]
struct Symbolizing {
    symbolizer: Symbolizer,
    errors: Vec<Error>,
}

impl Rules {
    /// Reads the files; `None` if one could not be, which is told.
    pub(crate) fn load(args: &RuleArgs, console: &mut Console) -> Option<Self> {
        let rules = console.value(Self::read(args))?;
        for expression in rules.maintainers.iter().flat_map(Maintainers::not_understood) {
            console.note(&format!("only Perl understands this expression of MAINTAINERS: {expression}"));
        }
        Some(rules)
    }

    /// The same with source lines, if somebody wants them; `None` if vmlinux cannot be used, which is told.
    pub(crate) fn with_files(self, files: &Files, console: &mut Console) -> Option<Self> {
        if !files.are_given() {
            return Some(self);
        }
        let symbolizer = console.value(Symbolizer::open(symbolize::settings(files)))?;
        let symbolizing = Some(Mutex::new(Symbolizing { symbolizer, errors: Vec::new() }));
        Some(Self { symbolizing, ..self })
    }

    /// Gives a report its source lines, where somebody wants them.
    pub(crate) fn symbolize(&self, report: &mut Report<'_>) {
        let Some(symbolizing) = &self.symbolizing else { return };
        let mut symbolizing = symbolizing.lock().unwrap_or_else(PoisonError::into_inner);
        let Symbolizing { symbolizer, errors } = &mut *symbolizing;
        errors.extend(symbolizer.report(report).err());
        errors.extend(symbolizer.take_errors());
    }

    /// Tells which files served, and what went wrong with them.
    pub(crate) fn tell(self, console: &mut Console) {
        let Some(symbolizing) = self.symbolizing else { return };
        let mut symbolizing = symbolizing.into_inner().unwrap_or_else(PoisonError::into_inner);
        symbolizing.symbolizer.take_trail().iter().for_each(|step| console.note(step));
        symbolizing.errors.iter().for_each(|error| console.error(error));
    }

    fn read(args: &RuleArgs) -> Result<Self> {
        let mut rules = Self::default();
        for path in &args.ignore {
            rules.ignore.extend(Ignore::parse(&saved::read(path)?, &path.to_string_lossy())?);
        }
        if let Some(path) = &args.skip {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let helpers = Helpers::parse(&name, &saved::read(path)?, &path.to_string_lossy())?;
            rules.naming = rules.naming.skipping(helpers);
        }
        rules.maintainers = args.maintainers.as_deref().map(maintainers).transpose()?;
        Ok(rules)
    }

    /// Who looks after a source file, if anybody does.
    pub(crate) fn owners(&self, file: Option<&str>) -> Option<Owners> {
        let owners = self.maintainers.as_ref()?.owners_of(file?);
        (!owners.subsystems.is_empty()).then_some(owners)
    }
}

fn maintainers(path: &Path) -> Result<Maintainers> {
    Maintainers::parse(&saved::read(path)?, &path.to_string_lossy())
}
