//! The lines of a file of settings: words, and behind a `#` the reason.

use crate::{ErrorKind, Result};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_until};
use nom::character::complete::space0;
use nom::combinator::{map, rest, success};
use nom::sequence::preceded;
use nom::{IResult, Parser as _};

/// A line that says something: what, and why (empty where it does not say).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) words: String,
    pub(super) reason: String,
}

/// The lines of a file but for empty ones and those that are a comment as a whole.
pub(super) fn lines(text: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(text);
    let parsed = text.lines().zip(1..).filter_map(|(line, number)| {
        let (_, (words, reason)) = line_parts(line).ok()?;
        let (words, reason) = (words.trim().to_owned(), reason.trim().to_owned());
        (!words.is_empty()).then_some(Line { number, words, reason })
    });
    parsed.collect()
}

/// What stands before and behind the first ` #`: a `#` inside of a word is part of it.
///
/// Example: `title WARNING in ring_*  # flaky hardware of lab 3`
fn line_parts(line: &str) -> IResult<&str, (&str, &str)> {
    let comment = map((space0, tag("#"), rest), |(_, _, text)| ("", text));
    let reasoned = (take_until(" #"), preceded(tag(" #"), rest));
    alt((comment, reasoned, (rest, success("")))).parse(line)
}

/// The error of a line.
pub(super) fn wrong<T>(at: &str, line: &Line, why: impl Into<String>) -> Result<T> {
    Err(ErrorKind::Setting { at: format!("{at}:{}", line.number), why: why.into() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines() {
        let text = b"# comment\n\n  kind a/b # why # not\r\ntitle CPU#3 stuck\n  # more\n\xff\n";
        let found: Vec<_> = lines(text).into_iter().map(|l| (l.number, l.words, l.reason)).collect();
        let line = |n, words: &str, reason: &str| (n, words.to_owned(), reason.to_owned());
        assert_eq!(
            found,
            [line(3, "kind a/b", "why # not"), line(4, "title CPU#3 stuck", ""), line(6, "\u{fffd}", "")]
        );
    }
}
