//! One file with code: its symbols and its lines together.

use super::address::{CodeAddress, LinkAddress, Position};
use super::build_id::BuildId;
use super::debuginfo;
use super::dwarf::{Dwarf, Level};
use super::elf::{Elf, MOST_GROWTH, Source};
use super::index::{self, Index};
use super::symbols::{START_KERNEL, Symbols};
use super::table::{Found, Table};
use crate::decompress::{self, Limit};
use crate::report::{Symbol, Text};
use crate::{Error, ErrorKind, Result};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Most bytes of a module, decompressed.
const LARGEST_MODULE: u64 = 2 << 30;

/// A function at a place of the source, as a symbolizer gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFrame {
    /// The function; Rust's names demangled.
    pub function: String,
    /// The source file, relative to the kernel's tree where it stands in there.
    pub file: Option<String>,
    /// The line, from 1; `None` where the compiler blames none.
    pub line: Option<u32>,
}

/// Why a frame has no source line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unknown {
    /// No file has the function's module.
    #[error("no file of module {0}")]
    NoModule(String),
    /// The file has no function of that name.
    #[error("no function {0}")]
    NoFunction(String),
    /// Functions of that name have other sizes: the log comes from another build.
    #[error("{function} is {size:#x} bytes long in the log, {found:#x?} in the file: another build")]
    OtherSize {
        /// The function.
        function: String,
        /// Its size in the log.
        size: u64,
        /// The sizes in the file.
        found: Vec<u64>,
    },
    /// Several functions have both the name and the size.
    #[error("{count} functions are called {function} and have that size")]
    Ambiguous {
        /// The function.
        function: String,
        /// How many there are.
        count: usize,
    },
    /// The address is not in the file, or how far the kernel was moved is not known.
    #[error("the address is in no file")]
    NoAddress,
    /// There is no debug information of the place.
    #[error("no line is known of {0}")]
    NoLine(String),
}

/// What is known of a place: the functions there, innermost first, the last the one that is not inlined; or why not.
pub type Answer = std::result::Result<Vec<SourceFrame>, Unknown>;

/// A file with code, opened.
#[derive(Debug)]
pub(crate) struct Object {
    path: PathBuf,
    build_id: Option<BuildId>,
    /// What the kernel says of itself first, once somebody asked whether it does.
    banner: Option<Option<Vec<u8>>>,
    debug_link: Option<Vec<u8>>,
    has_lines: bool,
    contents: Contents,
}

/// What answers.
#[derive(Debug)]
enum Contents {
    /// The file itself.
    Elf(Symbols, Box<Dwarf>),
    /// A list of names.
    Names(Table),
    /// What was written of the file before.
    Index(Box<Index>),
}

impl Contents {
    fn find(&mut self, name: &[u8], size: Option<u64>) -> Found {
        match self {
            Self::Elf(symbols, dwarf) => dwarf.elf().map_or(Found::None, |elf| symbols.find(elf, name, size)),
            Self::Names(table) => table.find(name, size),
            Self::Index(index) => index.find(name, size),
        }
    }

    /// The function that an address stands in, where it starts, and how far it is from there to the next.
    fn symbol_at(&mut self, address: u64) -> Option<(String, u64, u64)> {
        match self {
            Self::Elf(symbols, dwarf) => symbols.at(dwarf.elf()?, address),
            Self::Names(table) => table.function(address),
            Self::Index(index) => {
                let (name, start, size) = index.at(address)?;
                Some((String::from_utf8_lossy(&name).into_owned(), start, size))
            }
        }
    }

    fn levels(&mut self, address: u64) -> Vec<Level> {
        match self {
            Self::Elf(_, dwarf) => dwarf.find(address),
            Self::Names(_) => Vec::new(),
            Self::Index(index) => index.levels(address),
        }
    }
}

/// A file, opened; to open anything else could wait for ever, or start something.
fn regular(path: &Path) -> std::io::Result<std::fs::File> {
    if std::fs::metadata(path)?.is_file() {
        return std::fs::File::open(path);
    }
    Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no file"))
}

