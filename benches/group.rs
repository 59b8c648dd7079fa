//! Grouping of named reports, and joining of the groups; the yardstick counts titles in a hash map.

use criterion::{Criterion, Throughput};
use ksplat::dedup::Groups;
use ksplat::dedup::near::{Joins, Threshold};
use std::collections::{HashMap, HashSet};
use std::hint::black_box;

pub(crate) fn bench(c: &mut Criterion) {
    let (log, count) = crate::dense(1 << 20);
    let reports: Vec<_> = ksplat::reports(&log).map(|r| (ksplat::identify(&r), r)).collect();
    let signatures: HashSet<_> = reports.iter().map(|(i, _)| &i.signature).collect();
    let grouped = || {
        let mut groups = Groups::new();
        reports.iter().for_each(|(identity, report)| groups.add("dense.log", report, identity));
        groups
    };
    let groups = grouped();
    assert_eq!((groups.reports(), groups.by_size().len()), (count, signatures.len()));
    let mut group = c.benchmark_group("group");
    group.throughput(Throughput::Elements(reports.len() as u64)).sample_size(10);
    group.bench_function("by signature", |b| b.iter(|| assert_eq!(grouped().reports(), count)));
    group.bench_function("yardstick: count titles", |b| {
        b.iter(|| {
            let mut titles: HashMap<&str, usize> = HashMap::new();
            reports.iter().for_each(|(i, _)| *titles.entry(black_box(&i.title)).or_default() += 1);
            assert_eq!(titles.values().sum::<usize>(), count);
        });
    });
    group.bench_function("join near groups", |b| {
        b.iter(|| {
            let joins = Joins::new(black_box(&groups), Threshold::Balanced);
            assert!((1..=signatures.len()).contains(&joins.clusters()));
        });
    });
    group.finish();
}
