//! A bisection for people: its history as a table, the finding in two sentences, and what it rests on.

use super::paint::{Colour, Tone};
use crate::bisect::Bisection;
use crate::bisect::audit::Audit;
use crate::output::Clean;
use crate::output::bisect::{Row, at, effort, finding, legend, rows};
use std::fmt::{self, Display};

/// A bisection as text; made by [`super::bisect`].
#[derive(Debug, Clone, Copy)]
pub struct BisectText<'a> {
    pub(super) path: &'a str,
    pub(super) bisection: &'a Bisection<'a>,
    pub(super) audit: &'a Audit,
    pub(super) colour: Colour,
}

impl Display for BisectText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, bisection, audit, colour } = *self;
        let title = bisection.original_title().or(bisection.crash_title.as_ref()).map(ToString::to_string);
        writeln!(f, "{}", colour.paint(Tone::Title, Clean(title.as_deref().unwrap_or("bisection"))))?;
        self.line(f, "log", Clean(path))?;
        self.line(f, "bisected", Clean(effort(bisection)))?;
        if bisection.unknown.count > 0 {
            self.line(
                f,
                "unknown",
                colour.paint(Tone::Defect, format_args!("{} lines", bisection.unknown.count)),
            )?;
        }
        writeln!(f)?;
        self.table(f, &rows(bisection, audit))?;
        writeln!(f)?;
        for sentence in finding(bisection, audit) {
            writeln!(f, "{}", colour.paint(Tone::Guilty, Clean(sentence)))?;
        }
        if !audit.evidence.is_empty() || !audit.remarks.is_empty() {
            writeln!(f)?;
        }
        for evidence in &audit.evidence {
            writeln!(f, "  ×{:<5.2} {}", evidence.ratio, Clean(&evidence.text))?;
        }
        for remark in &audit.remarks {
            writeln!(f, "  note   {}{}", at(remark.hash.as_deref()), Clean(&remark.text))?;
        }
        Ok(())
    }
}

impl BisectText<'_> {
    fn line(&self, f: &mut fmt::Formatter<'_>, label: &str, value: impl Display) -> fmt::Result {
        writeln!(f, "  {} {value}", self.colour.paint(Tone::Heading, format_args!("{label:<9}")))
    }

    fn table(&self, f: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
        let width = rows.iter().map(|r| r.runs.chars().count()).max().unwrap_or(0).max("runs".len());
        let heading =
            format!("  {:<12}  {:<width$}  {:<7}  {:<5}  subject", "revision", "runs", "verdict", "again");
        writeln!(f, "{}", self.colour.paint(Tone::Heading, heading))?;
        for row in rows {
            let again = format!("{:<5}", row.again);
            let again =
                self.colour.paint(if row.again.is_empty() { Tone::Faint } else { Tone::Defect }, again);
            let text = format!("  {:<12}  {:<width$}  {:<7}", row.hash, row.runs, row.verdict);
            writeln!(f, "{}  {again}  {}", Clean(text), Clean(&row.subject))?;
        }
        let legend = legend(rows);
        if legend.is_empty() { Ok(()) } else { writeln!(f, "  {}", self.colour.paint(Tone::Faint, legend)) }
    }
}
