//! Groups: a line each, what is known of them, and where their reports stand.

use super::paint::{Colour, Tone};
use crate::output::clean::Clean;
use crate::output::{Row, Summary};
use std::fmt::{self, Display};

/// Most places and near groups that text shows of each group.
const PLACES: usize = 3;

/// Groups as text; made by [`super::groups`].
#[derive(Debug, Clone, Copy)]
pub struct GroupsText<'a> {
    pub(super) summary: &'a Summary<'a>,
    pub(super) colour: Colour,
}

impl Display for GroupsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.summary;
        for row in &summary.rows {
            self.row(f, row)?;
        }
        writeln!(f, "{}", summary.verdict())
    }
}

impl GroupsText<'_> {
    fn row(&self, f: &mut fmt::Formatter<'_>, row: &Row<'_>) -> fmt::Result {
        let (colour, members) = (self.colour, &row.group.members);
        let title = colour.paint(Tone::Title, Clean(row.group.title()));
        let class = colour.paint(Tone::Faint, row.group.class);
        write!(f, "{:>6}  {}  ", members.len(), row.group.signature)?;
        if self.summary.compared {
            let tone = if row.known.is_some() { Tone::Faint } else { Tone::Defect };
            write!(f, "{}  ", colour.paint(tone, format_args!("{:<5}", row.status())))?;
        }
        writeln!(f, "{title}  {class}")?;
        let known = row.known.iter().flat_map(|k| k.note.iter().chain(&k.link));
        for text in known {
            self.line(f, Tone::Heading, text)?;
        }
        if let Some(owners) = &row.owners {
            self.line(f, Tone::Heading, &owners.to_string())?;
        }
        for member in members.iter().take(PLACES) {
            let place = format!("{}:{} (byte {})", member.path, member.line, member.offset);
            self.line(f, Tone::Faint, &place)?;
        }
        self.more(f, members.len())?;
        for join in row.near.iter().take(PLACES) {
            let why = self.colour.paint(Tone::Faint, Clean(&join.why));
            writeln!(f, "        near {:.2}  {}  {why}", join.score, join.signature)?;
        }
        self.more(f, row.near.len())
    }

    fn more(&self, f: &mut fmt::Formatter<'_>, all: usize) -> fmt::Result {
        match all.saturating_sub(PLACES) {
            0 => Ok(()),
            more => self.line(f, Tone::Faint, &format!("… {more} more")),
        }
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, tone: Tone, text: &str) -> fmt::Result {
        writeln!(f, "        {}", self.colour.paint(tone, Clean(text)))
    }
}
