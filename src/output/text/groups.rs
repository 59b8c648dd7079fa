//! Groups: a line each, and where their reports stand.

use super::paint::{Clean, Colour, Tone};
use crate::dedup::Groups;
use std::fmt::{self, Display};

/// Places shown of each group.
const PLACES: usize = 3;

/// Groups as text; made by [`super::groups`].
#[derive(Debug, Clone, Copy)]
pub struct GroupsText<'a> {
    pub(super) groups: &'a Groups,
    pub(super) colour: Colour,
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
            let more = group.members.len().saturating_sub(PLACES);
            if more > 0 {
                writeln!(f, "        {}", colour.paint(Tone::Faint, format_args!("… {more} more")))?;
            }
        }
        writeln!(f, "{} in {}", count(self.groups.reports(), "report"), count(groups.len(), "group"))
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
