//! Why a report is called so: the row, the search for the function to blame, the lines that were hashed.

use super::paint::{Colour, Tone};
use super::report::role_text;
use crate::dedup::{Explanation, Search, Step};
use crate::output::clean::Clean;
use crate::report::Report;
use std::fmt::{self, Display};

/// An explanation as text; made by [`super::explanation`].
#[derive(Debug, Clone, Copy)]
pub struct ExplanationText<'a> {
    pub(super) path: &'a str,
    pub(super) report: &'a Report<'a>,
    pub(super) explanation: &'a Explanation,
    pub(super) colour: Colour,
}

impl Display for ExplanationText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, explanation, colour, .. } = *self;
        writeln!(f, "{}", colour.paint(Tone::Title, Clean(&explanation.identity.title)))?;
        let place = format!("{}:{} (byte {})", self.path, report.span.line, report.span.offset);
        self.rows(f, "log", [place])?;
        self.rows(f, "line", [String::from_utf8_lossy(report.header_line())])?;
        self.rows(f, "kind", [report.kind.name()])?;
        self.rows(f, "format", crate::formats(report.kind.name(), report.header_line()))?;
        self.rows(f, "captured", report.captures.iter().map(|(name, text)| format!("{name} = {text}")))?;
        if let Some(meaning) = report.kind.meaning() {
            self.rows(f, "template", [meaning.title])?;
        }
        for search in &explanation.searches {
            self.search(f, search)?;
        }
        writeln!(f)?;
        self.verdict(f)
    }
}

impl ExplanationText<'_> {
    fn search(&self, f: &mut fmt::Formatter<'_>, search: &Search) -> fmt::Result {
        writeln!(f, "\n  {}", self.colour.paint(Tone::Heading, Clean(search.place())))?;
        let mut trace = None;
        for step in &search.steps {
            let on = step.frame.map(|(trace, _)| trace);
            if on != trace {
                trace = on;
                self.stack(f, on)?;
            }
            self.step(f, step)?;
        }
        if search.steps.is_empty() { writeln!(f, "      nothing there") } else { Ok(()) }
    }

    /// Which of the report's stacks the next steps are on.
    fn stack(&self, f: &mut fmt::Formatter<'_>, at: Option<usize>) -> fmt::Result {
        let Some((at, trace)) = at.and_then(|at| Some((at, self.report.traces.get(at)?))) else {
            return Ok(());
        };
        let label = trace.label.as_ref().map_or_else(String::new, |label| format!(" {label}"));
        let text = format!("stack {at}: {}{label}", role_text(trace.role));
        writeln!(f, "      {}", self.colour.paint(Tone::Faint, Clean(text)))
    }

    fn step(&self, f: &mut fmt::Formatter<'_>, step: &Step) -> fmt::Result {
        let name = match step.printed == step.function {
            true => step.function.clone(),
            false => format!("{} = {}", step.printed, step.function),
        };
        match &step.reason {
            Some(reason) => {
                let text = format!("{name:<32}  {reason}");
                writeln!(f, "      - {}", self.colour.paint(Tone::Faint, Clean(text)))
            }
            None => writeln!(f, "      + {}", self.colour.paint(Tone::Guilty, Clean(name))),
        }
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (explanation, identity) = (self.explanation, &self.explanation.identity);
        let function = identity.function.as_deref().unwrap_or("nobody that could be named");
        let remark =
            if explanation.is_last_resort() { ", although a helper: nothing else is named" } else { "" };
        self.rows(f, "to blame", [format_args!("{function}{remark}")])?;
        if let Some(guilty) = &explanation.guilty {
            let wrappers = guilty.wrappers.join(", ");
            self.rows(f, "wrapped by", Some(wrappers).filter(|w| !w.is_empty()))?;
            let callers = guilty.callers.join(", ");
            self.rows(f, "callers", Some(callers).filter(|c| !c.is_empty()))?;
        }
        let generic = explanation.generic.map(|why| format!("the function {why}: its callers tell more"));
        self.rows(f, "generic", generic)?;
        self.rows(f, "damaged", identity.defects.iter().map(|d| format!("{}: {}", d.code, d.text)))?;
        self.rows(f, "hashed", identity.signature.canonical())?;
        self.rows(f, "signature", [&identity.signature])
    }

    /// Values below each other, the first behind the label.
    fn rows<T: Display>(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &str,
        values: impl IntoIterator<Item = T>,
    ) -> fmt::Result {
        for (at, value) in values.into_iter().enumerate() {
            let label = format!("{:<10}", if at == 0 { label } else { "" });
            writeln!(f, "  {} {}", self.colour.paint(Tone::Heading, label), Clean(value))?;
        }
        Ok(())
    }
}
