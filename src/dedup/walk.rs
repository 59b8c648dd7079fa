//! The way to the guilty function: who is asked whether a function carries the blame, and what was answered.

use super::guilty::Candidate;
use super::{Helpers, normalize, skip};
use crate::report::{Meaning, Symbol, Take};
use std::cell::RefCell;

/// One search for the guilty function of a report.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) meaning: &'static Meaning,
    helpers: Option<&'a Helpers>,
    /// What was asked, where somebody wants to know.
    searches: Option<RefCell<Vec<Search>>>,
}

/// A place where the blame was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// Which one.
    pub take: Take,
    /// The functions that were looked at, in order.
    pub steps: Vec<Step>,
    /// Whether the guilty function was found here.
    pub found: bool,
}

/// A function that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// Its name, normalised.
    pub function: String,
    /// Its name as the log has it.
    pub printed: String,
    /// Index of the trace and of the frame in it; `None` where a register, a lock or the header named it.
    pub frame: Option<(usize, usize)>,
    /// Why it does not carry the blame; `None` if it may.
    pub reason: Option<String>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(meaning: &'static Meaning, helpers: Option<&'a Helpers>) -> Self {
        Self { meaning, helpers, searches: None }
    }

    /// The same, keeping what is asked.
    pub(super) fn recorded(self) -> Self {
        Self { searches: Some(RefCell::default()), ..self }
    }

    /// Whether somebody wants to know everything.
    pub(super) const fn is_recorded(&self) -> bool {
        self.searches.is_some()
    }

    /// What was asked.
    pub(super) fn into_searches(self) -> Vec<Search> {
        self.searches.map(RefCell::into_inner).unwrap_or_default()
    }

    /// A place is looked at.
    pub(super) fn at(&self, take: Take) {
        if let Some(searches) = &self.searches {
            searches.borrow_mut().push(Search { take, steps: Vec::new(), found: false });
        }
    }

    /// The guilty function was found at the last place that was looked at.
    pub(super) fn found(&self) {
        let Some(searches) = &self.searches else { return };
        if let Some(search) = searches.borrow_mut().last_mut() {
            search.found = true;
        }
    }

    /// Why a function of the kernel itself never carries the blame; `None` if it may.
    pub(super) fn reason(&self, function: &str) -> Option<&str> {
        skip::reason(function, self.meaning.skip).or_else(|| self.helpers?.reason(function))
    }

    /// Whether a frame may carry the blame, asked beside the way.
    pub(super) fn could_blame(&self, candidate: &Candidate<'_>) -> bool {
        candidate.own || self.reason(&candidate.name).is_none()
    }

    /// Whether a frame may carry the blame. A module's function may, whatever its name.
    pub(super) fn blames(&self, candidate: &Candidate<'_>) -> bool {
        let reason = self.reason(&candidate.name).filter(|_| !candidate.own);
        self.record(&candidate.name, None, candidate.frame, reason);
        reason.is_none()
    }

    /// Whether a function that a register, a lock or the header names may carry the blame.
    pub(super) fn blames_symbol(&self, symbol: &Symbol<'_>) -> bool {
        let printed = symbol.name.to_str_lossy();
        let name = normalize::function(&printed);
        let reason = self.reason(name).filter(|_| !skip::is_modules_own(symbol, name));
        self.record(name, Some(&printed), None, reason);
        reason.is_none()
    }

    /// A frame is taken by its name alone: everything else that waits there waits for the same.
    pub(super) fn picks(&self, candidate: &Candidate<'_>) {
        self.record(&candidate.name, None, candidate.frame, None);
    }

    /// A frame is passed over for a reason of this kind of search.
    pub(super) fn passes(&self, candidate: &Candidate<'_>, reason: &str) {
        self.record(&candidate.name, None, candidate.frame, Some(reason));
    }

    fn record(
        &self,
        function: &str,
        printed: Option<&str>,
        frame: Option<(usize, usize)>,
        reason: Option<&str>,
    ) {
        let Some(searches) = &self.searches else { return };
        if let Some(search) = searches.borrow_mut().last_mut() {
            let printed = printed.unwrap_or(function).to_owned();
            let reason = reason.map(str::to_owned);
            search.steps.push(Step { function: function.to_owned(), printed, frame, reason });
        }
    }
}
