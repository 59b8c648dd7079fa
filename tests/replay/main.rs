//! What fuzzing found stays found: each file of `tests/findings/TARGET`, and each seed that fuzzing starts from, holds
//! the invariants of its target (`tests/invariants`).
//!
//! `SEEDS=FOLDER cargo test --all-features --test replay` also writes the seeds there, a folder for each target;
//! `tests/fuzz/run` does so.

#![cfg(all(feature = "symbolize", feature = "disasm", feature = "ci", feature = "owners"))]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

#[path = "../symbolize/elf.rs"]
mod elf;
#[path = "../invariants/mod.rs"]
mod invariants;
#[path = "../symbolize/program.rs"]
mod program;
mod seeds;

use invariants::TARGETS;
use std::path::Path;

/// `FINDING=TARGET:FILE` runs one, and says all that can be said.
#[test]
fn ok_one_finding() {
    let Some(one) = std::env::var_os("FINDING") else { return };
    let (target, file) = one.to_str().unwrap().split_once(':').expect("TARGET:FILE");
    let (_, check) = TARGETS.iter().find(|(name, _)| *name == target).expect("it is a target");
    check(&std::fs::read(file).unwrap());
}

#[test]
fn ok_findings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings");
    let (mut seen, mut failed) = (0, Vec::new());
    for folder in std::fs::read_dir(&root).expect("tests/findings is there") {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let (_, check) = TARGETS.iter().find(|(target, _)| *target == name).expect("a folder is a target");
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            let bytes = std::fs::read(&file).unwrap();
            if std::panic::catch_unwind(|| check(&bytes)).is_err() {
                failed.push(file);
            }
            seen += 1;
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
    assert!(seen > 0, "nothing in {}", root.display());
}

/// The seeds are the fixtures: fuzzing runs all of them first, this some of each target.
#[test]
fn ok_seeds() {
    const MANY: usize = 100;
    if let Some(folder) = std::env::var_os("SEEDS") {
        return write_seeds(Path::new(&folder));
    }
    let mut failed = Vec::new();
    for (target, check) in TARGETS {
        let seeds = seeds::of(target);
        assert!(!seeds.is_empty(), "{target} has no seeds");
        let step = if seeds.len() > MANY { 7 } else { 1 };
        for (number, seed) in seeds.iter().enumerate().step_by(step) {
            if std::panic::catch_unwind(|| check(seed)).is_err() {
                failed.push(format!("{target}/{number:04}"));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

fn write_seeds(folder: &Path) {
    for (target, _) in TARGETS {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).unwrap();
        for (number, seed) in seeds::of(target).iter().enumerate() {
            std::fs::write(folder.join(format!("{number:04}")), seed).unwrap();
        }
    }
    std::fs::write(folder.join("dictionary"), seeds::dictionary()).unwrap();
}
