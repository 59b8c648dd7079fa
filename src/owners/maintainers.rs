//! Paths → sections → people.

use super::pattern::{FilePattern, expression};
use super::section::{Section, sections};
use super::{List, Owners, Person, Subsystem};
use crate::{ErrorKind, Result};
use regex::bytes::Regex;
use std::collections::BTreeSet;

/// The kernel's MAINTAINERS file.
///
/// ```
/// use ksplat::owners::Maintainers;
/// let text = b"A RING\nM:\tJane Doe <jane@ring.example>\nL:\tring@lists.example\nS:\tMaintained\nF:\tfs/ring/\n";
/// let maintainers = Maintainers::parse(text, "MAINTAINERS")?;
/// assert_eq!(
///     maintainers.owners_of("fs/ring/push.c").to_string(),
///     "A RING (Maintained): Jane Doe <jane@ring.example>, ring@lists.example"
/// );
/// assert!(maintainers.owners_of("fs/other.c").subsystems.is_empty());
/// # Ok::<(), ksplat::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Maintainers {
    entries: Vec<Entry>,
    not_understood: Vec<String>,
}

/// A section, and the files that it covers.
#[derive(Debug, Clone)]
struct Entry {
    section: Section,
    covers: Vec<Cover>,
    excluded: Vec<FilePattern>,
    keywords: Vec<Regex>,
}

/// What a section covers, by one of its lines.
#[derive(Debug, Clone)]
enum Cover {
    /// `F:`
    File(FilePattern),
    /// `N:`
    Name(Regex),
}

impl Maintainers {
    /// Reads a MAINTAINERS file. `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setting`] if no section of it names a file.
    pub fn parse(text: &[u8], at: &str) -> Result<Self> {
        let mut not_understood = Vec::new();
        let sections = sections(&String::from_utf8_lossy(text));
        let entries: Vec<Entry> = sections.into_iter().map(|s| Entry::new(s, &mut not_understood)).collect();
        if entries.iter().all(|e| e.covers.is_empty()) {
            let why = "no section with a file pattern (F:)".to_owned();
            return Err(ErrorKind::Setting { at: at.to_owned(), why }.into());
        }
        Ok(Self { entries, not_understood })
    }

    /// Who looks after the file of this path in the kernel's tree.
    ///
    /// Keywords (`K:`) are looked for in what a file contains, which is not at hand where only a crash names the file:
    /// see [`Maintainers::owners_of_content`].
    #[must_use]
    pub fn owners_of(&self, path: &str) -> Owners {
        self.owners(path, None)
    }

    /// The same, with the sections whose keywords (`K:`) the file contains.
    #[must_use]
    pub fn owners_of_content(&self, path: &str, content: &[u8]) -> Owners {
        self.owners(path, Some(content))
    }

    /// The expressions (`N:`, `K:`) that only Perl understands; they cover nothing here.
    #[must_use]
    pub fn not_understood(&self) -> &[String] {
        &self.not_understood
    }

    fn owners(&self, path: &str, content: Option<&[u8]>) -> Owners {
        let covering = self.entries.iter().filter_map(|entry| Some((entry.depth_of(path)?, entry)));
        let mut covering: Vec<(i64, &Entry)> = covering.collect();
        covering.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
        let told = content.into_iter().flat_map(|content| {
            self.entries.iter().filter(move |entry| entry.keywords.iter().any(|k| k.is_match(content)))
        });
        let mut collected = Collected::default();
        covering
            .into_iter()
            .map(|(_, entry)| entry)
            .chain(told)
            .for_each(|entry| collected.add(&entry.section));
        collected.owners()
    }
}

impl Entry {
    fn new(section: Section, not_understood: &mut Vec<String>) -> Self {
        let mut read = |letter, value: &str| {
            let regex = expression(value);
            if regex.is_none() {
                not_understood.push(format!("{letter}: {value}"));
            }
            regex
        };
        let mut covers = Vec::new();
        for (letter, value) in section.fields() {
            match letter {
                'F' => covers.push(Cover::File(FilePattern::new(value))),
                'N' => covers.extend(read('N', value).map(Cover::Name)),
                _ => {}
            }
        }
        let keywords = section.values('K').filter_map(|value| read('K', value)).collect();
        let excluded = section.values('X').map(FilePattern::new).collect();
        Self { section, covers, excluded, keywords }
    }

    /// How closely the section describes the path: by the last of its lines that covers it, as the script has it.
    fn depth_of(&self, path: &str) -> Option<i64> {
        let depth = self.covers.iter().rev().find_map(|cover| match cover {
            Cover::File(pattern) => pattern.covers(path).then(|| pattern.depth()),
            Cover::Name(regex) => regex.is_match(path.as_bytes()).then_some(0),
        })?;
        (!self.excluded.iter().any(|x| x.covers(path))).then_some(depth)
    }
}

