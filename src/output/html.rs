//! HTML: one page that needs nothing else, neither script nor network.

use super::clean::{Clean, clean_lines};
use super::{Row, Summary, text};
use crate::owners::Owners;
use crate::{Identity, Report};

/// What every page starts with; then [`report`]s may follow.
///
/// Its policy is a second fence behind the escaping: nothing runs, nothing is loaded.
pub const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>ksplat</title>
<style>
:root { color-scheme: light dark }
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em }
h1 { font-size: 1.3em }
h2 { font-size: 1.1em; margin: 1.5em 0 .3em }
p { margin: .3em 0 }
pre { border: 1px solid #8886; overflow-x: auto; padding: .7em; font-size: 13px }
.new { color: #d22 }
.known, .faint { opacity: .7 }
</style>
</head>
<body>
"#;

/// What every page ends with.
pub const FOOT: &str = "</body>\n</html>\n";

#[derive(askama::Template)]
#[template(
    ext = "html",
    source = r#"<h1>{{ verdict }}</h1>
{% for group in groups %}
<h2>{% if !group.status.is_empty() %}<span class="{{ group.status }}">{{ group.status }}</span> {% endif %}{{ group.title }}</h2>
<p>{{ group.sightings }} <span class="faint">{{ group.class }} {{ group.signature }}</span></p>
{% if !group.owners.is_empty() %}<p>{{ group.owners }}</p>
{% endif %}{% if !group.note.is_empty() %}<p>{{ group.note }}</p>
{% endif %}{% if !group.link.is_empty() %}<p><a href="{{ group.link }}" rel="noreferrer">{{ group.link }}</a></p>
{% endif %}{% for line in group.near %}<p class="faint">{{ line }}</p>
{% endfor %}<details><summary>report</summary>
<pre>{{ group.excerpt }}</pre></details>
{% endfor %}"#
)]
struct GroupsPage {
    verdict: String,
    groups: Vec<GroupPart>,
}

struct GroupPart {
    status: &'static str,
    title: String,
    sightings: String,
    class: &'static str,
    signature: String,
    owners: String,
    note: String,
    link: String,
    near: Vec<String>,
    excerpt: String,
}

#[derive(askama::Template)]
#[template(
    ext = "html",
    source = r#"<h2>{{ title }}</h2>
<pre>{{ body }}</pre>
"#
)]
struct ReportPart<'a> {
    title: &'a str,
    body: &'a str,
}

/// The groups as a page.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, html}};
/// let log = b"kernel BUG at fs/a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n <b>g+0x1/0x2\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let page = html::groups(&Summary::new(&all));
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("kernel BUG in f</h2>"));
/// ```
#[must_use]
pub fn groups(summary: &Summary<'_>) -> String {
    let page = GroupsPage {
        verdict: summary.verdict(),
        groups: summary.rows.iter().map(|row| part(row, summary.compared)).collect(),
    };
    format!("{HEAD}{}{FOOT}", rendered(&page))
}

fn part(row: &Row<'_>, compared: bool) -> GroupPart {
    let clean = |text: &str| Clean(text).to_string();
    let known = |text: Option<&String>| text.map_or_else(String::new, |t| clean(t));
    let link = known(row.known.and_then(|k| k.link.as_ref()));
    // Nothing but an address of the web can be followed.
    let (link, more) = if link.starts_with("https://") || link.starts_with("http://") {
        (link, String::new())
    } else {
        (String::new(), link)
    };
    let note = known(row.known.and_then(|k| k.note.as_ref()));
    GroupPart {
        status: if compared { row.status() } else { "" },
        title: clean(row.group.title()),
        sightings: clean(&row.sightings()),
        class: row.group.class.name(),
        signature: row.group.signature.to_string(),
        owners: row.owners.as_ref().map_or_else(String::new, |o| Clean(o).to_string()),
        note: [note, more].join(" ").trim().to_owned(),
        link,
        near: row.near_lines().map(|line| clean(&line)).collect(),
        excerpt: clean_lines(&row.group.exemplar.excerpt).map(|line| format!("{line}\n")).collect(),
    }
}

/// One report of a page, as `ksplat scan` prints it.
#[must_use]
pub fn report(path: &str, report: &Report<'_>, identity: &Identity, owners: Option<&Owners>) -> String {
    let text = text::report(path, report, identity, text::Colour::Never).owned_by(owners).to_string();
    let (title, body) = text.split_once('\n').unwrap_or((&text, ""));
    rendered(&ReportPart { title, body })
}

fn rendered(part: &impl askama::Template) -> String {
    // Strings only: no part of a page has anything that could go wrong.
    part.render().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{EVIL, summary_of};
    use super::*;

    #[test]
    fn ok_a_log_makes_no_element() {
        summary_of(EVIL, |summary| {
            let page = groups(summary);
            let tags: std::collections::BTreeSet<&str> = page
                .split('<')
                .skip(1)
                .map(|t| {
                    t.split(|c: char| !c.is_ascii_alphanumeric() && c != '!' && c != '/').next().unwrap()
                })
                .collect();
            let ours = [
                "!DOCTYPE", "/a", "/body", "/details", "/h1", "/h2", "/head", "/html", "/p", "/pre", "/span",
                "/style", "/summary", "/title", "a", "body", "details", "h1", "h2", "head", "html", "meta",
                "p", "pre", "span", "style", "summary", "title",
            ];
            assert!(tags.is_subset(&ours.into()), "{tags:?}");
            assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
            assert!(page.contains("<a href=\"https://bugs.example/1\""));
            assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
        });
    }

    #[test]
    fn ok_a_report_is_escaped() {
        let report = crate::reports(EVIL.as_bytes()).next().unwrap();
        let part = super::report("<a>.log", &report, &crate::identify(&report), None);
        assert!(part.starts_with("<h2>") && part.matches('<').count() == 4, "{part}");
    }
}
