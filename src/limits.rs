//! How much of a log is kept. What a limit cuts is a defect of the report that was cut.

use crate::report::{Defect, DefectCode, Report};

/// Most bytes of a line that a report keeps, unless somebody asks for more; printk's own records end below 2 KiB.
pub(crate) const LINE_BYTES: usize = 16 << 10;
/// Most lines of a report, unless somebody asks for more: `sysrq-t` on a large machine stays below.
pub(crate) const REPORT_LINES: usize = 50_000;
/// Most bytes of reports without an end that a `Stream` holds, unless somebody asks for more; above it they end where
/// they are.
pub(crate) const OPEN_BYTES: usize = 8 << 20;

/// How much of a log is kept: bounds for memory, which logs of real machines do not reach.
///
/// A report that one of them cut has the defect [`DefectCode::Limit`], whose text names it. They are set on a
/// [`Log`](crate::Log), on a [`Stream`](crate::Stream), or in [`input::Settings`](crate::input::Settings) for files;
/// [the chapter on security](crate::doc::security) has those that are constants.
///
/// ```
/// use ksplat::{Limits, Log, report::DefectCode};
/// let mut limits = Limits::default();
/// limits.report_lines = 3;
/// let log = b"BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
///             RIP: 0010:ring_push+0x1a/0x90\nCall Trace:\n ring_loop+0x44/0xa0\n ring_main+0x8/0x10\n";
/// let report = Log::from_bytes(log).with_limits(limits).reports().next().unwrap();
/// assert_eq!(report.lines.len(), 3);
/// assert!(report.defects.iter().any(|defect| defect.code == DefectCode::Limit));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a line that a report keeps, 16 KiB by default: printk's own records end below 2 KiB.
    pub line_bytes: usize,
    /// Lines of a report, and so its frames, 50,000 by default: `sysrq-t` on a large machine stays below. Up to ten
    /// lines before the header do not count.
    pub report_lines: usize,
    /// Bytes of reports without an end that a [`Stream`](crate::Stream) holds, 8 MiB by default; above it they end
    /// where they are.
    pub open_bytes: usize,
    /// Reports of a log, any number by default: each is shown and forgotten. The last one has the defect, as those
    /// behind it are not shown.
    pub reports: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: LINE_BYTES,
            report_lines: REPORT_LINES,
            open_bytes: OPEN_BYTES,
            reports: usize::MAX,
        }
    }
}

impl Limits {
    /// The next report after so many, if there may be one more.
    pub(crate) fn next<'log>(&self, before: &mut usize, mut report: Report<'log>) -> Option<Report<'log>> {
        if *before >= self.reports {
            return None;
        }
        *before += 1;
        if *before == self.reports {
            report.defects.push(limit(format!("{} reports were shown, and no more are", self.reports)));
        }
        Some(report)
    }
}

/// What a limit did.
pub(crate) const fn limit(text: String) -> Defect {
    Defect { code: DefectCode::Limit, text }
}
