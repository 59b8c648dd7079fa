//! Broken and malicious files: an error or a partial answer, in bounded time and memory, and no panic.

use crate::elf::{Elf, Packing};
use crate::program::{self, BASE, OUTER, USUAL};
use crate::{Folder, settings, shown};
use ksplat::filter::Filter;
use ksplat::symbolize::{CodeAddress, LinkAddress, Position, Symbolizer};

/// Asks everything of a file; how many levels the answers have.
fn ask(folder: &Folder, bytes: &[u8]) -> usize {
    let vmlinux = folder.write("vmlinux", bytes);
    let Ok(mut symbolizer) = Symbolizer::open(settings(&vmlinux)) else { return 0 };
    let addresses = [BASE, OUTER + 0x14, OUTER + 0x20, BASE + 0x17f, 0, u64::MAX];
    let answers = addresses.map(|address| {
        let address = CodeAddress { address: LinkAddress(address), position: Position::Executing };
        symbolizer.address(address).map_or(0, |frames| frames.len())
    });
    let known = answers.iter().sum();
    // A log says beforehand which names it asks for.
    let mut symbolizer = Symbolizer::open(settings(&vmlinux)).unwrap();
    let mut out = Vec::new();
    Filter::new(&mut symbolizer).log(LOG.as_bytes(), &mut out).unwrap();
    assert!(out.len() >= LOG.len(), "{known}");
    known
}

const LOG: &str =
    "Linux version 6.9.0-test\n outer+0x14/0xc0\n last+0x1/0x80\n same+0x1/0x1\n nobody+0x1/0x2\n";

#[test]
fn err_every_section_cut() {
    let folder = Folder::new("cut");
    let whole = program::kernel(USUAL);
    let full = ask(&folder, &whole.bytes());
    assert_eq!(full, 5);
    for at in 0..whole.sections.len() {
        let length = whole.sections[at].bytes.len();
        for left in [0, 1, length / 3, length / 2, length.saturating_sub(1)] {
            let mut cut = whole.clone();
            cut.sections[at].bytes.truncate(left);
            assert!(ask(&folder, &cut.bytes()) <= full, "{} cut to {left}", whole.sections[at].name);
        }
    }
}

#[test]
fn err_the_file_cut() {
    let folder = Folder::new("file");
    let whole = program::kernel(USUAL).bytes();
    for left in (0..whole.len()).step_by(whole.len() / 97) {
        assert_eq!(ask(&folder, &whole[..left]), 0, "cut to {left}");
    }
}

#[test]
fn err_every_byte_of_the_headers_and_of_dwarf_changed() {
    let folder = Folder::new("changed");
    let whole = program::kernel(USUAL);
    let bytes = whole.bytes();
    for at in 0..64 {
        for value in [0, 0x7f, 0xff] {
            let mut changed = bytes.clone();
            changed[at] = value;
            ask(&folder, &changed);
        }
    }
    for (number, section) in whole.sections.iter().enumerate().filter(|(_, s)| s.name.starts_with(".debug")) {
        for at in 0..section.bytes.len() {
            let mut changed = whole.clone();
            changed.sections[number].bytes[at] ^= 0xff;
            assert!(ask(&folder, &changed.bytes()) <= 64, "{} at {at}", section.name);
        }
    }
}

#[test]
fn err_lengths_maxed() {
    let folder = Folder::new("lengths");
    let whole = program::kernel(USUAL);
    for number in 0..whole.sections.len() {
        let name = whole.sections[number].name.clone();
        for field in [[0xff, 0xff, 0xff, 0xff], [0xef, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0; 4]] {
            let mut long = whole.clone();
            if long.sections[number].bytes.len() >= 4 {
                long.sections[number].bytes[..4].copy_from_slice(&field);
                assert!(ask(&folder, &long.bytes()) <= 5, "{name} {field:x?}");
            }
        }
        // A compressed section that claims to be as large as memory.
        let mut bomb = whole.clone();
        let section = &mut bomb.sections[number];
        section.flags |= 0x800;
        let mut header = vec![1, 0, 0, 0, 0, 0, 0, 0];
        header.extend((1u64 << 40).to_le_bytes());
        header.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        section.bytes.splice(..0, header);
        assert!(ask(&folder, &bomb.bytes()) <= 5, "{name} compressed");
    }
}

