//! An ELF file, opened: where its sections stand, its symbols, its build ID. Contents are read when somebody asks.
//!
//! Of a vmlinux of 600 MB this reads the headers, the notes and the symbol table, 6 MB. Sections of relocatable
//! files (`.ko`) have no addresses; they get one here, each its own, so that an address says which section is meant.

use super::build_id::BuildId;
use super::relocation::{self, Fixup};
use super::table::{Symbol, Table};
use crate::{Error, ErrorKind, Result};
use object::elf;
use object::read::elf::{ElfFile, FileHeader, SectionHeader as _, Sym as _};
use object::read::{self, Object as _, ObjectSection as _, ReadCache};
use object::{CompressionFormat, Endianness, SectionFlags, SectionIndex, SymbolIndex};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where sections of relocatable files are put: apart from each other, and none at 0, which means "discarded".
const FIRST_ADDRESS: u64 = 1 << 32;
const BETWEEN_SECTIONS: u64 = 1 << 20;
/// A compressed section may claim to grow this much, which is more than zlib can do, and to this size.
const MOST_GROWTH: u64 = 1100;
const MOST_BYTES: u64 = 4 << 30;
const LONGEST_BANNER: u64 = 4096;

/// What an ELF file can be read from.
pub(crate) trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// An ELF file whose headers were read.
pub(crate) struct Elf {
    path: PathBuf,
    source: Box<dyn Source>,
    length: u64,
    endian: Endianness,
    sections: Vec<Section>,
    build_id: Option<BuildId>,
    debug_link: Option<Vec<u8>>,
    /// Where the kernel's `linux_banner` stands in the file.
    banner: Option<Range<u64>>,
    relocatable: bool,
}

/// A section: where it stands in the file, and in memory.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    index: SectionIndex,
    pub(crate) name: Vec<u8>,
    /// Link-time address; 0 for what is not loaded.
    pub(crate) address: u64,
    /// Bytes in memory.
    pub(crate) size: u64,
    pub(crate) is_code: bool,
    file: Range<u64>,
    compressed: CompressionFormat,
}

impl std::fmt::Debug for Elf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Elf").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What the headers say.
struct Headers {
    endian: Endianness,
    sections: Vec<Section>,
    build_id: Option<BuildId>,
    debug_link: Option<Vec<u8>>,
    banner: Option<Range<u64>>,
    relocatable: bool,
    table: Table,
}

impl Elf {
    /// Reads headers and symbols of the file at `path`, whose bytes `source` has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Object`] if it is no ELF file or its headers contradict themselves.
    pub(crate) fn open(path: &Path, mut source: Box<dyn Source>) -> Result<(Self, Table)> {
        let read = |source: &mut Box<dyn Source>| {
            let cache = ReadCache::new(source);
            match object::FileKind::parse(&cache)? {
                // What is no ELF file fails there, and says so.
                object::FileKind::Elf64 => headers::<elf::FileHeader64<Endianness>>(&cache),
                _ => headers::<elf::FileHeader32<Endianness>>(&cache),
            }
        };
        let failed = |e: read::Error| Error::new(ErrorKind::Object(path.to_path_buf()), e);
        let headers = read(&mut source).map_err(failed)?;
        let length =
            source.seek(SeekFrom::End(0)).map_err(|e| Error::new(ErrorKind::Read(path.to_path_buf()), e))?;
        let Headers { endian, sections, build_id, debug_link, banner, relocatable, table } = headers;
        let path = path.to_path_buf();
        let elf = Self { path, source, length, endian, sections, build_id, debug_link, banner, relocatable };
        Ok((elf, table))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn endian(&self) -> Endianness {
        self.endian
    }

    pub(crate) const fn build_id(&self) -> Option<&BuildId> {
        self.build_id.as_ref()
    }

    /// The file name that `.gnu_debuglink` gives.
    pub(crate) fn debug_link(&self) -> Option<&[u8]> {
        self.debug_link.as_deref()
    }

    /// What the kernel says of itself first: `Linux version 6.1.0 (me@here) (gcc …) #1 SMP …`.
    pub(crate) fn banner(&mut self) -> Option<Vec<u8>> {
        let range = self.banner.clone()?;
        let text = self.read(range.start..range.end.min(range.start.saturating_add(LONGEST_BANNER))).ok()?;
        let end = memchr::memchr2(0, b'\n', &text).unwrap_or(text.len());
        text.starts_with(b"Linux version ").then(|| text.split_at(end).0.to_vec())
    }

    pub(crate) const fn is_relocatable(&self) -> bool {
        self.relocatable
    }

    pub(crate) fn section(&self, name: &[u8]) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }

