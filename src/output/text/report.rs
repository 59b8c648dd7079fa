//! The head of a report: what, where, when, who, and what is wrong with it.

use super::paint::{Colour, Tone};
use super::{machine, stack};
use crate::output::clean::Clean;
use crate::owners::Owners;
use crate::report::{Fault, Frame, Kernel, Role, SourceLocation, Symbol, Task, Text};
use crate::{Identity, Report};
use std::fmt::{self, Display};

/// A report as text; made by [`super::report`].
#[derive(Debug, Clone, Copy)]
pub struct ReportText<'a> {
    pub(super) path: &'a str,
    pub(super) report: &'a Report<'a>,
    pub(super) identity: &'a Identity,
    pub(super) colour: Colour,
    pub(super) owners: Option<&'a Owners>,
}

impl Display for ReportText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, identity, colour, .. } = *self;
        writeln!(f, "{}", colour.paint(Tone::Title, Clean(&identity.title)))?;
        self.head(f)?;
        for defect in &identity.defects {
            let text = format!("{}: {}", defect.code, defect.text);
            self.row(f, "damaged", colour.paint(Tone::Defect, Clean(text)))?;
        }
        stack::write(f, report, identity, colour)?;
        machine::write(f, report, colour)
    }
}

impl<'a> ReportText<'a> {
    /// The same, with those who look after the file to blame.
    #[must_use]
    pub const fn owned_by(self, owners: Option<&'a Owners>) -> Self {
        Self { owners, ..self }
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, identity, path, owners, .. } = *self;
        self.row(
            f,
            "log",
            format_args!("{}:{} (byte {})", Clean(path), report.span.line, report.span.offset),
        )?;
        self.row(
            f,
            "kind",
            format_args!("{} ({})  {}", Clean(&report.kind), report.kind.class(), identity.signature),
        )?;
        if let Some(place) = place(report, identity) {
            self.row(f, "where", Clean(place))?;
        }
        if let Some(text) = access(&report.fault) {
            self.row(f, "access", Clean(text))?;
        }
        if let Some(time) = report.time {
            let by = report.caller.map_or_else(String::new, |c| format!(", printed by {c}"));
            self.row(f, "when", format_args!("{}.{:06} s{by}", time / 1_000_000, time % 1_000_000))?;
        }
        if let Some(text) = who(&report.task) {
            self.row(f, "who", Clean(text))?;
        }
        if let Some(text) = kernel(&report.kernel) {
            self.row(f, "kernel", Clean(text))?;
        }
        if let Some(hardware) = &report.kernel.hardware {
            self.row(f, "hardware", Clean(hardware))?;
        }
        if let Some(owners) = owners {
            self.row(f, "owner", Clean(owners))?;
        }
        let foreign = foreign_modules(report);
        if foreign.is_empty() { Ok(()) } else { self.row(f, "modules", Clean(foreign)) }
    }

    fn row(&self, f: &mut fmt::Formatter<'_>, label: &str, value: impl Display) -> fmt::Result {
        writeln!(f, "  {} {value}", self.colour.paint(Tone::Heading, format_args!("{label:<9}")))
    }
}

