//! A small kernel and a module, with what a compiler would say of them.
//!
//! `outer` calls `inner`, which is inlined, and that `innermost`. In the kernel:
//!
//! | address | function | line |
//! |---|---|---|
//! | `…000` | `start_kernel` | init/main.c:10 |
//! | `…040` | `outer` | kernel/outer.c:70 |
//! | `…050` | `inner` in `outer` (77) | include/linux/inner.h:30 |
//! | `…054` | `innermost` in `inner` (33) in `outer` (77) | include/linux/inner.h:5 |
//! | `…058` | `inner` in `outer` (77) | include/linux/inner.h:35 |
//! | `…060` | `outer` | kernel/outer.c:80 |
//! | `…100` | `last` | kernel/outer.c:90 |

use crate::elf::{Elf, Packing, RELA, Section};
use gimli::write::{
    Address, AttributeValue, Dwarf, EndianVec, LineProgram, LineString, Range, RangeList, RelocateWriter,
    Relocation, RelocationTarget, Sections, Unit, UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, RunTimeEndian};

/// Where the kernel is linked.
pub(crate) const BASE: u64 = 0xffff_ffff_8100_0000;
/// `outer`, its size as kallsyms counts it, and the kernel's banner.
pub(crate) const OUTER: u64 = BASE + 0x40;
pub(crate) const BANNER: &str =
    "Linux version 6.9.0-test (me@here) (gcc 13) #7 SMP Mon Jan 1 00:00:00 UTC 2024";
pub(crate) const BUILD_ID: [u8; 4] = [0x4f, 0x2a, 0x9c, 0x01];

/// Bytes from unit to unit, where there are several.
pub(crate) const UNIT: u64 = 0x200;

/// What of a kernel varies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) version: u16,
    pub(crate) format: Format,
    pub(crate) little: bool,
    pub(crate) packing: Packing,
    pub(crate) aranges: bool,
}

pub(crate) const USUAL: Variant =
    Variant { version: 5, format: Format::Dwarf32, little: true, packing: Packing::Plain, aranges: true };

/// A section that is written, and its relocations.
#[derive(Debug, Clone)]
struct Writer {
    bytes: EndianVec<RunTimeEndian>,
    relocations: Vec<Relocation>,
    relocatable: bool,
}

