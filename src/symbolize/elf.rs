//! An ELF file, opened: where its sections stand, its build ID. Contents are read when somebody asks.
//!
//! Of a vmlinux of 600 MB this reads the headers and the notes; its symbols, 6 MB, go by in pieces. Sections of
//! relocatable files (`.ko`) have no addresses; they get one here, each its own, so that an address says which section
//! is meant.

use super::build_id::BuildId;
use super::relocation::{self, Fixup};
use crate::{Error, ErrorKind, Result};
use object::elf;
use object::read::elf::{CompressionHeader as _, ElfFile, FileHeader, SectionHeader, Sym};
use object::read::{self, Object as _, ObjectSection as _, ReadCache};
use object::{CompressionFormat, Endianness, SectionIndex, SymbolIndex};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where sections of relocatable files are put: apart from each other, and none at 0, which means "discarded".
const FIRST_ADDRESS: u64 = 1 << 32;
const BETWEEN_SECTIONS: u64 = 1 << 20;
/// Most times the size of a file that its compressed sections may grow to, all together; also what a compressed module
/// may. Debug information grows to a tenth of that.
pub(crate) const MOST_GROWTH: u64 = 128;
/// Most bytes that the compressed sections of a file may grow to in any case.
const MOST_BYTES: u64 = 4 << 30;
/// Most bytes of the line that a kernel starts its log with.
const LONGEST_BANNER: u64 = 4096;
/// Symbols that are read at once: not so many that they do not stay in a fast cache.
const SYMBOLS_AT_ONCE: u64 = 2048;
/// Bytes of the string table that are read at once.
const PIECE: u64 = 64 << 10;
/// Bytes of a name that are read at once.
const NAME: u64 = 128;
/// Most bytes of a name.
const LONGEST_NAME: usize = 64 << 10;
/// What points to the banner.
pub(crate) const BANNER: &[u8] = b"linux_banner";

/// What an ELF file can be read from.
pub(crate) trait Source: Read + Seek + Send {}
impl<T: Read + Seek + Send> Source for T {}

