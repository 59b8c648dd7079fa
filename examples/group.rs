//! Groups the crashes of several logs by signature and prints a table.
//!
//! `cargo run --example group -- examples/logs/*.log`

#![allow(clippy::print_stdout, reason = "an example prints")]

use ksplat::dedup::Groups;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut groups = Groups::new();
    for path in std::env::args().skip(1) {
        let log = std::fs::read(&path)?;
        for report in ksplat::reports(&log) {
            groups.add(&path, &report, &ksplat::identify(&report));
        }
    }
    for group in groups.by_size() {
        println!("{:5}  {}  {}", group.members.len(), group.signature, group.title());
    }
    println!("{} reports in {} groups", groups.reports(), groups.by_size().len());
    Ok(())
}
