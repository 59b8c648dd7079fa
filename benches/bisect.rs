//! Bisection logs: reading and auditing. The yardstick searches each line with one regular expression of all steering
//! lines, as scripts around such logs do. One log is of the ordinary kind again and again; one is hostile: 20 MB of
//! nothing but steering lines, which must cost about as much a byte.

use criterion::{BenchmarkId, Criterion, Throughput};
use ksplat::bisect::Bisection;
use ksplat::bisect::audit::audit;
use std::hint::black_box;

const STEERING: &str = r"^(testing commit [0-9a-f]{40}|testing release |compiler: |kernel signature: |run #[0-9]+: |all runs: |# git bisect (start|good|bad|skip) |Bisecting: [0-9]+ revision|\[[0-9a-f]{40}\] |[0-9a-f]{40} is the first bad commit|revisions tested: |first bad commit: |crash: |error: )";

/// Bytes of the ordinary log and of the hostile one.
const ORDINARY: usize = 1 << 20;
const HOSTILE: usize = 20 << 20;

pub(crate) fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("bisect");
    group.sample_size(10);
    let steering = regex::bytes::Regex::new(STEERING).unwrap();
    for (name, (log, revisions)) in [("ordinary", ordinary()), ("hostile", hostile())] {
        group.throughput(Throughput::Bytes(log.len() as u64));
        group.bench_with_input(BenchmarkId::new("parse", name), &log, |b, log| {
            b.iter(|| assert_eq!(Bisection::parse(black_box(log)).unwrap().revisions.len(), revisions));
        });
        let bisection = Bisection::parse(&log).unwrap();
        group.bench_with_input(BenchmarkId::new("audit", name), &bisection, |b, bisection| {
            b.iter(|| assert_eq!(audit(black_box(bisection)).rejudged.len(), revisions));
        });
        group.bench_with_input(BenchmarkId::new("yardstick: a regex a line", name), &log, |b, log| {
            b.iter(|| {
                let lines = log
                    .split(|c| *c == b'\n')
                    .filter(|l| l.starts_with(b"testing commit ") && steering.is_match(l));
                let others = log.split(|c| *c == b'\n').filter(|l| steering.is_match(black_box(l))).count();
                assert!(lines.count() == revisions && others >= revisions);
            });
        });
    }
    group.finish();
}

/// A log that tests one revision after the other, with an end and a crash; and how many those are.
fn ordinary() -> (Vec<u8>, usize) {
    let test = "Bisecting: 12 revisions left to test after this (roughly 4 steps)\n\
                [0123456789012345678901234567890123456789] net: something\n\
                testing commit 0123456789012345678901234567890123456789 with gcc (GCC) 8.1.0\n\
                kernel signature: 6bbefe9f5a717213601002ea2a698b1afddcf34f2eaeb38b55847f3e69f3a5b0\n\
                run #0: OK\nrun #1: crashed: WARNING in ring_send\nrun #2: boot failed: can't ssh into the instance\n\
                Connection timed out during banner exchange\nlost connection\n\n\
                # git bisect bad 0123456789012345678901234567890123456789\n";
    repeated(test, ORDINARY)
}

fn hostile() -> (Vec<u8>, usize) {
    let test = "testing commit 0123456789012345678901234567890123456789 gcc\n\
                # git bisect good 0123456789012345678901234567890123456789\n\
                0123456789012345678901234567890123456789 is the first bad commit\n\
                run #1: crashed: x\nall runs: OK\nThe first bad commit could be any of:\n\
                0123456789012345678901234567890123456789\nculprit signature: 00\nrecipients (to): [\"a\" \"b\"]\n\
                reproducer seems to be flaky\nkconfig minimization: x\n";
    repeated(test, HOSTILE)
}

fn repeated(test: &str, bytes: usize) -> (Vec<u8>, usize) {
    let times = bytes / test.len();
    let start = "bisecting cause commit starting from 0123456789012345678901234567890123456789\n";
    ([start, &test.repeat(times)].concat().into_bytes(), times)
}