/// An ELF file whose headers were read.
pub(crate) struct Elf {
    path: PathBuf,
    source: Box<dyn Source>,
    length: u64,
    endian: Endianness,
    is_64: bool,
    sections: Vec<Section>,
    build_id: Option<BuildId>,
    debug_link: Option<Range<u64>>,
    /// Where the symbols and their names stand in the file.
    symbols: Option<(Range<u64>, Range<u64>)>,
    /// Where the kernel's `linux_banner` stands in the file, once the symbols were read.
    banner: Option<Range<u64>>,
    relocatable: bool,
    /// Bytes that compressed sections may still grow to.
    room: u64,
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
#[derive(Default)]
struct Headers {
    endian: Endianness,
    sections: Vec<Section>,
    build_id: Option<BuildId>,
    debug_link: Option<Range<u64>>,
    /// Where the symbols and their names stand in the file.
    symbols: Option<(Range<u64>, Range<u64>)>,
    relocatable: bool,
}

impl Elf {
    /// Reads the headers of the file at `path`, whose bytes `source` has.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Object`] if it is no ELF file or its headers contradict themselves.
    pub(crate) fn open(path: &Path, mut source: Box<dyn Source>) -> Result<Self> {
        let cache = ReadCache::new(&mut source);
        let failed = |e: read::Error| Error::new(ErrorKind::Object(path.to_path_buf()), e);
        let kind = object::FileKind::parse(&cache).map_err(failed)?;
        let is_64 = kind == object::FileKind::Elf64;
        // What is no ELF file fails there, and says so.
        let headers = if is_64 {
            headers::<elf::FileHeader64<Endianness>>(&cache)
        } else {
            headers::<elf::FileHeader32<Endianness>>(&cache)
        };
        let headers = headers.map_err(failed)?;
        let length =
            source.seek(SeekFrom::End(0)).map_err(|e| Error::new(ErrorKind::Read(path.to_path_buf()), e))?;
        let Headers { endian, sections, build_id, debug_link, symbols, relocatable } = headers;
        let path = path.to_path_buf();
        let banner = None;
        Ok(Self {
            path,
            source,
            length,
            endian,
            is_64,
            sections,
            build_id,
            debug_link,
            symbols,
            banner,
            relocatable,
            room: length.saturating_mul(MOST_GROWTH).min(MOST_BYTES),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    pub(crate) const fn endian(&self) -> Endianness {
        self.endian
    }

    pub(crate) const fn build_id(&self) -> Option<&BuildId> {
        self.build_id.as_ref()
    }

    /// The file name that `.gnu_debuglink` gives.
    pub(crate) fn debug_link(&mut self) -> Option<Vec<u8>> {
        let mut name = self.read(self.debug_link.clone()?).ok()?;
        name.truncate(memchr::memchr(0, &name)?);
        Some(name)
    }

    /// What the kernel says of itself first: `Linux version 6.1.0 (me@here) (gcc …) #1 SMP …`.
    pub(crate) fn banner(&mut self) -> Option<Vec<u8>> {
        let range = self.banner.clone()?;
        let text = self.read(range.start..range.end.min(range.start.saturating_add(LONGEST_BANNER))).ok()?;
        let end = memchr::memchr2(0, b'\n', &text).unwrap_or(text.len());
        text.starts_with(b"Linux version ").then(|| text.split_at(end).0.to_vec())
    }

    pub(crate) fn section(&self, name: &[u8]) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }

    /// Bytes of the file.
    pub(crate) fn read(&mut self, range: Range<u64>) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(range, &mut bytes)?;
        Ok(bytes)
    }

    /// Bytes of the file in place of what `bytes` had: memory that was used before costs less than fresh memory.
    pub(crate) fn read_into(&mut self, range: Range<u64>, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        if range.start > range.end || range.end > self.length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let length = usize::try_from(range.end - range.start).map_err(|_| std::io::ErrorKind::OutOfMemory)?;
        if bytes.capacity() < length {
            // Of twice the size, or it would be taken anew for every piece that is a little longer.
            *bytes = Vec::with_capacity(length.max(bytes.capacity().saturating_mul(2)));
        }
        bytes.resize(length, 0);
        self.source.seek(SeekFrom::Start(range.start))?;
        self.source.read_exact(bytes)
    }

    /// All bytes of a section, decompressed, where it stands in the file in another form than plain bytes.
    pub(crate) fn decompressed(&mut self, section: &Section) -> Option<Vec<u8>> {
        if section.compressed == CompressionFormat::None {
            return None;
        }
        // Sections may share their packed bytes, so it is the file that has to account for what they grow to.
        let Some(room) = self.room.checked_sub(section.size) else { return Some(Vec::new()) };
        self.room = room;
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

/// What an ELF header and the section headers say.
fn headers<H: FileHeader<Endian = Endianness>>(cache: &Cache<'_>) -> read::Result<Headers> {
    let header = H::parse(cache)?;
    let endian = header.endian()?;
    let table = header.sections(endian, cache)?;
    let relocatable = header.e_type(endian) == elf::ET_REL;
    let mut next = FIRST_ADDRESS;
    let mut headers = Headers { endian, relocatable, ..Headers::default() };
    for (index, section) in table.enumerate() {
        let name = table.section_name(endian, section).unwrap_or_default().to_vec();
        let flags = section.sh_flags(endian);
        let loaded = flags.contains(elf::SHF_ALLOC);
        let (offset, in_file) = section.file_range(endian).unwrap_or((0, 0));
        let mut file = offset..offset.saturating_add(in_file);
        let mut size: u64 = section.sh_size(endian).into();
        let mut compressed = CompressionFormat::None;
        if let Ok(Some((header, offset, packed))) = section.compression(endian, cache) {
            file = offset..offset.saturating_add(packed);
            size = header.ch_size(endian).into();
            compressed = match header.ch_type(endian) {
                elf::ELFCOMPRESS_ZLIB => CompressionFormat::Zlib,
                elf::ELFCOMPRESS_ZSTD => CompressionFormat::Zstandard,
                _ => CompressionFormat::Unknown,
            };
        }
        let mut address: u64 = if loaded { section.sh_addr(endian).into() } else { 0 };
        if loaded && relocatable {
            let align: u64 = section.sh_addralign(endian).into();
            address = next.next_multiple_of(align.clamp(1, BETWEEN_SECTIONS));
            next = address.saturating_add(size).saturating_add(BETWEEN_SECTIONS).min(u64::MAX / 2);
        }
        match section.sh_type(endian) {
            elf::SHT_NOTE if headers.build_id.is_none() => {
                headers.build_id = build_id(endian, cache, section)
            }
            elf::SHT_SYMTAB => {
                let strings = table.section(section.link(endian)).ok().and_then(|s| s.file_range(endian));
                headers.symbols = strings.map(|(at, length)| (file.clone(), at..at.saturating_add(length)));
            }
            _ if name == b".gnu_debuglink" => headers.debug_link = Some(file.clone()),
            _ => {}
        }
        let is_code = loaded && flags.contains(elf::SHF_EXECINSTR);
        headers.sections.push(Section { index, name, address, size, is_code, file, compressed });
    }
    Ok(headers)
}

fn build_id<S: SectionHeader<Endian = Endianness>>(
    endian: Endianness,
    cache: &Cache<'_>,
    section: &S,
) -> Option<BuildId> {
    let mut notes = section.notes(endian, cache).ok()??;
    while let Ok(Some(note)) = notes.next() {
        if note.name() == elf::ELF_NOTE_GNU && note.n_type(endian) == elf::NT_GNU_BUILD_ID {
            return Some(BuildId::from_bytes(note.desc()));
        }
    }
    None
}

/// A symbol as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Where its name stands in the string table.
    pub(crate) name: u32,
    /// Its address, in relocatable files that in its section.
    pub(crate) value: u64,
    pub(crate) size: u64,
    section: u16,
    kind: elf::SymbolType,
}

/// A piece of the string table.
#[derive(Debug)]
pub(crate) struct Piece<'b> {
    /// Where it starts in the table.
    pub(crate) at: u64,
    pub(crate) bytes: &'b [u8],
    /// Those bytes of it that no other piece has.
    pub(crate) own: Range<usize>,
}

/// The sections of code.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// By number: what to add to the value of a symbol, if the section is one of code.
    bases: Vec<Option<u64>>,
    /// By address.
    ranges: Vec<Range<u64>>,
}

impl Code {
    /// Code of a file that has no sections.
    pub(crate) fn of(mut ranges: Vec<Range<u64>>) -> Self {
        ranges.sort_unstable_by_key(|r| r.start);
        Self { bases: Vec::new(), ranges }
    }

