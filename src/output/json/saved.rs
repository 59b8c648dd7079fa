//! Wire → groups: files that `group` wrote, to be merged.

use super::groups::{Exemplar, Group, Groups, Member};
use super::time::microseconds;
use super::{GROUPS_SCHEMA, lines};
use crate::dedup;
use crate::report::Class;
use crate::{Error, ErrorKind, Result, Signature};

/// What the errors of this file call what they read.
const WHAT: &str = "group file";

impl Groups {
    /// Reads groups as `--format json` writes them. `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the text is not JSON, or not groups of this schema.
    pub fn from_json(json: &[u8], at: &str) -> Result<Self> {
        let kind = || ErrorKind::Saved { what: WHAT, at: at.to_owned() };
        let groups: Self = serde_json::from_slice(json).map_err(|e| Error::new(kind(), e))?;
        if groups.schema == GROUPS_SCHEMA {
            return Ok(groups);
        }
        Err(Error::new(kind(), format!("schema is {:?}, not {GROUPS_SCHEMA:?}", groups.schema)))
    }

    /// Reads groups as `--format ndjson` writes them: one a line.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`], with the number of the line, if a line is not a group.
    pub fn from_ndjson(text: &[u8], at: &str) -> Result<Self> {
        let groups = lines::each(text, at, WHAT, |group: Group| {
            group.to_group().map(|_| group).map_err(|e| e.to_string())
        })?;
        Ok(Self {
            schema: GROUPS_SCHEMA.to_owned(),
            reports: groups.iter().map(|g| g.members.len()).sum(),
            groups,
        })
    }

    /// The groups as they were when they were written.
    ///
    /// # Errors
    ///
    /// As [`Group::to_group`].
    pub fn to_groups(&self) -> Result<dedup::Groups> {
        let mut groups = dedup::Groups::new();
        for group in &self.groups {
            groups.insert(group.to_group()?);
        }
        Ok(groups)
    }
}

/// Reads saved groups in either form. `at` says where the text stands, for the error.
///
/// # Errors
///
/// [`ErrorKind::Saved`] if the text is neither, or if a group's signature is not of its canonical lines.
pub fn saved_groups(text: &[u8], at: &str) -> Result<dedup::Groups> {
    let first = text.split(|c| *c == b'\n').find(|line| !line.trim_ascii().is_empty());
    let is_line = first.is_some_and(|line| serde_json::from_slice::<Group>(line).is_ok_and(|g| g.count > 0));
    let groups = if is_line { Groups::from_ndjson(text, at) } else { Groups::from_json(text, at) };
    let kind = || ErrorKind::Saved { what: WHAT, at: at.to_owned() };
    groups?.to_groups().map_err(|error| Error::new(kind(), error))
}

impl Group {
    /// The group as it was when it was written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the signature is not the one of the canonical lines: somebody edited it, or another
    /// version of signatures wrote it; or if the group has no report.
    pub fn to_group(&self) -> Result<dedup::Group> {
        let signature = Signature::marked_as(&self.signature, self.canonical.clone());
        let error = |at| Err(ErrorKind::Saved { what: "group", at }.into());
        if signature.to_string() != self.signature {
            return error(format!("{} should be {signature}", self.signature));
        }
        let members: std::collections::BTreeSet<_> = self.members.iter().map(Member::to_member).collect();
        let Some(least) = members.iter().min_by_key(|m| m.defects).cloned() else {
            return error(format!("{signature} has no members"));
        };
        let exemplar = self.exemplar.to_exemplar(least, self);
        let class = Class::from_name(&self.class).unwrap_or(Class::Other);
        Ok(dedup::Group { signature, class, members, exemplar })
    }
}

impl Member {
    fn to_member(&self) -> dedup::Member {
        dedup::Member {
            path: self.path.clone(),
            offset: self.offset,
            line: self.line,
            time: self.time.map(microseconds),
            defects: self.defects,
            title: self.title.clone(),
        }
    }
}

impl Exemplar {
    fn to_exemplar(&self, member: dedup::Member, group: &Group) -> dedup::Exemplar {
        dedup::Exemplar {
            member,
            kind: self.kind.clone(),
            function: self.function.clone(),
            file: self.file.clone(),
            line: self.line,
            release: group.release.clone(),
            terms: group.terms.clone(),
            excerpt: self.excerpt.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Summary;

    fn groups() -> dedup::Groups {
        let log = b"[    1.234567] BUG: KASAN: use-after-free in foo+0x1/0x2 net/a.c:12\n\
                    [    1.234568] Read of size 8 at addr ffff8880 by task a/1\n\
                    kernel BUG at a.c:1!\n";
        let mut groups = dedup::Groups::new();
        for report in crate::reports(log) {
            groups.add("b.log", &report, &crate::identify(&report));
            groups.add("a.log", &report, &crate::identify(&report));
        }
        groups
    }

    fn ndjson(groups: &Groups) -> Vec<u8> {
        let lines = groups.groups.iter().map(|g| serde_json::to_string(g).unwrap() + "\n");
        lines.collect::<String>().into_bytes()
    }

    #[test]
    fn ok_groups_come_back_from_both_forms() {
        let groups = groups();
        let wire = Groups::new(&Summary::new(&groups));
        let json = serde_json::to_vec(&wire).unwrap();
        assert_eq!(Groups::from_json(&json, "x").unwrap(), wire);
        assert_eq!(saved_groups(&json, "x").unwrap(), groups);
        assert_eq!(saved_groups(&serde_json::to_vec_pretty(&wire).unwrap(), "x").unwrap(), groups);
        assert_eq!(saved_groups(&ndjson(&wire), "x").unwrap(), groups);
        let first = &wire.groups[0];
        assert_eq!((wire.reports, first.count, first.first.path.as_str()), (4, 2, "a.log"));
        assert_eq!(first.last.path, "b.log");
    }

    #[test]
    fn ok_a_marked_signature_comes_back() {
        let mut group = groups().by_size()[0].clone();
        group.signature = group.signature.marked("ours");
        let mut marked = dedup::Groups::new();
        marked.insert(group);
        let wire = Groups::new(&Summary::new(&marked));
        assert!(wire.groups[0].signature.starts_with("v1+ours:"));
        assert_eq!(wire.to_groups().unwrap(), marked);
    }

    #[test]
    fn err_what_is_no_saved_group_says_where() {
        let wire = Groups::new(&Summary::new(&groups()));
        let mut edited = wire.clone();
        edited.groups[1].canonical.push("more".to_owned());
        let mut empty = wire.clone();
        empty.groups[0].members.clear();
        for (text, at) in [
            (ndjson(&edited), "x:2"),
            (ndjson(&empty), "x:1"),
            ([ndjson(&wire), b"{\n".to_vec()].concat(), "x:3"),
            (b"{}".to_vec(), "x"),
            (b"[1]".to_vec(), "x"),
            (b"\xff\xfe".to_vec(), "x"),
            (Vec::new(), "x"),
        ] {
            let error = saved_groups(&text, "x").unwrap_err();
            assert_eq!(error.to_string(), format!("not a saved group file: {at}"));
        }
    }
}
