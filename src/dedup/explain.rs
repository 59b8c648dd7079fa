//! Why a report is called what it is called: what was asked on the way to its identity.

use super::{Guilty, Identity, generic, guilty};
use crate::report::{Report, Take};

pub use super::walk::{Search, Step};

/// The way to an identity; made by [`super::Naming::explain`].
///
/// Nothing here is worked out anew: it is what the search for the guilty function itself asked and was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What the report is called.
    pub identity: Identity,
    /// Where the blame lies.
    pub guilty: Option<Guilty>,
    /// Where the blame was looked for, in order, up to where it was found.
    pub searches: Vec<Search>,
    /// Why the signature does not rest on the guilty function alone.
    pub generic: Option<&'static str>,
}

impl Explanation {
    pub(super) fn new(
        report: &Report<'_>,
        identity: Identity,
        guilty: Option<Guilty>,
        searches: Vec<Search>,
    ) -> Self {
        let function = guilty.as_ref().map(|g| &g.function);
        let generic = function.and_then(|f| generic::stand_in(f).or_else(|| generic::shared(f)));
        let searches = searches.into_iter().map(|search| search.completed(report)).collect();
        Self { identity, guilty, searches, generic }
    }

    /// Whether the guilty function was not found by any search: it is a helper, better than no function at all.
    #[must_use]
    pub fn is_last_resort(&self) -> bool {
        self.guilty.is_some() && !self.searches.iter().any(|search| search.found)
    }

    /// Index of the stack on which the guilty function was found.
    #[must_use]
    pub fn stack(&self) -> Option<usize> {
        Some(self.guilty.as_ref()?.frame?.0)
    }
}

impl Search {
    /// With the frames that nobody was asked about, since they do not count, and the names that the log has.
    fn completed(self, report: &Report<'_>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for step in self.steps {
            if let Some((trace, frame)) = step.frame {
                let before = steps.iter().rev().find_map(|s| s.frame.filter(|(t, _)| *t == trace));
                let from = before.map_or(0, |(_, frame)| frame.saturating_add(1));
                steps.extend((from..frame).filter_map(|at| uncounted(report, (trace, at))));
            }
            let printed = step.frame.and_then(|at| printed(report, at)).unwrap_or(step.printed);
            steps.push(Step { printed, ..step });
        }
        Self { steps, ..self }
    }

    /// Where it was looked for, in words.
    #[must_use]
    pub fn place(&self) -> String {
        match self.take {
            Take::Capture(name) => format!("the header ({name}), if the report shows a stack"),
            Take::Header(name) => format!("the header ({name})"),
            Take::Named(name) => format!("the header ({name}), even if it is a helper"),
            Take::Ip => "the instruction pointer of the crash".to_owned(),
            Take::Trace => "the crash stack".to_owned(),
            Take::TraceOf(role) => format!("the stack called {role}"),
            Take::Dispatched => "the crash stack, below the interrupt: what a dispatcher called".to_owned(),
            Take::Chain => "the crash stack: what a dispatcher called".to_owned(),
            Take::Locks => "the places where the locks are taken".to_owned(),
            Take::HeldLocks => "the places where the held locks were taken".to_owned(),
            Take::Blocked => "the stack of the task that hangs: what does more than wait".to_owned(),
        }
    }
}

/// The name of a frame as the log has it.
fn printed(report: &Report<'_>, (trace, frame): (usize, usize)) -> Option<String> {
    let frame = report.traces.get(trace)?.frames.get(frame)?;
    Some(frame.symbol.as_ref()?.name.to_string())
}

/// A frame that does not count.
fn uncounted(report: &Report<'_>, at: (usize, usize)) -> Option<Step> {
    let frame = report.traces.get(at.0)?.frames.get(at.1)?;
    let reason = guilty::left_out(frame)?.to_owned();
    let printed = printed(report, at).unwrap_or_else(|| "?".to_owned());
    Some(Step { function: printed.clone(), printed, frame: Some(at), reason: Some(reason) })
}

