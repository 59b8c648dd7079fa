//! Takes a call trace apart: copy one out of a log and pipe it in.
//!
//! `cargo run --example trace < trace.txt`; without input it reads a trace of its own.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::io::{IsTerminal, Read};

const TRACE: &str = "BUG: kernel NULL pointer dereference, address: 0000000000000008
RIP: 0010:ring_push+0x1a/0x90 [ring]
Call Trace:
 <IRQ>
 ? show_regs+0x60/0x70
 ring_interrupt+0x44/0xa0 [ring]
 </IRQ>
 cpuidle_enter_state+0xdb/0x3d0
";

fn main() -> Result<(), Box<dyn Error>> {
    let mut log = Vec::new();
    if std::io::stdin().is_terminal() || std::io::stdin().read_to_end(&mut log)? == 0 {
        log = TRACE.as_bytes().to_vec();
    }
    for report in ksplat::reports(&log) {
        for frame in report.traces.iter().flat_map(|t| &t.frames) {
            let Some(symbol) = &frame.symbol else { continue };
            println!(
                "{:30} +{:#x} of {:#x} bytes  module {:8} stack {:9} {}",
                symbol.name,
                symbol.offset.unwrap_or(0),
                symbol.size.unwrap_or(0),
                symbol.module.as_ref().map_or("-".into(), |m| m.to_str_lossy()),
                frame.stack.name(),
                if frame.reliable { "" } else { "(a guess of the unwinder)" },
            );
        }
    }
    Ok(())
}
