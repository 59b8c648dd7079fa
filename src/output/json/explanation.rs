//! The wire type of explanations.

use super::report::Source;
use super::write::source;
use super::{EXPLANATION_SCHEMA, Fields};
use crate::dedup;
use crate::report as model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a report is called so: a line of `ksplat explain --format ndjson`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Explanation {
    /// `ksplat.explanation/1`.
    pub schema: String,
    /// Where the report was found.
    pub source: Source,
    /// The title in syzbot's words.
    pub title: String,
    /// `family/row` of the table of kinds.
    pub kind: String,
    /// The header line.
    pub header: String,
    /// The kernel's printk formats that read the header and the further lines of the row.
    pub formats: Vec<String>,
    /// The title's template.
    pub template: Option<String>,
    /// What the formats captured from the text.
    pub captures: Fields<String>,
    /// Where the function to blame was looked for, in order, up to where it was found.
    pub searches: Vec<Search>,
    /// The function to blame, without compiler suffixes.
    pub function: Option<String>,
    /// Index in the report's `traces` of the stack on which it was found.
    pub stack: Option<usize>,
    /// The functions that called it and may be to blame, innermost first.
    pub callers: Vec<String>,
    /// Why the signature does not rest on the function alone.
    pub generic: Option<String>,
    /// The lines whose newline-joined bytes were hashed into the signature.
    pub canonical: Vec<String>,
    /// `v1:` and the first 16 hex digits of their SHA-256.
    pub signature: String,
}

/// A place where the function to blame was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Search {
    /// Which one, in words.
    pub place: String,
    /// The functions that were looked at, in order.
    pub steps: Vec<Step>,
    /// Whether the function was found here. If it was found nowhere, a helper takes its place.
    pub found: bool,
}

/// A function that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Step {
    /// Its name without compiler suffixes.
    pub function: String,
    /// Its name as the log has it.
    pub printed: String,
    /// Index in the report's `traces`; `null` where a register, a lock or the header named it.
    pub trace: Option<usize>,
    /// Index in the trace's `frames`.
    pub frame: Option<usize>,
    /// Why it does not carry the blame; `null` if it may.
    pub reason: Option<String>,
}

impl Explanation {
    /// The wire form of an explanation of the report that stands in the log called `path`.
    #[must_use]
    pub fn new(path: &str, report: &model::Report<'_>, explanation: &dedup::Explanation) -> Self {
        let identity = &explanation.identity;
        let captures = report.captures.iter().map(|(name, text)| (name.to_string(), text.to_string()));
        let formats = crate::formats(report.kind.name(), report.header_line());
        Self {
            schema: EXPLANATION_SCHEMA.to_owned(),
            source: source(path, report.span),
            title: identity.title.clone(),
            kind: report.kind.name().to_owned(),
            header: String::from_utf8_lossy(report.header_line()).into_owned(),
            formats: formats.into_iter().map(str::to_owned).collect(),
            template: report.kind.meaning().map(|m| m.title.to_owned()),
            captures: captures.collect(),
            searches: explanation.searches.iter().map(search).collect(),
            function: identity.function.clone(),
            stack: explanation.stack(),
            callers: explanation.guilty.as_ref().map(|g| g.callers.clone()).unwrap_or_default(),
            generic: explanation.generic.map(str::to_owned),
            canonical: identity.signature.canonical().to_vec(),
            signature: identity.signature.to_string(),
        }
    }
}

fn search(search: &dedup::Search) -> Search {
    let step = |step: &dedup::Step| Step {
        function: step.function.clone(),
        printed: step.printed.clone(),
        trace: step.frame.map(|(trace, _)| trace),
        frame: step.frame.map(|(_, frame)| frame),
        reason: step.reason.clone(),
    };
    Search { place: search.place(), steps: search.steps.iter().map(step).collect(), found: search.found }
}
