//! The wire type of those who look after a file.

use crate::owners as model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who looks after the file to blame, by the kernel's MAINTAINERS, the closest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Owners {
    /// The subsystems the file belongs to.
    pub subsystems: Vec<Subsystem>,
    /// Maintainers and reviewers.
    pub people: Vec<Person>,
    /// Mail lists.
    pub lists: Vec<List>,
}

/// A section of MAINTAINERS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Subsystem {
    /// Its heading.
    pub name: String,
    /// `Supported`, `Maintained`, `Odd Fixes`, `Orphan`, `Obsolete`.
    pub status: Option<String>,
}

/// Somebody who looks after a subsystem.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Person {
    /// `Name <address>`.
    pub mail: String,
    /// `maintainer` or `reviewer`.
    pub role: String,
    /// Of which subsystem.
    pub subsystem: String,
}

/// A mail list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct List {
    /// Its address.
    pub address: String,
    /// Of which subsystem.
    pub subsystem: String,
}

impl Owners {
    /// The wire form.
    #[must_use]
    pub fn new(owners: &model::Owners) -> Self {
        let subsystem = |s: &model::Subsystem| Subsystem { name: s.name.clone(), status: s.status.clone() };
        let person = |p: &model::Person| Person {
            mail: p.mail.clone(),
            role: p.role().to_owned(),
            subsystem: p.subsystem.clone(),
        };
        let list = |l: &model::List| List { address: l.address.clone(), subsystem: l.subsystem.clone() };
        Self {
            subsystems: owners.subsystems.iter().map(subsystem).collect(),
            people: owners.people.iter().map(person).collect(),
            lists: owners.lists.iter().map(list).collect(),
        }
    }
}
