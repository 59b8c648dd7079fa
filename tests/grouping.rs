//! Grouping depends on the set of reports only: not on their order, nor on how they were split and merged.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use ksplat::dedup::Groups;
use ksplat::dedup::near::{Joins, Threshold};
use ksplat::{Identity, Report};
use std::path::{Path, PathBuf};

/// So many permutations and so many splits are tried.
const ROUNDS: usize = 12;

/// Numbers that look random and are the same in each run: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

struct Named {
    path: String,
    report: Report<'static>,
    identity: Identity,
}

/// The reports of all fixtures, those of real logs twice: as if they had been scanned on two days.
fn reports() -> Vec<Named> {
    let mut files = Vec::new();
    for folder in ["tests/data", "examples/logs"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    files.sort();
    let mut all = Vec::new();
    for file in &files {
        let log = std::fs::read(file).unwrap();
        for day in 0..if file.components().any(|c| c.as_os_str() == "real") { 2 } else { 1 } {
            for report in ksplat::reports(&log) {
                let identity = ksplat::identify(&report);
                let path = format!("{day}/{}", file.display());
                all.push(Named { path, report: report.into_owned(), identity });
            }
        }
    }
    assert!(all.len() > 300, "the fixtures are missing");
    all
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn grouped<'a>(reports: impl IntoIterator<Item = &'a Named>) -> Groups {
    let mut groups = Groups::new();
    for named in reports {
        groups.add(&named.path, &named.report, &named.identity);
    }
    groups
}

#[test]
fn ok_groups_and_clusters_do_not_depend_on_the_order() {
    let reports = reports();
    let whole = grouped(&reports);
    let joins = Joins::new(&whole, Threshold::Balanced);
    assert!(joins.clusters() < whole.by_size().len(), "nothing was joined");
    let mut random = Random(1);
    let mut order: Vec<&Named> = reports.iter().collect();
    for _ in 0..ROUNDS {
        random.shuffle(&mut order);
        let groups = grouped(order.iter().copied());
        assert_eq!(groups, whole);
        assert_eq!(Joins::new(&groups, Threshold::Balanced), joins);
    }
}

#[test]
fn ok_parts_merge_into_the_whole() {
    let reports = reports();
    let whole = grouped(&reports);
    let mut random = Random(2);
    for round in 0..ROUNDS {
        let count = 2 + round % 5;
        let mut parts: Vec<Vec<&Named>> = vec![Vec::new(); count];
        // A report that was scanned twice is still one.
        for named in reports.iter().chain(reports.iter().step_by(7)) {
            parts[random.below(count)].push(named);
        }
        let mut parts: Vec<Groups> = parts.into_iter().map(grouped).collect();
        random.shuffle(&mut parts);
        let mut merged = Groups::new();
        for part in &parts {
            part.by_size().into_iter().for_each(|group| merged.insert(group.clone()));
        }
        assert_eq!(merged, whole, "round {round}");
    }
}

#[cfg(feature = "json")]
#[test]
fn ok_saved_parts_merge_into_the_whole() {
    use ksplat::output::{Summary, json};
    let reports = reports();
    let whole = grouped(&reports);
    let mut merged = Groups::new();
    for part in reports.chunks(100).rev() {
        let saved = serde_json::to_vec(&json::Groups::new(&Summary::new(&grouped(part)))).unwrap();
        for group in json::Groups::from_json(&saved, "part.json").unwrap().groups {
            merged.insert(group.to_group().unwrap());
        }
    }
    assert_eq!(merged, whole);
    assert_eq!(json::Groups::new(&Summary::new(&merged)), json::Groups::new(&Summary::new(&whole)));
}

/// A mean is not moved by who is asked first: a chain of groups, each near the next, falls apart at its weakest links
/// and not at its ends.
#[test]
fn ok_one_odd_group_does_not_chain_two_bugs() {
    let log = |functions: [&str; 3]| {
        let frames: String = functions.iter().map(|f| format!(" {f}+0x1/0x2\n")).collect();
        format!(
            "BUG: kernel NULL pointer dereference, address: 0000000000000010\nRIP: 0010:{}+0x1/0x2\nCall Trace:\n{frames}",
            functions[0]
        )
    };
    let logs = [
        log(["ring_pop", "ring_poll", "ring_ioctl"]),
        log(["ring_poll", "ring_pop", "ring_ioctl"]),
        log(["ring_ioctl", "ring_poll", "wheel_turn"]),
        log(["wheel_turn", "wheel_spin", "wheel_open"]),
        log(["wheel_spin", "wheel_turn", "wheel_open"]),
    ];
    let named = logs.iter().enumerate().map(|(at, log)| {
        let report = ksplat::reports(log.as_bytes()).next().unwrap();
        Named { path: at.to_string(), identity: ksplat::identify(&report), report: report.into_owned() }
    });
    let named: Vec<Named> = named.collect();
    let joins = Joins::new(&grouped(&named), Threshold::Balanced);
    let cluster = |at: usize| joins.cluster(&named[at].identity.signature.to_string()).unwrap();
    assert_eq!(cluster(0), cluster(1));
    assert_eq!(cluster(3), cluster(4));
    assert_ne!(cluster(0), cluster(3));
}
