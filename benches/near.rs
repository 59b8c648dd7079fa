//! Near reports in a collection of ten thousand; the yardstick compares the query with each of them.

use criterion::{Criterion, Throughput};
use ksplat::dedup::near::{Builder, Entry, Index, Profile};
use std::hint::black_box;

const REPORTS: usize = 10_000;

/// The bundled reports again and again, each time with other names of functions.
fn profiles() -> Vec<Profile> {
    let logs = crate::logs();
    let base: Vec<Profile> = logs
        .iter()
        .flat_map(|log| ksplat::reports(log).map(|r| Profile::of_report(&r)).collect::<Vec<_>>())
        .collect();
    let renamed = |copy: usize, profile: &Profile| {
        let name = |term: &String| if term.contains('_') { format!("{term}_v{copy}") } else { term.clone() };
        let mut terms: Vec<String> = profile.terms.iter().map(name).collect();
        terms.sort();
        Profile { terms, ..profile.clone() }
    };
    (0..REPORTS).map(|n| renamed(n / base.len(), &base[n % base.len()])).collect()
}

fn index(profiles: &[Profile]) -> Index {
    let mut builder = Builder::default();
    for (at, profile) in profiles.iter().enumerate() {
        builder.add(&Entry { path: format!("{at}.log"), ..Entry::default() }, profile);
    }
    builder.finish()
}

/// How many terms two reports share.
fn shared(a: &Profile, b: &Profile) -> usize {
    let mut rest = b.terms.as_slice();
    let mut count = 0;
    for term in &a.terms {
        while rest.first().is_some_and(|other| other < term) {
            rest = &rest[1..];
        }
        count += usize::from(rest.first() == Some(term));
    }
    count
}

pub(crate) fn bench(c: &mut Criterion) {
    let profiles = profiles();
    let all = index(&profiles);
    let saved = all.to_bytes();
    let mut group = c.benchmark_group("near");
    group.throughput(Throughput::Elements(REPORTS as u64)).sample_size(10);
    group.bench_function("build", |b| b.iter(|| assert_eq!(index(black_box(&profiles)), all)));
    group.bench_function("load", |b| {
        b.iter(|| assert_eq!(Index::from_bytes(black_box(&saved), "x").unwrap().len(), REPORTS));
    });
    group.throughput(Throughput::Elements(1));
    let mut at = 0;
    group.bench_function("query", |b| {
        b.iter(|| {
            at = (at + 7919) % REPORTS;
            let hits = all.near(black_box(&profiles[at]), 10);
            assert!(hits[0].score > 0.8, "{} is not found", profiles[at].kind);
        });
    });
    group.bench_function("yardstick: compare with each", |b| {
        b.iter(|| {
            at = (at + 7919) % REPORTS;
            let query = black_box(&profiles[at]);
            let best = (0..REPORTS).max_by_key(|other| shared(query, &profiles[*other])).unwrap();
            assert_eq!(shared(query, &profiles[best]), query.terms.len());
        });
    });
    group.finish();
}
