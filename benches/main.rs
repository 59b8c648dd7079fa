//! One module per stage. Each asserts its answer; each has a yardstick beside it, so that a claim is a ratio from
//! one run.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a bench fails loudly"
)]

use criterion::{Criterion, criterion_group, criterion_main};

mod bisect;
#[cfg(feature = "symbolize")]
#[allow(dead_code, reason = "the tests need more")]
#[path = "../tests/symbolize/elf.rs"]
mod elf;
mod group;
mod identify;
mod near;
mod parse;
#[cfg(feature = "symbolize")]
#[allow(dead_code, reason = "the tests need more")]
#[path = "../tests/symbolize/program.rs"]
mod program;
mod quiet;
#[cfg(feature = "symbolize")]
mod symbolize;

/// The bundled logs, one behind the other, until there are `bytes` of them; and how many reports they hold.
fn dense(bytes: usize) -> (Vec<u8>, usize) {
    let logs = logs();
    let (mut all, mut reports) = (Vec::new(), 0);
    while all.len() < bytes {
        for log in &logs {
            all.extend_from_slice(log);
            reports += ksplat::reports(log).count();
        }
    }
    (all, reports)
}

/// Lines of the bundled logs up to the first report, again and again.
fn quiet(bytes: usize) -> Vec<u8> {
    let mut boot = Vec::new();
    for log in logs() {
        let end = ksplat::reports(&log).next().map_or(log.len(), |r| r.span.offset);
        boot.extend_from_slice(&log[..end]);
    }
    assert!(!boot.is_empty(), "no log is quiet before its first report");
    let times = bytes / boot.len() + 1;
    boot.repeat(times)
}

fn logs() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/logs");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|p| std::fs::read(p).unwrap()).collect()
}

fn stages(c: &mut Criterion) {
    quiet::bench(c);
    parse::bench(c);
    identify::bench(c);
    group::bench(c);
    near::bench(c);
    bisect::bench(c);
    #[cfg(feature = "symbolize")]
    symbolize::bench(c);
}

criterion_group!(benches, stages);
criterion_main!(benches);