/// Whether the function is the guilty one, compiler suffixes apart.
pub(super) fn is_guilty(symbol: &Symbol<'_>, identity: &Identity) -> bool {
    let Some(guilty) = identity.function.as_deref().filter(|g| !g.is_empty()) else { return false };
    symbol.name.strip_prefix(guilty.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
}

/// Source position of the crash if it is known, and the guilty function with its offset.
fn place(report: &Report<'_>, identity: &Identity) -> Option<String> {
    let guilty = |s: &Symbol<'_>| is_guilty(s, identity);
    let register = report.crash_registers().filter(|r| r.ip.as_ref().is_some_and(guilty));
    let frame =
        || report.traces.iter().flat_map(|t| &t.frames).find(|f| f.symbol.as_ref().is_some_and(guilty));
    let (symbol, location) = match register {
        Some(r) => (r.ip.as_ref(), r.ip_location.as_ref()),
        None => frame().map_or((None, None), |f: &Frame<'_>| (f.symbol.as_ref(), f.location.as_ref())),
    };
    let function = symbol.map(symbol_text).or_else(|| identity.function.clone());
    let source = location.map(location_text).or_else(|| captured_location(report));
    match (source, function) {
        (Some(source), Some(function)) => Some(format!("{source}  {function}")),
        (source, function) => source.or(function),
    }
}

/// `kernel BUG at %s:%d!` and its like name their own place.
fn captured_location(report: &Report<'_>) -> Option<String> {
    Some(format!("{}:{}", report.capture("file")?, report.capture("line")?))
}

/// `function+0x10/0x20 [module]`.
pub(super) fn symbol_text(symbol: &Symbol<'_>) -> String {
    let mut text = symbol.name.to_string();
    if let Some(offset) = symbol.offset {
        text.push_str(&format!("+{offset:#x}"));
    }
    if let Some(size) = symbol.size {
        text.push_str(&format!("/{size:#x}"));
    }
    if let Some(module) = &symbol.module {
        text.push_str(&format!(" [{module}]"));
    }
    text
}

/// `file:line`.
pub(super) fn location_text(location: &SourceLocation<'_>) -> String {
    location.line.map_or_else(|| location.file.to_string(), |line| format!("{}:{line}", location.file))
}

fn access(fault: &Fault<'_>) -> Option<String> {
    let mut text = fault.access.as_ref().map(ToString::to_string).unwrap_or_default();
    if let Some(size) = fault.size {
        text.push_str(&format!(" of {size} bytes"));
    }
    if let Some(address) = fault.address {
        text.push_str(&format!(" at {address:#x}"));
    }
    if let Some(cache) = &fault.cache {
        let size = fault.object_size.map_or_else(String::new, |n| format!("{n}-byte "));
        text.push_str(&format!(", {size}object of {cache}"));
    }
    if let Some(code) = &fault.error_code {
        text.push_str(&format!(", error code {code}"));
    }
    let text = text.trim_start_matches([',', ' ']);
    (!text.is_empty()).then(|| text.to_owned())
}

fn who(task: &Task<'_>) -> Option<String> {
    let parts = [
        task.cpu.map(|n| format!("CPU {n}")),
        task.pid.map(|n| format!("PID {n}")),
        task.comm.as_ref().map(ToString::to_string),
        task.uid.map(|n| format!("UID {n}")),
        task.workqueue.as_ref().map(|w| format!("workqueue {w}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn kernel(kernel: &Kernel<'_>) -> Option<String> {
    let taint = kernel.taint.as_ref().map(|taint| match taint_letters(taint) {
        letters if letters.is_empty() => "not tainted".to_owned(),
        letters => format!("tainted {letters}"),
    });
    let name: Vec<String> =
        [&kernel.release, &kernel.build].into_iter().flatten().map(ToString::to_string).collect();
    let name = (!name.is_empty()).then(|| name.join(" "));
    let parts: Vec<String> =
        [name, kernel.arch.as_deref().map(str::to_owned), taint].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `G` only says that there is no `P`.
fn taint_letters(taint: &Text<'_>) -> String {
    taint.to_str_lossy().chars().filter(|c| !c.is_whitespace() && *c != 'G').collect()
}

/// Modules that did not come with the kernel: out of tree, or proprietary.
fn foreign_modules(report: &Report<'_>) -> String {
    let foreign = report.modules.iter().filter_map(|m| Some((&m.name, m.taint.as_ref()?)));
    let foreign = foreign.filter(|(_, taint)| taint.iter().any(|c| matches!(c, b'O' | b'P')));
    foreign.map(|(name, taint)| format!("{name}({taint})")).collect::<Vec<_>>().join(" ")
}

/// What the stack of `role` is called above it.
pub(super) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Crash => "call trace",
        Role::Allocated => "allocated by",
        Role::Freed => "freed by",
        Role::LastWork => "last work queued by",
        Role::UninitStored => "uninitialized value stored by",
        Role::UninitCreated => "uninitialized value created by",
        Role::Access => "access by",
        Role::LockChain => "lock taken by",
        Role::LockUsage => "lock used by",
        Role::Cpu => "meanwhile on cpu",
        Role::Panic => "panicked in",
        Role::Other => "other",
        Role::FaultInjection => "fault injected into",
        Role::Origin => "origin",
    }
}
