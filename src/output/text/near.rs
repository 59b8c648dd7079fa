//! The reports near one: a line each, and why.

use super::paint::{Colour, Tone};
use crate::dedup::near::Hit;
use crate::output::clean::Clean;
use crate::{Identity, Report};
use std::fmt::{self, Display};

/// A report and those near it, as text; made by [`super::near`].
#[derive(Debug, Clone, Copy)]
pub struct NearText<'a> {
    pub(super) path: &'a str,
    pub(super) report: &'a Report<'a>,
    pub(super) identity: &'a Identity,
    pub(super) hits: &'a [Hit],
    pub(super) colour: Colour,
}

impl Display for NearText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colour = self.colour;
        let title = colour.paint(Tone::Title, Clean(&self.identity.title));
        let place = format!("{} (byte {})", self.path, self.report.span.offset);
        writeln!(f, "{title}  {}", colour.paint(Tone::Faint, Clean(place)))?;
        if self.hits.is_empty() {
            return writeln!(f, "  nothing is near it");
        }
        for hit in self.hits {
            let title = colour.paint(Tone::Title, Clean(&hit.entry.title));
            let place = format!("{} (byte {})", hit.entry.path, hit.entry.offset);
            writeln!(f, "  {:.2}  {}  {title}", hit.score, Clean(&hit.entry.signature))?;
            writeln!(f, "        {}", Clean(&hit.why))?;
            writeln!(f, "        {}", colour.paint(Tone::Faint, Clean(place)))?;
        }
        Ok(())
    }
}