    /// The address of a symbol of code.
    #[inline]
    pub(crate) fn address(&self, entry: &Entry) -> Option<u64> {
        let base = self.bases.get(usize::from(entry.section)).copied().flatten()?;
        let is_place = entry.kind != elf::STT_SECTION && entry.kind != elf::STT_FILE;
        is_place.then(|| base.saturating_add(entry.value))
    }

    /// Whether a symbol is in a section that has no code.
    pub(crate) fn is_data(&self, entry: &Entry) -> bool {
        self.bases.get(usize::from(entry.section)).is_some_and(Option::is_none)
    }

    /// The section of code that an address is in.
    pub(crate) fn around(&self, address: u64) -> Option<&Range<u64>> {
        let behind = self.ranges.partition_point(|r| r.start <= address);
        self.ranges.get(behind.checked_sub(1)?).filter(|r| address < r.end)
    }
}

impl Elf {
    pub(crate) const fn is_relocatable(&self) -> bool {
        self.relocatable
    }

    pub(crate) fn code(&self) -> Code {
        let base = |s: &Section| s.is_code.then_some(if self.relocatable { s.address } else { 0 });
        let ranges = self.sections.iter().filter(|s| s.is_code).map(Section::addresses).collect();
        Code { bases: self.sections.iter().map(base).collect(), ..Code::of(ranges) }
    }

