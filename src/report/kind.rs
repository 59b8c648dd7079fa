//! Which crash it is: a row's name, and what the row says the name means.

use super::{Class, Role};
use std::borrow::Cow;
use std::fmt;

/// A kind of crash: `kasan/bad-access`.
///
/// A kind is a name. The meaning comes with it when the row is one of this version's table; a name read from
/// JSON that this version does not know stays a name.
#[derive(Clone, PartialEq, Eq)]
pub struct Kind {
    name: Cow<'static, str>,
    meaning: Option<&'static Meaning>,
}

impl Kind {
    /// The kind of a row of the table.
    #[must_use]
    pub const fn of_row(name: &'static str, meaning: &'static Meaning) -> Self {
        Self { name: Cow::Borrowed(name), meaning: Some(meaning) }
    }

    /// A name that no row of this version has.
    #[must_use]
    pub const fn unknown(name: String) -> Self {
        Self { name: Cow::Owned(name), meaning: None }
    }

    /// `family/row`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the row says of its kind.
    #[must_use]
    pub const fn meaning(&self) -> Option<&'static Meaning> {
        self.meaning
    }

    /// The coarse class; [`Class::Other`] for an unknown name.
    #[must_use]
    pub fn class(&self) -> Class {
        self.meaning.map_or(Class::Other, |m| m.class)
    }

    /// The name under which the signature counts this kind: rows that differ only in the kernel's wording share
    /// one.
    #[must_use]
    pub fn group(&self) -> &str {
        self.meaning.and_then(|m| m.group).unwrap_or(&self.name)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({})", self.name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// What a row says of its kind, parsing apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meaning {
    /// The title with `{capture}` and `{frame}` holes.
    pub title: &'static str,
    /// Titles under which other detectors report the same bug.
    pub alts: &'static [&'static str],
    /// Coarse class.
    pub class: Class,
    /// syzbot's word for the type, by title: the first row whose pattern matches.
    pub types: &'static [TypeRow],
    /// Where the guilty frame comes from, in order of trust.
    pub take: &'static [Take],
    /// Functions that never carry the blame for this kind, besides [`crate::dedup`]'s list.
    pub skip: &'static [&'static str],
    /// What a title says when no frame was found.
    pub when_empty: WhenEmpty,
    /// Whether this wording tells too little to tell one bug from another.
    pub vague: bool,
    /// The name the signature uses instead of the row's own.
    pub group: Option<&'static str>,
    /// Captures that tell two bugs apart besides the guilty function.
    pub sign: &'static [&'static str],
}

impl Meaning {
    /// The stacks on which the blame is looked for; none where the title names no function, or another one.
    pub fn stacks(&self) -> impl Iterator<Item = Role> {
        let take = if self.title.contains("{frame}") { self.take } else { &[] };
        take.iter()
            .flat_map(|take| match take {
                Take::Capture(_)
                | Take::Header(_)
                | Take::Named(_)
                | Take::Ip
                | Take::Locks
                | Take::HeldLocks => [None, None],
                Take::Trace | Take::Blocked => [Some(Role::Crash), None],
                Take::Dispatched | Take::Chain => [Some(Role::Crash), Some(Role::Cpu)],
                Take::TraceOf(role) => [Some(*role), None],
            })
            .flatten()
    }
}

/// `(pattern, type)`: a title that matches the pattern, in which `*` stands for any text, has that syzbot type.
pub type TypeRow = (&'static str, &'static str);

/// A source of the guilty frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Take {
    /// The function that a capture of the row names, if the report has a stack at all: a header alone may be one
    /// half of two reports that ran into each other.
    Capture(&'static str),
    /// The function that a capture of the row names, whatever else the report has.
    Header(&'static str),
    /// The same, even if it is a helper.
    Named(&'static str),
    /// The function of the crash's instruction pointer.
    Ip,
    /// The crash stack, innermost first.
    Trace,
    /// The first stack of that role.
    TraceOf(Role),
    /// Stalls: on the crash stack, below the interrupt that noticed, the frame that a dispatcher (the syscall
    /// entry, the softirq loop, a workqueue) called.
    Dispatched,
    /// Overflows: the same on any crash stack, because the whole chain of calls is to blame.
    Chain,
    /// lockdep: the places that took the locks of the report, the one being acquired first.
    Locks,
    /// lockdep: the places that took the locks of the numbered lists.
    HeldLocks,
    /// Hangs: the crash stack, where waiting itself is never to blame.
    Blocked,
}

/// What stands in a title's `{frame}` when no stack names a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenEmpty {
    /// `corrupted`, and the report gets a defect.
    Corrupted,
    /// This title instead, and no defect: the kernel prints no stack for it.
    Title(&'static str),
}
