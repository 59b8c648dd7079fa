//! Prints the title and signature of every crash in the logs named on the command line.
//!
//! `cargo run --example titles -- examples/logs/*.log`

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let log = std::fs::read(&path)?;
        for report in ksplat::reports(&log) {
            let identity = ksplat::identify(&report);
            println!("{path}:{}: {} [{}]", report.span.line, identity.title, identity.signature);
        }
    }
    Ok(())
}
