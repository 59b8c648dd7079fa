//! Title, guilty function and signature of parsed reports; the yardstick is the SHA-256 of the reports' text, which
//! is what a hash over all lines would cost.

use criterion::{Criterion, Throughput};
use sha2::{Digest, Sha256};
use std::hint::black_box;

pub(crate) fn bench(c: &mut Criterion) {
    let (log, count) = crate::dense(1 << 20);
    let reports: Vec<_> = ksplat::reports(&log).collect();
    assert_eq!(reports.len(), count);
    let mut group = c.benchmark_group("identify");
    group.throughput(Throughput::Elements(reports.len() as u64)).sample_size(10);
    group.bench_function("identity", |b| {
        b.iter(|| {
            let named = reports.iter().filter(|r| ksplat::identify(black_box(r)).function.is_some()).count();
            assert!(named * 10 > count * 8, "{named} of {count} reports name a function");
        });
    });
    group.bench_function("yardstick: SHA-256 of the text", |b| {
        b.iter(|| {
            for report in &reports {
                let mut hash = Sha256::new();
                for line in &report.lines {
                    hash.update(black_box(&line[..]));
                }
                black_box(hash.finalize());
            }
        });
    });
    group.finish();
}
