//! Groups: reports that have one signature.

use super::{Exemplar, Identity, Signature};
use crate::report::{Class, Microseconds, Report};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The reports, by path and offset: the first and the last of them are where the crash was seen first and last.
    pub members: BTreeSet<Member>,
    /// The least damaged report, the first of those.
    pub exemplar: Exemplar,
}

/// One report of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The log, as it was named by whoever added it.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Line of the log, from 1.
    pub line: usize,
    /// Since boot, where the log says it.
    pub time: Option<Microseconds>,
    /// Defects of the report.
    pub defects: usize,
    /// Its title: reports of one signature may differ in it.
    pub title: String,
}

impl Member {
    pub(super) fn new(path: &str, report: &Report<'_>, identity: &Identity) -> Self {
        Self {
            path: path.to_owned(),
            offset: report.span.offset,
            line: report.span.line,
            time: report.time,
            defects: identity.defects.len(),
            title: identity.title.clone(),
        }
    }

    /// By what two members are compared: the report of the lesser one stands for the group.
    pub(super) fn rank(&self) -> (usize, &Self) {
        (self.defects, self)
    }
}

impl Group {
    /// The exemplar's title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.exemplar.member.title
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
        let member = Member::new(path, report, identity);
        if let Some(own) = self.groups.get_mut(&identity.signature)
            && own.exemplar.member.rank() <= member.rank()
        {
            // It will not stand for the group: nothing else of it is needed.
            own.class = own.class.min(report.kind.class());
            own.members.insert(member);
            return;
        }
        let exemplar = Exemplar::new(member, report, identity);
        self.insert(Group {
            signature: identity.signature.clone(),
            class: report.kind.class(),
            members: BTreeSet::from([exemplar.member.clone()]),
            exemplar,
        });
    }

    /// Adds a group, for instance one that was saved.
    pub fn insert(&mut self, group: Group) {
        let Some(own) = self.groups.get_mut(&group.signature) else {
            self.groups.insert(group.signature.clone(), group);
            return;
        };
        own.class = own.class.min(group.class);
        own.members.extend(group.members);
        if (group.exemplar.member.rank(), &group.exemplar) < (own.exemplar.member.rank(), &own.exemplar) {
            own.exemplar = group.exemplar;
        }
    }

    /// Adds all groups of `other`: the groups of two halves, in any order, become the groups of the whole.
    pub fn merge(&mut self, other: Self) {
        other.groups.into_values().for_each(|group| self.insert(group));
    }

    /// Keeps the groups that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&Group) -> bool) {
        self.groups.retain(|_, group| keep(group));
    }

    /// The groups, those with most members first, then by title and signature.
    #[must_use]
    pub fn by_size(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.values().collect();
        groups.sort_by(|a, b| {
            let size = b.members.len().cmp(&a.members.len());
            size.then_with(|| (a.title(), &a.signature).cmp(&(b.title(), &b.signature)))
        });
        groups
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

    /// Reports of two bugs, every third of them damaged.
    fn groups(order: impl IntoIterator<Item = usize>) -> Groups {
        let logs = [
            "kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n h+0x1/0x2\n",
            "kernel BUG at b.c:1!\nRIP: 0010:g+0x1/0x2\nCall Trace:\n h+0x1/0x2\n",
            "kernel BUG at a.c:1!\n** 12 printk messages dropped **\nRIP: 0010:f+0x1/0x2\n",
        ];
        let mut groups = Groups::new();
        for n in order {
            let report = crate::reports(logs[n % 3].as_bytes()).next().unwrap();
            groups.add(&format!("{n}.log"), &report, &crate::identify(&report));
        }
        groups
    }

    /// A fixed shuffle: `step` has no factor in common with the number of elements.
    fn shuffled(step: usize) -> impl Iterator<Item = usize> {
        (0..30).map(move |i| (i * step + 11) % 30)
    }

    #[test]
    fn ok_order_does_not_matter() {
        let whole = groups(0..30);
        for step in [1, 7, 11, 13, 29] {
            assert_eq!(groups(shuffled(step)), whole, "{step}");
        }
    }

    #[test]
    fn ok_parts_merge_into_the_whole_in_any_order() {
        let whole = groups(0..30);
        for at in 0..30 {
            let part = |from, to| groups(shuffled(7).skip(from).take(to - from));
            let (mut left, mut right) = (part(0, at), part(at, 30));
            let (a, b) = (left.clone(), right.clone());
            left.merge(b);
            right.merge(a);
            assert_eq!((&left, &right), (&whole, &whole), "{at}");
            // What was merged may be merged again.
            left.merge(right);
            assert_eq!(left, whole);
        }
    }

    #[test]
    fn ok_the_exemplar_is_the_least_damaged_and_the_first_of_those() {
        let whole = groups((0..30).rev());
        let group = whole.by_size()[0].clone();
        assert_eq!(group.members.len(), 20);
        assert_eq!((group.exemplar.member.path.as_str(), group.exemplar.member.defects), ("0.log", 0));
        let damaged = groups([2, 5]);
        assert_eq!(damaged.by_size()[0].exemplar.member.path, "2.log");
        assert!(damaged.by_size()[0].exemplar.member.defects > 0);
    }
}
