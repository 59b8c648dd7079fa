//! `run #3: OUTCOME`: what came of a run, and whose fault a failure is.

use super::model::{self, Run};
use crate::Text;
use crate::bytes::Parsed;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{eof, map, rest};
use nom::sequence::preceded;

/// An outcome as printed: its kind, and the words behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome<'a> {
    pub(super) kind: model::Outcome,
    pub(super) words: &'a [u8],
}

/// Failures of the machine, the network or the cloud, by how they start; the kernel need not be at fault.
const INFRASTRUCTURE: &[&str] = &[
    "failed to copy ",
    "can't ssh into the instance",
    "timed out",
    "timedout",
    "create image operation failed",
    "failed to create ",
    "failed to delete ",
    "error getting instance",
    "failed to run command in VM: broken console",
    "failed to run binary in VM: broken console",
    "failed to run [",
    "failed to read ",
    "lost connection",
    "no output",
    "googleapi: ",
];

/// Whether a failure that says this is not the kernel's.
pub(super) fn is_infrastructure(words: &[u8]) -> bool {
    INFRASTRUCTURE.iter().any(|start| words.starts_with(start.as_bytes()))
}

/// Reads an outcome, to the end of the line.
pub(super) fn outcome(input: &[u8]) -> Parsed<'_, Outcome<'_>> {
    let of = |kind| move |words| Outcome { kind, words };
    let failed = |kind| {
        move |words| Outcome {
            kind: if is_infrastructure(words) { model::Outcome::Infra } else { kind },
            words,
        }
    };
    alt((
        map((tag("OK"), eof), |(_, words)| of(model::Outcome::Ok)(words)),
        map(preceded(tag("crashed: "), rest), of(model::Outcome::Crashed)),
        map(preceded(tag("basic kernel testing failed: "), rest), failed(model::Outcome::TestFailed)),
        map(preceded(tag("boot failed: "), rest), failed(model::Outcome::BootFailed)),
        map(preceded(tag("failed: "), rest), failed(model::Outcome::TestFailed)),
        map(preceded(tag("ignore: "), rest), of(model::Outcome::Ignored)),
        map(preceded(tag("infra problem: "), rest), of(model::Outcome::Infra)),
    ))
    .parse(input)
}

impl<'log> Run<'log> {
    pub(super) fn new(number: u64, all: bool, outcome: Outcome<'log>) -> Self {
        let words = || Some(Text::from(outcome.words));
        let (title, text) = match outcome.kind {
            model::Outcome::Ok => (None, None),
            model::Outcome::Infra | model::Outcome::BuildFailed => (None, words()),
            _ => (words(), None),
        };
        Self { number, all, outcome: outcome.kind, title, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bisect::Outcome as Kind;

    #[test]
    fn ok_outcomes_by_whose_fault_they_are() {
        for (line, kind, words) in [
            ("OK", Kind::Ok, ""),
            ("crashed: KASAN: use-after-free Read in f", Kind::Crashed, "KASAN: use-after-free Read in f"),
            ("boot failed: WARNING in f", Kind::BootFailed, "WARNING in f"),
            ("boot failed: can't ssh into the instance", Kind::Infra, "can't ssh into the instance"),
            ("basic kernel testing failed: timed out", Kind::Infra, "timed out"),
            ("basic kernel testing failed: BUG: bad page", Kind::TestFailed, "BUG: bad page"),
            ("ignore: INFO: task hung in f", Kind::Ignored, "INFO: task hung in f"),
            ("infra problem: VM died", Kind::Infra, "VM died"),
        ] {
            assert_eq!(
                outcome(line.as_bytes()).unwrap().1,
                Outcome { kind, words: words.as_bytes() },
                "{line}"
            );
        }
    }

    #[test]
    fn err_no_outcome() {
        assert!(outcome(b"OK then").is_err());
        assert!(outcome(b"crashed").is_err());
    }
}
