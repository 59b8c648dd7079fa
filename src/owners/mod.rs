//! Whose code it is: the kernel's MAINTAINERS file.
//!
//! The sections whose file patterns match a source path, those with the deepest pattern first, as
//! `scripts/get_maintainer.pl --nogit --nogit-fallback` finds them (`.mailmap` and `.get_maintainer.ignore` stand beside
//! MAINTAINERS, and are not read). Reading the file needs feature `owners`.

#[cfg(feature = "owners")]
mod maintainers;
#[cfg(feature = "owners")]
mod pattern;
#[cfg(feature = "owners")]
mod section;

#[cfg(feature = "owners")]
pub use maintainers::Maintainers;

use std::fmt;

/// Who looks after a source file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owners {
    /// The subsystems it belongs to, the closest first.
    pub subsystems: Vec<Subsystem>,
    /// Who is to be told of a crash in it, the closest first.
    pub people: Vec<Person>,
    /// The mail lists that are open to everybody, the closest first.
    pub lists: Vec<List>,
}

/// A section of MAINTAINERS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subsystem {
    /// Its heading.
    pub name: String,
    /// `S:`, as written: `Supported`, `Maintained`, `Odd Fixes`, `Orphan`, `Obsolete`.
    pub status: Option<String>,
}

/// Somebody who looks after a subsystem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// `Name <address>`, as written.
    pub mail: String,
    /// Whether MAINTAINERS calls them a reviewer (`R:`) and no maintainer (`M:`).
    pub reviewer: bool,
    /// The heading of the subsystem.
    pub subsystem: String,
}

/// A mail list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    /// Its address.
    pub address: String,
    /// Whether what strangers write is held back until somebody has looked at it.
    pub moderated: bool,
    /// The heading of the subsystem.
    pub subsystem: String,
}

impl Person {
    /// `maintainer` or `reviewer`.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        if self.reviewer { "reviewer" } else { "maintainer" }
    }
}

/// The closest subsystem with its status, people and lists, in one line:
/// `EXT4 FILE SYSTEM (Maintained): "Theodore Ts'o" <tytso@mit.edu>, linux-ext4@vger.kernel.org`.
impl fmt::Display for Owners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(closest) = self.subsystems.first() else { return Ok(()) };
        f.write_str(&closest.name)?;
        if let Some(status) = &closest.status {
            write!(f, " ({status})")?;
        }
        let people = self.people.iter().filter(|p| p.subsystem == closest.name).map(|p| &p.mail);
        let lists = self.lists.iter().filter(|l| l.subsystem == closest.name).map(|l| &l.address);
        people.chain(lists).enumerate().try_for_each(|(at, who)| {
            let lead = if at == 0 { ": " } else { ", " };
            write!(f, "{lead}{who}")
        })
    }
}
