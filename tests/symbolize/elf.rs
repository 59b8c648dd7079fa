//! ELF files, built in memory.

/// How the debug sections are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Zlib,
    Zstd,
}

/// A section to be written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) kind: u32,
    pub(crate) flags: u64,
    pub(crate) address: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) link: u32,
    pub(crate) info: u32,
    pub(crate) entry: u64,
}

pub(crate) const PROGBITS: u32 = 1;
pub(crate) const SYMTAB: u32 = 2;
pub(crate) const STRTAB: u32 = 3;
pub(crate) const RELA: u32 = 4;
pub(crate) const NOTE: u32 = 7;
const ALLOC: u64 = 2;
pub(crate) const CODE: u64 = ALLOC | 4;
const COMPRESSED: u64 = 0x800;

/// A 64-bit ELF file.
#[derive(Debug, Clone)]
pub(crate) struct Elf {
    pub(crate) little: bool,
    pub(crate) relocatable: bool,
    pub(crate) machine: u16,
    /// Section 0 is not among them, so the first one has number 1.
    pub(crate) sections: Vec<Section>,
}

/// A symbol: name, number of its section, value, size.
pub(crate) type Symbol<'s> = (&'s str, u16, u64, u64);

impl Elf {
    pub(crate) fn new(relocatable: bool) -> Self {
        Self { little: true, relocatable, machine: 62, sections: Vec::new() }
    }

    pub(crate) fn add(&mut self, section: Section) -> u32 {
        self.sections.push(section);
        u32::try_from(self.sections.len()).unwrap()
    }

    pub(crate) fn code(&mut self, name: &str, address: u64, size: usize) -> u32 {
        let bytes = vec![0x90; size];
        self.add(Section {
            name: name.into(),
            kind: PROGBITS,
            flags: CODE,
            address,
            bytes,
            ..Section::default()
        })
    }

    pub(crate) fn debug(&mut self, name: &str, bytes: &[u8], packing: Packing) -> u32 {
        let (kind, packed) = match packing {
            Packing::Plain => (0, bytes.to_vec()),
            Packing::Zlib => (1, zlib(bytes)),
            Packing::Zstd => {
                (2, ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest))
            }
        };
        let mut all = Vec::new();
        if packing != Packing::Plain {
            all.extend(self.word(kind));
            all.extend(self.word(0));
            all.extend(self.long(bytes.len() as u64));
            all.extend(self.long(1));
        }
        all.extend(packed);
        let flags = if packing == Packing::Plain { 0 } else { COMPRESSED };
        self.add(Section { name: name.into(), kind: PROGBITS, flags, bytes: all, ..Section::default() })
    }

    pub(crate) fn build_id(&mut self, id: &[u8]) {
        let mut bytes = Vec::new();
        bytes.extend(self.word(4));
        bytes.extend(self.word(u32::try_from(id.len()).unwrap()));
        bytes.extend(self.word(3));
        bytes.extend(b"GNU\0");
        bytes.extend(id);
        let name = ".note.gnu.build-id".into();
        self.add(Section { name, kind: NOTE, flags: ALLOC, bytes, ..Section::default() });
    }

    /// The symbols, behind one for each section, which has the section's number.
    pub(crate) fn symbols(&mut self, symbols: &[Symbol<'_>]) -> u32 {
        let mut names = vec![0];
        let mut bytes = vec![0; 24];
        for number in 1..=self.sections.len() {
            bytes.extend(self.symbol(0, 3, u16::try_from(number).unwrap(), 0, 0));
        }
        for (name, section, value, size) in symbols {
            bytes.extend(self.symbol(u32::try_from(names.len()).unwrap(), 2, *section, *value, *size));
            names.extend(name.bytes().chain([0]));
        }
        let strings =
            self.add(Section { name: ".strtab".into(), kind: STRTAB, bytes: names, ..Section::default() });
        let name = ".symtab".into();
        self.add(Section { name, kind: SYMTAB, bytes, link: strings, entry: 24, ..Section::default() })
    }

    fn symbol(&self, name: u32, kind: u8, section: u16, value: u64, size: u64) -> Vec<u8> {
        let mut bytes = self.word(name);
        bytes.extend([kind, 0]);
        bytes.extend(self.short(section));
        bytes.extend(self.long(value));
        bytes.extend(self.long(size));
        bytes
    }

    pub(crate) fn short(&self, number: u16) -> Vec<u8> {
        if self.little { number.to_le_bytes().to_vec() } else { number.to_be_bytes().to_vec() }
    }

    pub(crate) fn word(&self, number: u32) -> Vec<u8> {
        if self.little { number.to_le_bytes().to_vec() } else { number.to_be_bytes().to_vec() }
    }

    pub(crate) fn long(&self, number: u64) -> Vec<u8> {
        if self.little { number.to_le_bytes().to_vec() } else { number.to_be_bytes().to_vec() }
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut names = vec![0];
        let mut all = self.clone();
        all.sections.push(Section { name: ".shstrtab".into(), kind: STRTAB, ..Section::default() });
        let starts: Vec<usize> = all
            .sections
            .iter()
            .map(|section| {
                let start = names.len();
                names.extend(section.name.bytes().chain([0]));
                start
            })
            .collect();
        all.sections.last_mut().unwrap().bytes = names;
        let mut body: Vec<u8> = Vec::new();
        let mut headers = vec![0; 64];
        for (section, name) in all.sections.iter().zip(starts) {
            let offset = 64 + body.len() as u64;
            body.extend(&section.bytes);
            headers.extend(self.word(u32::try_from(name).unwrap()));
            headers.extend(self.word(section.kind));
            let numbers = [section.flags, section.address, offset, section.bytes.len() as u64];
            numbers.iter().for_each(|number| headers.extend(self.long(*number)));
            headers.extend(self.word(section.link));
            headers.extend(self.word(section.info));
            headers.extend(self.long(1));
            headers.extend(self.long(section.entry));
        }
        let mut file = self.header(64 + body.len() as u64, all.sections.len() + 1);
        file.extend(body);
        file.extend(headers);
        file
    }

    fn header(&self, headers_at: u64, count: usize) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02".to_vec();
        bytes.push(if self.little { 1 } else { 2 });
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(self.short(if self.relocatable { 1 } else { 2 }));
        bytes.extend(self.short(self.machine));
        bytes.extend(self.word(1));
        [0, 0, headers_at].iter().for_each(|number| bytes.extend(self.long(*number)));
        bytes.extend(self.word(0));
        let count = u16::try_from(count).unwrap();
        [64, 56, 0, 64, count, count - 1].iter().for_each(|number| bytes.extend(self.short(*number)));
        bytes
    }
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
