//! Split DWARF: the entries in a `.dwo` file, or in a package of all of them (`.dwp`).

use crate::elf::{Elf, Packing};
use crate::program::{BASE, OUTER};
use crate::{Folder, open, shown};
use ksplat::symbolize::{CodeAddress, LinkAddress, Position};
use std::path::Path;

/// What both halves of the unit have.
const ID: u64 = 0x1122_3344_5566_7788;

/// A unit with its length before it.
fn unit(kind: u8, id: u64, entries: &[u8]) -> Vec<u8> {
    let mut bytes = vec![5, 0, kind, 8, 0, 0, 0, 0];
    bytes.extend(id.to_le_bytes());
    bytes.extend(entries);
    [&u32::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat()
}

/// A kernel of which only the addresses are here.
fn kernel() -> Vec<u8> {
    let mut elf = Elf::new(false);
    elf.code(".text", BASE, 0x180);
    let mut entry = vec![1];
    entry.extend(b"outer.dwo\0");
    entry.extend(BASE.to_le_bytes());
    entry.extend(0x180u32.to_le_bytes());
    entry.extend(8u32.to_le_bytes());
    let abbreviations = [1, 0x4a, 0, 0x76, 0x08, 0x11, 0x01, 0x12, 0x06, 0x73, 0x17, 0, 0, 0];
    elf.debug(".debug_info", &unit(4, ID, &entry), Packing::Plain);
    elf.debug(".debug_abbrev", &abbreviations, Packing::Plain);
    elf.debug(
        ".debug_addr",
        &[&[12, 0, 0, 0, 5, 0, 8, 0][..], &OUTER.to_le_bytes()].concat(),
        Packing::Plain,
    );
    elf.symbols(&[("outer", 1, OUTER, 0x40)]);
    elf.bytes()
}

/// The other half: `outer`, with `inner` inlined into its first 32 bytes. Its parts of the sections start `share` bytes
/// behind the beginning, which is what the package's index says, if there is one.
fn other_half(id: u64, share: usize, index: Option<Vec<u8>>) -> Elf {
    let abbreviations = [
        &[1, 0x11, 1, 0, 0][..],
        &[2, 0x2e, 1, 0x03, 0x25, 0x11, 0x1b, 0x12, 0x06, 0, 0],
        &[3, 0x1d, 0, 0x03, 0x25, 0x55, 0x23, 0, 0],
        &[0],
    ];
    let entries = [1, 2, 0, 0, 0x40, 0, 0, 0, 3, 1, 0, 0, 0];
    let offsets = [12, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0];
    // One list, four bytes behind the beginning of the table: 32 bytes from address 0 on.
    let lists = [16, 0, 0, 0, 5, 0, 8, 0, 1, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0x20, 0];
    let mut elf = Elf::new(false);
    for (name, bytes) in [
        (".debug_info.dwo", unit(5, id, &entries)),
        (".debug_abbrev.dwo", abbreviations.concat()),
        (".debug_str_offsets.dwo", offsets.to_vec()),
        (".debug_rnglists.dwo", lists.to_vec()),
    ] {
        elf.debug(name, &[vec![0xff; share], bytes].concat(), Packing::Plain);
    }
    elf.debug(".debug_str.dwo", b"outer\0inner\0", Packing::Plain);
    if let Some(index) = index {
        elf.debug(".debug_cu_index", &index, Packing::Plain);
    }
    elf
}

/// The index of a package with one unit, whose parts start at `share`.
fn index(share: u32) -> Vec<u8> {
    let slots: [u64; 2] = [ID, 0];
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let parts = [1, 3, 6, 8];
    [
        words(&[5, 4, 1, 2]),
        slots.iter().flat_map(|slot| slot.to_le_bytes()).collect(),
        words(&[1, 0]),
        words(&parts),
        words(&[share; 4]),
        words(&[0x100; 4]),
    ]
    .concat()
}

fn at(vmlinux: &Path, address: u64) -> String {
    let address = CodeAddress { address: LinkAddress(address), position: Position::Executing };
    open(vmlinux).address(address).map_or_else(|unknown| unknown.to_string(), |frames| shown(&frames))
}

#[test]
fn ok_the_other_half_stands_beside() {
    let folder = Folder::new("dwo");
    let vmlinux = folder.write("vmlinux", &kernel());
    assert_eq!(at(&vmlinux, OUTER), "no line is known of outer");
    folder.write("outer.dwo", &other_half(ID, 0, None).bytes());
    assert_eq!(at(&vmlinux, OUTER), "inner ?:?; outer ?:?");
    assert_eq!(at(&vmlinux, OUTER + 0x20), "outer ?:?");
    folder.write("outer.dwo", &other_half(ID + 1, 0, None).bytes());
    assert_eq!(at(&vmlinux, OUTER), "no line is known of outer");
}

#[test]
fn ok_the_other_half_stands_in_a_package() {
    let folder = Folder::new("dwp");
    let vmlinux = folder.write("vmlinux", &kernel());
    for share in [0, 0x40] {
        let package = other_half(ID, share as usize, Some(index(share)));
        folder.write("vmlinux.dwp", &package.bytes());
        assert_eq!(at(&vmlinux, OUTER), "inner ?:?; outer ?:?");
        assert_eq!(at(&vmlinux, OUTER + 0x20), "outer ?:?");
    }
    folder.write("vmlinux.dwp", &other_half(ID + 1, 0x40, Some(index(0x40))).bytes());
    assert_eq!(at(&vmlinux, OUTER), "no line is known of outer");
}

#[test]
fn err_packages_that_are_broken() {
    let folder = Folder::new("broken-dwp");
    let vmlinux = folder.write("vmlinux", &kernel());
    let whole = index(0x40);
    for left in 0..whole.len() {
        let package = other_half(ID, 0x40, Some(whole[..left].to_vec()));
        folder.write("vmlinux.dwp", &package.bytes());
        assert!(at(&vmlinux, OUTER).ends_with("outer ?:?") || at(&vmlinux, OUTER).ends_with("of outer"));
    }
    for at_byte in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at_byte] ^= 0xff;
        folder.write("vmlinux.dwp", &other_half(ID, 0x40, Some(changed)).bytes());
        at(&vmlinux, OUTER);
    }
}
