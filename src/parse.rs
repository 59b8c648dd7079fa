//! Log → splat → row → report: the only caller of `family`.

mod dumps;
mod reader;

use crate::bytes::hex_value;
use crate::family::{Header, Rule};
use crate::printk;
use crate::report::{Defect, DefectCode, Kind, Report, Span, Task, Text};
use crate::splat::{Splat, SplatLine, is_separator};
use reader::Reader;
use std::borrow::Cow;

/// The kind called `name`, with its meaning if this version has such a row.
#[must_use]
pub fn kind(name: &str) -> Kind {
    crate::family::by_name(name)
        .map_or_else(|| Kind::unknown(name.to_owned()), |rule| Kind::of_row(rule.name, &rule.meaning))
}

/// One row of the table of kinds, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindRow {
    /// `family/row`.
    pub name: &'static str,
    /// Title template.
    pub title: &'static str,
    /// Coarse class.
    pub class: crate::report::Class,
    /// A header line.
    pub example: &'static str,
}

/// Every kind of crash this version knows, in the order in which the rows are tried.
pub fn kinds() -> impl Iterator<Item = KindRow> {
    crate::family::rules().map(|r| KindRow {
        name: r.name,
        title: r.meaning.title,
        class: r.meaning.class,
        example: r.example,
    })
}

/// The kernel's printk formats by which the row called `kind` read a report: the wording that its header line has, then
/// those of the further lines that the row asks for. Empty for an unknown name.
///
/// ```
/// let formats = ksplat::formats("bug/bug", b"kernel BUG at fs/ring.c:7!");
/// assert_eq!(formats, ["kernel BUG at %s:%u!"]);
/// ```
#[must_use]
pub fn formats(kind: &str, header: &[u8]) -> Vec<&'static str> {
    let text = crate::family::lead_in(header).unwrap_or(header);
    let read = crate::family::header(text).find(|h| h.rule.name == kind).map(|h| h.format.text);
    let Some(rule) = crate::family::by_name(kind) else { return Vec::new() };
    let wordings = rule.headers().map(|f| f.text).filter(|text| read.is_none_or(|read| read == *text));
    wordings.chain(rule.parts().filter(|p| p.required).map(|p| p.format.text)).collect()
}

/// The report of a splat, whose blocks it takes; `None` where only the words of a strict row stand there.
pub(crate) fn report<'log>(splat: &mut Splat<'log>) -> Option<Report<'log>> {
    let mut reader = Reader::default();
    for (at, SplatLine { line, block, .. }) in splat.lines.iter_mut().enumerate() {
        reader.has_callers = line.caller.is_some();
        let block = block.take();
        if at < splat.header {
            reader.lead(at, line.text, block);
        } else {
            reader.line(line.text, block);
        }
    }
    let splat = &*splat;
    let Some(first) = splat.headers.first() else {
        return Some(reader.finish(Kind::unknown(String::new()), splat));
    };
    let choice = splat.headers.iter().find_map(|h| Some((h, further_lines(h.rule, splat)?)));
    let (header, (further, lead)) = match choice {
        Some(choice) => choice,
        None if splat.headers.iter().all(|h| h.rule.strict) => return None,
        None => {
            reader.defect(DefectCode::TruncatedHeader, "the lines that say what happened are missing");
            (splat.headers.last().unwrap_or(first), (Vec::new(), splat.header))
        }
    };
    // The report says of itself what a line before it said of its stacks.
    let lead = reader.told_by.map_or(lead, |at| at.min(lead));
    let rule = header.rule;
    let mut report = reader.finish(Kind::of_row(rule.name, &rule.meaning), splat);
    report.captures = named(header).chain(further).map(|(name, text)| (Cow::Borrowed(name), text)).collect();
    fill_fault(&mut report);
    fill_task(&mut report);
    cut_leads(&mut report, splat, lead);
    if let Some(body) = rule.body {
        body(&mut report);
    }
    if rule.meaning.vague {
        report.defects.push(Defect { code: DefectCode::Vague, text: "the message names no bug".to_owned() });
    }
    Some(report)
}

type Captures<'log> = Vec<(&'static str, Text<'log>)>;

fn named<'log>(header: &Header<'log>) -> impl Iterator<Item = (&'static str, Text<'log>)> {
    header
        .format
        .names
        .iter()
        .copied()
        .zip(header.captures.iter().map(|c| Text::from(*c)))
        .filter(|(n, _)| !n.is_empty())
}

