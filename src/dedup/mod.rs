//! Is it the same crash? Title, guilty function, signature, groups.
//!
//! Everything here works on a [`Report`] and nothing but it, so a report read back from JSON gets the same answer.

mod baseline;
mod blame;
mod caller;
mod exemplar;
mod explain;
mod generic;
pub(crate) mod glob;
mod group;
mod guilty;
mod helpers;
mod ignore;
mod naming;
pub mod near;
mod normalize;
mod settings;
mod signature;
mod skip;
mod title;
mod walk;

pub use baseline::{Baseline, Known, Sighting};
pub use exemplar::Exemplar;
pub use explain::{Explanation, Search, Step};
pub use group::{Group, Groups, Member};
pub use guilty::Guilty;
pub use helpers::Helpers;
pub use ignore::Ignore;
pub use naming::Naming;
pub use signature::{SIGNATURE_VERSION, Signature};

use crate::report::{Defect, Report};

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
    Naming::new().identify(report)
}
