//! The wire types of groups, and groups → wire.

use super::time::seconds;
use super::{GROUPS_SCHEMA, Owners};
use crate::dedup;
use crate::output::{Row, Summary};
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
    /// The groups, new ones before known ones, largest first.
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
    /// The last of `members`.
    pub last: Member,
    /// What the file of known groups says of it.
    pub note: Option<String>,
    /// Where the file of known groups says that it is tracked.
    pub link: Option<String>,
    /// Who looks after the file to blame.
    pub owners: Option<Owners>,
    /// The release of the kernel of its least damaged report.
    pub release: Option<String>,
    /// The terms of its least damaged report: what `near` compares.
    pub terms: Vec<String>,
    /// Its least damaged report.
    pub exemplar: Exemplar,
}

/// One report of a group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Member {
    /// The log's path.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Line of the log, from 1.
    pub line: usize,
    /// Seconds since boot, where the log says them.
    pub time: Option<f64>,
    /// Its title: reports of one signature may differ in it.
    pub title: String,
    /// How many defects it has.
    pub defects: usize,
}

/// The report that stands for a group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Exemplar {
    /// The log's path.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// `family/row` of the table of kinds.
    pub kind: String,
    /// The guilty function, without compiler suffixes.
    pub function: Option<String>,
    /// The source file to blame.
    pub file: Option<String>,
    /// Line in `file`, from 1.
    pub line: Option<u32>,
    /// Its text without printk's prefixes, at most 16 KiB of it.
    pub excerpt: String,
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
    /// The wire form of groups, each in a cluster of its own unless they were joined.
    #[must_use]
    pub fn new(summary: &Summary<'_>) -> Self {
        let numbered = summary.rows.iter().zip(1..);
        let groups = Self {
            schema: GROUPS_SCHEMA.to_owned(),
            reports: summary.reports,
            groups: numbered.map(|(row, cluster)| Group { cluster, ..Group::new(row) }).collect(),
        };
        groups.with_joins(summary.joins)
    }
}

impl Group {
    /// The wire form of a group.
    #[must_use]
    pub fn new(row: &Row<'_>) -> Self {
        let group = row.group;
        let members: Vec<Member> = group.members.iter().map(member).collect();
        Self {
            signature: group.signature.to_string(),
            title: group.title().to_owned(),
            class: group.class.name().to_owned(),
            count: members.len(),
            status: row.status().to_owned(),
            first: members.first().cloned().unwrap_or_default(),
            last: members.last().cloned().unwrap_or_default(),
            members,
            near: Vec::new(),
            cluster: 0,
            canonical: group.signature.canonical().to_vec(),
            note: row.known.and_then(|k| k.note.clone()),
            link: row.known.and_then(|k| k.link.clone()),
            owners: row.owners.as_ref().map(Owners::new),
            release: group.exemplar.release.clone(),
            terms: group.exemplar.terms.clone(),
            exemplar: exemplar(&group.exemplar),
        }
    }
}

fn member(member: &dedup::Member) -> Member {
    Member {
        path: member.path.clone(),
        offset: member.offset,
        line: member.line,
        time: member.time.map(seconds),
        title: member.title.clone(),
        defects: member.defects,
    }
}

fn exemplar(exemplar: &dedup::Exemplar) -> Exemplar {
    Exemplar {
        path: exemplar.member.path.clone(),
        offset: exemplar.member.offset,
        kind: exemplar.kind.clone(),
        function: exemplar.function.clone(),
        file: exemplar.file.clone(),
        line: exemplar.line,
        excerpt: exemplar.excerpt.clone(),
    }
}
