//! The wire types of groups, groups → wire, and back.

use super::GROUPS_SCHEMA;
use crate::dedup;
use crate::report::Class;
use crate::{Error, ErrorKind, Result, Signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All groups: what `ksplat group --format json` writes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Groups {
    /// `ksplat.groups/1`.
    pub schema: String,
    /// Reports in all groups.
    pub reports: usize,
    /// The groups, largest first.
    pub groups: Vec<Group>,
}

/// Reports of one signature.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Group {
    /// What its reports share.
    pub signature: String,
    /// The title of its least damaged report.
    pub title: String,
    /// The coarse class, of a closed list.
    pub class: String,
    /// Its reports.
    pub count: usize,
    /// `new`, or `known` by a file of known groups.
    pub status: String,
    /// The first of `members`.
    pub first: Member,
    /// Its reports, by path and offset.
    pub members: Vec<Member>,
    /// Other groups that are probably the same bug.
    pub near: Vec<Near>,
    /// Number of the cluster of near groups it is in, from 1.
    pub cluster: usize,
    /// The lines whose newline-joined bytes were hashed into the signature.
    pub canonical: Vec<String>,
    /// The release of the kernel of its least damaged report.
    pub release: Option<String>,
    /// The terms of its least damaged report: what `near` compares.
    pub terms: Vec<String>,
}

/// One report of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Member {
    /// The log's path.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Its title: reports of one signature may differ in it.
    pub title: String,
    /// How many defects it has.
    pub defects: usize,
}

/// A group that is probably the same bug.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Near {
    /// The other group's signature.
    pub signature: String,
    /// From 0 nothing in common to 1 the same.
    pub score: f64,
    /// What they have in common.
    pub why: String,
}

impl Groups {
    /// The wire form of groups, each new and in a cluster of its own.
    #[must_use]
    pub fn new(groups: &dedup::Groups) -> Self {
        let numbered = groups.by_size().into_iter().zip(1..);
        Self {
            schema: GROUPS_SCHEMA.to_owned(),
            reports: groups.reports(),
            groups: numbered.map(|(group, cluster)| Group { cluster, ..Group::new(group) }).collect(),
        }
    }

    /// Reads groups from JSON. `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the text is not JSON, or not groups of this schema.
    pub fn from_json(json: &[u8], at: &str) -> Result<Self> {
        let kind = || ErrorKind::Saved { what: "group file", at: at.to_owned() };
        let groups: Self = serde_json::from_slice(json).map_err(|e| Error::new(kind(), e))?;
        if groups.schema == GROUPS_SCHEMA {
            return Ok(groups);
        }
        Err(Error::new(kind(), format!("schema is {:?}, not {GROUPS_SCHEMA:?}", groups.schema)))
    }
}

impl Group {
    /// The wire form of a group that is new.
    #[must_use]
    pub fn new(group: &dedup::Group) -> Self {
        let members: Vec<Member> = group.members.iter().map(member).collect();
        Self {
            signature: group.signature.to_string(),
            title: group.title().to_owned(),
            class: group.class.name().to_owned(),
            count: members.len(),
            status: "new".to_owned(),
            first: members.first().cloned().unwrap_or_default(),
            members,
            near: Vec::new(),
            cluster: 0,
            canonical: group.signature.canonical().to_vec(),
            release: group.release.clone(),
            terms: group.terms.clone(),
        }
    }

    /// The group as it was when it was written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the signature is not the one of the canonical lines: somebody edited it, or another
    /// version of signatures wrote it.
    pub fn to_group(&self) -> Result<dedup::Group> {
        let signature = Signature::of_canonical(self.canonical.clone());
        if signature.to_string() != self.signature {
            let at = format!("{} should be {signature}", self.signature);
            return Err(ErrorKind::Saved { what: "group", at }.into());
        }
        let members = self.members.iter().map(Member::to_member).collect();
        Ok(dedup::Group {
            signature,
            class: Class::from_name(&self.class).unwrap_or(Class::Other),
            members,
            release: self.release.clone(),
            terms: self.terms.clone(),
        })
    }
}

impl Member {
    fn to_member(&self) -> dedup::Member {
        dedup::Member {
            path: self.path.clone(),
            offset: self.offset,
            defects: self.defects,
            title: self.title.clone(),
        }
    }
}

fn member(member: &dedup::Member) -> Member {
    Member {
        path: member.path.clone(),
        offset: member.offset,
        title: member.title.clone(),
        defects: member.defects,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> (dedup::Groups, Groups) {
        let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
        let report = crate::reports(log).next().unwrap();
        let mut groups = dedup::Groups::new();
        groups.add("b.log", &report, &crate::identify(&report));
        groups.add("a.log", &report, &crate::identify(&report));
        let wire = Groups::new(&groups);
        (groups, wire)
    }

    #[test]
    fn ok_groups_come_back_from_json() {
        let (groups, wire) = wire();
        let json = serde_json::to_vec(&wire).unwrap();
        let read = Groups::from_json(&json, "x").unwrap();
        assert_eq!(read, wire);
        assert_eq!((read.reports, read.groups[0].count, read.groups[0].first.path.as_str()), (2, 2, "a.log"));
        assert_eq!(read.groups[0].to_group().unwrap(), *groups.by_size()[0]);
    }

    #[test]
    fn err_a_signature_that_is_not_of_its_lines() {
        let mut group = wire().1.groups.remove(0);
        group.canonical.push("more".to_owned());
        assert!(group.to_group().is_err());
        assert!(Groups::from_json(b"{}", "x").is_err());
    }
}
