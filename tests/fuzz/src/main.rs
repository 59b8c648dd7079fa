//! The targets of libFuzzer: `KSPLAT_TARGET` says which one of `tests/invariants` runs.

#![no_main]

#[allow(dead_code, reason = "the tests of symbolizing use all of it")]
#[path = "../../symbolize/elf.rs"]
mod elf;
#[path = "../../invariants/mod.rs"]
mod invariants;

use invariants::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(
    init: {
        let name = std::env::var("KSPLAT_TARGET").expect("KSPLAT_TARGET is a target");
        let (_, check) = TARGETS.iter().find(|(target, _)| *target == name).expect("KSPLAT_TARGET is a target");
        let _ = TARGET.set(*check);
    },
    |data: &[u8]| {
        if let Some(check) = TARGET.get() {
            check(data);
        }
    }
);