    /// Bytes of the file.
    pub(crate) fn read(&mut self, range: Range<u64>) -> std::io::Result<Vec<u8>> {
        if range.start > range.end || range.end > self.length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        self.source.seek(SeekFrom::Start(range.start))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// All bytes of a section, decompressed, where it stands in the file in another form than plain bytes.
    pub(crate) fn decompressed(&mut self, section: &Section) -> Option<Vec<u8>> {
        if section.compressed == CompressionFormat::None {
            return None;
        }
        let packed = section.file.end - section.file.start;
        if section.size > MOST_BYTES || section.size > packed.saturating_mul(MOST_GROWTH) {
            return Some(Vec::new());
        }
        let data = self.read(section.file.clone()).unwrap_or_default();
        let data =
            read::CompressedData { format: section.compressed, data: &data, uncompressed_size: section.size };
        Some(data.decompress().map(std::borrow::Cow::into_owned).unwrap_or_default())
    }

    /// What has to be written into a section of a relocatable file, sorted by place.
    pub(crate) fn fixups(&mut self, section: &Section) -> Vec<Fixup> {
        if !self.relocatable {
            return Vec::new();
        }
        let addresses: Vec<(usize, u64)> = self.sections.iter().map(|s| (s.index.0, s.address)).collect();
        let cache = ReadCache::new(&mut self.source);
        let fixups = match object::FileKind::parse(&cache) {
            Ok(object::FileKind::Elf64) => {
                fixups::<elf::FileHeader64<Endianness>>(&cache, section.index, &addresses)
            }
            _ => fixups::<elf::FileHeader32<Endianness>>(&cache, section.index, &addresses),
        };
        fixups.unwrap_or_default()
    }
}

impl Section {
    /// Where plain bytes stand in the file.
    pub(crate) const fn file(&self) -> &Range<u64> {
        &self.file
    }

    /// Where it stands in memory.
    pub(crate) const fn addresses(&self) -> Range<u64> {
        self.address..self.address.saturating_add(self.size)
    }
}

type Cache<'s> = ReadCache<&'s mut Box<dyn Source>>;

fn headers<'d, H: FileHeader<Endian = Endianness>>(cache: &'d Cache<'_>) -> read::Result<Headers> {
    let file = ElfFile::<'d, H, &'d Cache<'_>>::parse(cache)?;
    let relocatable = file.kind() == object::ObjectKind::Relocatable;
    let mut next = FIRST_ADDRESS;
    let mut sections = Vec::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_type, sh_flags } = section.flags() else { continue };
        let loaded = sh_flags.0 & elf::SHF_ALLOC.0 != 0;
        let in_file = section.compressed_file_range()?;
        let size = if sh_type == elf::SHT_NOBITS { section.size() } else { in_file.uncompressed_size };
        let mut address = if loaded { section.address() } else { 0 };
        if loaded && relocatable {
            address = next.next_multiple_of(section.align().clamp(1, BETWEEN_SECTIONS));
            next = address.saturating_add(size).saturating_add(BETWEEN_SECTIONS);
        }
        sections.push(Section {
            index: section.index(),
            name: section.name_bytes().unwrap_or_default().to_vec(),
            address,
            size,
            is_code: loaded && sh_flags.0 & elf::SHF_EXECINSTR.0 != 0,
            file: in_file.offset..in_file.offset.saturating_add(in_file.compressed_size),
            compressed: in_file.format,
        });
    }
    let (table, banner) = symbols(&file, cache, &sections, relocatable)?;
    let build_id = file.build_id().ok().flatten().map(BuildId::from_bytes);
    let debug_link = file.gnu_debuglink().ok().flatten().map(|(name, _)| name.to_vec());
    Ok(Headers { endian: file.endian(), sections, build_id, debug_link, banner, relocatable, table })
}

