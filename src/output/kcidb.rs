//! KCIDB 5.3: what KernelCI collects. An issue a group, an incident a report.
//!
//! Source: `kcidb_io/schema/v05_03.py` of kcidb-io. As the field does it: an issue's ID is `ORIGIN:SIGNATURE`, its
//! version 1 and its comment the title; an incident's ID is a hash of what it is about. An issue and an incident have
//! no place for the text of a report: it stands in the issue's `misc`, as long as KCIDB takes excerpts elsewhere.

use super::Summary;
use super::clean::{Clean, clean_lines};
use super::json::Owners;
use super::summary::Row;
use crate::dedup::Member;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Most characters of an excerpt.
const EXCERPT: usize = 16384;

/// What the IDs of a submission are made of.
///
/// [`Submission::is_origin`] and [`Submission::is_id`] say what KCIDB accepts.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// Who submits: the name that KCIDB knows the CI system by.
    pub origin: &'a str,
    /// The build that crashed, by its ID in KCIDB.
    pub build: Option<&'a str>,
    /// The test run that crashed, by its ID in KCIDB.
    pub test: Option<&'a str>,
}

impl Submission<'_> {
    /// Whether a CI system can be called so: lower-case letters, digits and `_`.
    #[must_use]
    pub fn is_origin(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    }

    /// Whether a build or a test can have this ID: `ORIGIN:ANYTHING`.
    #[must_use]
    pub fn is_id(text: &str) -> bool {
        text.split_once(':').is_some_and(|(origin, rest)| Self::is_origin(origin) && !rest.contains('\0'))
    }
}

/// A document to be submitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    version: Version,
    issues: Vec<Issue>,
    incidents: Vec<Incident>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Version {
    major: u32,
    minor: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Issue {
    id: String,
    version: u32,
    origin: String,
    report_subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_url: Option<String>,
    culprit: Culprit,
    comment: String,
    misc: Misc<IssueMisc>,
}

/// Which layer is to blame: the code under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Culprit {
    code: bool,
}

