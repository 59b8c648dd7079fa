//! What every format says of groups: the groups, and what else is known of each.

use crate::dedup::near::{Join, Joins};
use crate::dedup::{Baseline, Group, Groups, Known};
use crate::owners::Owners;

/// Groups and what is known of them, made for printing.
///
/// ```
/// use ksplat::{dedup::{Baseline, Groups}, output::Summary};
/// let log = b"kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\n";
/// let report = ksplat::reports(log).next().unwrap();
/// let mut groups = Groups::new();
/// groups.add("console.log", &report, &ksplat::identify(&report));
///
/// let mut baseline = Baseline::new();
/// assert_eq!(Summary::new(&groups).against(&baseline).alarms(), 1);
/// baseline.update(&groups);
/// assert_eq!(Summary::new(&groups).against(&baseline).alarms(), 0);
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Summary<'a> {
    /// Reports in all groups.
    pub reports: usize,
    /// The groups: largest first, and behind [`Summary::against`] the new ones before those that are known.
    pub rows: Vec<Row<'a>>,
    /// Whether the groups were compared with what is known.
    pub compared: bool,
    /// Which groups are probably of one bug, where that was asked.
    pub joins: Option<&'a Joins>,
}

/// A group, and what else is known of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Row<'a> {
    /// The group.
    pub group: &'a Group,
    /// What is known of its bug; `None` if the bug is new.
    pub known: Option<&'a Known>,
    /// Who looks after the file to blame.
    pub owners: Option<Owners>,
    /// The groups that are probably of the same bug.
    pub near: &'a [Join],
}

impl<'a> Summary<'a> {
    /// The groups, of which nothing else is known.
    #[must_use]
    pub fn new(groups: &'a Groups) -> Self {
        let row = |group| Row { group, known: None, owners: None, near: &[] };
        Self {
            reports: groups.reports(),
            rows: groups.by_size().into_iter().map(row).collect(),
            compared: false,
            joins: None,
        }
    }

    /// Tells the known groups from the new ones.
    #[must_use]
    pub fn against(mut self, baseline: &'a Baseline) -> Self {
        for row in &mut self.rows {
            row.known = baseline.get(&row.group.signature);
        }
        self.rows.sort_by_key(|row| row.known.is_some());
        self.compared = true;
        self
    }

    /// Says which groups are probably of one bug.
    #[must_use]
    pub fn joined(mut self, joins: &'a Joins) -> Self {
        for row in &mut self.rows {
            row.near = joins.of(&row.group.signature.to_string());
        }
        self.joins = Some(joins);
        self
    }

    /// Says whose each group is; `owners_of` is asked for the file to blame.
    #[must_use]
    pub fn owned(mut self, owners_of: impl Fn(&str) -> Option<Owners>) -> Self {
        for row in &mut self.rows {
            row.owners = row.group.exemplar.file.as_deref().and_then(&owners_of);
        }
        self
    }

    /// How many groups are not known: those that a build has to fail for.
    #[must_use]
    pub fn alarms(&self) -> usize {
        self.rows.iter().filter(|row| row.known.is_none()).count()
    }

    /// `3 reports in 2 groups: 1 new, 1 known`.
    #[must_use]
    pub fn verdict(&self) -> String {
        let groups = self.rows.len();
        let mut text = format!("{} in {}", counted(self.reports, "report"), counted(groups, "group"));
        if let Some(joins) = self.joins {
            text.push_str(&format!(", joined into {}", counted(joins.clusters(), "cluster")));
        }
        if !self.compared {
            return text;
        }
        format!("{text}: {} new, {} known", self.alarms(), groups.saturating_sub(self.alarms()))
    }
}

/// `1 report`, `2 reports`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Row<'_> {
    /// `known` or `new`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        if self.known.is_some() { "known" } else { "new" }
    }

    /// Where the report that stands for the group is: `boot.log:12`.
    #[must_use]
    pub fn place(&self) -> String {
        let member = &self.group.exemplar.member;
        format!("{}:{}", member.path, member.line)
    }

    /// How often it was seen, and where: `2 reports, boot.log:12`.
    #[must_use]
    pub fn sightings(&self) -> String {
        format!("{}, {}", counted(self.group.members.len(), "report"), self.place())
    }

    /// The groups that are probably of the same bug, a line each: `near 0.93 v1:… both …`.
    pub fn near_lines(&self) -> impl Iterator<Item = String> {
        self.near.iter().map(|join| format!("near {:.2} {} {}", join.score, join.signature, join.why))
    }

    /// That it is known, and what its owner says of it: `known: flaky since 6.1 https://…`; empty if it is new.
    #[must_use]
    pub fn remark(&self) -> String {
        let Some(known) = self.known else { return String::new() };
        let parts: Vec<&str> = known.note.iter().chain(&known.link).map(String::as_str).collect();
        if parts.is_empty() { "known".to_owned() } else { format!("known: {}", parts.join(" ")) }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Two reports whose texts try to break out of every format; the second bug is known.
    pub(in crate::output) const EVIL: &str = "\
[    1.000000] Kernel panic - not syncing: # </pre></script><script>alert(1)</script> ]]> | `x` ::error::x \x1b[31m \u{9b}2J
[    1.000001] CPU: 0 PID: 1 Comm: ```</details> Not tainted 6.1.0 #1
[    1.000002] Call Trace:
[    1.000003]  evil_f+0x1/0x2
[    2.000000] kernel BUG at fs/a&b<c>.c:1!
[    2.000001] RIP: 0010:known_f+0x1/0x2
[    2.000002] ]]> \u{fffe} %0A & \u{202e}
[    2.000003] Call Trace:
[    2.000004]  g+0x1/0x2
";

    /// Calls `check` with the groups of a log, of which those of `known_f` are known.
    pub(in crate::output) fn summary_of(log: &str, check: impl Fn(&Summary<'_>)) {
        let (mut groups, mut known) = (Groups::new(), Groups::new());
        for report in crate::reports(log.as_bytes()) {
            let identity = crate::identify(&report);
            groups.add("dir,a:b%/<evil>.log", &report, &identity);
            if identity.function.as_deref() == Some("known_f") {
                known.add("old.log", &report, &identity);
            }
        }
        let mut baseline = Baseline::new();
        baseline.update(&known);
        let noted = |known: &Known| Known {
            note: Some("flaky\n::error::<b>| ]]> \x1b[2J".to_owned()),
            link: Some("https://bugs.example/1".to_owned()),
            ..known.clone()
        };
        let mut with_notes = Baseline::new();
        baseline.iter().map(noted).for_each(|known| with_notes.insert(known));
        check(&Summary::new(&groups).against(&with_notes));
    }

    #[test]
    fn ok_new_groups_stand_before_known_ones() {
        summary_of(EVIL, |summary| {
            let status: Vec<_> = summary.rows.iter().map(Row::status).collect();
            assert_eq!(status, ["new", "known"]);
            assert_eq!(summary.verdict(), "2 reports in 2 groups: 1 new, 1 known");
            assert_eq!(summary.alarms(), 1);
        });
    }
}
