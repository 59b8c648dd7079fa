//! Bisection logs.

use super::printed;
use ksplat::bisect::Bisection;
use ksplat::bisect::audit::audit;
use ksplat::output::text::Colour;
use ksplat::output::{bisect, json, text};

/// A log is a bisection's or it is not; if it is, it can be audited, printed and read back.
pub(crate) fn check(data: &[u8]) {
    let Some(bisection) = Bisection::parse(data) else { return };
    let audit = audit(&bisection);
    assert_eq!(audit.rejudged.len(), bisection.revisions.len());
    assert!((0.0..=1.0).contains(&audit.confidence.unwrap_or(0.0)));
    printed::plain("text", &text::bisect("a\u{1b}\n.log", &bisection, &audit, Colour::Never).to_string());
    printed::plain("markdown", &bisect::markdown(&bisection, &audit));
    let wire = json::Bisect::new("a.log", &bisection, &audit);
    let written = printed::written(&wire);
    printed::plain("json", &written);
    let back = json::Bisect::from_json(written.as_bytes(), "x").expect("it was written so");
    printed::same("read back from JSON", &printed::written(&back), &written);
}