/// A kernel with these bytes for DWARF; abbreviation 2 is a function, 3 an inlined one, 4 refers to another entry.
fn by_hand(entries: &[u8]) -> Elf {
    let abbreviations = [
        &[1, 0x11, 1, 0, 0][..],
        &[2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0, 0],
        &[3, 0x1d, 1, 0x11, 0x01, 0x12, 0x06, 0x31, 0x13, 0, 0],
        &[4, 0x2e, 0, 0x31, 0x13, 0, 0],
        &[0],
    ];
    let mut info = vec![0, 0, 0, 0, 5, 0, 1, 8, 0, 0, 0, 0, 1];
    info.extend(entries);
    let length = u32::try_from(info.len() - 4).unwrap();
    info[..4].copy_from_slice(&length.to_le_bytes());
    let mut elf = Elf::new(false);
    elf.code(".text", BASE, 0x180);
    elf.debug(".debug_info", &info, Packing::Plain);
    elf.debug(".debug_abbrev", &abbreviations.concat(), Packing::Plain);
    elf.symbols(&[("outer", 1, OUTER, 0x5b), ("last", 1, BASE + 0x100, 0x40)]);
    elf
}

fn function() -> Vec<u8> {
    let mut bytes = vec![2];
    bytes.extend(b"outer\0");
    bytes.extend(OUTER.to_le_bytes());
    bytes.extend(0x5bu32.to_le_bytes());
    bytes
}

fn inlined(origin: u32) -> Vec<u8> {
    let mut bytes = vec![3];
    bytes.extend(OUTER.to_le_bytes());
    bytes.extend(0x5bu32.to_le_bytes());
    bytes.extend(origin.to_le_bytes());
    bytes
}

#[test]
fn ok_a_tree_of_a_hundred_thousand_levels() {
    let folder = Folder::new("deep");
    let mut entries = function();
    for _ in 0..100_000 {
        entries.extend(inlined(13));
    }
    entries.extend(vec![0; 100_002]);
    let vmlinux = folder.write("vmlinux", &by_hand(&entries).bytes());
    let mut symbolizer = Symbolizer::open(settings(&vmlinux)).unwrap();
    let address = CodeAddress { address: LinkAddress(OUTER + 1), position: Position::Executing };
    let frames = symbolizer.address(address).unwrap();
    assert_eq!(frames.len(), 257);
    assert_eq!(frames.last().unwrap().function, "outer");
}

#[test]
fn ok_names_that_refer_to_each_other_in_a_circle() {
    let folder = Folder::new("circle");
    let mut entries = function();
    let length = u32::try_from(entries.len() + inlined(0).len()).unwrap();
    // The entry behind the inlined function refers to itself.
    let here = 13 + length + 2;
    entries.extend(inlined(here));
    entries.extend([0, 0, 4]);
    entries.extend(here.to_le_bytes());
    entries.push(0);
    let vmlinux = folder.write("vmlinux", &by_hand(&entries).bytes());
    let mut symbolizer = Symbolizer::open(settings(&vmlinux)).unwrap();
    let address = CodeAddress { address: LinkAddress(OUTER + 1), position: Position::Executing };
    assert_eq!(shown(&symbolizer.address(address).unwrap()), "?? ?:?; outer ?:?");
}

#[test]
fn ok_two_hundred_thousand_namesakes() {
    let folder = Folder::new("namesakes");
    let mut elf = Elf::new(false);
    elf.code(".text", BASE, 0x180);
    let symbols: Vec<_> = (0..200_000).map(|at| ("same", 1, BASE + (at & 0xff), 0)).collect();
    elf.symbols(&symbols);
    assert_eq!(ask(&folder, &elf.bytes()), 0);
}

#[test]
fn ok_a_function_is_found_wherever_a_unit_is_cut() {
    // Units are read in pieces of 32 KiB; an entry may be longer.
    let folder = Folder::new("pieces");
    for before in (32_700..32_780).chain([65_536, 200_000]) {
        let mut entries = vec![2];
        entries.extend(vec![b'a'; before - 13 - 14]);
        entries.push(0);
        entries.extend((BASE + 0x100).to_le_bytes());
        entries.extend(0x40u32.to_le_bytes());
        entries.push(0);
        entries.extend(function());
        entries.extend([0, 0]);
        let vmlinux = folder.write("vmlinux", &by_hand(&entries).bytes());
        let mut symbolizer = Symbolizer::open(settings(&vmlinux)).unwrap();
        let address = CodeAddress { address: LinkAddress(OUTER + 1), position: Position::Executing };
        assert_eq!(shown(&symbolizer.address(address).unwrap()), "outer ?:?", "{before}");
    }
}