/// The symbols of code, and where `linux_banner` stands in the file.
fn symbols<'d, H: FileHeader<Endian = Endianness>>(
    file: &ElfFile<'d, H, &'d Cache<'_>>,
    cache: &'d Cache<'_>,
    sections: &[Section],
    relocatable: bool,
) -> read::Result<(Table, Option<Range<u64>>)> {
    let endian = file.endian();
    let symbols = file.elf_symbol_table();
    let strings = file.elf_section_table().section(symbols.string_section());
    let names = match strings {
        Ok(section) if !symbols.is_empty() => section.data(endian, cache)?,
        _ => &[],
    };
    let banner_name = memchr::memmem::find(names, b"\0linux_banner\0").map(|at| at + 1);
    let mut banner = None;
    // A section's number is its index here unless the file is odd; then it has no symbols.
    let section_of = |number: SectionIndex| {
        let at = number.0.checked_sub(sections.first()?.index.0)?;
        sections.get(at).filter(|s| s.index == number)
    };
    let of_code = symbols.iter().enumerate().filter_map(|(at, symbol)| {
        let kind = symbol.st_type();
        if kind == elf::STT_SECTION || kind == elf::STT_FILE || kind == elf::STT_TLS {
            return None;
        }
        let number = symbols.symbol_section(endian, symbol, SymbolIndex(at)).ok()??;
        let section = section_of(number)?;
        let value = symbol.st_value(endian).into();
        if !section.is_code {
            if banner_name.is_some_and(|name| u32::try_from(name) == Ok(symbol.st_name(endian))) {
                let from = section.file.start.checked_add(value.checked_sub(section.address)?)?;
                banner = (from < section.file.end).then_some(from..section.file.end);
            }
            return None;
        }
        let address = if relocatable { section.address.checked_add(value)? } else { value };
        Some(Symbol { address, size: symbol.st_size(endian).into(), name: symbol.st_name(endian) })
    });
    let code = sections.iter().filter(|s| s.is_code).map(Section::addresses).collect();
    let table = Table::new(names.to_vec(), of_code, code);
    Ok((table, banner))
}

fn fixups<'d, H: FileHeader<Endian = Endianness>>(
    cache: &'d Cache<'_>,
    section: SectionIndex,
    addresses: &[(usize, u64)],
) -> read::Result<Vec<Fixup>> {
    let file = ElfFile::<'d, H, &'d Cache<'_>>::parse(cache)?;
    let address_of = |section: SectionIndex| {
        let at = addresses.binary_search_by_key(&section.0, |(index, _)| *index).ok()?;
        addresses.get(at).map(|(_, address)| *address)
    };
    let symbols = file.elf_symbol_table();
    let value_of = |index: SymbolIndex| {
        let symbol = symbols.symbol(index).ok()?;
        let section = symbols.symbol_section(file.endian(), symbol, index).ok().flatten();
        let base = section.and_then(address_of).unwrap_or(0);
        Some(base.wrapping_add(symbol.st_value(file.endian()).into()))
    };
    let own = address_of(section).unwrap_or(0);
    let section = file.section_by_index(section)?;
    let mut fixups: Vec<Fixup> = section
        .relocations()
        .filter_map(|(offset, r)| relocation::fixup(file.architecture(), own, offset, &r, value_of))
        .collect();
    // Stable: what stands at one place is applied in the order of the file.
    fixups.sort_by_key(|f| f.offset);
    Ok(fixups)
}
