//! Is it the same crash? Title, guilty function, signature, groups.
//!
//! Everything here works on a [`Report`] and nothing but it, so a report read back from JSON gets the same answer.

mod blame;
pub(crate) mod glob;
mod group;
mod guilty;
mod normalize;
mod signature;
mod skip;
mod title;

pub use group::{Group, Groups, Member};
pub use guilty::Guilty;
pub use signature::{SIGNATURE_VERSION, Signature};

use crate::report::{Defect, DefectCode, Report};

/// Why `function` never carries the blame for a crash, whatever its kind; `None` if it may.
///
/// ```
/// assert!(ksplat::dedup::skip_reason("kasan_report").is_some());
/// assert_eq!(ksplat::dedup::skip_reason("ip6_send_skb"), None);
/// ```
#[must_use]
pub fn skip_reason(function: &str) -> Option<&'static str> {
    skip::reason(normalize::function(function), &[])
}

/// Why a source file never carries the blame for a crash; `None` if it may.
pub(crate) fn blameless(file: &str) -> Option<&'static str> {
    blame::blameless(file)
}

/// What a report is called and by what it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The title in syzbot's words.
    pub title: String,
    /// Titles under which other detectors report the same bug.
    pub alt_titles: Vec<String>,
    /// syzbot's word for the type; empty where it has none.
    pub crash_type: &'static str,
    /// The guilty function, normalised.
    pub function: Option<String>,
    /// The source file to blame: of the stack where the text is symbolized, else the one that the header names.
    pub file: Option<String>,
    /// What equal crashes share.
    pub signature: Signature,
    /// The report's defects, and those that only naming it brought up.
    pub defects: Vec<Defect>,
    /// Whether title and signature are not to be trusted.
    pub corrupted: bool,
}

/// Names a report.
///
/// ```
/// let log = b"BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
///             RIP: 0010:foo_poll.constprop.0+0x1a/0x90\n";
/// let report = ksplat::reports(log).next().unwrap();
/// let identity = ksplat::identify(&report);
/// assert_eq!(identity.title, "BUG: unable to handle kernel NULL pointer dereference in foo_poll");
/// assert_eq!(identity.function.as_deref(), Some("foo_poll"));
/// ```
#[must_use]
pub fn identify(report: &Report<'_>) -> Identity {
    let guilty = guilty::guilty(report).map(|g| Guilty { function: normalize::demangled(g.function), ..g });
    let title = title::title(report, guilty.as_ref());
    let mut defects = report.defects.clone();
    if title.lacks_frame {
        defects.push(Defect { code: DefectCode::NoFrames, text: "no stack names a function".to_owned() });
    }
    let corrupted = defects.iter().any(|d| d.code.is_corruption());
    Identity {
        crash_type: title::crash_type(report, &title.title),
        signature: signature::signature(report, guilty.as_ref(), &title.title),
        file: blame::file(report, guilty.as_ref()),
        function: guilty.map(|g| g.function),
        title: title.title,
        alt_titles: title.alts,
        defects,
        corrupted,
    }
}
