//! The baseline: bugs that somebody knows of already, so that only a new one is an alarm.

use super::{Group, Groups, Member, Signature};
use crate::report::Microseconds;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Known bugs by signature.
///
/// ```
/// use ksplat::dedup::{Baseline, Groups};
/// let log = b"kernel BUG at a.c:1!\nRIP: 0010:f+0x1/0x2\n";
/// let report = ksplat::reports(log).next().unwrap();
/// let mut groups = Groups::new();
/// groups.add("console.log", &report, &ksplat::identify(&report));
///
/// let mut baseline = Baseline::new();
/// assert!(baseline.get(&groups.by_size()[0].signature).is_none());
/// baseline.update(&groups);
/// assert_eq!(baseline.get(&groups.by_size()[0].signature).unwrap().title, "kernel BUG in f");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<String, Known>,
}

/// A bug that somebody knows of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The signature of its reports, as it is printed: another version's is kept, and matches nothing here.
    pub signature: String,
    /// What it is called.
    pub title: String,
    /// The coarse class.
    pub class: String,
    /// What its owner has to say of it.
    pub note: Option<String>,
    /// Where it is tracked.
    pub link: Option<String>,
    /// Where it was seen first, in the order of paths and offsets.
    pub first: Option<Sighting>,
    /// Where it was seen last.
    pub last: Option<Sighting>,
    /// The most reports that were seen of it at one time.
    pub count: usize,
    /// What similar reports have in common with it.
    pub terms: Vec<String>,
    /// What else its owner wrote, by name, as JSON.
    pub others: BTreeMap<String, String>,
}

/// Where a bug was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// The log.
    pub path: String,
    /// Bytes from its start.
    pub offset: usize,
    /// Since boot, where the log says it.
    pub time: Option<Microseconds>,
}

impl Baseline {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of the bug of this signature.
    #[must_use]
    pub fn get(&self, signature: &Signature) -> Option<&Known> {
        self.known.get(&signature.to_string())
    }

    /// All that is known, by signature.
    pub fn iter(&self) -> impl Iterator<Item = &Known> {
        self.known.values()
    }

    /// Adds a bug. If it is known already, what was there stays, and what was missing is filled in.
    pub fn insert(&mut self, known: Known) {
        match self.known.get_mut(&known.signature) {
            Some(own) => own.join(known),
            None => drop(self.known.insert(known.signature.clone(), known)),
        }
    }

    /// Adds the bugs of `groups`. The same update again changes nothing.
    pub fn update(&mut self, groups: &Groups) {
        groups.by_size().into_iter().for_each(|group| self.insert(Known::new(group)));
    }
}

impl Known {
    fn new(group: &Group) -> Self {
        Self {
            signature: group.signature.to_string(),
            title: group.title().to_owned(),
            class: group.class.name().to_owned(),
            first: group.members.first().map(Sighting::new),
            last: group.members.last().map(Sighting::new),
            count: group.members.len(),
            terms: group.exemplar.terms.clone(),
            ..Self::default()
        }
    }

    fn join(&mut self, other: Self) {
        fill(&mut self.title, other.title, String::is_empty);
        fill(&mut self.class, other.class, String::is_empty);
        fill(&mut self.note, other.note, Option::is_none);
        fill(&mut self.link, other.link, Option::is_none);
        fill(&mut self.terms, other.terms, Vec::is_empty);
        take(&mut self.first, other.first, Ordering::Less);
        take(&mut self.last, other.last, Ordering::Greater);
        self.count = self.count.max(other.count);
        for (name, value) in other.others {
            self.others.entry(name).or_insert(value);
        }
    }
}

fn fill<T>(own: &mut T, other: T, is_missing: fn(&T) -> bool) {
    if is_missing(own) {
        *own = other;
    }
}

/// Takes the other sighting if there is none, or if it stands at that side of the own one.
fn take(own: &mut Option<Sighting>, other: Option<Sighting>, side: Ordering) {
    let Some(other) = other else { return };
    if own.as_ref().is_none_or(|own| other.cmp(own) == side) {
        *own = Some(other);
    }
}

impl Sighting {
    fn new(member: &Member) -> Self {
        Self { path: member.path.clone(), offset: member.offset, time: member.time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(paths: &[&str]) -> Groups {
        let log = b"[    2.000000] kernel BUG at a.c:1!\n[    2.000000] RIP: 0010:f+0x1/0x2\n";
        let report = crate::reports(log).next().unwrap();
        let mut groups = Groups::new();
        for path in paths {
            groups.add(path, &report, &crate::identify(&report));
        }
        groups
    }

    fn only(baseline: &Baseline) -> Known {
        assert_eq!(baseline.iter().count(), 1);
        baseline.iter().next().unwrap().clone()
    }

    #[test]
    fn ok_an_update_keeps_what_the_owner_wrote() {
        let mut baseline = Baseline::new();
        baseline.update(&groups(&["b.log"]));
        let note = Known {
            note: Some("flaky".to_owned()),
            link: Some("https://bugs.example/1".to_owned()),
            others: BTreeMap::from([("since".to_owned(), "\"6.1\"".to_owned())]),
            title: "my own title".to_owned(),
            ..only(&baseline)
        };
        let mut baseline = Baseline::new();
        baseline.insert(note.clone());
        baseline.update(&groups(&["a.log", "b.log", "c.log"]));
        let known = only(&baseline);
        assert_eq!((&known.note, &known.link, &known.others), (&note.note, &note.link, &note.others));
        assert_eq!((known.title.as_str(), known.count), ("my own title", 3));
        let path = |s: &Option<Sighting>| s.as_ref().map(|s| (s.path.clone(), s.time));
        assert_eq!(path(&known.first), Some(("a.log".to_owned(), Some(2_000_000))));
        assert_eq!(path(&known.last), Some(("c.log".to_owned(), Some(2_000_000))));
    }

    #[test]
    fn ok_an_update_can_be_repeated_and_comes_in_any_order() {
        let (old, new) = (groups(&["a.log", "b.log"]), groups(&["c.log"]));
        let updated = |order: &[&Groups]| {
            let mut baseline = Baseline::new();
            order.iter().for_each(|groups| baseline.update(groups));
            baseline
        };
        let once = updated(&[&old, &new]);
        assert_eq!(updated(&[&new, &old]), once);
        assert_eq!(updated(&[&old, &new, &new, &old]), once);
        assert_eq!(only(&once).count, 2);
    }
}
