//! `ksplat index`: writes indices of a kernel and its modules.

use crate::Outcome;
use crate::args::IndexArgs;
use crate::console::Console;
use ksplat::input::Source;
use ksplat::output::Clean;
use ksplat::symbolize::{cache_folder, write_index};
use std::io::{self, Write as _};
use std::path::PathBuf;

pub(crate) fn run(args: &IndexArgs, console: &mut Console) -> io::Result<Outcome> {
    let Some(folder) = args.index.clone().or_else(cache_folder) else {
        console.fail("there is no home directory; say where with --index");
        return Ok(Outcome::Nothing);
    };
    for file in files(args, console) {
        match write_index(&file, &folder) {
            Ok(path) => writeln!(console.out, "{}", Clean(path.display()))?,
            Err(error) => console.error(&error),
        }
        console.out.flush()?;
    }
    Ok(Outcome::Nothing)
}

/// The files that are named, and the modules in the directories that are.
fn files(args: &IndexArgs, console: &mut Console) -> Vec<PathBuf> {
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) =
        args.files.iter().cloned().partition(|p| p.is_dir());
    if folders.is_empty() {
        return files;
    }
    for source in ksplat::input::walk(&folders) {
        match source {
            Ok(Source::File(path)) if is_module(&path) => files.push(path),
            Ok(_) => {}
            Err(error) => console.error(&error),
        }
    }
    files
}

fn is_module(path: &std::path::Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    [".ko", ".ko.debug", ".ko.xz", ".ko.zst", ".ko.gz"].iter().any(|ending| name.ends_with(ending))
}
