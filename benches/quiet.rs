//! Detection on a log without a crash; the yardstick is one substring search over the buffer.

use criterion::{Criterion, Throughput};
use std::hint::black_box;

pub(crate) fn bench(c: &mut Criterion) {
    let log = crate::quiet(16 << 20);
    let mut group = c.benchmark_group("quiet");
    group.throughput(Throughput::Bytes(log.len() as u64)).sample_size(10);
    group.bench_function("lines", |b| {
        let lines = log.iter().filter(|c| **c == b'\n').count();
        b.iter(|| assert_eq!(ksplat::Log::from_bytes(black_box(&log)).lines().count(), lines));
    });
    group.bench_function("reports", |b| {
        b.iter(|| assert_eq!(ksplat::reports(black_box(&log)).count(), 0));
    });
    group.bench_function("yardstick: find BUG:", |b| {
        let finder = memchr::memmem::Finder::new(b"BUG: ");
        b.iter(|| assert_eq!(finder.find_iter(black_box(&log)).count(), 0));
    });
    group.finish();
}