/// What only we say, under our name.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Misc<T> {
    ksplat: T,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct IssueMisc {
    signature: String,
    canonical: Vec<String>,
    class: &'static str,
    kind: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owners: Option<Owners>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    log_excerpt: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Incident {
    id: String,
    origin: String,
    issue_id: String,
    issue_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    build_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_id: Option<String>,
    present: bool,
    comment: String,
    misc: Misc<IncidentMisc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct IncidentMisc {
    path: String,
    line: usize,
    offset: usize,
}

/// The version that our issues have: what a signature stands for does not change.
const ISSUE_VERSION: u32 = 1;

/// The groups as a document.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, kcidb}};
/// let log = b"kernel BUG at fs/a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let from = kcidb::Submission { origin: "lab", build: None, test: Some("lab:boot-1") };
/// let json = serde_json::to_string(&kcidb::groups(&Summary::new(&all), from)).unwrap();
/// assert!(json.starts_with(r#"{"version":{"major":5,"minor":3},"issues":[{"id":"lab:v1:"#));
/// assert!(json.contains(r#""test_id":"lab:boot-1","present":true,"comment":"kernel BUG in f""#));
/// ```
#[must_use]
pub fn groups(summary: &Summary<'_>, from: Submission<'_>) -> Document {
    let incidents =
        summary.rows.iter().flat_map(|row| row.group.members.iter().map(|m| incident(row, m, from)));
    Document {
        version: Version { major: 5, minor: 3 },
        issues: summary.rows.iter().map(|row| issue(row, from)).collect(),
        incidents: incidents.collect(),
    }
}

fn issue_id(row: &Row<'_>, from: Submission<'_>) -> String {
    format!("{}:{}", from.origin, row.group.signature)
}

fn issue(row: &Row<'_>, from: Submission<'_>) -> Issue {
    let (group, exemplar) = (row.group, &row.group.exemplar);
    let clean = |text: &String| Clean(text).to_string();
    let title = Clean(group.title()).to_string();
    let is_web = |link: &&String| link.starts_with("https://") || link.starts_with("http://");
    let misc = IssueMisc {
        signature: group.signature.to_string(),
        canonical: group.signature.canonical().iter().map(clean).collect(),
        class: group.class.name(),
        kind: clean(&exemplar.kind),
        status: row.status(),
        function: exemplar.function.as_ref().map(clean),
        file: exemplar.file.as_ref().map(clean),
        owners: row.owners.as_ref().map(Owners::new),
        note: row.known.and_then(|k| k.note.as_ref()).map(clean),
        log_excerpt: excerpt(&exemplar.excerpt),
    };
    Issue {
        id: issue_id(row, from),
        version: ISSUE_VERSION,
        origin: from.origin.to_owned(),
        report_subject: title.clone(),
        report_url: row.known.and_then(|k| k.link.as_ref()).filter(is_web).map(clean),
        culprit: Culprit { code: true },
        comment: title,
        misc: Misc { ksplat: misc },
    }
}

fn incident(row: &Row<'_>, member: &Member, from: Submission<'_>) -> Incident {
    let issue_id = issue_id(row, from);
    let result = from.test.or(from.build).unwrap_or_default();
    let about = format!("{result}\n{issue_id}\n{ISSUE_VERSION}\n{}\n{}", member.path, member.offset);
    let hash: String = Sha256::digest(about).iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    let place =
        IncidentMisc { path: Clean(&member.path).to_string(), line: member.line, offset: member.offset };
    Incident {
        id: format!("{}:{hash}", from.origin),
        origin: from.origin.to_owned(),
        issue_id,
        issue_version: ISSUE_VERSION,
        build_id: from.build.map(str::to_owned),
        test_id: from.test.map(str::to_owned),
        present: true,
        comment: Clean(&member.title).to_string(),
        misc: Misc { ksplat: place },
    }
}

/// The lines that fit.
fn excerpt(text: &str) -> String {
    let mut out = String::new();
    for line in clean_lines(text) {
        let line = format!("{line}\n");
        if out.len() + line.len() > EXCERPT {
            break;
        }
        out.push_str(&line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{EVIL, summary_of};
    use super::*;

    const FROM: Submission<'_> = Submission { origin: "lab_1", build: Some("lab_1:b"), test: None };

    #[test]
    fn ok_an_issue_a_group_and_an_incident_a_report() {
        summary_of(&format!("{EVIL}{EVIL}"), |summary| {
            let json = serde_json::to_value(groups(summary, FROM)).unwrap();
            let (issues, incidents) =
                (json["issues"].as_array().unwrap(), json["incidents"].as_array().unwrap());
            assert_eq!((issues.len(), incidents.len()), (2, summary.reports));
            assert!(summary.reports > 2);
            let ids: std::collections::BTreeSet<_> =
                incidents.iter().map(|i| i["id"].as_str().unwrap()).collect();
            assert_eq!(ids.len(), summary.reports);
            assert!(incidents.iter().all(|i| i["build_id"] == "lab_1:b" && i.get("test_id").is_none()));
            assert_eq!(issues[1]["report_url"], "https://bugs.example/1");
            assert!(!json.to_string().contains("\\u00"), "{json}");
            assert!(!json.to_string().contains("null"), "{json}");
        });
    }

    #[test]
    fn ok_an_excerpt_stays_within_the_limit_when_it_is_escaped() {
        let text = "\u{1b}[31m some line\n".repeat(1000);
        let cut = excerpt(&text);
        assert!(cut.len() <= EXCERPT && cut.len() > EXCERPT - 100 && cut.ends_with('\n'));
    }

    #[test]
    fn ok_names_that_kcidb_takes() {
        assert!(
            Submission::is_origin("my_lab1")
                && !Submission::is_origin("My-Lab")
                && !Submission::is_origin("")
        );
        assert!(Submission::is_id("lab:1") && !Submission::is_id("lab") && !Submission::is_id("Lab:1"));
    }
}
