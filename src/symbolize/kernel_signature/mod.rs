//! The signature of a kernel: equal for two builds whose code and data are equal.
//!
//! It is the SHA-256 over the sections of a vmlinux that are loaded and have content, which leaves out debug information,
//! symbol tables and `.bss`. Notes are left out too, for the build ID is one. What the build itself leaves in the rest
//! (who built it, when, and the build IDs of images inside the image) is passed over, see `identity.rs`.
//!
//! "This commit did not change the binary" is the strongest evidence that a bisection can have against its culprit.
//! syzkaller computes such a hash too (`elfBinarySignature` in its `pkg/build/linux.go`), where it fixes user, host and
//! time of the build beforehand.

mod diff;
mod identity;

pub use diff::{Change, Difference, diff};

use crate::{Error, ErrorKind, Result};
use object::read::ReadCache;
use object::{Object as _, ObjectKind, ObjectSection as _, SectionFlags, SectionKind, SymbolKind};
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::File;
use std::path::Path;

/// A kernel image, as far as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Whether operands are those of x86-64.
    x86_64: bool,
    sections: Vec<Section>,
    /// By address.
    symbols: Vec<Symbol>,
}

/// A section that is loaded and has content.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    name: String,
    /// Link-time address.
    address: u64,
    data: Vec<u8>,
}

/// A function, or a piece of data, with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Symbol {
    name: String,
    /// Link-time address.
    address: u64,
    size: u64,
    function: bool,
}

/// A SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelSignature([u8; 32]);

/// One function and the hash of its code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionHash {
    /// Its name; static functions of different files may share one.
    pub name: String,
    /// Its link-time address.
    pub address: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Of its bytes as they are linked: a function that calls one which moved has another hash. [`diff`] sees through
    /// that.
    pub hash: KernelSignature,
}

impl fmt::Display for KernelSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Image {
    /// Reads a vmlinux. Debug information is not read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if the file cannot be opened, [`ErrorKind::Object`] if it is no ELF file, a broken one, or
    /// one that is not linked yet.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::new(ErrorKind::Read(path.to_owned()), e))?;
        let cache = ReadCache::new(file);
        Self::read(&cache).map_err(|e| Error::new(ErrorKind::Object(path.to_owned()), e))
    }

    /// The image in these bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Object`], which names `path`, if they are no linked ELF file, or a broken one.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        Self::read(bytes).map_err(|e| Error::new(ErrorKind::Object(path.to_owned()), e))
    }

    fn read<'data>(
        data: impl object::ReadRef<'data>,
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let file = object::File::parse(data)?;
        if !matches!(file.kind(), ObjectKind::Executable | ObjectKind::Dynamic) {
            return Err("it is not linked".into());
        }
        let mut sections: Vec<Section> = Vec::new();
        // Sections that overlap could make a small file a large image.
        let mut room = data.len().map_err(|()| "its length is not known")?;
        for section in file.sections().filter(is_loaded) {
            room = room
                .checked_sub(section.file_range().map_or(0, |(_, size)| size))
                .ok_or("its sections overlap")?;
            sections.push(Section {
                name: String::from_utf8_lossy(section.name_bytes()?).into_owned(),
                address: section.address(),
                data: section.data()?.to_vec(),
            });
        }
        let mut symbols: Vec<Symbol> = file.symbols().filter_map(|s| symbol(&s)).collect();
        symbols.sort_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
        Ok(Self { x86_64: file.architecture() == object::Architecture::X86_64, sections, symbols })
    }

    /// The signature.
    ///
    /// Each section enters by its name and by the SHA-256 of its content, in the order of the file.
    #[must_use]
    pub fn signature(&self) -> KernelSignature {
        let mut whole = Sha256::new();
        for (name, hash) in self.section_hashes() {
            whole.update(name.as_bytes());
            whole.update([0]);
            whole.update(hash.0);
        }
        KernelSignature(whole.finalize().into())
    }

    /// The names of the sections that are not the same in `other`.
    #[must_use]
    pub fn differing_sections(&self, other: &Self) -> Vec<&str> {
        let (own, others) = (self.section_hashes(), other.section_hashes());
        let mut names: Vec<&str> =
            own.iter().filter(|s| !others.contains(s)).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The hash of each section, in the order of the file, without what the build leaves of itself.
    fn section_hashes(&self) -> Vec<(&str, KernelSignature)> {
        let words = identity::words(self.sections.iter().map(|s| s.data.as_slice()));
        let hash = |section: &Section| {
            let mut hash = Sha256::new();
            identity::kept(&section.data, &words).for_each(|kept| hash.update(kept));
            KernelSignature(hash.finalize().into())
        };
        self.sections.iter().map(|section| (section.name.as_str(), hash(section))).collect()
    }

    /// Every function with the hash of its code, by address. None of an image without a symbol table.
    pub fn functions(&self) -> impl Iterator<Item = FunctionHash> {
        let functions = self.symbols.iter().filter(|s| s.function);
        functions.filter_map(|symbol| {
            let hash = KernelSignature(Sha256::digest(self.bytes(symbol)?).into());
            Some(FunctionHash { name: symbol.name.clone(), address: symbol.address, size: symbol.size, hash })
        })
    }

    /// The content of a symbol; `None` of what has none in the file.
    fn bytes(&self, symbol: &Symbol) -> Option<&[u8]> {
        self.at(symbol.address)?.get(..usize::try_from(symbol.size).ok()?)
    }

    /// The content from a link-time address to the end of its section.
    fn at(&self, address: u64) -> Option<&[u8]> {
        self.sections.iter().find_map(|section| {
            let offset = usize::try_from(address.checked_sub(section.address)?).ok()?;
            section.data.get(offset..).filter(|data| !data.is_empty())
        })
    }
}

/// Whether a section is in memory when the kernel runs, and comes from the file.
fn is_loaded<'data>(section: &impl object::ObjectSection<'data>) -> bool {
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return false };
    let allocated = sh_flags.contains(object::elf::SHF_ALLOC);
    let without_content = matches!(
        section.kind(),
        SectionKind::Note | SectionKind::UninitializedData | SectionKind::UninitializedTls
    );
    allocated && !without_content
}

fn symbol<'data>(symbol: &impl object::ObjectSymbol<'data>) -> Option<Symbol> {
    let function = match symbol.kind() {
        SymbolKind::Text => true,
        SymbolKind::Data => false,
        _ => return None,
    };
    let name = String::from_utf8_lossy(symbol.name_bytes().ok()?).into_owned();
    let wanted = symbol.size() > 0 && !symbol.is_undefined() && !name.is_empty();
    wanted.then(|| Symbol { name, address: symbol.address(), size: symbol.size(), function })
}

#[cfg(test)]
mod tests;
