//! Report → identity, by the rules that somebody chose.

use super::walk::Walk;
use super::{Explanation, Guilty, Helpers, Identity, blame, guilty, normalize, signature, title};
use crate::report::Report;

/// How reports are named: [`crate::identify`] with settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Naming {
    helpers: Option<Helpers>,
}

impl Naming {
    /// As everybody does it.
    #[must_use]
    pub const fn new() -> Self {
        Self { helpers: None }
    }

    /// The same with further functions that never carry the blame; signatures carry the name of their list.
    #[must_use]
    pub fn skipping(self, helpers: Helpers) -> Self {
        Self { helpers: Some(helpers) }
    }

    /// Names a report.
    #[must_use]
    pub fn identify(&self, report: &Report<'_>) -> Identity {
        self.named(report, self.walk(report).as_ref()).0
    }

    /// Names a report and says on which way.
    ///
    /// ```
    /// use ksplat::dedup::Naming;
    /// let log = b"WARNING: CPU: 0 PID: 7 at lib/ring.c:12 ring_add+0x1/0x2\nCall Trace:\n dump_stack+0x1/0x2\n \
    ///             ring_add.isra.0+0x1/0x2\n";
    /// let report = ksplat::reports(log).next().unwrap();
    /// let explanation = Naming::new().explain(&report);
    /// assert_eq!(explanation.identity, ksplat::identify(&report));
    /// assert_eq!(explanation.identity.function.as_deref(), Some("ring_add"));
    /// ```
    #[must_use]
    pub fn explain(&self, report: &Report<'_>) -> Explanation {
        let walk = self.walk(report).map(Walk::recorded);
        let (identity, guilty) = self.named(report, walk.as_ref());
        Explanation::new(report, identity, guilty, walk.map(Walk::into_searches).unwrap_or_default())
    }

    fn walk(&self, report: &Report<'_>) -> Option<Walk<'_>> {
        Some(Walk::new(report.kind.meaning()?, self.helpers.as_ref()))
    }

    fn named(&self, report: &Report<'_>, walk: Option<&Walk<'_>>) -> (Identity, Option<Guilty>) {
        let demangled = |g: Guilty| Guilty { function: normalize::demangled(g.function), ..g };
        let (guilty, doubt) = match walk.map(|walk| guilty::guilty(report, walk)) {
            Some(Ok(guilty)) => (Some(demangled(guilty)), None),
            Some(Err(doubt)) => (None, Some(doubt)),
            None => (None, None),
        };
        let (missing, suspect) =
            doubt.map_or((None, None), |d| (Some(d.defect), d.suspect.map(|g| demangled(*g))));
        let title = title::title(report, guilty.as_ref());
        let mut defects = report.defects.clone();
        // A report that comes back from JSON has it already.
        defects.extend(missing.filter(|d| title.lacks_frame && !report.defects.contains(d)));
        let corrupted = defects.iter().any(|d| d.code.is_corruption());
        let signature =
            signature::signature(report, walk, guilty.as_ref().or(suspect.as_ref()), &title.title);
        let identity = Identity {
            crash_type: title::crash_type(report, &title.title),
            signature: match &self.helpers {
                Some(helpers) => signature.marked(helpers.name()),
                None => signature,
            },
            file: blame::file(report, guilty.as_ref()),
            function: guilty.as_ref().map(|g| g.function.clone()),
            title: title.title,
            alt_titles: title.alts,
            defects,
            corrupted,
        };
        (identity, guilty)
    }
}
