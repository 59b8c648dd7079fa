//! The crash that a bisection looks for, and which of its runs show it.

use super::model::{Bisection, Outcome, Revision, Run, Stage};
use super::same::{Crash, Likeness, same_crash};
use super::verdict::Counts;
use std::collections::HashMap;

/// How near every title of a bisection is to the crash that is looked for; each title is compared once.
#[derive(Debug, Clone, Default)]
pub struct Sought<'b> {
    titles: HashMap<&'b [u8], Likeness>,
}

impl<'b> Sought<'b> {
    /// By the titles of the first test, all of which are the crash that is looked for.
    #[must_use]
    pub fn of(bisection: &'b Bisection<'_>) -> Self {
        let mut original = Crash::default();
        let first = bisection.revisions.iter().find(|r| r.stage == Stage::Original);
        let mut titles = HashMap::new();
        for title in first.into_iter().flat_map(|r| &r.runs).filter_map(crash_title) {
            if titles.insert(title, Likeness::Same).is_none() {
                original.add(&String::from_utf8_lossy(title));
            }
        }
        if original.is_empty() {
            return Self::default();
        }
        for title in bisection.revisions.iter().flat_map(|r| &r.runs).filter_map(crash_title) {
            titles.entry(title).or_insert_with(|| {
                let mut crash = Crash::of_title(&String::from_utf8_lossy(title));
                if let Some(report) =
                    bisection.crash.as_ref().filter(|_| bisection.crash_title.as_deref() == Some(title))
                {
                    crash.add_report(&crate::identify(report));
                }
                same_crash(&original, &crash)
            });
        }
        Self { titles }
    }

    /// How near the crash of a run is; `None` of a run without one. Where nothing is known of the crash that is
    /// looked for, every crash is taken for it.
    #[must_use]
    pub fn likeness(&self, run: &Run<'_>) -> Option<Likeness> {
        crash_title(run).map(|title| self.titles.get(title).copied().unwrap_or(Likeness::Same))
    }

    /// Whether a run shows the crash.
    #[must_use]
    pub fn shows(&self, run: &Run<'_>) -> bool {
        self.likeness(run).is_some_and(Likeness::is_same)
    }

    /// The runs of a revision, where only this crash counts.
    #[must_use]
    pub fn counts(&self, revision: &Revision<'_>) -> Counts {
        Counts::that(revision, |run| self.shows(run))
    }
}

fn crash_title<'b>(run: &'b Run<'_>) -> Option<&'b [u8]> {
    run.title.as_deref().filter(|_| run.outcome == Outcome::Crashed)
}
