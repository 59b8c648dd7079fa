//! KTAP version 1: the test results that kselftest and KUnit people read.
//!
//! Source: `Documentation/dev-tools/ktap.rst`. One test a group: `not ok` for a new one, `ok … # SKIP` for a known one.

use super::Summary;
use super::clean::{Clean, clean_lines};
use std::fmt::{self, Display};

/// Groups as KTAP; made by [`groups`].
#[derive(Debug, Clone, Copy)]
pub struct Ktap<'a>(&'a Summary<'a>);

/// The groups as test results.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, ktap}};
/// let log = b"kernel BUG at fs/a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// assert_eq!(
///     ktap::groups(&Summary::new(&all)).to_string(),
///     "KTAP version 1\n1..1\nok 1 no crash report\n"
/// );
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let text = ktap::groups(&Summary::new(&all)).to_string();
/// assert!(text.starts_with("KTAP version 1\n1..1\n# kernel BUG at fs/a.c:1!\n"));
/// assert!(text.contains("\nnot ok 1 kernel BUG in f v1:"));
/// ```
#[must_use]
pub const fn groups<'a>(summary: &'a Summary<'a>) -> Ktap<'a> {
    Ktap(summary)
}

impl Display for Ktap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = &self.0.rows;
        writeln!(f, "KTAP version 1\n1..{}", rows.len().max(1))?;
        if rows.is_empty() {
            return writeln!(f, "ok 1 no crash report");
        }
        for (row, number) in rows.iter().zip(1..) {
            for line in clean_lines(&row.group.exemplar.excerpt).filter(|_| row.known.is_none()) {
                writeln!(f, "# {line}")?;
            }
            if let Some(owners) = row.owners.as_ref().filter(|_| row.known.is_none()) {
                writeln!(f, "# owner: {}", Clean(owners))?;
            }
            let name = format!("{} {}", name(row.group.title()), row.group.signature);
            match row.known {
                None => writeln!(f, "not ok {number} {name} # {}", Clean(row.sightings()))?,
                Some(_) => writeln!(f, "ok {number} {name} # SKIP {}", Clean(row.remark()))?,
            }
        }
        Ok(())
    }
}

/// A name of a test: `#` would end it.
fn name(title: &str) -> String {
    Clean(title.replace('#', "")).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{EVIL, summary_of};
    use super::*;

    #[test]
    fn ok_one_test_a_group_in_lines_that_nothing_breaks() {
        summary_of(EVIL, |summary| {
            let text = groups(summary).to_string();
            let results: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
            assert_eq!(results.len(), 2 + summary.rows.len());
            assert_eq!(results[1], "1..2");
            assert!(results[2].starts_with("not ok 1 ") && results[3].starts_with("ok 2 "), "{text}");
            assert!(results[3].contains(" # SKIP known: flaky"), "{text}");
            assert!(results.iter().skip(2).all(|l| l.matches('#').count() == 1), "{text}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
        });
    }
}
