//! Walks through everything a report holds.
//!
//! `cargo run --example walk -- examples/logs/warn_in_work.log`

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "examples/logs/warn_in_work.log".to_owned());
    let log = std::fs::read(&path)?;
    for report in ksplat::reports(&log) {
        println!("kind       {} ({})", report.kind, report.kind.class());
        println!("where      line {} of {path}, {} lines", report.span.line, report.lines.len());
        println!("task       {:?} on CPU {:?}", report.task.comm, report.task.cpu);
        println!("kernel     {:?} {:?}", report.kernel.release, report.kernel.arch);
        for (name, text) in &report.captures {
            println!("captured   {name} = {text}");
        }
        for trace in &report.traces {
            println!("stack      {} with {} frames", trace.role, trace.frames.len());
        }
        for dump in &report.registers {
            let ip = dump.ip.as_ref().map_or("user space".into(), |s| s.name.to_str_lossy());
            println!("registers  {} of them, at {ip}", dump.entries.len());
        }
        for module in &report.modules {
            println!("module     {}", module.name);
        }
        for defect in &report.defects {
            println!("damaged    {}: {}", defect.code, defect.text);
        }
        println!();
    }
    Ok(())
}
