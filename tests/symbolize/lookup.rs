//! Functions, files, lines and inlined callers.

use crate::elf::Packing;
use crate::program::{self, BASE, OUTER, USUAL, Variant};
use crate::{Folder, open, settings, shown};
use gimli::Format;
use ksplat::ErrorKind;
use ksplat::filter::Filter;
use ksplat::report::{DefectCode, Kernel, Symbol, Text};
use ksplat::symbolize::{CodeAddress, LinkAddress, Position, Symbolizer, Unknown, write_index};

fn symbol(name: &'static str, offset: u64, size: u64) -> Symbol<'static> {
    let mut symbol = Symbol::default();
    symbol.name = Text::from(name);
    symbol.offset = Some(offset);
    symbol.size = Some(size);
    symbol
}

fn at(symbolizer: &mut Symbolizer, address: u64, position: Position) -> String {
    let address = CodeAddress { address: LinkAddress(address), position };
    symbolizer.address(address).map_or_else(|unknown| unknown.to_string(), |frames| shown(&frames))
}

/// What is right at some addresses, whatever the file looks like.
const ANSWERS: &[(u64, &str)] = &[
    (BASE, "start_kernel init/main.c:10"),
    (OUTER + 0xf, "outer kernel/outer.c:70"),
    (OUTER + 0x10, "inner include/linux/inner.h:30; outer kernel/outer.c:77"),
    (
        OUTER + 0x14,
        "innermost include/linux/inner.h:5; inner include/linux/inner.h:33; outer kernel/outer.c:77",
    ),
    (OUTER + 0x18, "inner include/linux/inner.h:35; outer kernel/outer.c:77"),
    (OUTER + 0x20, "outer kernel/outer.c:80"),
    (OUTER + 0x30, "outer kernel/outer.c:?"),
    (BASE + 0x13f, "last kernel/outer.c:90"),
];

#[test]
fn ok_every_variant_gives_the_same_answers() {
    let folder = Folder::new("variants");
    let packings = [Packing::Plain, Packing::Zlib, Packing::Zstd];
    for version in [4, 5] {
        for (format, little) in [(Format::Dwarf32, true), (Format::Dwarf64, true), (Format::Dwarf32, false)] {
            for packing in packings {
                for aranges in [true, false] {
                    let variant = Variant { version, format, little, packing, aranges };
                    let vmlinux = folder.write("vmlinux", &program::kernel(variant).bytes());
                    let mut symbolizer = open(&vmlinux);
                    for (address, expected) in ANSWERS {
                        let answer = at(&mut symbolizer, *address, Position::Executing);
                        assert_eq!(answer, *expected, "{address:#x} of {variant:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn ok_the_addr2line_crate_says_the_same() {
    use gimli::{EndianSlice, RunTimeEndian};
    let elf = program::kernel(USUAL);
    let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        let found = elf.sections.iter().find(|s| s.name == id.name());
        let bytes = found.map_or(&[][..], |s| s.bytes.as_slice());
        Ok(EndianSlice::new(bytes, RunTimeEndian::Little))
    };
    let dwarf = gimli::Dwarf::load(section).unwrap();
    let context = addr2line::Context::from_dwarf(dwarf).unwrap();
    for (address, expected) in ANSWERS {
        let mut frames = context.find_frames(*address).skip_all_loads().unwrap();
        let mut all = Vec::new();
        while let Some(frame) = frames.next().unwrap() {
            let name = frame.function.unwrap().raw_name().unwrap().into_owned();
            let location = frame.location.unwrap();
            let file = location.file.unwrap().trim_start_matches("/src/linux/").to_owned();
            let line = location.line.filter(|l| *l > 0).map_or("?".to_owned(), |l| l.to_string());
            all.push(format!("{name} {file}:{line}"));
        }
        assert_eq!(all.join("; "), *expected);
    }
}

#[test]
fn ok_a_return_address_is_the_line_of_the_call() {
    let folder = Folder::new("return");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    assert_eq!(at(&mut symbolizer, OUTER + 0x20, Position::Executing), "outer kernel/outer.c:80");
    let called = "inner include/linux/inner.h:35; outer kernel/outer.c:77";
    assert_eq!(at(&mut symbolizer, OUTER + 0x20, Position::Returning), called);
    let mut frame =
        |offset, position| shown(&symbolizer.symbol(&symbol("outer", offset, 0xc0), position).unwrap());
    assert_eq!(frame(0x20, Position::Returning), called);
    assert_eq!(frame(0x20, Position::Executing), "outer kernel/outer.c:80");
    // `%pB` never prints a return address as `+0x0`.
    assert_eq!(frame(0, Position::Returning), "outer kernel/outer.c:70");
}

#[test]
fn err_what_is_not_known_is_said() {
    let folder = Folder::new("unknown");
    let mut symbolizer = open(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let mut ask = |name, size| symbolizer.symbol(&symbol(name, 1, size), Position::Executing).unwrap_err();
    assert_eq!(ask("nobody", 0x10), Unknown::NoFunction("nobody".into()));
    let other = Unknown::OtherSize { function: "outer".into(), size: 0x99, found: vec![0xc0] };
    assert_eq!(ask("outer", 0x99), other);
    assert_eq!(ask("namesake", 0x10), Unknown::Ambiguous { function: "namesake".into(), count: 2 });
    let mut of_module = symbol("run", 1, 0xc0);
    of_module.module = Some("../../etc/passwd".into());
    let unknown = symbolizer.symbol(&of_module, Position::Executing).unwrap_err();
    assert_eq!(unknown, Unknown::NoModule("../../etc/passwd".into()));
}

#[test]
fn err_more_inlined_functions_than_are_told_of() {
    let folder = Folder::new("deep");
    let mut settings = settings(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    let log = "kernel BUG at a.c:1!\nRIP: 0010:outer+0x14/0xc0\nCall Trace:\n outer+0x20/0xc0\n";
    let limits = |report: &ksplat::Report<'_>| {
        report.defects.iter().filter(|defect| defect.code == DefectCode::Limit).count()
    };
    for (most, inlined, cut) in [(256, 2, 0), (2, 2, 0), (1, 1, 1), (0, 0, 1)] {
        settings.max_inlined = most;
        let mut symbolizer = Symbolizer::open(settings.clone()).unwrap();
        let mut report = ksplat::reports(log.as_bytes()).next().unwrap();
        symbolizer.report(&mut report).unwrap();
        assert_eq!((report.registers[0].ip_inlined.len(), limits(&report)), (inlined, cut), "{most}");
        // What a report says is no error besides; what a text cannot say is.
        assert!(symbolizer.take_errors().is_empty());
        let mut out = Vec::new();
        let mut filter = Filter::new(&mut symbolizer);
        filter.log(log.as_bytes(), &mut out).unwrap();
        let errors = filter.take_errors();
        assert_eq!(errors.len(), cut, "{most}");
        assert!(errors.iter().all(|error| matches!(error.kind(), ErrorKind::Limit(_))));
        // The second time is as the first.
        let mut again = ksplat::reports(log.as_bytes()).next().unwrap();
        symbolizer.report(&mut again).unwrap();
        assert_eq!(again, report);
    }
}

#[test]
fn err_more_files_than_are_looked_at_for_modules() {
    let folder = Folder::new("many");
    let mut settings = settings(&folder.write("vmlinux", &program::kernel(USUAL).bytes()));
    folder.write("my-mod.ko", &program::module(62).bytes());
    let mut of_module = symbol("setup", 0x10, 0xc0);
    of_module.module = Some("my_mod".into());
    for (most, told) in [(2, 0), (1, 1)] {
        settings.max_entries = most;
        let mut symbolizer = Symbolizer::open(settings.clone()).unwrap();
        let answer = symbolizer.symbol(&of_module, Position::Executing);
        let errors = symbolizer.take_errors();
        assert_eq!(errors.len(), told, "{errors:?}");
        assert!(errors.iter().all(|error| matches!(error.kind(), ErrorKind::Limit(_))));
        assert!(answer.is_ok() || told > 0);
    }
}

#[test]
fn ok_sections_of_a_module_are_told_apart() {
    let folder = Folder::new("module");
    let vmlinux = folder.write("vmlinux", &program::kernel(USUAL).bytes());
    for machine in [62, 243] {
        folder.write("kernel/fs/my-mod.ko", &program::module(machine).bytes());
        let mut symbolizer = open(&vmlinux);
        let mut ask = |name, offset, size| {
            let mut symbol = symbol(name, offset, size);
            symbol.module = Some("my_mod".into());
            symbolizer.symbol(&symbol, Position::Executing)
        };
        let inlined = "inner include/linux/inner.h:30; setup kernel/outer.c:77";
        assert_eq!(shown(&ask("setup", 0x10, 0xc0).unwrap()), inlined, "machine {machine}");
        assert_eq!(shown(&ask("last_of_init", 0x10, 0x1000).unwrap()), "last_of_init kernel/outer.c:90");
        // There is no line of `.text`, and that of `.init.text` is not taken for it.
        assert_eq!(ask("run", 0x10, 0xc0), Err(Unknown::NoLine("run".into())));
    }
}

#[test]
fn err_another_build_is_refused() {
    let folder = Folder::new("build");
    let vmlinux = folder.write("vmlinux", &program::kernel(USUAL).bytes());
    let mut symbolizer = open(&vmlinux);
    let mut kernel = Kernel::default();
    kernel.build_id = Some("4f2a9c01".into());
    assert!(symbolizer.check(&kernel).is_ok());
    kernel.build_id = Some("4f2a9c02".into());
    let error = symbolizer.check(&kernel).unwrap_err();
    let expected =
        format!("build ID mismatch: log has 4f2a9c02, vmlinux has 4f2a9c01 ({})", vmlinux.display());
    assert_eq!(error.to_string(), expected);
    assert!(symbolizer.check_banner(program::BANNER.as_bytes()).is_ok());
    let error = symbolizer.check_banner(b"Linux version 6.9.0-test (me@here) #8").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Banner { .. }), "{error}");

    let mut kernel = Kernel::default();
    kernel.release = Some("6.9.0-test".into());
    kernel.build = Some("#7".into());
    assert!(symbolizer.check(&kernel).is_ok());
    kernel.build = Some("#8".into());
    assert!(symbolizer.check(&kernel).is_err());
    let mut forced = settings(&vmlinux);
    forced.force = true;
    symbolizer = Symbolizer::open(forced).unwrap();
    assert!(symbolizer.check(&kernel).is_ok());
}

#[test]
fn err_files_that_are_none() {
    let folder = Folder::new("none");
    let error = Symbolizer::open(settings(&folder.0.join("vmlinux"))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Read(_)), "{error}");
    let text = folder.write("vmlinux", b"no ELF file at all");
    let error = Symbolizer::open(settings(&text)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Object(_)), "{error}");
    let error = Symbolizer::open(settings(&folder.0)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Read(_)), "{error}");
}

#[test]
fn ok_an_index_says_the_same_of_every_address() {
    let folder = Folder::new("index");
    for aranges in [true, false] {
        let vmlinux = folder.write("vmlinux", &program::kernel(Variant { aranges, ..USUAL }).bytes());
        let mut direct = open(&vmlinux);
        let index = write_index(&vmlinux, &folder.0.join("indices")).unwrap();
        assert_eq!(index, folder.0.join("indices/4f2a9c01.index"));
        let mut indexed = settings(&vmlinux);
        indexed.indices = Some(folder.0.join("indices"));
        let mut indexed = Symbolizer::open(indexed).unwrap();
        assert!(indexed.take_trail()[0].ends_with("vmlinux, by its index"));
        for address in BASE - 2..BASE + 0x182 {
            let code = CodeAddress { address: LinkAddress(address), position: Position::Executing };
            assert_eq!(indexed.address(code), direct.address(code), "{address:#x}");
            assert_eq!(indexed.name(code), direct.name(code), "{address:#x}");
        }
        for (name, size) in [("outer", 0xc0), ("outer", 0x99), ("namesake", 0x10), ("nobody", 1), ("", 0)] {
            let symbol = symbol(name, 0x14, size);
            let answers = [&mut indexed, &mut direct].map(|s| s.symbol(&symbol, Position::Returning));
            assert_eq!(answers[0], answers[1], "{name}");
        }
        assert!(indexed.check_banner(b"Linux version 1").is_err());
    }
}

#[test]
fn err_an_index_that_does_not_fit_is_not_used() {
    let folder = Folder::new("misfit");
    let vmlinux = folder.write("vmlinux", &program::kernel(USUAL).bytes());
    let path = write_index(&vmlinux, &folder.0).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let indexed = || {
        let mut settings = settings(&vmlinux);
        settings.indices = Some(folder.0.clone());
        Symbolizer::open(settings).unwrap()
    };
    // Of another version, of another file, cut.
    let id = whole.windows(4).position(|w| w == program::BUILD_ID).unwrap();
    for at in [7, 8, id] {
        let mut other = whole.clone();
        other[at] ^= 1;
        std::fs::write(&path, &other).unwrap();
        assert!(indexed().take_trail()[0].ends_with(": vmlinux"), "byte {at}");
    }
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(indexed().take_trail()[0].ends_with(": vmlinux"));
    // Any other damage may cost answers and nothing else.
    for at in 0..whole.len() {
        let mut other = whole.clone();
        other[at] ^= 0xff;
        std::fs::write(&path, &other).unwrap();
        let mut symbolizer = indexed();
        for (address, _) in ANSWERS {
            at_most(&mut symbolizer, *address);
        }
    }
    let mut nameless = program::kernel(USUAL);
    nameless.sections.retain(|s| s.name != ".note.gnu.build-id");
    let nameless = folder.write("nameless", &nameless.bytes());
    let error = write_index(&nameless, &folder.0).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoIndex(_)), "{error}");
}

/// Asks all there is of an address; an answer has a bounded number of levels.
fn at_most(symbolizer: &mut Symbolizer, address: u64) {
    let code = CodeAddress { address: LinkAddress(address), position: Position::Executing };
    assert!(symbolizer.address(code).map_or(0, |frames| frames.len()) <= 512);
    let _ = symbolizer.name(code);
    let _ = symbolizer.symbol(&symbol("outer", 1, 0xc0), Position::Executing);
}