#[cfg(test)]
mod tests {
    use crate::dedup::{Explanation, Helpers, Naming};

    fn explained(naming: &Naming, log: &str) -> Explanation {
        let report = crate::reports(log.as_bytes()).next().unwrap();
        let explanation = naming.explain(&report);
        assert_eq!(explanation.identity, naming.identify(&report));
        explanation
    }

    const KASAN: &str = "BUG: KASAN: use-after-free in memcpy+0x1/0x2\n\
        Read of size 8 at addr ffff8881d53ec5c0 by task a/1\n\
        Call Trace:\n dump_stack+0x1/0x2\n ? leftover+0x1/0x2\n kasan_report.isra.0+0x1/0x2\n memcpy+0x1/0x2\n \
        ring_lock+0x1/0x2\n ring_push.constprop.0+0x1/0x2\n ring_write+0x1/0x2\n";

    #[test]
    fn ok_each_skipped_frame_has_its_reason() {
        let explanation = explained(&Naming::new(), KASAN);
        let last = explanation.searches.last().unwrap();
        let steps: Vec<_> = last.steps.iter().map(|s| (s.function.as_str(), s.reason.is_some())).collect();
        assert_eq!(
            steps,
            [
                ("dump_stack", true),
                ("leftover", true),
                ("kasan_report", true),
                ("memcpy", true),
                ("ring_lock", false)
            ],
            "{explanation:#?}"
        );
        assert_eq!((explanation.stack(), last.steps[4].frame), (Some(0), Some((0, 4))));
        assert_eq!(last.steps[1].reason.as_deref(), Some("was found on the stack, but not by unwinding"));
        assert_eq!(last.steps[2].reason.as_deref(), crate::dedup::skip_reason("kasan_report"));
        assert_eq!(last.steps[2].printed, "kasan_report.isra.0");
    }

    #[test]
    fn ok_a_last_resort_is_said_to_be_one() {
        let log = "BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
                   RIP: 0010:memcpy+0x1a/0x90\nRAX: 0000000000000001 RBX: 0000000000000040 RCX: c0000000ffffefff\n\
                   Call Trace:\n _raw_spin_lock+0x1/0x2\n";
        let explanation = explained(&Naming::new(), log);
        assert_eq!(explanation.identity.function.as_deref(), Some("memcpy"));
        assert!(explanation.is_last_resort(), "{explanation:#?}");
        assert!(!explained(&Naming::new(), KASAN).is_last_resort());
    }

    #[test]
    fn ok_further_helpers_are_said_to_be_such() {
        let helpers = Helpers::parse("ours", b"ring_lock # takes a lock\n", "x").unwrap();
        let explanation = explained(&Naming::new().skipping(helpers), KASAN);
        let last = explanation.searches.last().unwrap();
        assert_eq!(last.steps[4].reason.as_deref(), Some("takes a lock"));
        assert_eq!(explanation.identity.function.as_deref(), Some("ring_push"));
        assert_eq!(last.steps[5].printed, "ring_push.constprop.0");
    }

    #[test]
    fn ok_a_hang_says_who_only_waits() {
        let log = "INFO: task a:7 blocked for more than 120 seconds.\n      Not tainted 6.1.0 #1\n\
                   \"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n\
                   task:a               state:D stack:    0 pid:    7 ppid:     1 flags:0x00000000\n\
                   Call Trace:\n schedule+0x1/0x2\n ring_wait+0x1/0x2\n ring_close+0x1/0x2\n";
        let explanation = explained(&Naming::new(), log);
        let reasons: Vec<_> =
            explanation.searches.last().unwrap().steps.iter().map(|s| s.reason.as_deref()).collect();
        assert_eq!(reasons, [Some("only waits"), Some("only waits"), None]);
    }
}