impl RelocateWriter for Writer {
    type Writer = EndianVec<RunTimeEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

/// Where code stands: in a kernel at an address, in a module behind the start of a section.
fn at(section: Option<usize>, offset: u64) -> Address {
    match section {
        None => Address::Constant(BASE + offset),
        Some(symbol) => Address::Symbol { symbol, addend: i64::try_from(offset).unwrap() },
    }
}

fn lines(encoding: Encoding, section: Option<usize>, folder: &str, start: u64) -> LineProgram {
    let string = |text: &str| LineString::String(text.as_bytes().to_vec());
    let mut lines = LineProgram::new(
        encoding,
        LineEncoding::default(),
        string(folder),
        None,
        string("kernel/outer.c"),
        None,
    );
    let root = lines.default_directory();
    let include = lines.add_directory(string("include/linux"));
    let outer = lines.add_file(string("kernel/outer.c"), root, None);
    let main = lines.add_file(string("init/main.c"), root, None);
    let inner = lines.add_file(string("inner.h"), include, None);
    lines.begin_sequence(Some(at(section, start)));
    let rows = [
        (0, main, 10),
        (0x40, outer, 70),
        (0x50, inner, 30),
        (0x54, inner, 5),
        (0x58, inner, 35),
        (0x60, outer, 80),
        (0x70, outer, 0),
        (0x100, outer, 90),
    ];
    for (address, file, line) in rows {
        lines.row().address_offset = address;
        lines.row().file = file;
        lines.row().line = line;
        lines.generate_row();
    }
    lines.end_sequence(0x140);
    lines
}

/// Adds an entry with a name and code.
fn entry(
    unit: &mut Unit,
    parent: UnitEntryId,
    tag: gimli::DwTag,
    name: &str,
    (address, size): (Address, u64),
) -> UnitEntryId {
    let id = unit.add(parent, tag);
    let die = unit.get_mut(id);
    if !name.is_empty() {
        die.set(gimli::DW_AT_name, AttributeValue::String(name.as_bytes().to_vec()));
    }
    die.set(gimli::DW_AT_low_pc, AttributeValue::Address(address));
    die.set(gimli::DW_AT_high_pc, AttributeValue::Udata(size));
    die.set_sibling(true);
    id
}

/// A function of which only inlined copies have code.
fn declared(unit: &mut Unit, name: &str) -> UnitEntryId {
    let root = unit.root();
    let id = unit.add(root, gimli::DW_TAG_subprogram);
    unit.get_mut(id).set(gimli::DW_AT_name, AttributeValue::String(name.as_bytes().to_vec()));
    id
}

fn inlined(
    unit: &mut Unit,
    parent: UnitEntryId,
    origin: UnitEntryId,
    code: (Address, u64),
    call: (usize, u64),
) -> UnitEntryId {
    let id = entry(unit, parent, gimli::DW_TAG_inlined_subroutine, "", code);
    let die = unit.get_mut(id);
    die.set(gimli::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
    die.set(gimli::DW_AT_call_line, AttributeValue::Udata(call.1));
    // Which index the line program gave the file is known only when it is written.
    die.set(gimli::DW_AT_call_file, AttributeValue::Udata(call.0 as u64));
    id
}

/// The DWARF of so many units, each [`UNIT`] bytes behind the last.
fn dwarf(variant: Variant, section: Option<usize>, folder: &str, units: u64) -> Sections<Writer> {
    let mut dwarf = Dwarf::new();
    for number in 0..units {
        add_unit(&mut dwarf, variant, section, folder, number * UNIT);
    }
    let endian = if variant.little { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let empty =
        Writer { bytes: EndianVec::new(endian), relocations: Vec::new(), relocatable: section.is_some() };
    let mut sections = Sections::new(empty);
    dwarf.write(&mut sections).unwrap();
    sections
}

fn add_unit(dwarf: &mut Dwarf, variant: Variant, section: Option<usize>, folder: &str, start: u64) {
    let encoding = Encoding { version: variant.version, format: variant.format, address_size: 8 };
    let id = dwarf.units.add(Unit::new(encoding, lines(encoding, section, folder, start)));
    let unit = dwarf.units.get_mut(id);
    let root = unit.root();
    let at = |offset| at(section, start + offset);
    let whole = unit.ranges.add(RangeList(vec![Range::StartLength { begin: at(0), length: 0x140 }]));
    let string = |text: &str| AttributeValue::String(text.as_bytes().to_vec());
    let die = unit.get_mut(root);
    die.set(gimli::DW_AT_name, string("kernel/outer.c"));
    die.set(gimli::DW_AT_comp_dir, string(folder));
    die.set(gimli::DW_AT_ranges, AttributeValue::RangeListRef(whole));
    let inner = declared(unit, "inner");
    let innermost = declared(unit, "innermost");
    entry(unit, root, gimli::DW_TAG_subprogram, "start_kernel", (at(0), 0x30));
    let outer = entry(unit, root, gimli::DW_TAG_subprogram, "outer", (at(0x40), 0x5b));
    let block = unit.add(outer, gimli::DW_TAG_lexical_block);
    // `kernel/outer.c` and `inner.h`: DWARF 5 counts from 0, and the first file is there twice.
    let (of_outer, of_inner) = if variant.version >= 5 { (0, 2) } else { (1, 3) };
    let first = inlined(unit, block, inner, (at(0x50), 0x10), (of_outer, 77));
    inlined(unit, first, innermost, (at(0x54), 0x4), (of_inner, 33));
    entry(unit, root, gimli::DW_TAG_subprogram, "last", (at(0x100), 0x40));
}

/// `.debug_aranges` of some units of which each has so many bytes.
fn aranges(elf: &Elf, units: u64, bytes_of_unit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for unit in 0..units {
        bytes.extend(elf.word(44));
        bytes.extend(elf.short(2));
        bytes.extend(elf.word(u32::try_from(unit * bytes_of_unit).unwrap()));
        bytes.extend([8, 0, 0, 0, 0, 0]);
        for number in [BASE + unit * UNIT, 0x140, 0, 0] {
            bytes.extend(elf.long(number));
        }
    }
    bytes
}

/// A vmlinux.
pub(crate) fn kernel(variant: Variant) -> Elf {
    kernel_of(variant, 1)
}

/// A vmlinux of several units, whose functions are called `outer_0`, `outer_1` and so on if it is more than one.
pub(crate) fn kernel_of(variant: Variant, units: u64) -> Elf {
    let mut elf = Elf::new(false);
    elf.little = variant.little;
    let text = elf.code(".text", BASE, usize::try_from(units * UNIT).unwrap() - 0x80);
    let banner = format!("{BANNER}\n\0").into_bytes();
    let address = BASE + 0x100_0000;
    let rodata = elf.add(Section {
        name: ".rodata".into(),
        kind: 1,
        flags: 2,
        address,
        bytes: banner,
        ..Section::default()
    });
    elf.build_id(&BUILD_ID);
    let mut bytes_of_info = 0;
    let mut sections = dwarf(variant, None, "/src/linux", units);
    sections
        .for_each_mut(|id, writer| -> Result<(), ()> {
            // References to other sections are plain numbers in a linked file.
            for relocation in std::mem::take(&mut writer.relocations) {
                let value = u64::try_from(relocation.addend).unwrap();
                let bytes = &mut writer.bytes;
                gimli::write::Writer::write_udata_at(bytes, relocation.offset, value, relocation.size)
                    .unwrap();
            }
            let bytes = writer.bytes.slice();
            if id == gimli::SectionId::DebugInfo {
                bytes_of_info = bytes.len() as u64;
            }
            if !bytes.is_empty() {
                elf.debug(id.name(), bytes, variant.packing);
            }
            Ok(())
        })
        .unwrap();
    if variant.aranges {
        // Units are equally long: all strings stand in them.
        let bytes = aranges(&elf, units, bytes_of_info / units);
        elf.debug(".debug_aranges", &bytes, variant.packing);
    }
    let (text, rodata) = (u16::try_from(text).unwrap(), u16::try_from(rodata).unwrap());
    let names: Vec<String> =
        (0..units).map(|n| if units == 1 { "outer".into() } else { format!("outer_{n}") }).collect();
    let outer = (0..).zip(&names).map(|(n, name)| (name.as_str(), text, OUTER + n * UNIT, 0x5b));
    let last = (0..units).map(|n| ("last", text, BASE + n * UNIT + 0x100, 0x40));
    let others = [
        ("start_kernel", text, BASE, 0x30),
        ("namesake", text, BASE + 0x140, 0),
        ("namesake", text, BASE + 0x150, 0),
        ("_etext", text, BASE + 0x160, 0),
        ("linux_banner", rodata, address, 10),
    ];
    let symbols: Vec<_> = last.chain(outer).chain(others).collect();
    elf.symbols(&symbols);
    elf
}

/// A module whose code is in `.text` and, the same again, in `.init.text`; all of it at 0.
pub(crate) fn module(machine: u16) -> Elf {
    let mut elf = Elf::new(true);
    elf.machine = machine;
    let text = elf.code(".text", 0, 0x180);
    let init = elf.code(".init.text", 0, 0x180);
    // The line table is that of the code in `.init.text`, so a symbolizer that takes all sections for one is wrong.
    let mut sections = dwarf(USUAL, Some(init as usize), "/src/module", 1);
    let mut written = Vec::new();
    sections
        .for_each_mut(|id, writer| -> Result<(), ()> {
            if !writer.bytes.slice().is_empty() {
                assert!(writer.relocatable);
                let number = elf.debug(id.name(), writer.bytes.slice(), Packing::Plain);
                written.push((id, number, std::mem::take(&mut writer.relocations)));
            }
            Ok(())
        })
        .unwrap();
    let count = u32::try_from(elf.sections.len()).unwrap();
    // The symbol table comes behind all relocations, whose sections have symbols too.
    let relocated = written.iter().filter(|(.., relocations)| !relocations.is_empty()).count();
    let table = count + u32::try_from(relocated).unwrap() + 2;
    for (id, number, relocations) in &written {
        let bytes: Vec<u8> = relocations.iter().flat_map(|r| rela(&elf, r, &written)).collect();
        if !bytes.is_empty() {
            let name = format!(".rela{}", id.name());
            let (link, info) = (table, *number);
            elf.add(Section { name, kind: RELA, bytes, link, info, entry: 24, ..Section::default() });
        }
    }
    let (text, init) = (u16::try_from(text).unwrap(), u16::try_from(init).unwrap());
    let symbols = [
        ("run", text, 0x40, 0xc0),
        ("text_end", text, 0x100, 0x40),
        ("setup", init, 0x40, 0x5b),
        ("last_of_init", init, 0x100, 0x40),
    ];
    assert_eq!(elf.symbols(&symbols), table);
    elf
}

/// `Elf64_Rela`: the symbol of a section has the section's number.
fn rela(elf: &Elf, relocation: &Relocation, written: &[(gimli::SectionId, u32, Vec<Relocation>)]) -> Vec<u8> {
    let symbol = match relocation.target {
        RelocationTarget::Symbol(symbol) => symbol as u64,
        RelocationTarget::Section(id) => {
            u64::from(written.iter().find(|(known, ..)| *known == id).expect("the section is written").1)
        }
    };
    let wide = relocation.size == 8;
    // R_X86_64_64 and _32; on RISC-V both are numbered 2 and 1.
    let kind = match (elf.machine, wide) {
        (62, true) => 1,
        (62, false) => 10,
        (_, true) => 2,
        (_, false) => 1,
    };
    let mut bytes = elf.long(relocation.offset as u64);
    bytes.extend(elf.long(symbol << 32 | kind));
    bytes.extend(elf.long(relocation.addend.cast_unsigned()));
    bytes
}
