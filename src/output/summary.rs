//! What every format says of groups: the groups, and what else is known of each.

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
}

impl<'a> Summary<'a> {
    /// The groups, of which nothing else is known.
    #[must_use]
    pub fn new(groups: &'a Groups) -> Self {
        let row = |group| Row { group, known: None, owners: None };
        Self {
            reports: groups.reports(),
            rows: groups.by_size().into_iter().map(row).collect(),
            compared: false,
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

    /// Says whose each group is; `owners_of` is asked for the file to blame.
    #[must_use]
    pub fn owned(mut self, owners_of: impl Fn(&str) -> Owners) -> Self {
        for row in &mut self.rows {
            row.owners = row.group.exemplar.file.as_deref().map(&owners_of);
        }
        self
    }

    /// How many groups are not known: those that a build has to fail for.
    #[must_use]
    pub fn alarms(&self) -> usize {
        self.rows.iter().filter(|row| row.known.is_none()).count()
    }
}

impl Row<'_> {
    /// `known` or `new`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        if self.known.is_some() { "known" } else { "new" }
    }
}
