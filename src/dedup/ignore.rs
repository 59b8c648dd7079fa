//! Known noise: reports that nobody wants to hear of, with the reason why.

use super::settings::{self, Line};
use super::{Group, Identity, Signature, glob};
use crate::Result;
use crate::report::Report;

/// Which reports are noise.
///
/// A line a rule: `kind`, `title`, `function` or `signature`, a pattern in which `*` stands for any text, and the reason
/// behind a `#`. Lines that start with `#` are comments.
///
/// ```
/// use ksplat::dedup::Ignore;
/// let ignore = Ignore::parse(b"title WARNING in ring_*  # flaky hardware of lab 3\n", "noise.txt")?;
/// let log = b"WARNING: CPU: 0 PID: 7 at lib/ring.c:12 ring_add+0x1/0x2\nCall Trace:\n ring_add+0x1/0x2\n";
/// let report = ksplat::reports(log).next().unwrap();
/// assert_eq!(ignore.reason(&report, &ksplat::identify(&report)), Some("flaky hardware of lab 3"));
///
/// let error = Ignore::parse(b"title WARNING in ring_*\n", "noise.txt").unwrap_err();
/// assert_eq!(error.to_string(), "noise.txt:1: a reason is missing: `… # why`");
/// # Ok::<(), ksplat::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    what: What,
    pattern: String,
    reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Kind,
    Title,
    Function,
    Signature,
}

impl Ignore {
    /// Reads the rules. `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`crate::ErrorKind::Setting`], with the number of the line, if a line is no rule or has no reason.
    pub fn parse(text: &[u8], at: &str) -> Result<Self> {
        let rules = settings::lines(text).into_iter().map(|line| rule(line, at)).collect::<Result<_>>()?;
        Ok(Self { rules })
    }

    /// Adds the rules of another file.
    pub fn extend(&mut self, other: Self) {
        self.rules.extend(other.rules);
    }

    /// Why the report is noise, by the first rule that it fits; `None` if it is none.
    #[must_use]
    pub fn reason(&self, report: &Report<'_>, identity: &Identity) -> Option<&str> {
        let signature = identity.signature.to_string();
        self.find(report.kind.name(), &identity.title, identity.function.as_deref(), &signature)
    }

    /// Why the reports of a group are noise, by the one that stands for them.
    #[must_use]
    pub fn reason_of_group(&self, group: &Group) -> Option<&str> {
        let exemplar = &group.exemplar;
        self.find(&exemplar.kind, group.title(), exemplar.function.as_deref(), &group.signature.to_string())
    }

    fn find(&self, kind: &str, title: &str, function: Option<&str>, signature: &str) -> Option<&str> {
        let fits = |rule: &&Rule| {
            let matches = |text: &str| glob::matches(&rule.pattern, text);
            match rule.what {
                What::Kind => matches(kind),
                What::Title => matches(title),
                What::Function => function.is_some_and(matches),
                What::Signature => signature == rule.pattern,
            }
        };
        Some(&self.rules.iter().find(fits)?.reason)
    }
}

fn rule(line: Line, at: &str) -> Result<Rule> {
    let Some((word, pattern)) = line.words.split_once(char::is_whitespace) else {
        return settings::wrong(at, &line, "a pattern is missing: `title WARNING in f* # why`");
    };
    let what = match word {
        "kind" => What::Kind,
        "title" => What::Title,
        "function" => What::Function,
        "signature" => What::Signature,
        _ => {
            return settings::wrong(at, &line, format!("{word:?} is not kind, title, function or signature"));
        }
    };
    let pattern = pattern.trim().to_owned();
    if line.reason.is_empty() {
        return settings::wrong(at, &line, "a reason is missing: `… # why`");
    }
    if what == What::Signature && !Signature::is_well_formed(&pattern) {
        return settings::wrong(at, &line, format!("no signature: {pattern:?}"));
    }
    Ok(Rule { what, pattern, reason: line.reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(rules: &str) -> Option<String> {
        let log = b"kernel BUG at fs/ring.c:7!\nRIP: 0010:ring_push+0x1/0x2\n";
        let report = crate::reports(log).next().unwrap();
        let ignore = Ignore::parse(rules.as_bytes(), "x").unwrap();
        ignore.reason(&report, &crate::identify(&report)).map(str::to_owned)
    }

    #[test]
    fn ok_each_rule_fits_what_it_says() {
        let log = b"kernel BUG at fs/ring.c:7!\nRIP: 0010:ring_push+0x1/0x2\n";
        let signature = crate::identify(&crate::reports(log).next().unwrap()).signature;
        for rule in [
            "kind bug/bug",
            "kind bug/*",
            "title kernel BUG in *",
            "function ring_*",
            &format!("signature {signature}"),
        ] {
            assert_eq!(
                reason(&format!("kind other/x # no\n{rule} # why\n")).as_deref(),
                Some("why"),
                "{rule}"
            );
        }
        for rule in ["kind bug", "title BUG*", "function ring", "signature v1:0000000000000000"] {
            assert_eq!(reason(&format!("{rule} # why\n")), None, "{rule}");
        }
    }

    #[test]
    fn err_lines_that_are_no_rule() {
        for (line, why) in [
            ("kind", "a pattern is missing: `title WARNING in f* # why`"),
            ("kind # why", "a pattern is missing: `title WARNING in f* # why`"),
            ("kind bug/bug", "a reason is missing: `… # why`"),
            ("kind bug/bug #", "a reason is missing: `… # why`"),
            ("class fault # why", "\"class\" is not kind, title, function or signature"),
            ("signature v1 # why", "no signature: \"v1\""),
        ] {
            let error = Ignore::parse(format!("# ours\n{line}\n").as_bytes(), "x").unwrap_err();
            assert_eq!(error.to_string(), format!("x:2: {why}"), "{line}");
        }
    }
}
