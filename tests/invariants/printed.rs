//! What is printed: nothing a terminal obeys.

use ksplat::dedup::{Groups, Naming};
use ksplat::output::text::{self, Colour};
use ksplat::output::{Summary, github, html, json, junit, kcidb, ktap, markdown};
use ksplat::{Identity, Report};

/// A file name that tries everything.
const PATH: &str = "a\u{1b}]0;x\u{7}\u{202e}\n<b>|`.log";

/// Every form of a report and of its group.
pub(crate) fn check(report: &Report<'_>, identity: &Identity) {
    let mut groups = Groups::new();
    groups.add(PATH, report, identity);
    let summary = Summary::new(&groups);
    let explanation = Naming::new().explain(report);
    let page = html::report(PATH, report, identity, None);
    assert!(!page.contains("<b>"), "html: {page}");
    let mut xml = Vec::new();
    junit::groups(&summary, &mut xml).expect("memory can be written to");
    let from = kcidb::Submission { origin: "a", build: Some("a:1"), test: None };
    for (what, text) in [
        ("text", text::report(PATH, report, identity, Colour::Never).to_string()),
        ("groups", text::groups(&summary, Colour::Never).to_string()),
        ("explanation", text::explanation(PATH, report, &explanation, Colour::Never).to_string()),
        ("near", text::near(PATH, report, identity, &[], Colour::Never).to_string()),
        ("markdown", markdown::report(PATH, report, identity, None)),
        ("markdown of groups", markdown::groups(&summary)),
        ("github", github::annotations(&summary).to_string()),
        ("ktap", ktap::groups(&summary).to_string()),
        ("html", page),
        ("html of groups", html::groups(&summary)),
        ("junit", String::from_utf8(xml).expect("XML is UTF-8")),
        ("kcidb", written(&kcidb::groups(&summary, from))),
        ("explanation as json", written(&json::Explanation::new(PATH, report, &explanation))),
        ("groups as json", written(&json::Groups::new(&summary))),
    ] {
        plain(what, &text);
    }
}

/// JSON as the program writes it.
pub(crate) fn written(value: &impl serde::Serialize) -> String {
    let mut out = Vec::new();
    json::write(&mut out, value).expect("memory can be written to");
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// No control character but line feeds, and none that turns the direction of writing.
pub(crate) fn plain(what: &str, text: &str) {
    let raw = text.chars().find(|c| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (c.is_control() && *c != '\n') || turns
    });
    assert_eq!(raw, None, "{what}: {text:?}");
}

/// Two texts are the same, or where they begin to differ.
pub(crate) fn same(what: &str, new: &str, old: &str) {
    if new != old {
        let at = new.bytes().zip(old.bytes()).take_while(|(a, b)| a == b).count();
        let from = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(60)..])
                .chars()
                .take(120)
                .collect::<String>()
        };
        panic!("{what}: {:?} was {:?}", from(new), from(old));
    }
}
