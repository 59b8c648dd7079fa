//! Groups the crashes of the logs in a folder by signature and prints a table.
//!
//! `cargo run --example group -- examples/logs`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use ksplat::dedup::Groups;
use ksplat::input::{Opened, Settings, walk};
use std::path::PathBuf;

fn main() {
    let paths: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let mut groups = Groups::new();
    for source in walk(&paths) {
        let log = source.and_then(|source| Ok((source.name(), source.open(&Settings::default())?)));
        match log {
            Ok((name, Opened::Whole(bytes))) => {
                for report in ksplat::reports(&bytes) {
                    groups.add(&name, &report, &ksplat::identify(&report));
                }
            }
            // A log of many megabytes is read piece by piece.
            Ok((name, Opened::Long(mut pieces))) => {
                let mut add = |report: ksplat::Report<'_>| {
                    groups.add(&name, &report, &ksplat::identify(&report));
                };
                while pieces.read(&mut add).unwrap_or_else(|error| {
                    eprintln!("{error}");
                    false
                }) {}
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    println!("count  signature            first seen                                title");
    for group in groups.by_size() {
        let first = group.members.first().map_or_else(String::new, |m| format!("{}:{}", m.path, m.line));
        println!("{:5}  {}  {first:40}  {}", group.members.len(), group.signature, group.title());
    }
    println!("{} reports in {} groups", groups.reports(), groups.by_size().len());
}
