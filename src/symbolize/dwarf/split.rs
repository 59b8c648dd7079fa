//! Split DWARF: the entries of a unit in a `.dwo` file beside, or those of all units in one package (`.dwp`).

use super::die::Slice;
use super::sections::Sections;
use super::unit::{Head, Share};
use super::{Dwarf, MAIN, unit};
use crate::symbolize::debuginfo;
use crate::symbolize::elf::Elf;
use gimli::{DebugCuIndex, IndexSectionId, RunTimeEndian, SectionId};
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
    /// What a package is called: as the file with the addresses, and `.dwp`.
    package: PathBuf,
    /// The package's own index, once somebody asked.
    index: Option<Index>,
}

/// Which part of a package is whose.
#[derive(Debug, Default)]
struct Index {
    file: usize,
    endian: RunTimeEndian,
    bytes: Vec<u8>,
}

impl Split {
    pub(super) fn new(path: &Path) -> Self {
        let mut package = path.as_os_str().to_owned();
        package.push(".dwp");
        Self {
            folder: path.parent().unwrap_or(path).to_path_buf(),
            opened: HashMap::new(),
            package: package.into(),
            index: None,
        }
    }
}

impl Index {
    /// Where the unit with this identifier stands in `.debug_info.dwo`, and its shares of the other sections.
    fn find(&self, id: u64) -> Option<(u64, Share)> {
        let index = DebugCuIndex::from(Slice::new(&self.bytes, self.endian)).index().ok()?;
        let mut info = None;
        let mut share = Share::default();
        for part in index.sections(index.find(id)?).ok()? {
            let start = u64::from(part.offset);
            match part.section {
                IndexSectionId::DebugInfo => info = Some(start),
                IndexSectionId::DebugAbbrev => share.abbreviations = start,
                IndexSectionId::DebugStrOffsets => share.str_offsets = start,
                IndexSectionId::DebugRngLists => share.rnglists = start,
                _ => {}
            }
        }
        Some((info?, share))
    }
}

impl Dwarf {
    /// The other half of a skeleton: the file it stands in, and the unit.
    ///
    /// It is looked for in the package, then beside the file with the addresses and below; the identifiers of both
    /// halves must agree.
    pub(super) fn other_half(&mut self, head: &Head) -> Option<(usize, Arc<Head>)> {
        let id = head.dwo_id?;
        if let Some(half) = self.half_in_package(id) {
            return Some(half);
        }
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

    fn half_in_package(&mut self, id: u64) -> Option<(usize, Arc<Head>)> {
        if self.split.index.is_none() {
            self.split.index = Some(self.open_package().unwrap_or_default());
        }
        let index = self.split.index.as_ref()?;
        let (file, (offset, share)) = (index.file, index.find(id)?);
        let sections = self.files.get_mut(file)?;
        let half = Head::of_package(sections, offset, share).ok().filter(|half| half.dwo_id == Some(id))?;
        let half = Arc::new(half);
        self.heads.insert((file, offset), Some(Arc::clone(&half)));
        Some((file, half))
    }

    fn open_package(&mut self) -> Option<Index> {
        let file = self.open_split(self.split.package.clone())?;
        let sections = self.files.get_mut(file)?;
        let size = sections.size(SectionId::DebugCuIndex);
        let bytes = sections.bytes(SectionId::DebugCuIndex, 0..size).ok()?;
        Some(Index { file, endian: sections.endian(), bytes })
    }

    /// Opens a file with the other halves of units, or finds that it was opened before.
    fn open_split(&mut self, path: PathBuf) -> Option<usize> {
        if let Some(file) = self.split.opened.get(&path) {
            return *file;
        }
        if self.files.len() >= MOST_FILES {
            return None;
        }
        let opened = std::fs::File::open(&path).ok().filter(|f| f.metadata().is_ok_and(|m| m.is_file()));
        let elf = opened.and_then(|file| Elf::open(&path, Box::new(file)).ok());
        let file = elf.map(|elf| {
            self.files.push(Sections::new(elf, true));
            self.files.len() - 1
        });
        self.split.opened.insert(path, file);
        file
    }

    fn half_in(&mut self, path: PathBuf, id: u64) -> Option<(usize, Arc<Head>)> {
        let file = self.open_split(path)?;
        let starts = self.starts(file);
        let half = starts.into_iter().filter_map(|at| self.head(file, at)).find(|h| h.dwo_id == Some(id))?;
        Some((file, half))
    }
}