/// Everybody once, by name and by address.
#[derive(Default)]
struct Collected {
    owners: Owners,
    people: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl Collected {
    fn add(&mut self, section: &Section) {
        let subsystem = || section.name.clone();
        let status = section.status().map(str::to_owned);
        let named = Subsystem { name: subsystem(), status };
        if !self.owners.subsystems.contains(&named) {
            self.owners.subsystems.push(named);
        }
        // The penguin of all penguins, by the script's default, is told of nothing.
        let told = !section.status().is_some_and(|s| s.eq_ignore_ascii_case("buried alive in reporters"));
        for (reviewer, letter) in [(false, 'M'), (true, 'R')] {
            for mail in section.values(letter).filter(|_| told) {
                if self.is_new(mail) {
                    self.owners.people.push(Person {
                        mail: mail.to_owned(),
                        reviewer,
                        subsystem: subsystem(),
                    });
                }
            }
        }
        for (address, remark) in section.values('L').map(list) {
            if !remark.contains("subscribers-only") && self.lists.insert(address.to_ascii_lowercase()) {
                let moderated = remark.contains("moderated");
                let list = List { address: address.to_owned(), moderated, subsystem: subsystem() };
                self.owners.lists.push(list);
            }
        }
    }

    /// Whether nobody of this name and nobody of this address was seen.
    fn is_new(&mut self, mail: &str) -> bool {
        let (name, address) = mail.split_once('<').unwrap_or(("", mail));
        let name = name.trim().trim_matches('"').to_lowercase();
        let address = address.split('>').next().unwrap_or(address).trim().to_ascii_lowercase();
        if self.people.contains(&address) || (!name.is_empty() && self.people.contains(&name)) {
            return false;
        }
        self.people.extend([name, address]);
        true
    }

    /// An address that is given as a person's and as a list's is a person's.
    fn owners(mut self) -> Owners {
        self.owners.lists.retain(|list| !self.people.contains(&list.address.to_ascii_lowercase()));
        self.owners
    }
}

/// The address of a list and what is said of it: `l@k.org (moderated for non-subscribers)`.
fn list(value: &str) -> (&str, &str) {
    value.split_once(char::is_whitespace).unwrap_or((value, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
A RING
M:\tJane Doe <jane@ring.example>
R:\tJohn Roe <john@ring.example>
L:\tring@lists.example (moderated for non-subscribers)
L:\tsecret@lists.example (subscribers-only)
S:\tSupported
F:\tfs/ring/
X:\tfs/ring/test/

FILE SYSTEMS
M:\tJohn Roe <other@ring.example>
M:\t\"Sm. Body\" <jane@ring.example>
M:\tA. Nother <a@ring.example>
L:\tA@ring.example
L:\tRing@lists.example
S:\tMaintained
F:\tfs/
N:\tnamed

BY NAME
S:\tMaintained
F:\tfs/ring/deep/
N:\tdeep/named

PENGUINS
L:\tperl@lists.example
S:\tOdd Fixes
N:\t(?<!a)b
K:\t\\bpenguin_

THE REST
M:\tL <l@k.example>
L:\tall@lists.example
S:\tBuried alive in reporters
F:\t*
F:\t*/
";

    fn owners(path: &str) -> Owners {
        Maintainers::parse(TEXT.as_bytes(), "x").unwrap().owners_of(path)
    }

    fn names(owners: &Owners) -> Vec<&str> {
        owners.subsystems.iter().map(|s| s.name.as_str()).collect()
    }

    #[test]
    fn ok_the_closest_section_comes_first_and_everybody_once() {
        let owners = owners("fs/ring/push.c");
        assert_eq!(names(&owners), ["A RING", "FILE SYSTEMS", "THE REST"]);
        let people: Vec<_> = owners.people.iter().map(|p| (p.mail.as_str(), p.role())).collect();
        assert_eq!(
            people,
            [
                ("Jane Doe <jane@ring.example>", "maintainer"),
                ("John Roe <john@ring.example>", "reviewer"),
                ("A. Nother <a@ring.example>", "maintainer"),
            ]
        );
        let lists: Vec<_> = owners.lists.iter().map(|l| (l.address.as_str(), l.moderated)).collect();
        assert_eq!(lists, [("ring@lists.example", true), ("all@lists.example", false)]);
    }

    #[test]
    fn ok_exclusions_names_and_keywords() {
        assert_eq!(names(&owners("fs/ring/test/a.c")), ["FILE SYSTEMS", "THE REST"]);
        assert_eq!(names(&owners("net/named.c")), ["FILE SYSTEMS", "THE REST"]);
        // The last line that covers a path says how closely.
        assert_eq!(names(&owners("fs/ring/deep/a.c"))[0], "BY NAME");
        assert_eq!(names(&owners("fs/ring/deep/named.c")), ["A RING", "FILE SYSTEMS", "BY NAME", "THE REST"]);
        let maintainers = Maintainers::parse(TEXT.as_bytes(), "x").unwrap();
        let told = maintainers.owners_of_content("net/a.c", b"int penguin_x;\xff");
        assert_eq!(names(&told), ["THE REST", "PENGUINS"]);
        assert_eq!(maintainers.not_understood(), ["N: (?<!a)b"]);
    }

    #[test]
    fn err_what_is_no_maintainers_file() {
        for text in ["", "all is well\n", "A\nM: x\n", "F: fs/\n", "\u{0}\u{1}"] {
            let error = Maintainers::parse(text.as_bytes(), "x").unwrap_err();
            assert_eq!(error.to_string(), "x: no section with a file pattern (F:)", "{text:?}");
        }
    }
}
