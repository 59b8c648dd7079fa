//! Reports, groups and bisections for people: made to be read in a terminal, in the middle of the night.
//!
//! What a log says reaches the terminal as letters only: control characters and characters that turn the direction
//! of writing are shown escaped, so no log can paint, move the cursor or retitle the window. Nothing here asks what
//! it writes to; [`Colour`] says what to do.

mod bisect;
mod groups;
mod machine;
mod paint;
mod report;
mod stack;

pub use bisect::BisectText;
pub use groups::GroupsText;
pub use paint::Colour;
pub use report::ReportText;

use crate::bisect::Bisection;
use crate::bisect::audit::Audit;
use crate::dedup::Groups;
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
    ReportText { path, report, identity, colour }
}

/// The groups as text, largest first.
///
/// ```
/// use ksplat::{dedup::Groups, output::text::{Colour, groups}};
/// let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let text = groups(&all, Colour::Never).to_string();
/// assert!(text.contains("     1  v1:") && text.contains("KASAN: use-after-free Read in foo"));
/// ```
#[must_use]
pub const fn groups(groups: &Groups, colour: Colour) -> GroupsText<'_> {
    GroupsText { groups, colour }
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
