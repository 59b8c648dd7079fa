//! Split DWARF: the entries of a unit in a `.dwo` file beside, or in one `.dwp` for all.

use super::sections::Sections;
use super::unit::Head;
use super::{Dwarf, MAIN, unit};
use crate::symbolize::debuginfo;
use crate::symbolize::elf::Elf;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Most `.dwo` files that are held open.
const MOST_FILES: usize = 512;

/// Which split files were opened.
#[derive(Debug)]
pub(super) struct Split {
    /// Where the file with the addresses stands.
    folder: PathBuf,
    /// Index of the file, by name; `None` where it cannot be read.
    opened: HashMap<PathBuf, Option<usize>>,
}

impl Split {
    pub(super) fn new(path: &Path) -> Self {
        Self { folder: path.parent().unwrap_or(path).to_path_buf(), opened: HashMap::new() }
    }
}

impl Dwarf {
    /// The other half of a skeleton: the file it stands in, and the unit.
    ///
    /// It is looked for beside the file with the addresses and below; the identifiers of both halves must agree.
    pub(super) fn other_half(&mut self, head: &Head) -> Option<(usize, Arc<Head>)> {
        let id = head.dwo_id?;
        let bases = head.bases(head);
        let mut text = |text| {
            let sections = self.files.get_mut(MAIN)?;
            let bytes = unit::text(sections, head.encoding, bases, text).ok()?;
            Some(PathBuf::from(String::from_utf8_lossy(&bytes).into_owned()))
        };
        let name = text(head.root.dwo_name.as_ref()?)?;
        let places = debuginfo::split_places(&self.split.folder, &name);
        places.into_iter().find_map(|place| self.half_in(place, id))
    }

    fn half_in(&mut self, path: PathBuf, id: u64) -> Option<(usize, Arc<Head>)> {
        let file = match self.split.opened.get(&path) {
            Some(file) => (*file)?,
            None if self.files.len() < MOST_FILES => {
                let opened =
                    std::fs::File::open(&path).ok().filter(|f| f.metadata().is_ok_and(|m| m.is_file()));
                let elf = opened.and_then(|file| Elf::open(&path, Box::new(file)).ok());
                let file = elf.map(|elf| {
                    self.files.push(Sections::new(elf, true));
                    self.files.len() - 1
                });
                self.split.opened.insert(path, file);
                file?
            }
            None => return None,
        };
        let starts = self.starts(file);
        let half = starts.into_iter().filter_map(|at| self.head(file, at)).find(|h| h.dwo_id == Some(id))?;
        Some((file, half))
    }
}