impl Object {
    /// Opens the file at `path`, and its index if that is among the `indices`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if it cannot be read, [`ErrorKind::Object`] if it is no usable ELF file.
    pub(crate) fn open(path: &Path, indices: Option<&Path>) -> Result<Self> {
        let unreadable = |e| Error::new(ErrorKind::Read(path.to_path_buf()), e);
        Self::read(path, Box::new(regular(path).map_err(unreadable)?), indices)
    }

    /// Reads the bytes of `source` as the file at `path`.
    ///
    /// # Errors
    ///
    /// As [`Object::open`].
    fn read(path: &Path, source: Box<dyn Source>, indices: Option<&Path>) -> Result<Self> {
        let mut elf = Elf::open(path, source)?;
        let build_id = elf.build_id().cloned();
        let debug_link = elf.debug_link();
        let has_lines = elf.section(b".debug_line").is_some();
        let path = path.to_path_buf();
        let index = indices.zip(build_id.as_ref()).and_then(|(folder, id)| Index::open(folder, id));
        if let Some(index) = index {
            let banner = Some(index.banner().map(<[u8]>::to_vec));
            let contents = Contents::Index(Box::new(index));
            return Ok(Self { path, build_id, banner, debug_link, has_lines: true, contents });
        }
        let contents = Contents::Elf(Symbols::default(), Box::new(Dwarf::new(elf)));
        Ok(Self { path, build_id, banner: None, debug_link, has_lines, contents })
    }

    /// Whether an index answers.
    pub(crate) const fn is_indexed(&self) -> bool {
        matches!(self.contents, Contents::Index(_))
    }

    /// Writes the index of the file into a folder; its path.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NoIndex`] if the file has no build ID or no line table, [`ErrorKind::Write`] if the index cannot
    /// be written.
    pub(crate) fn write_index(&mut self, folder: &Path) -> Result<PathBuf> {
        let (Contents::Elf(symbols, dwarf), Some(id), true) =
            (&mut self.contents, &self.build_id, self.has_lines)
        else {
            return Err(ErrorKind::NoIndex(self.path.clone()).into());
        };
        let unusable = || ErrorKind::NoIndex(self.path.clone());
        let elf = dwarf.elf().ok_or_else(unusable)?;
        let table = symbols.all(elf);
        let banner = elf.banner();
        index::write(folder, id, banner.as_deref(), table, dwarf)
            .map_err(|e| Error::new(ErrorKind::Write(folder.to_path_buf()), e))
    }

    /// As [`Object::open`], of a file that may be compressed as a whole, as modules are.
    pub(crate) fn open_packed(path: &Path, indices: Option<&Path>) -> Result<Self> {
        let unreadable = |e| Error::new(ErrorKind::Read(path.to_path_buf()), e);
        let is_packed = path.extension().is_some_and(|e| e == "xz" || e == "zst" || e == "gz");
        if !is_packed {
            return Self::open(path, indices);
        }
        let file = regular(path).map_err(unreadable)?;
        let limit = Limit { size: LARGEST_MODULE, growth: MOST_GROWTH };
        let mut bytes = Vec::new();
        let read = decompress::open(file, limit).and_then(|mut plain| plain.read_to_end(&mut bytes));
        read.map_err(unreadable)?;
        Self::read(path, Box::new(std::io::Cursor::new(bytes)), indices)
    }

