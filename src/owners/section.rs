//! The sections of MAINTAINERS.

use nom::bytes::complete::take_while_m_n;
use nom::character::complete::{char, space0};
use nom::combinator::rest;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser as _};

/// A heading and the fields below it, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    fields: Vec<(char, String)>,
}

impl Section {
    /// All fields, in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = (char, &str)> {
        self.fields.iter().map(|(letter, value)| (*letter, value.as_str()))
    }

    /// The values of all fields called `letter`.
    pub(super) fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(l, _)| *l == letter).map(|(_, value)| value.as_str())
    }

    /// The last `S:`.
    pub(super) fn status(&self) -> Option<&str> {
        self.values('S').last()
    }
}

/// The sections of a file: a line that is no field is the heading of the fields below it.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')) {
        match (field(line), sections.last_mut()) {
            (Ok((_, (letter, value))), Some(section)) => section.fields.push((letter, value.to_owned())),
            // Fields without a heading are of nobody.
            (Ok(_), None) => {}
            (Err(_), Some(section)) if section.fields.is_empty() => section.name = line.trim().to_owned(),
            (Err(_), _) => sections.push(Section { name: line.trim().to_owned(), fields: Vec::new() }),
        }
    }
    sections.retain(|section| !section.fields.is_empty());
    sections
}

/// A field.
///
/// Example: `F: fs/ext4/`, with a tab behind the colon.
fn field(line: &str) -> IResult<&str, (char, &str)> {
    let letter = take_while_m_n(1, 1, |c: char| c.is_ascii_uppercase());
    let (line, (letter, value)) = (terminated(letter, char(':')), preceded(space0, rest)).parse(line)?;
    Ok((line, (letter.chars().next().unwrap_or_default(), value.trim_end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_field() {
        assert_eq!(field("F:\tfs/ext4/ "), Ok(("", ('F', "fs/ext4/"))));
        assert_eq!(field("S:Maintained"), Ok(("", ('S', "Maintained"))));
    }

    #[test]
    fn err_field() {
        for line in ["\tM: *Mail* patches to", "EXT4 FILE SYSTEM", "FS: x", "f: x", "", ":"] {
            assert!(field(line).is_err(), "{line}");
        }
    }

    #[test]
    fn ok_sections() {
        let text = "List of maintainers\n-------\n\tM: *Mail* patches to\n\n# a comment\nA RING\nM:\tA <a@b>\nS:\tMaintained\n\
                    S:\tOrphan\n\nA STAR\nL:\tl@k\n\nNOTHING\n";
        let sections = sections(text);
        let names: Vec<_> = sections.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["A RING", "A STAR"]);
        assert_eq!((sections[0].status(), sections[1].status()), (Some("Orphan"), None));
    }
}
