//! One frame of a small vmlinux, from opening the file to the answer, and from its index; the yardstick is the
//! `addr2line` crate over the same sections, in memory already, which looks at every unit first.

use crate::program;
use criterion::Criterion;
use gimli::{EndianSlice, RunTimeEndian};
use ksplat::report::Symbol;
use ksplat::symbolize::{Position, Settings, Symbolizer, write_index};
use std::hint::black_box;
use std::path::Path;

/// Units of the vmlinux.
const UNITS: u64 = 2000;

fn answer(vmlinux: &Path, indices: Option<&Path>) {
    let mut settings = Settings::default();
    settings.vmlinux = Some(vmlinux.to_path_buf());
    settings.indices = indices.map(Path::to_path_buf);
    let mut symbolizer = Symbolizer::open(settings).unwrap();
    let mut symbol = Symbol::default();
    symbol.name = "outer_1234".into();
    symbol.offset = Some(0x14);
    symbol.size = Some(0xc0);
    let frames = symbolizer.symbol(&symbol, Position::Executing).unwrap();
    assert_eq!(frames.iter().map(|f| f.line.unwrap()).collect::<Vec<_>>(), [5, 33, 77]);
}

pub(crate) fn bench(c: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("ksplat-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let elf = program::kernel_of(program::USUAL, UNITS);
    let vmlinux = folder.join("vmlinux");
    std::fs::write(&vmlinux, elf.bytes()).unwrap();
    write_index(&vmlinux, &folder).unwrap();
    let mut group = c.benchmark_group("symbolize");
    group.sample_size(10);
    group.bench_function("from DWARF", |b| b.iter(|| answer(black_box(&vmlinux), None)));
    group.bench_function("from an index", |b| b.iter(|| answer(black_box(&vmlinux), Some(&folder))));
    group.bench_function("yardstick: the addr2line crate", |b| {
        let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
            let found = elf.sections.iter().find(|s| s.name == id.name());
            Ok(EndianSlice::new(found.map_or(&[], |s| s.bytes.as_slice()), RunTimeEndian::Little))
        };
        b.iter(|| {
            let context = addr2line::Context::from_dwarf(gimli::Dwarf::load(section).unwrap()).unwrap();
            let address = program::OUTER + 1234 * program::UNIT + 0x14;
            let mut frames = context.find_frames(black_box(address)).skip_all_loads().unwrap();
            let mut lines = Vec::new();
            while let Some(frame) = frames.next().unwrap() {
                lines.push(frame.location.unwrap().line.unwrap());
            }
            assert_eq!(lines, [5, 33, 77]);
        });
    });
    group.finish();
    let _ = std::fs::remove_dir_all(&folder);
}
