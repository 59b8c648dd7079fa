//! What holds whatever the bytes are. A target is a function that panics where it does not hold: libFuzzer looks for
//! such bytes (`tests/fuzz`), and `tests/replay.rs` runs the same functions over what it once found.

pub(crate) mod bisection;
pub(crate) mod blocks;
pub(crate) mod kernel;
pub(crate) mod printed;
mod rows;
pub(crate) mod saved;
pub(crate) mod scan;

/// A target.
pub(crate) type Target = fn(&[u8]);

/// All targets, by the name of their folder of findings.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("scan", scan::check),
    ("blocks", blocks::check),
    ("bisection", bisection::check),
    ("saved", saved::check),
    ("kernel", kernel::check),
    ("index", kernel::check_index),
    ("rows", rows::check),
];

/// The first byte, which says what to do with the others.
fn choice(data: &[u8], of: usize) -> (usize, &[u8]) {
    match data.split_first() {
        Some((first, rest)) => (usize::from(*first) % of, rest),
        None => (0, data),
    }
}
