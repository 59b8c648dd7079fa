//! Groups: reports that have one signature.

use super::{Identity, Signature};
use crate::report::{Class, Report};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

/// Reports by signature. The result does not depend on the order in which they were added.
///
/// ```
/// let log = b"kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\nkernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\n";
/// let mut groups = ksplat::dedup::Groups::new();
/// for report in ksplat::reports(log) {
///     groups.add("console.log", &report, &ksplat::identify(&report));
/// }
/// assert_eq!((groups.reports(), groups.by_size().len()), (2, 1));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    groups: BTreeMap<Signature, Group>,
}

/// Reports of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they share.
    pub signature: Signature,
    /// The coarse class.
    pub class: Class,
    /// The reports, by path and offset.
    pub members: BTreeSet<Member>,
    /// The release of the exemplar's kernel.
    pub release: Option<String>,
    /// The exemplar's [`Report::terms`].
    pub terms: Vec<String>,
}

/// One report of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The log, as it was named by whoever added it.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Defects of the report.
    pub defects: usize,
    /// Its title: reports of one signature may differ in it.
    pub title: String,
}

impl Group {
    /// The least damaged report, the first of those.
    #[must_use]
    pub fn exemplar(&self) -> Option<&Member> {
        self.members.iter().min_by_key(|m| m.defects)
    }

    /// The exemplar's title.
    #[must_use]
    pub fn title(&self) -> &str {
        self.exemplar().map_or("", |m| &m.title)
    }

    /// Takes over what the other group of this signature holds.
    fn merge(&mut self, other: Self) {
        if self.yields_to(&other) {
            (self.release, self.terms) = (other.release, other.terms);
        }
        self.class = self.class.min(other.class);
        self.members.extend(other.members);
    }

    /// Whether the exemplar of both will be the other's. Of one exemplar told twice, what says more is taken: the
    /// choice must not depend on which came first.
    fn yields_to(&self, other: &Self) -> bool {
        let told = |g: &Self| (g.terms.len(), g.terms.clone(), g.release.clone());
        match (self.exemplar(), other.exemplar()) {
            (own, Some(new)) => own.is_none_or(|own| {
                let order = (new.defects, new).cmp(&(own.defects, own));
                order.is_lt() || (order.is_eq() && told(other) > told(self))
            }),
            (_, None) => false,
        }
    }
}

impl Groups {
    /// No groups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a report that stands in the log called `path`.
    pub fn add(&mut self, path: &str, report: &Report<'_>, identity: &Identity) {
        let member = Member {
            path: path.to_owned(),
            offset: report.span.offset,
            defects: identity.defects.len(),
            title: identity.title.clone(),
        };
        self.insert(Group {
            signature: identity.signature.clone(),
            class: report.kind.class(),
            members: BTreeSet::from([member]),
            release: report.kernel.release.as_ref().map(ToString::to_string),
            terms: report.terms(),
        });
    }

    /// Adds a group, for instance one that was saved: merging the groups of two halves gives the groups of the
    /// whole.
    pub fn insert(&mut self, group: Group) {
        match self.groups.entry(group.signature.clone()) {
            Entry::Vacant(place) => {
                place.insert(group);
            }
            Entry::Occupied(own) => own.into_mut().merge(group),
        }
    }

    /// The groups, those with most members first, then by title and signature.
    #[must_use]
    pub fn by_size(&self) -> Vec<&Group> {
        let mut groups: Vec<(&Group, &str)> = self.groups.values().map(|g| (g, g.title())).collect();
        groups.sort_by(|(a, a_title), (b, b_title)| {
            b.members
                .len()
                .cmp(&a.members.len())
                .then_with(|| (a_title, &a.signature).cmp(&(b_title, &b.signature)))
        });
        groups.into_iter().map(|(group, _)| group).collect()
    }

    /// How many reports all groups hold.
    #[must_use]
    pub fn reports(&self) -> usize {
        self.groups.values().map(|g| g.members.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(order: &[usize]) -> Groups {
        let logs =
            ["kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\n", "kernel BUG at b.c:1!\nRIP: 0010:g+0x1/0x2\n"];
        let mut groups = Groups::new();
        for n in order {
            let report = crate::reports(logs[n % 2].as_bytes()).next().unwrap();
            groups.add(&format!("{n}.log"), &report, &crate::identify(&report));
        }
        groups
    }

    #[test]
    fn ok_order_does_not_matter() {
        assert_eq!(groups(&[0, 1, 2, 3, 4]), groups(&[3, 4, 1, 0, 2]));
    }

    #[test]
    fn ok_halves_merge_into_the_whole() {
        let mut half = groups(&[4, 1]);
        for group in groups(&[0, 2, 3]).by_size() {
            half.insert(group.clone());
        }
        assert_eq!(half, groups(&[0, 1, 2, 3, 4]));
    }
}
