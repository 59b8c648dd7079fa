//! Groups: reports that have one signature.

use super::{Identity, Signature};
use crate::report::{Class, Report};
use std::collections::BTreeMap;

/// Reports by signature. The result does not depend on the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    groups: BTreeMap<Signature, Group>,
}

/// Reports of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// What they share.
    pub signature: Signature,
    /// The title of the exemplar: of the least damaged report, the first of those.
    pub title: String,
    /// The coarse class.
    pub class: Class,
    /// The reports, by path and offset.
    pub members: Vec<Member>,
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
        let group = self.groups.entry(identity.signature.clone()).or_insert_with(|| Group {
            signature: identity.signature.clone(),
            title: String::new(),
            class: report.kind.class(),
            members: Vec::new(),
        });
        let at = group.members.partition_point(|m| (&m.path, m.offset) < (&member.path, member.offset));
        group.members.insert(at, member);
        group.class = group.class.min(report.kind.class());
        if let Some(exemplar) = group.members.iter().min_by_key(|m| m.defects) {
            group.title.clone_from(&exemplar.title);
        }
    }

    /// The groups, those with most members first, then by title and signature.
    #[must_use]
    pub fn by_size(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.values().collect();
        groups.sort_by(|a, b| {
            b.members
                .len()
                .cmp(&a.members.len())
                .then_with(|| (&a.title, &a.signature).cmp(&(&b.title, &b.signature)))
        });
        groups
    }

    /// How many reports all groups hold.
    #[must_use]
    pub fn reports(&self) -> usize {
        self.groups.values().map(|g| g.members.len()).sum()
    }
}
