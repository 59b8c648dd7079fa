//! The title: what the bug is called.

use super::guilty::Guilty;
use super::{glob, normalize};
use crate::report::{Report, WhenEmpty};

/// A title and its alternatives.
pub(super) struct Title {
    pub(super) title: String,
    pub(super) alts: Vec<String>,
    /// Whether the title should name a function and cannot.
    pub(super) lacks_frame: bool,
}

/// What a title says for the function that is missing.
const CORRUPTED: &str = "corrupted";

/// Builds the title by the template of the report's kind; of an unknown kind, from its header line.
pub(super) fn title(report: &Report<'_>, guilty: Option<&Guilty>) -> Title {
    let Some(meaning) = report.kind.meaning() else {
        let title = normalize::text(&String::from_utf8_lossy(report.header_line()));
        return Title { title, alts: Vec::new(), lacks_frame: false };
    };
    let wants_frame = meaning.title.contains("{frame}");
    if wants_frame
        && guilty.is_none()
        && let WhenEmpty::Title(plain) = meaning.when_empty
    {
        return Title { title: fill(plain, report, ""), alts: Vec::new(), lacks_frame: false };
    }
    let name = guilty.map_or(CORRUPTED, |g| &g.function);
    let title = fill(meaning.title, report, name);
    let mut alts: Vec<String> = meaning.alts.iter().map(|a| fill(a, report, name)).collect();
    for wrapper in guilty.iter().flat_map(|g| &g.wrappers) {
        // A wrapper's own name is another name of the same bug.
        alts.push(fill(meaning.title, report, wrapper));
        alts.extend(meaning.alts.iter().map(|a| fill(a, report, wrapper)));
    }
    alts.retain(|a| *a != title);
    Title { title, alts, lacks_frame: wants_frame && guilty.is_none() }
}

/// Fills the holes of a template; what was captured is normalised.
fn fill(template: &str, report: &Report<'_>, frame: &str) -> String {
    let mut out = String::with_capacity(template.len() + frame.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (hole, tail) = after.split_once('}').unwrap_or((after, ""));
        match hole {
            "frame" => out.push_str(frame),
            _ => {
                if let Some(text) = report.capture(hole) {
                    out.push_str(&normalize::text(&text.to_str_lossy()));
                }
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out.truncate(out.trim_end().len());
    out
}

/// syzbot's word for the type of a report with this title.
pub(super) fn crash_type(report: &Report<'_>, title: &str) -> &'static str {
    report
        .kind
        .meaning()
        .and_then(|m| m.types.iter().find(|(p, _)| glob::matches(p, title)))
        .map_or("", |(_, t)| t)
}
