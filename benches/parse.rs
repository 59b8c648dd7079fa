//! Parsing of logs full of crashes; the yardstick matches the headers by regular expressions, line by line.

use criterion::{Criterion, Throughput};
use std::hint::black_box;

/// Headers as tools match them that work by regular expression.
const HEADERS: &[&str] = &[
    r"BUG: ",
    r"WARNING: ",
    r"INFO: ",
    r"Unable to handle kernel",
    r"general protection fault",
    r"Kernel panic",
    r"kernel BUG",
    r"divide error:",
    r"invalid opcode:",
    r"UBSAN:",
    r"Internal error:",
    r"Unhandled fault:",
];

pub(crate) fn bench(c: &mut Criterion) {
    let (log, reports) = crate::dense(4 << 20);
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Bytes(log.len() as u64)).sample_size(10);
    group.bench_function("reports", |b| {
        b.iter(|| assert_eq!(ksplat::reports(black_box(&log)).count(), reports));
    });
    group.bench_function("yardstick: a regex per header", |b| {
        let headers: Vec<_> = HEADERS.iter().map(|h| regex::bytes::Regex::new(h).unwrap()).collect();
        let hits = |log: &[u8]| {
            log.split(|c| *c == b'\n').filter(|line| headers.iter().any(|h| h.is_match(line))).count()
        };
        let want = hits(&log);
        b.iter(|| assert_eq!(hits(black_box(&log)), want));
    });
    group.finish();
}
