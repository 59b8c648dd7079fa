//! The stacks: the one to blame in full, the others by their first telling frames.

use super::paint::{Colour, Tone};
use super::report::{is_guilty, location_text, role_text, symbol_text};
use crate::dedup::skip_reason;
use crate::output::clean::Clean;
use crate::report::{Frame, Role, Stack, Trace};
use crate::{Identity, Report};
use std::fmt;

/// Most frames of the main stack that text shows; deeper ones are counted.
const DEPTH: usize = 64;

/// Most frames of each other stack that text shows; deeper ones are counted.
const SHORT: usize = 4;

/// Most stacks besides the main one that text shows; a dump of all CPUs has hundreds, and the others are counted.
const OTHERS: usize = 8;

/// Writes all stacks.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    report: &Report<'_>,
    identity: &Identity,
    colour: Colour,
) -> fmt::Result {
    let Some(main) = main_trace(report, identity) else { return Ok(()) };
    let writer = Writer { report, identity, colour };
    if let Some(trace) = report.traces.get(main) {
        writer.full(f, trace)?;
    }
    let others = || report.traces.iter().enumerate().filter(|(i, t)| *i != main && !t.frames.is_empty());
    for (_, trace) in others().take(OTHERS) {
        writer.short(f, trace)?;
    }
    match others().count().saturating_sub(OTHERS) {
        0 => Ok(()),
        more => writeln!(f, "\n  {}", colour.paint(Tone::Faint, format_args!("… {more} more stacks"))),
    }
}

/// The stack that holds the guilty frame, rather a crash stack than another; without one, the crash stack.
fn main_trace(report: &Report<'_>, identity: &Identity) -> Option<usize> {
    let holds =
        |t: &Trace<'_>| t.frames.iter().any(|f| f.symbol.as_ref().is_some_and(|s| is_guilty(s, identity)));
    let traces = &report.traces;
    traces
        .iter()
        .position(|t| t.role == Role::Crash && holds(t))
        .or_else(|| traces.iter().position(holds))
        .or_else(|| traces.iter().position(|t| t.role == Role::Crash && !t.frames.is_empty()))
        .or_else(|| traces.iter().position(|t| !t.frames.is_empty()))
}

struct Writer<'a> {
    report: &'a Report<'a>,
    identity: &'a Identity,
    colour: Colour,
}

impl Writer<'_> {
    fn full(&self, f: &mut fmt::Formatter<'_>, trace: &Trace<'_>) -> fmt::Result {
        self.heading(f, trace)?;
        let guilty = self.guilty_frame(trace);
        if guilty.is_none() {
            self.guilty_register(f)?;
        }
        let mut stack = Stack::Task;
        for (at, frame) in trace.frames.iter().take(DEPTH).enumerate() {
            self.interrupts(f, trace, at)?;
            if frame.stack != stack {
                stack = frame.stack;
                self.faint(f, &format!("<{}>", stack.name().to_uppercase()))?;
            }
            self.frame(f, frame, guilty == Some(at))?;
        }
        self.more(f, trace.frames.len().saturating_sub(DEPTH))
    }

    /// The frame to blame: one that is reliable rather than a leftover of the same name.
    fn guilty_frame(&self, trace: &Trace<'_>) -> Option<usize> {
        let guilty = |f: &Frame<'_>| f.symbol.as_ref().is_some_and(|s| is_guilty(s, self.identity));
        let reliable = trace.frames.iter().position(|f| f.reliable && guilty(f));
        reliable.or_else(|| trace.frames.iter().position(guilty))
    }

    /// The function at the instruction pointer, if it is the guilty one: the kernel prints it above the stack.
    fn guilty_register(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ip = self.report.crash_registers().and_then(|r| r.ip.as_ref());
        let Some(ip) = ip.filter(|ip| is_guilty(ip, self.identity)) else { return Ok(()) };
        let text = Clean(symbol_text(ip));
        writeln!(f, "  {}", self.colour.paint(Tone::Guilty, format_args!(">   {text}")))
    }

    fn short(&self, f: &mut fmt::Formatter<'_>, trace: &Trace<'_>) -> fmt::Result {
        self.heading(f, trace)?;
        let telling = || trace.frames.iter().filter(|f| f.reliable && !is_skipped(f));
        let some = telling().next().is_some();
        let shown = trace.frames.iter().filter(|f| !some || (f.reliable && !is_skipped(f))).take(SHORT);
        let mut count = 0;
        for frame in shown {
            self.frame(f, frame, false)?;
            count += 1;
        }
        self.more(f, trace.frames.len().saturating_sub(count))
    }

    fn heading(&self, f: &mut fmt::Formatter<'_>, trace: &Trace<'_>) -> fmt::Result {
        let mut text = role_text(trace.role).to_owned();
        if let Some(label) = &trace.label {
            let task = label.first().is_some_and(u8::is_ascii_digit) && text.ends_with("by");
            text.push_str(if task { " task " } else { " " });
            text.push_str(&label.to_str_lossy());
        }
        writeln!(f, "\n  {}", self.colour.paint(Tone::Heading, Clean(text)))
    }

    fn frame(&self, f: &mut fmt::Formatter<'_>, frame: &Frame<'_>, guilty: bool) -> fmt::Result {
        let mut text = match (&frame.symbol, frame.address) {
            (Some(symbol), _) => symbol_text(symbol),
            (None, Some(address)) => format!("{:#x}", address.0),
            (None, None) => "?".to_owned(),
        };
        if let Some(location) = &frame.location {
            text.push_str(&format!("  {}", location_text(location)));
        }
        if frame.inlined {
            text.push_str("  [inline]");
        }
        let mark = if frame.reliable { ' ' } else { '?' };
        let text = Clean(text);
        if guilty {
            writeln!(f, "  {}", self.colour.paint(Tone::Guilty, format_args!("> {mark} {text}")))
        } else if !frame.reliable || is_skipped(frame) {
            writeln!(f, "    {}", self.colour.paint(Tone::Faint, format_args!("{mark} {text}")))
        } else {
            writeln!(f, "    {mark} {text}")
        }
    }

    /// The exceptions and interrupts taken before frame `at`.
    fn interrupts(&self, f: &mut fmt::Formatter<'_>, trace: &Trace<'_>, at: usize) -> fmt::Result {
        let dumps = trace.interrupted.iter().filter(|(frame, _)| *frame == at);
        for dump in dumps.filter_map(|(_, dump)| self.report.registers.get(*dump)) {
            if let Some(ip) = &dump.ip {
                self.faint(f, &format!("--- interrupted {}", symbol_text(ip)))?;
            }
        }
        Ok(())
    }

    fn more(&self, f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
        if count == 0 { Ok(()) } else { self.faint(f, &format!("… {count} more")) }
    }

    fn faint(&self, f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
        writeln!(f, "      {}", self.colour.paint(Tone::Faint, Clean(text)))
    }
}

/// Whether the frame is a helper that never carries the blame.
fn is_skipped(frame: &Frame<'_>) -> bool {
    let Some(symbol) = &frame.symbol else { return true };
    symbol.module.is_none() && skip_reason(&symbol.name.to_str_lossy()).is_some()
}
