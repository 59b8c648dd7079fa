//! Groups: a line each, and where their reports stand.

use super::paint::{Clean, Colour, Tone};
use crate::dedup::near::Joins;
use crate::dedup::{Group, Groups};
use std::fmt::{self, Display};

/// Places and near groups shown of each group.
const PLACES: usize = 3;

/// Groups as text; made by [`super::groups`].
#[derive(Debug, Clone, Copy)]
pub struct GroupsText<'a> {
    pub(super) groups: &'a Groups,
    pub(super) colour: Colour,
    pub(super) joins: Option<&'a Joins>,
}

impl<'a> GroupsText<'a> {
    /// The same, with what else is probably the same bug below each group.
    #[must_use]
    pub const fn with_joins(self, joins: Option<&'a Joins>) -> Self {
        Self { joins, ..self }
    }

    fn near(&self, f: &mut fmt::Formatter<'_>, group: &Group) -> fmt::Result {
        let near = self.joins.map_or(&[][..], |joins| joins.of(&group.signature.to_string()));
        for join in near.iter().take(PLACES) {
            let why = self.colour.paint(Tone::Faint, Clean(&join.why));
            writeln!(f, "        near {:.2}  {}  {why}", join.score, join.signature)?;
        }
        self.more(f, near.len())
    }

    fn more(&self, f: &mut fmt::Formatter<'_>, all: usize) -> fmt::Result {
        match all.saturating_sub(PLACES) {
            0 => Ok(()),
            more => writeln!(f, "        {}", self.colour.paint(Tone::Faint, format_args!("… {more} more"))),
        }
    }
}

impl Display for GroupsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colour = self.colour;
        let groups = self.groups.by_size();
        for group in &groups {
            let title = colour.paint(Tone::Title, Clean(group.title()));
            let class = colour.paint(Tone::Faint, group.class);
            writeln!(f, "{:>6}  {}  {title}  {class}", group.members.len(), group.signature)?;
            for member in group.members.iter().take(PLACES) {
                let place = format!("{} (byte {})", member.path, member.offset);
                writeln!(f, "        {}", colour.paint(Tone::Faint, Clean(place)))?;
            }
            self.more(f, group.members.len())?;
            self.near(f, group)?;
        }
        write!(f, "{} in {}", count(self.groups.reports(), "report"), count(groups.len(), "group"))?;
        match self.joins {
            Some(joins) => writeln!(f, ", joined into {}", count(joins.clusters(), "cluster")),
            None => writeln!(f),
        }
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
