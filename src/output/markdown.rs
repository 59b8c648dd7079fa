//! Markdown as GitHub and GitLab read it: for job summaries, merge requests and mail.

use super::clean::{Clean, clean_lines};
use super::summary::counted;
use super::{Row, Summary, text};
use crate::owners::Owners;
use crate::{Identity, Report};

/// Bytes that are kept free for the words that say what was left out.
const ROOM: usize = 200;

/// The groups: a table, and below it the report that stands for each.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, markdown}};
/// let log = b"kernel BUG at fs/a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let text = markdown::groups(&Summary::new(&all));
/// assert!(text.starts_with("## 1 report in 1 group\n"));
/// assert!(text.contains("|  | 1 | `kernel BUG in f` | "));
/// assert!(text.contains("\n```\nkernel BUG at fs/a.c:1!\n"));
/// ```
#[must_use]
pub fn groups(summary: &Summary<'_>) -> String {
    groups_within(summary, usize::MAX)
}

/// As [`groups`], in at most `limit` bytes (not less than 400): what does not fit is left out and counted.
#[must_use]
pub fn groups_within(summary: &Summary<'_>, limit: usize) -> String {
    let mut page = Page { text: format!("## {}\n", summary.verdict()), limit: limit.saturating_sub(ROOM) };
    if summary.rows.is_empty() {
        return page.text;
    }
    page.text.push_str(
        "\n| | Reports | Crash | Signature | Seen | Owner | Note |\n|---|---|---|---|---|---|---|\n",
    );
    let rows = page.take(summary.rows.iter().map(|row| table_row(row, summary.compared)));
    let reports = page.take(summary.rows.iter().map(|row| details(row, summary.compared)));
    let mut page = page.text;
    if rows + reports > 0 {
        page.push_str(&format!(
            "\nLeft out for want of room: {} and {}.\n",
            counted(rows, "row"),
            counted(reports, "report")
        ));
    }
    page
}

/// One report, as `ksplat scan` prints it.
#[must_use]
pub fn report(path: &str, report: &Report<'_>, identity: &Identity, owners: Option<&Owners>) -> String {
    let body = text::report(path, report, identity, text::Colour::Never).owned_by(owners).to_string();
    let body = body.split_once('\n').map_or("", |(_, rest)| rest);
    format!("## {}\n\n{}", code(&identity.title), block(body))
}

/// Text that may not grow beyond a limit.
struct Page {
    text: String,
    limit: usize,
}

impl Page {
    /// Adds pieces while they fit; the number of those that did not.
    fn take(&mut self, pieces: impl ExactSizeIterator<Item = String>) -> usize {
        let mut left = pieces.len();
        for piece in pieces {
            if self.text.len().saturating_add(piece.len()) > self.limit {
                break;
            }
            self.text.push_str(&piece);
            left -= 1;
        }
        left
    }
}

fn table_row(row: &Row<'_>, compared: bool) -> String {
    let status = match (compared, row.known) {
        (false, _) => "",
        (true, None) => "**new**",
        (true, Some(_)) => "known",
    };
    let owner = row.owners.as_ref().and_then(|o| o.subsystems.first()).map_or("", |s| &s.name);
    let cells = [
        status.to_owned(),
        row.group.members.len().to_string(),
        code(row.group.title()).replace('|', "\\|"),
        code(&row.group.signature.to_string()),
        code(&row.place()).replace('|', "\\|"),
        escape(owner),
        row.known.map_or_else(String::new, |known| {
            let parts = known.note.iter().chain(&known.link).map(|text| link(text));
            parts.collect::<Vec<_>>().join(" ")
        }),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// The report that stands for a group, folded.
fn details(row: &Row<'_>, compared: bool) -> String {
    let mut lead: String = row.owners.iter().map(|o| format!("{}\n\n", escape(&o.to_string()))).collect();
    lead.extend(row.near_lines().map(|line| format!("{}\n\n", escape(&line))));
    let status = if compared { format!(" ({})", row.status()) } else { String::new() };
    format!(
        "\n<details><summary>{}{status}</summary>\n\n{lead}{}\n</details>\n",
        escape(row.group.title()),
        block(&row.group.exemplar.excerpt)
    )
}

/// Text that is shown as it is: in more backticks than it has in a row.
pub(super) fn code(text: &str) -> String {
    let text = Clean(text).to_string();
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Lines that are shown as they are.
fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let lines: String = clean_lines(text).map(|line| format!("{line}\n")).collect();
    format!("{fence}\n{lines}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// An address that can be followed; any other text as such.
fn link(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '|' | '"' | '\\' | '`');
    let web = text.starts_with("https://") || text.starts_with("http://");
    if web && text.chars().all(plain) { format!("<{text}>") } else { escape(text) }
}

/// Text without any character that Markdown or HTML read as theirs.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in Clean(text).to_string().chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Nobody is called by what a log says.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{EVIL, summary_of};
    use super::*;

    #[test]
    fn ok_text_cannot_become_markup() {
        summary_of(EVIL, |summary| {
            let text = groups(summary);
            let mut outside = text.clone();
            for row in &summary.rows {
                outside = outside.replace(&block(&row.group.exemplar.excerpt), "");
                outside = outside.replace(&code(row.group.title()).replace('|', "\\|"), "");
                outside = outside.replace(&code(&row.place()), "");
            }
            assert!(outside.len() < text.len() && !outside.contains("<script"), "{outside}");
            assert!(!outside.contains("</pre>") && !outside.contains("@"), "{outside}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");
            let table: Vec<&str> = text.lines().filter(|l| l.starts_with("| ")).collect();
            assert_eq!(table.len(), 3);
            for row in table {
                assert_eq!(row.replace("\\|", "").matches('|').count(), 8, "{row}");
            }
        });
    }

    #[test]
    fn ok_escapes() {
        assert_eq!(code("a `` b`"), "``` a `` b` ```");
        assert_eq!(block("x\n````\n</details>"), "`````\nx\n````\n</details>\n`````\n");
        assert_eq!(
            escape("<b>*x*</b> [a](b) @all #1"),
            "&lt;b&gt;\\*x\\*&lt;/b&gt; \\[a\\](b) &#64;all \\#1"
        );
        assert_eq!(link("https://bugs.example/1?a=b"), "<https://bugs.example/1?a=b>");
        assert_eq!(link("javascript:alert(1)"), "javascript:alert(1)");
        assert_eq!(link("https://a b"), "https://a b");
    }

    #[test]
    fn ok_a_page_stays_within_its_limit_and_says_what_is_missing() {
        let log: String =
            (0..300).map(|n| format!("kernel BUG at a.c:1!\nRIP: 0010:f{n}_x+0x1/0x2\n")).collect();
        summary_of(&log, |summary| {
            let whole = groups(summary);
            assert!(!whole.contains("Left out"));
            for limit in [400, 1000, 10_000, 30_000, whole.len()] {
                let text = groups_within(summary, limit);
                assert!(text.len() <= limit, "{} > {limit}", text.len());
                assert!(text.contains("Left out for want of room: "), "{limit}");
            }
            assert_eq!(groups_within(summary, whole.len() + ROOM), whole);
        });
    }
}
