//! Reports and groups for people: made to be read in a terminal, in the middle of the night.
//!
//! What a log says reaches the terminal as letters only: control characters and characters that turn the direction
//! of writing are shown escaped, so no log can paint, move the cursor or retitle the window. Nothing here asks what
//! it writes to; [`Colour`] says what to do.

mod explanation;
mod groups;
mod machine;
mod paint;
mod report;
mod stack;

pub use explanation::ExplanationText;
pub use groups::GroupsText;
pub use paint::Colour;
pub use report::ReportText;

use super::Summary;
use crate::dedup::Explanation;
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
