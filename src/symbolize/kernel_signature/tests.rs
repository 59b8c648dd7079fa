//! Images made in memory: a code section with functions that call each other, read-only data, and what does not count.

use super::*;
use object::write::{Object, StandardSection, Symbol as New, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolScope};

/// What is built: the code of `changed`, and what the build leaves of itself.
struct Build<'a> {
    changed: &'a [u8],
    builder: &'a str,
    path: &'a str,
    id: u8,
}

const ONE: Build<'_> =
    Build { changed: &[0x90, 0xc3], builder: "a@one) (gcc 12) #1 Mon", path: "/src/one", id: 1 };

/// `call first`, `call changed` and `ret`, from the start of `last`.
fn calls(own: u64, targets: [u64; 2]) -> Vec<u8> {
    let mut code = Vec::new();
    for target in targets {
        code.push(0xe8);
        let end = own + code.len() as u64 + 4;
        code.extend((target.wrapping_sub(end) as u32).to_le_bytes());
    }
    code.push(0xc3);
    code
}

/// A linked image: what the writer makes is a relocatable object, so its type is mended.
fn image(build: &Build<'_>) -> Vec<u8> {
    let mut out = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = out.section_id(StandardSection::Text);
    let rodata = out.section_id(StandardSection::ReadOnlyData);
    let first = [0x31, 0xc0, 0xc3];
    let mut at = 0;
    let mut function = |out: &mut Object<'_>, name: &str, code: &[u8]| {
        let value = out.append_section_data(text, code, 1);
        assert_eq!(value, at);
        at += code.len() as u64;
        out.add_symbol(New {
            name: name.into(),
            value,
            size: code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
        value
    };
    let a = function(&mut out, "first", &first);
    let b = function(&mut out, "changed", build.changed);
    let own = (first.len() + build.changed.len()) as u64;
    function(&mut out, "last", &calls(own, [a, b]));
    let banner = format!("Linux version 6.1.0 ({}\n\0", build.builder);
    out.append_section_data(rodata, banner.as_bytes(), 1);
    let note = out.add_section(Vec::new(), b".note.gnu.build-id".to_vec(), SectionKind::Note);
    out.append_section_data(note, &[build.id; 20], 4);
    let debug = out.add_section(Vec::new(), b".debug_str".to_vec(), SectionKind::Debug);
    out.append_section_data(debug, build.path.as_bytes(), 1);
    let mut bytes = out.write().unwrap();
    // e_type: ET_EXEC. The sections keep address 0, so text and data overlap, which the symbols do not mind.
    bytes[16] = 2;
    bytes
}

fn read(build: &Build<'_>) -> Image {
    Image::parse(&image(build), Path::new("vmlinux")).unwrap()
}

#[test]
fn ok_the_build_does_not_count() {
    let two = Build { builder: "somebody@two) (gcc 12) #23 Tue", path: "/elsewhere/src", id: 2, ..ONE };
    assert_ne!(image(&ONE), image(&two));
    assert_eq!(read(&ONE).signature(), read(&two).signature());
    assert_eq!(diff(&read(&ONE), &read(&two)), []);
}

#[test]
fn ok_the_compiler_counts() {
    let other = Build { builder: "a@one) (gcc 13) #1 Mon", ..ONE };
    assert_ne!(read(&ONE).signature(), read(&other).signature());
}

#[test]
fn ok_a_changed_function_is_named_and_nothing_that_only_moved() {
    let same_size = Build { changed: &[0xcc, 0xc3], ..ONE };
    let longer = Build { changed: &[0x90, 0x90, 0x90, 0xc3], ..ONE };
    for other in [same_size, longer] {
        let (a, b) = (read(&ONE), read(&other));
        assert_ne!(a.signature(), b.signature());
        let names: Vec<_> = diff(&a, &b).into_iter().map(|d| (d.name, d.change.name())).collect();
        assert_eq!(names, [("changed".to_owned(), "changed")]);
    }
}

#[test]
fn ok_hashes_of_functions() {
    let functions: Vec<_> = read(&ONE).functions().collect();
    let names: Vec<_> = functions.iter().map(|f| (f.name.as_str(), f.size)).collect();
    assert_eq!(names, [("first", 3), ("changed", 2), ("last", 11)]);
    assert_eq!(functions[0].hash, read(&Build { id: 9, ..ONE }).functions().next().unwrap().hash);
    assert_eq!(functions[0].hash.to_string().len(), 64);
}

#[test]
fn err_no_image() {
    let mut unlinked = image(&ONE);
    unlinked[16] = 1;
    for bytes in [&b""[..], b"\x7fELF", b"no image", &unlinked] {
        let error = Image::parse(bytes, Path::new("vmlinux")).unwrap_err();
        assert_eq!(error.to_string(), "cannot use vmlinux as an ELF file");
    }
    assert!(matches!(Image::open(Path::new("/no/such/vmlinux")).unwrap_err().kind(), ErrorKind::Read(_)));
}

#[test]
fn ok_a_broken_image_does_not_panic() {
    let whole = image(&ONE);
    for at in 0..whole.len() {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        if let Ok(image) = Image::parse(&broken, Path::new("x")) {
            let _ = (image.signature(), image.functions().count(), diff(&image, &read(&ONE)));
        }
        let _ = Image::parse(&whole[..at], Path::new("x"));
    }
}
