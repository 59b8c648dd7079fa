//! Reports, groups and bisections for people: made to be read in a terminal, in the middle of the night.
//!
//! What a log says reaches the terminal as letters only: control characters and characters that turn the direction
//! of writing are shown escaped, so no log can paint, move the cursor or retitle the window. Nothing here asks what
//! it writes to; [`Colour`] says what to do.

mod bisect;
mod explanation;
mod groups;
mod machine;
mod near;
mod paint;
mod report;
mod stack;

pub use bisect::BisectText;
pub use explanation::ExplanationText;
pub use groups::GroupsText;
pub use near::NearText;
pub use paint::Colour;
pub use report::ReportText;

use super::Summary;
use crate::bisect::Bisection;
use crate::bisect::audit::Audit;
use crate::dedup::Explanation;
use crate::dedup::near::Hit;
use crate::{Identity, Report};

/// The report that stands in the log called `path`, as text of several lines.
///
/// ```
/// use ksplat::output::text::{Colour, report};
/// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let text = report("boot.log", &splat, &ksplat::identify(&splat), Colour::Never).to_string();
/// assert!(text.starts_with("KASAN: use-after-free Read in foo\n  log       boot.log:1 (byte 0)\n"));
/// ```
#[must_use]
pub const fn report<'a>(
    path: &'a str,
    report: &'a Report<'a>,
    identity: &'a Identity,
    colour: Colour,
) -> ReportText<'a> {
    ReportText { path, report, identity, colour, owners: None }
}

/// The groups as text.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, text::{Colour, groups}}};
/// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let text = groups(&Summary::new(&all), Colour::Never).to_string();
/// assert!(text.contains("     1  v1:") && text.contains("KASAN: use-after-free Read in foo"));
/// ```
#[must_use]
pub const fn groups<'a>(summary: &'a Summary<'a>, colour: Colour) -> GroupsText<'a> {
    GroupsText { summary, colour }
}

/// Why the report that stands in the log called `path` is called so, as text.
///
/// ```
/// use ksplat::{dedup::Naming, output::text::{Colour, explanation}};
/// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let text = explanation("boot.log", &splat, &Naming::new().explain(&splat), Colour::Never).to_string();
/// assert!(text.contains("  format     BUG: KASAN: %s in %pS\n"));
/// assert!(text.contains("\n  hashed     kasan/bad-access\n             foo\n"));
/// ```
#[must_use]
pub const fn explanation<'a>(
    path: &'a str,
    report: &'a Report<'a>,
    explanation: &'a Explanation,
    colour: Colour,
) -> ExplanationText<'a> {
    ExplanationText { path, report, explanation, colour }
}

/// The report that stands in the log called `path`, and what is near it.
#[must_use]
pub const fn near<'a>(
    path: &'a str,
    report: &'a Report<'a>,
    identity: &'a Identity,
    hits: &'a [Hit],
    colour: Colour,
) -> NearText<'a> {
    NearText { path, report, identity, hits, colour }
}

/// The bisection whose log is called `path`, as a table and a finding.
///
/// ```
/// use ksplat::bisect::{Bisection, audit::audit};
/// use ksplat::output::text::{Colour, bisect};
/// let log = b"bisecting cause commit starting from 0123456789012345678901234567890123456789\n\
///             testing commit 0123456789012345678901234567890123456789 gcc\n\
///             run #0: crashed: WARNING in foo\n\
///             run #1: OK\n";
/// let bisection = Bisection::parse(log).unwrap();
/// let text = bisect("a.log", &bisection, &audit(&bisection), Colour::Never).to_string();
/// assert!(text.contains("\n  012345678901  X.    (bad) "));
/// ```
#[must_use]
pub const fn bisect<'a>(
    path: &'a str,
    bisection: &'a Bisection<'a>,
    audit: &'a Audit,
    colour: Colour,
) -> BisectText<'a> {
    BisectText { path, bisection, audit, colour }
}
