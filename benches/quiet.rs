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
    group.bench_function("prefixes", |b| {
        let parsed = ksplat::Log::from_bytes(&log);
        let stamped = |log: &ksplat::Log<'_>| log.lines().filter(|l| l.read().time.is_some()).count();
        let want = stamped(&parsed);
        assert!(want * 10 > parsed.lines().count() * 8, "most lines have a stamp");
        b.iter(|| assert_eq!(stamped(black_box(&parsed)), want));
    });
    group.bench_function("detection of the transport", |b| {
        b.iter(|| {
            let log = ksplat::Log::from_bytes(black_box(&log));
            assert_eq!(log.detection().transport, ksplat::Transport::Console);
        });
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