    /// Reads `System.map` or `/proc/kallsyms`: names without lines.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if it cannot be read, [`ErrorKind::Symbols`] if no line of it is a symbol.
    pub(crate) fn open_names(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|e| Error::new(ErrorKind::Read(path.to_path_buf()), e))?;
        let table = Table::of_names(&text);
        if table.is_empty() {
            return Err(ErrorKind::Symbols(path.to_path_buf()).into());
        }
        let path = path.to_path_buf();
        Ok(Self {
            path,
            build_id: None,
            banner: Some(None),
            debug_link: None,
            has_lines: false,
            contents: Contents::Names(table),
        })
    }

    /// The function that an address stands in, as a trace would print it: `%pB` for return addresses, `%pS` for others.
    pub(crate) fn name_at(&mut self, address: CodeAddress) -> Option<Symbol<'static>> {
        let (name, start, size) = self.contents.symbol_at(address.for_lookup().0)?;
        Some(Symbol {
            name: Text::from(name),
            offset: Some(address.address.0.saturating_sub(start)),
            size: Some(size),
            ..Symbol::default()
        })
    }

    /// Whether the file has a line table.
    pub(crate) fn has_lines(&self) -> bool {
        self.has_lines
    }

    /// Where the debug information of this file may stand if it has none.
    pub(crate) fn separate_places(&self) -> Vec<PathBuf> {
        debuginfo::separate_places(&self.path, self.build_id.as_ref(), self.debug_link.as_deref())
    }

    /// The kernel's release, by its banner.
    pub(crate) fn release(&mut self) -> Option<String> {
        let release = self.banner()?.split(|c| *c == b' ').nth(2)?;
        Some(String::from_utf8_lossy(release).into_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn build_id(&self) -> Option<&BuildId> {
        self.build_id.as_ref()
    }

    /// `Linux version …`.
    pub(crate) fn banner(&mut self) -> Option<&[u8]> {
        let contents = &mut self.contents;
        let banner = self.banner.get_or_insert_with(|| match contents {
            Contents::Elf(symbols, dwarf) => dwarf.elf().and_then(|elf| {
                symbols.pick(elf);
                elf.banner()
            }),
            _ => None,
        });
        banner.as_deref()
    }

    /// Says which functions will be asked for.
    pub(crate) fn expect<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        if let Contents::Elf(symbols, _) = &mut self.contents {
            symbols.expect(names);
        }
    }

    /// What the kernel's source tree was called where this vmlinux was built, if paths below it are written whole.
    pub(crate) fn tree(&mut self) -> Option<String> {
        let Found::One(start) = self.contents.find(START_KERNEL, None) else { return None };
        let level = self.contents.levels(start).pop()?;
        Some(level.source?.file.strip_suffix("/init/main.c")?.to_owned())
    }

    /// Where a function starts that a trace calls `name`, `size` bytes long.
    ///
    /// # Errors
    ///
    /// Why that is not known.
    pub(crate) fn start_of(
        &mut self,
        name: &[u8],
        size: Option<u64>,
    ) -> std::result::Result<LinkAddress, Unknown> {
        let function = || String::from_utf8_lossy(name).into_owned();
        match self.contents.find(name, size) {
            Found::One(start) => Ok(LinkAddress(start)),
            Found::None => Err(Unknown::NoFunction(function())),
            Found::OtherSize(found) => {
                Err(Unknown::OtherSize { function: function(), size: size.unwrap_or(0), found })
            }
            Found::Ambiguous(count) => Err(Unknown::Ambiguous { function: function(), count }),
        }
    }

    /// What stands `offset` bytes behind the start of a function.
    pub(crate) fn in_function(&mut self, start: LinkAddress, offset: u64, position: Position) -> Answer {
        // `%pB` looks up the byte before too, so no return address is ever printed as `+0x0`.
        let position = if offset == 0 { Position::Executing } else { position };
        self.at(CodeAddress { address: LinkAddress(start.0.saturating_add(offset)), position })
    }

    /// What stands at an address.
    pub(crate) fn at(&mut self, address: CodeAddress) -> Answer {
        let LinkAddress(address) = address.for_lookup();
        let symbol = self.contents.symbol_at(address).map(|(name, ..)| name);
        let levels = self.contents.levels(address);
        let Some(last) = levels.len().checked_sub(1) else {
            return Err(symbol.map_or(Unknown::NoAddress, Unknown::NoLine));
        };
        // The symbol's name has the suffixes that the trace has too, and DWARF not.
        let frame = |(at, level): (usize, Level)| SourceFrame {
            function: demangled(match &symbol {
                Some(symbol) if at == last => symbol,
                _ => level.name.as_deref().unwrap_or("??"),
            }),
            line: level.source.as_ref().and_then(|s| s.line),
            file: level.source.map(|s| s.file.to_string()),
        };
        Ok(levels.into_iter().enumerate().map(frame).collect())
    }
}

/// A name as people read it: Rust's without its hash, others as they are.
pub(crate) fn demangled(name: &str) -> String {
    if name.starts_with("_R") || name.starts_with("_ZN") {
        format!("{:#}", rustc_demangle::demangle(name))
    } else {
        name.to_owned()
    }
}