    /// Calls `visit` with every symbol whose name's place and value are such as `may_be` wants them.
    pub(crate) fn each_symbol(&mut self, may_be: impl Fn(u32, u64) -> bool, visit: impl FnMut(&Entry)) {
        if self.is_64 {
            self.each::<elf::Sym64<Endianness>>(may_be, visit);
        } else {
            self.each::<elf::Sym32<Endianness>>(may_be, visit);
        }
    }

    fn each<S: Sym<Endian = Endianness>>(
        &mut self,
        may_be: impl Fn(u32, u64) -> bool,
        mut visit: impl FnMut(&Entry),
    ) {
        let Some((table, _)) = self.symbols.clone() else { return };
        let endian = self.endian;
        let mut bytes = Vec::new();
        let step = SYMBOLS_AT_ONCE * size_of::<S>() as u64;
        let mut at = table.start;
        while at < table.end {
            let end = at.saturating_add(step).min(table.end);
            if self.read_into(at..end, &mut bytes).is_err() {
                break;
            }
            let whole = bytes.len() / size_of::<S>();
            let Ok((symbols, _)) = object::pod::slice_from_bytes::<S>(&bytes, whole) else { break };
            for symbol in symbols {
                let (name, value) = (symbol.st_name(endian), symbol.st_value(endian).into());
                if may_be(name, value) {
                    let (size, kind) = (symbol.st_size(endian).into(), symbol.st_type());
                    visit(&Entry { name, value, size, section: symbol.st_shndx(endian).0, kind });
                }
            }
            at = end;
        }
    }

    /// The names of all symbols.
    pub(crate) fn names(&mut self) -> Vec<u8> {
        let strings = self.symbols.clone().map(|(_, strings)| strings);
        strings.and_then(|strings| self.read(strings).ok()).unwrap_or_default()
    }

    /// Calls `visit` with the names of all symbols, piece by piece: each has so many bytes `before` its own and `behind`
    /// them.
    pub(crate) fn each_piece(&mut self, (before, behind): (u64, u64), mut visit: impl FnMut(&Piece<'_>)) {
        let Some((_, strings)) = self.symbols.clone() else { return };
        let mut bytes = Vec::new();
        let mut at = strings.start;
        while at < strings.end {
            let own = at..at.saturating_add(PIECE).min(strings.end);
            let start = own.start.saturating_sub(before).max(strings.start);
            let end = own.end.saturating_add(behind).min(strings.end);
            if self.read_into(start..end, &mut bytes).is_err() {
                break;
            }
            let within = |at: u64| usize::try_from(at - start).unwrap_or(usize::MAX);
            let range = within(own.start)..within(own.end);
            visit(&Piece { at: start - strings.start, bytes: &bytes, own: range });
            at = own.end;
        }
    }

    /// The name that stands at a place of the string table.
    pub(crate) fn name(&mut self, at: u32) -> Option<Vec<u8>> {
        let (_, strings) = self.symbols.clone()?;
        let mut from = strings.start.checked_add(at.into())?;
        let (mut name, mut bytes) = (Vec::new(), Vec::new());
        while from < strings.end && name.len() < LONGEST_NAME {
            let to = from.saturating_add(NAME).min(strings.end);
            self.read_into(from..to, &mut bytes).ok()?;
            if let Some(end) = memchr::memchr(0, &bytes) {
                name.extend_from_slice(bytes.split_at(end).0);
                return Some(name);
            }
            name.append(&mut bytes);
            from = to;
        }
        None
    }

    /// Takes the symbol that points to the banner.
    pub(crate) fn set_banner(&mut self, entry: &Entry) {
        let Some(section) = self.sections.get(usize::from(entry.section)) else { return };
        let from = section.file.start.saturating_add(entry.value.wrapping_sub(section.address));
        self.banner = (from < section.file.end).then_some(from..section.file.end);
    }
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