/// The captures of a row's further lines and the first lead line that one of them is; `None` if a required one is
/// missing.
fn further_lines<'log>(rule: &Rule, splat: &Splat<'log>) -> Option<(Captures<'log>, usize)> {
    let mut captures = Vec::new();
    let mut lead = splat.header;
    for part in rule.parts() {
        let from = splat.header + 1;
        let mut found = Vec::new();
        let before = splat.lines.get(..splat.header).unwrap_or_default();
        // Most lines are another's: a literal that the format cannot do without says so soonest.
        let literal = memchr::memmem::Finder::new(printk::longest_literal(part.format.text));
        let mut is_part = |l: &SplatLine<'log>| {
            found.clear();
            literal.find(l.line.text).is_some()
                && memchr::memmem::find(l.line.text, b" [inline]").is_none()
                && reads(part.format.text, l.line.text, &mut found)
        };
        let span = if part.next { 1 } else { usize::MAX };
        let at = splat.lines.iter().skip(from).take(span).position(&mut is_part).map(|at| from + at);
        let at = at.or_else(|| before.iter().rposition(&mut is_part).filter(|_| !part.next));
        match at {
            Some(at) => {
                lead = lead.min(at);
                let names = part.format.names.iter().copied();
                captures.extend(names.zip(found.into_iter().map(Text::from)).filter(|(n, _)| !n.is_empty()));
            }
            None if part.required => return None,
            None => {}
        }
    }
    Some((captures, lead))
}

/// Whether `text` is a line of this format, lead-ins and indentation apart.
fn reads<'log>(format: &str, text: &'log [u8], found: &mut Vec<&'log [u8]>) -> bool {
    printk::read(format, text, found).is_some() || {
        let inner = crate::family::lead_in(text).unwrap_or(text).trim_ascii_start();
        found.clear();
        inner.len() < text.len() && printk::read(format, inner, found).is_some()
    }
}

/// What a header says of the bad access, under the names that all rows use for it.
fn fill_fault(report: &mut Report<'_>) {
    let number = |name| {
        let text = report.capture(name)?;
        // `%p` of a null pointer before 5.2.
        if text.ends_with(b"(null)") { Some(0) } else { hex_value(text) }
    };
    let (address, access, code) =
        (number("addr"), report.capture("access").cloned(), report.capture("code").cloned());
    let fault = &mut report.fault;
    fault.address = fault.address.or(address);
    fault.access = fault.access.take().or(access);
    fault.error_code = fault.error_code.take().or(code);
}

/// The task and CPU that the header names. Where a line of the report names others, that one is of somebody who noticed.
fn fill_task(report: &mut Report<'_>) {
    let number = |name| str::from_utf8(report.capture(name)?).ok()?.trim().parse().ok();
    let (cpu, pid, comm): (_, _, Option<_>) = (number("cpu"), number("pid"), report.capture("comm").cloned());
    let task = &mut report.task;
    let differs = |said: Option<u32>, read: Option<u32>| said.is_some_and(|s| read.is_some_and(|r| r != s));
    if differs(pid, task.pid) || differs(cpu, task.cpu) {
        *task = Task::default();
    }
    task.cpu = task.cpu.or(cpu);
    task.pid = task.pid.or(pid);
    task.comm = task.comm.take().or(comm);
}

/// Drops the lines before the header that are not this report's.
fn cut_leads(report: &mut Report<'_>, splat: &Splat<'_>, lead: usize) {
    let separator = |l: &SplatLine<'_>| {
        let text = l.line.text.trim_ascii();
        text.starts_with(b"------------[ cut here ]")
            || text.starts_with(b"8<--- cut here ---")
            || is_separator(text)
    };
    let before = splat.lines.get(..splat.header).unwrap_or_default();
    let start = before.iter().rposition(separator).map_or(lead, |at| at.min(lead)).min(splat.header);
    report.lines.drain(..start.min(report.lines.len()));
    report.header = splat.header - start;
    if let (Some(first), Some(last)) = (splat.lines.get(start), splat.lines.last()) {
        let offset = first.line.offset;
        let end = last.line.offset + last.line.length;
        report.span = Span { offset, length: end.saturating_sub(offset), line: first.line.number };
    }
}
