//! GitHub Actions: workflow commands that annotate a run.
//!
//! Source: "Workflow commands for GitHub Actions" in GitHub's documentation. A new group is an error, a known one a
//! notice. The job summary is [`super::markdown::groups_within`] of [`STEP_SUMMARY`] bytes, appended to the file that
//! `GITHUB_STEP_SUMMARY` names.

use super::clean::Clean;
use super::{Row, Summary};
use std::fmt::{self, Display};

/// Most bytes of a step's summary: with more, GitHub throws all of it away.
pub const STEP_SUMMARY: usize = 1 << 20;

/// Groups as workflow commands; made by [`annotations`].
#[derive(Debug, Clone, Copy)]
pub struct Annotations<'a>(&'a Summary<'a>);

/// The groups as annotations, one a line.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, github}};
/// let log = b"kernel BUG at fs/a.c:1!\nRIP: 0010:f+0x1/0x2 fs/a.c:1\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let text = github::annotations(&Summary::new(&all)).to_string();
/// assert!(text.starts_with("::error file=fs/a.c,line=1,title=kernel BUG in f::1 report, boot.log:1"));
/// ```
#[must_use]
pub const fn annotations<'a>(summary: &'a Summary<'a>) -> Annotations<'a> {
    Annotations(summary)
}

impl Display for Annotations<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.rows.iter().try_for_each(|row| annotation(f, row))
    }
}

fn annotation(f: &mut fmt::Formatter<'_>, row: &Row<'_>) -> fmt::Result {
    let exemplar = &row.group.exemplar;
    write!(f, "::{} ", if row.known.is_some() { "notice" } else { "error" })?;
    if let Some(file) = &exemplar.file {
        write!(f, "file={},", property(file))?;
        if let Some(line) = exemplar.line {
            write!(f, "line={line},")?;
        }
    }
    write!(f, "title={}::", property(row.group.title()))?;
    let mut message = format!("{}, {}", row.sightings(), row.group.signature);
    for more in [row.remark(), row.owners.as_ref().map_or_else(String::new, ToString::to_string)] {
        if !more.is_empty() {
            message.push('\n');
            message.push_str(&more);
        }
    }
    writeln!(f, "{}", data(&message))
}

/// What stands behind `::`: a line.
fn data(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| Clean(line).to_string().replace('%', "%25")).collect();
    lines.join("%0A")
}

/// What stands behind `=`.
fn property(text: &str) -> String {
    Clean(text).to_string().replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{EVIL, summary_of};
    use super::*;

    #[test]
    fn ok_a_log_gives_no_command_of_its_own() {
        summary_of(EVIL, |summary| {
            let text = annotations(summary).to_string();
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 2, "{text}");
            assert!(lines[0].starts_with("::error ") && lines[1].starts_with("::notice "), "{text}");
            assert!(lines[1].contains("%0Aknown: flaky"), "{text}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
        });
    }

    #[test]
    fn ok_commands_are_escaped_as_github_asks() {
        assert_eq!(property("a: 1, 100%"), "a%3A 1%2C 100%25");
        assert_eq!(data("a: 1, 100%\n::error::x"), "a: 1, 100%25%0A::error::x");
    }
}
