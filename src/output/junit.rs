//! JUnit XML, which Jenkins, GitLab and most others show.
//!
//! One test case a group, named by title and signature (GitLab keeps only the first of equal names): a new group is a
//! failure with the report in its body, a known one is skipped. There is no standard; this is the common core that
//! Jenkins' `xunit` schema and GitLab's "Unit test reports" page describe.

use super::Summary;
use super::clean::{Clean, clean_lines};
use super::summary::Row;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io::{self, Write};

/// Writes the groups as a JUnit file.
///
/// ```
/// use ksplat::{dedup::Groups, output::{Summary, junit}};
/// let log = b"kernel BUG at fs/a.c:1!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n g+0x1/0x2\n";
/// let splat = ksplat::reports(log).next().unwrap();
/// let mut all = Groups::new();
/// all.add("boot.log", &splat, &ksplat::identify(&splat));
/// let mut xml = Vec::new();
/// junit::groups(&Summary::new(&all), &mut xml)?;
/// let xml = String::from_utf8(xml).unwrap();
/// assert!(xml.contains("<testcase classname=\"assertion\" name=\"kernel BUG in f [v1:"));
/// assert!(xml.contains("<failure type=\"bug/bug\" message=\"kernel BUG in f\">"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of `out`.
pub fn groups(summary: &Summary<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    // Without any case, Jenkins takes the file for a broken one.
    let tests = summary.rows.len().max(1).to_string();
    let failures = summary.alarms().to_string();
    let skipped = summary.rows.len().saturating_sub(summary.alarms()).to_string();
    let counts = [("tests", &*tests), ("failures", &*failures), ("errors", "0"), ("skipped", &*skipped)];
    xml.create_element("testsuites").with_attributes(counts).write_inner_content(|xml| {
        let suite = xml.create_element("testsuite").with_attribute(("name", "ksplat"));
        suite.with_attributes(counts).write_inner_content(|xml| {
            if summary.rows.is_empty() {
                let case = [("classname", "ksplat"), ("name", "no crash report")];
                xml.create_element("testcase").with_attributes(case).write_empty()?;
            }
            summary.rows.iter().try_for_each(|row| case(xml, row))
        })?;
        Ok(())
    })?;
    out.write_all(b"\n")
}

fn case<W: Write>(xml: &mut Writer<W>, row: &Row<'_>) -> io::Result<()> {
    let title = Clean(row.group.title()).to_string();
    let name = format!("{title} [{}]", row.group.signature);
    let case = [("classname", row.group.class.name()), ("name", &name)];
    xml.create_element("testcase").with_attributes(case).write_inner_content(|xml| {
        if row.known.is_some() {
            let message = Clean(row.remark()).to_string();
            xml.create_element("skipped").with_attribute(("message", &*message)).write_empty()?;
        } else {
            let kind = Clean(&row.group.exemplar.kind).to_string();
            let failure = [("type", &*kind), ("message", &*title)];
            let text = body(row);
            let element = xml.create_element("failure").with_attributes(failure);
            element.write_text_content(BytesText::new(&text))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Where it was seen, whose it is, and the report.
fn body(row: &Row<'_>) -> String {
    let mut text = format!("{}\n", Clean(row.sightings()));
    if let Some(owners) = &row.owners {
        text.push_str(&format!("{}\n", Clean(owners)));
    }
    row.near_lines().for_each(|line| text.push_str(&format!("{}\n", Clean(line))));
    text.push('\n');
    clean_lines(&row.group.exemplar.excerpt).for_each(|line| text.push_str(&format!("{line}\n")));
    text
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::{EVIL, summary_of};
    use super::*;
    use quick_xml::Reader;

    fn text(summary: &Summary<'_>) -> String {
        let mut out = Vec::new();
        groups(summary, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The names of all elements, in order, as a parser sees them.
    fn elements(xml: &str) -> Vec<String> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = true;
        let mut names = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(e) | Event::Empty(e) => {
                    names.push(e.name().as_ref().to_owned());
                    e.attributes().for_each(|a| assert!(a.is_ok(), "{a:?}"));
                }
                Event::Eof => return names,
                _ => {}
            }
        }
    }

    #[test]
    fn ok_one_case_a_group_whatever_the_log_says() {
        summary_of(EVIL, |summary| {
            let xml = text(summary);
            let want = ["testsuites", "testsuite", "testcase", "failure", "testcase", "skipped"];
            assert_eq!(elements(&xml), want, "{xml}");
            assert!(!xml.contains(|c: char| c.is_control() && c != '\n'), "{xml}");
            assert!(!xml.contains('\u{fffe}'));
            assert!(xml.contains(
                "<testsuite name=\"ksplat\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\">"
            ));
        });
    }

    #[test]
    fn ok_no_report_is_a_test_that_passes() {
        summary_of("all is well\n", |summary| {
            assert_eq!(elements(&text(summary)), ["testsuites", "testsuite", "testcase"]);
        });
    }
}
