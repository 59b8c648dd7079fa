//! The settings that every verb that reads logs takes: what is noise, who is no suspect, whose code it is.

use crate::args::RuleArgs;
use crate::console::Console;
use crate::saved;
use crate::source_lines::SourceLines;
use ksplat::Result;
use ksplat::dedup::{Helpers, Ignore, Naming};
use ksplat::owners::{Maintainers, Owners};
use std::path::Path;

/// The files, read.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) naming: Naming,
    pub(crate) ignore: Ignore,
    maintainers: Option<Maintainers>,
    /// Where frames get their source lines from, for the verbs that take a vmlinux.
    pub(crate) lines: Option<SourceLines>,
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
