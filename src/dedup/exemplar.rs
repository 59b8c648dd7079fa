//! What a group keeps of the report that stands for it.

use super::{Identity, Member};
use crate::report::Report;

/// Most bytes of a report's text that are kept: what KCIDB takes as an excerpt.
pub(super) const EXCERPT: usize = 16 << 10;

/// What stands in the place of text that is left out.
const CUT: &str = "[…]\n";

/// The report that stands for a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exemplar {
    /// Where it stands.
    pub member: Member,
    /// Its kind.
    pub kind: String,
    /// The guilty function.
    pub function: Option<String>,
    /// The source file to blame, where it is known.
    pub file: Option<String>,
    /// Line in `file`, from 1, where the text is symbolized.
    pub line: Option<u32>,
    /// The release of its kernel.
    pub release: Option<String>,
    /// What similar reports have in common with it: [`Report::terms`].
    pub terms: Vec<String>,
    /// Its lines without printk's prefixes, at most 16 KiB of them.
    pub excerpt: String,
}

impl Exemplar {
    /// What is kept of the report that `member` tells.
    pub(super) fn new(member: Member, report: &Report<'_>, identity: &Identity) -> Self {
        Self {
            member,
            kind: report.kind.name().to_owned(),
            function: identity.function.clone(),
            file: identity.file.clone(),
            line: identity.file.as_deref().and_then(|file| line_in(report, file)),
            release: report.kernel.release.as_ref().map(ToString::to_string),
            terms: report.terms(),
            excerpt: excerpt(report),
        }
    }
}

/// The first line of `file` that a stack or the instruction pointer names.
fn line_in(report: &Report<'_>, file: &str) -> Option<u32> {
    let frames = report.traces.iter().flat_map(|t| &t.frames).filter_map(|f| f.location.as_ref());
    let pointers = report.registers.iter().filter_map(|r| r.ip_location.as_ref());
    frames.chain(pointers).find(|at| at.file.ends_with(file.as_bytes()))?.line
}

fn excerpt(report: &Report<'_>) -> String {
    let mut text = String::new();
    for line in &report.lines {
        let line = line.to_str_lossy();
        if text.len() + line.len() + 1 + CUT.len() > EXCERPT {
            text.push_str(CUT);
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exemplar(log: &str) -> Exemplar {
        let report = crate::reports(log.as_bytes()).next().unwrap();
        let identity = crate::identify(&report);
        Exemplar::new(Member::new("a.log", &report, &identity), &report, &identity)
    }

    #[test]
    fn ok_the_exemplar_says_what_and_where() {
        let log = "[    1.500000] kernel BUG at fs/ring.c:7!\n\
                   [    1.500001] RIP: 0010:f+0x1/0x2 fs/ring.c:7\n";
        let exemplar = exemplar(log);
        assert_eq!(exemplar.kind, "bug/bug");
        assert_eq!(
            (exemplar.function.as_deref(), exemplar.file.as_deref(), exemplar.line),
            (Some("f"), Some("fs/ring.c"), Some(7))
        );
        assert_eq!((exemplar.member.line, exemplar.member.time), (1, Some(1_500_000)));
        assert_eq!(exemplar.excerpt, "kernel BUG at fs/ring.c:7!\nRIP: 0010:f+0x1/0x2 fs/ring.c:7\n");
    }

    #[test]
    fn ok_a_long_report_is_cut_at_a_line() {
        let mut log = "kernel BUG at fs/ring.c:7!\nRIP: 0010:f+0x1/0x2\nCall Trace:\n".to_owned();
        for n in 0..2000 {
            log.push_str(&format!(" g{n}+0x1/0x2\n"));
        }
        let text = exemplar(&log).excerpt;
        assert!(text.len() <= EXCERPT && text.len() > EXCERPT - 64, "{}", text.len());
        assert!(text.ends_with("+0x1/0x2\n[…]\n"));
    }
}
