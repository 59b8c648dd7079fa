//! The commit that `git bisect` shows when it has found one, line by line.

use super::model::Commit;
use crate::Text;
use crate::bytes::{Parsed, run};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_until, take_while_m_n};
use nom::character::complete::{char, digit1, space0};
use nom::combinator::rest;
use nom::sequence::{delimited, preceded, terminated};

/// Takes a line of the block behind `… is the first bad commit`; `false` if it is none.
pub(super) fn take<'log>(commit: &mut Commit<'log>, line: &'log [u8]) -> bool {
    if let Some(message) = line.strip_prefix(b"    ") {
        match commit.subject {
            None => commit.subject = Some(message.into()),
            Some(_) => commit.message.push(message.into()),
        }
    } else if let Some(author) = line.strip_prefix(b"Author: ") {
        commit.author = Some(author.trim_ascii().into());
    } else if let Some(date) = line.strip_prefix(b"Date: ") {
        commit.date = Some(date.trim_ascii().into());
    } else if let Some(parents) = line.strip_prefix(b"Merge: ") {
        commit.parents = parents.split(|c| *c == b' ').filter(|p| !p.is_empty()).map(Text::from).collect();
    } else if let Some((_, (directory, path))) = run(raw, line) {
        if directory { commit.directories.push(path.into()) } else { commit.files.push(path.into()) }
    } else if let Some((_, file)) = run(stat, line) {
        commit.files.extend(paths(file));
    } else {
        return line.is_empty() || line.starts_with(b"commit ") || run(summary, line).is_some();
    }
    true
}

/// ` net/xdp/xsk.c | 11 ++++-------`, ` a.bin | Bin 0 -> 12 bytes`
fn stat(input: &[u8]) -> Parsed<'_, &[u8]> {
    let path = terminated(take_until(" | "), tag(" | "));
    let (input, path) = preceded(char(' '), path).parse(input)?;
    let (input, _) = (space0, alt((digit1, tag("Bin")))).parse(input)?;
    Ok((input, path.trim_ascii_end()))
}

/// `:100644 100644 HASH HASH M<TAB>net/core/sock.c`, and whether it is a directory.
fn raw(input: &[u8]) -> Parsed<'_, (bool, &[u8])> {
    let mode = |input| take_while_m_n(6, 6, |c: u8| c.is_ascii_digit())(input);
    let (input, old) = preceded(char(':'), mode).parse(input)?;
    let (input, new) = preceded(char(' '), mode).parse(input)?;
    let (input, path) = preceded((take_till1(|c| c == b'\t'), char('\t')), rest).parse(input)?;
    Ok((input, (old == b"040000" || new == b"040000", path)))
}

/// ` 3 files changed, 1 insertion(+)`, ` create mode 100644 PATH`, ` rename a => b (90%)`
fn summary(input: &[u8]) -> Parsed<'_, &[u8]> {
    let changed = preceded(digit1, alt((tag(" file changed"), tag(" files changed"))));
    let verb = alt((
        tag("create mode "),
        tag("delete mode "),
        tag("rename "),
        tag("copy "),
        tag("mode change "),
        tag("rewrite "),
    ));
    preceded(char(' '), alt((changed, verb))).parse(input)
}

/// The paths of one entry: two where it is a rename, `old => new`.
fn paths(file: &[u8]) -> Vec<Text<'_>> {
    match run((terminated(take_until(" => "), tag(" => ")), rest), file) {
        Some((_, (old, new))) if !old.contains(&b'{') => vec![old.into(), new.into()],
        Some(_) => braced(file).into_iter().collect(),
        None => vec![file.into()],
    }
}

/// `fs/{a => b}/c.c`: the new path, which is no part of the text.
fn braced(file: &[u8]) -> Option<Text<'_>> {
    let old = terminated(take_until(" => "), tag(" => "));
    let inside = delimited((char('{'), old), take_until("}"), char('}'));
    let (tail, (head, new)) = run((take_until("{"), inside), file)?;
    let path = [head, new, tail].concat();
    Some(Text::from(path.as_slice()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(lines: &[&'static str]) -> Vec<String> {
        let mut commit = Commit::default();
        assert!(lines.iter().all(|l| take(&mut commit, l.as_bytes())), "{lines:?}");
        commit.files.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ok_files_of_diffstat_and_raw_form() {
        assert_eq!(
            files(&[" net/xdp/xsk.c | 11 ++++-------", " 1 file changed, 4 insertions(+)"]),
            ["net/xdp/xsk.c"]
        );
        assert_eq!(files(&[" .../logo.bin     | Bin 0 -> 12 bytes"]), [".../logo.bin"]);
        assert_eq!(files(&[" fs/{a => b}/c.c |  2 +-", " a.c => b.c | 0"]), ["fs/b/c.c", "a.c", "b.c"]);
        assert_eq!(
            files(&[":100644 100644 aa bb M\tnet/core/sock.c", ":040000 040000 aa bb M\tnet"]),
            ["net/core/sock.c"]
        );
        assert_eq!(files(&[" create mode 100644 a/b.c", " rename a => b (90%)", ""]), [""; 0]);
    }

    #[test]
    fn ok_head_and_message() {
        let mut commit = Commit::default();
        for line in [
            "commit 12",
            "Merge: 12ab 34cd",
            "Author: A <a@b>",
            "Date:   Mon Dec 9 00:27:34 2019 +0100",
            "",
            "    subject",
            "    ",
            "    body",
        ] {
            assert!(take(&mut commit, line.as_bytes()), "{line}");
        }
        assert_eq!(commit.subject.unwrap(), "subject");
        assert_eq!(commit.date.unwrap(), "Mon Dec 9 00:27:34 2019 +0100");
        assert_eq!((commit.parents.len(), commit.message.len()), (2, 2));
    }

    #[test]
    fn err_free_text() {
        assert!(!take(&mut Commit::default(), b"culprit signature: 12"));
        assert!(!take(&mut Commit::default(), b" something else"));
    }
}
