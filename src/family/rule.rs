//! A crash kind as a row: the kernel's own printk formats and what they mean.

use crate::printk;
use crate::report::{Class, Defect, DefectCode, Meaning, Report, Take, TypeRow, WhenEmpty};

/// How many wordings of a header, and how many further lines, one row may have.
const FORMATS: usize = 10;

/// Unknown lines of the same caller after which a report is over.
const GAP_LINES: usize = 25;

/// A printk format and the names of what it captures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// The kernel's string.
    pub(crate) text: &'static str,
    /// One name per conversion; an empty name is read and dropped.
    pub(crate) names: &'static [&'static str],
}

/// A line besides the header that the row needs or wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) format: Format,
    /// Whether the row is not this crash's without the line.
    pub(crate) required: bool,
    /// Whether it can only be the line right behind the header.
    pub(crate) next: bool,
}

/// What a header is when a report of the same caller is open before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// It starts a report of its own.
    Nothing,
    /// It belongs to any open report: the panic behind a warning, an oops' own first line.
    Anything,
    /// It belongs to open reports whose kind starts with one of these.
    Kinds(&'static [&'static str]),
    /// The same, as long as the open report shows no stack: two CPUs notice one stall at a time.
    Bare(&'static [&'static str]),
}

/// A line of the log before a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before<'log> {
    /// Microseconds since boot, or of a wall clock where the log has no time since boot.
    pub(crate) clock: Option<u64>,
    /// Without its prefix.
    pub(crate) text: &'log [u8],
}

/// A condition on the lines before a header, as far back as [`crate::splat`] looks for it. What asks it is printed by a
/// machine that starts again: whether the condition holds or not, the header ends every report before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    /// Such a line stands there.
    pub(crate) some: fn(&Before<'_>) -> bool,
    /// And none like this.
    pub(crate) none: fn(&Before<'_>) -> bool,
}

/// A row of a family's table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// `family/row`.
    pub(crate) name: &'static str,
    /// The wordings of the header through the kernel's history.
    headers: [Option<Format>; FORMATS],
    /// Further lines, anywhere in the splat.
    parts: [Option<Part>; FORMATS],
    /// What the row says of its kind.
    pub(crate) meaning: Meaning,
    /// See [`Follows`].
    pub(crate) follows: Follows,
    /// What a format cannot say, read from the finished report.
    pub(crate) body: Option<fn(&mut Report<'_>)>,
    /// Words that no header of this kind holds.
    pub(crate) unless: &'static [&'static str],
    /// Whether a line of `=` ends the report, as one begins it.
    pub(crate) ruled: bool,
    /// Unknown lines that may stand between those of the report.
    pub(crate) gap: usize,
    /// Whether the header without its required lines is somebody else's text, not a damaged report.
    pub(crate) strict: bool,
    /// A condition on the log before the header.
    pub(crate) after: Option<After>,
    /// A header line of a real log.
    pub(crate) example: &'static str,
}

/// Starts a row.
pub(crate) const fn rule(name: &'static str) -> Rule {
    Rule {
        name,
        headers: [None; FORMATS],
        parts: [None; FORMATS],
        meaning: Meaning {
            title: "",
            alts: &[],
            class: Class::Other,
            types: &[],
            take: &[Take::Ip, Take::Trace],
            skip: &[],
            when_empty: WhenEmpty::Corrupted,
            vague: false,
            group: None,
            sign: &[],
        },
        follows: Follows::Nothing,
        body: None,
        unless: &[],
        ruled: false,
        gap: GAP_LINES,
        strict: false,
        after: None,
        example: "",
    }
}

impl Rule {
    /// A wording of the header line. Several wordings are alternatives.
    pub(crate) const fn line(mut self, text: &'static str, names: &'static [&'static str]) -> Self {
        self.headers = push_format(self.headers, checked(text, names));
        self
    }

    /// A line that stands somewhere in the splat; without it the row does not apply.
    pub(crate) const fn with(mut self, text: &'static str, names: &'static [&'static str]) -> Self {
        self.parts =
            push_part(self.parts, Part { format: checked(text, names), required: true, next: false });
        self
    }

    /// A line that may stand in the splat; what it captures is kept.
    pub(crate) const fn maybe(mut self, text: &'static str, names: &'static [&'static str]) -> Self {
        self.parts =
            push_part(self.parts, Part { format: checked(text, names), required: false, next: false });
        self
    }

    /// The line right behind the header, whatever its words.
    pub(crate) const fn next(mut self, text: &'static str, names: &'static [&'static str]) -> Self {
        self.parts =
            push_part(self.parts, Part { format: checked(text, names), required: false, next: true });
        self
    }

    /// The other half of the header, on the line right behind it: a name in it holds a line feed.
    pub(crate) const fn broken(mut self, text: &'static str, names: &'static [&'static str]) -> Self {
        self.parts = push_part(self.parts, Part { format: checked(text, names), required: true, next: true });
        self
    }

    /// Without its [`Rule::with`] lines the header is no header: the words alone are anybody's.
    pub(crate) const fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// A line of `=` ends the report.
    pub(crate) const fn ruled(mut self) -> Self {
        self.ruled = true;
        self
    }

    /// The report has so many lines in a row that no block and no format of the row knows.
    pub(crate) const fn gap(mut self, lines: usize) -> Self {
        self.gap = lines;
        self
    }

    /// Words that no header of this kind holds.
    pub(crate) const fn unless(mut self, unless: &'static [&'static str]) -> Self {
        self.unless = unless;
        self
    }

    /// A condition on the log before the header: `some` line is there, and `none` of the others. For lines of a machine
    /// that starts again ([`After`]).
    pub(crate) const fn after(
        mut self,
        some: fn(&Before<'_>) -> bool,
        none: fn(&Before<'_>) -> bool,
    ) -> Self {
        self.after = Some(After { some, none });
        self
    }

    /// Captures that tell two bugs apart besides the guilty function.
    pub(crate) const fn sign(mut self, sign: &'static [&'static str]) -> Self {
        self.meaning.sign = sign;
        self
    }

    /// The title; each `{hole}` is a capture or `{frame}`, the guilty function.
    pub(crate) const fn title(mut self, title: &'static str) -> Self {
        self.meaning.title = title;
        self
    }

    /// Titles under which other detectors report the same bug.
    pub(crate) const fn alts(mut self, alts: &'static [&'static str]) -> Self {
        self.meaning.alts = alts;
        self
    }

    /// Where the guilty frame comes from.
    pub(crate) const fn frame(mut self, take: &'static [Take]) -> Self {
        self.meaning.take = take;
        self
    }

    /// Functions that never carry the blame for this kind.
    pub(crate) const fn skip(mut self, skip: &'static [&'static str]) -> Self {
        self.meaning.skip = skip;
        self
    }

    /// The coarse class.
    pub(crate) const fn class(mut self, class: Class) -> Self {
        self.meaning.class = class;
        self
    }

    /// syzbot's word for the type, by title pattern.
    pub(crate) const fn types(mut self, types: &'static [TypeRow]) -> Self {
        self.meaning.types = types;
        self
    }

    /// The title where no function is named and none is needed.
    pub(crate) const fn or_title(mut self, title: &'static str) -> Self {
        self.meaning.when_empty = WhenEmpty::Title(title);
        self
    }

    /// The wording tells too little: every report of it is marked.
    pub(crate) const fn vague(mut self) -> Self {
        self.meaning.vague = true;
        self
    }

    /// The name the signature uses instead of the row's own.
    pub(crate) const fn group(mut self, group: &'static str) -> Self {
        self.meaning.group = Some(group);
        self
    }

    /// See [`Follows`].
    pub(crate) const fn follows(mut self, follows: Follows) -> Self {
        self.follows = follows;
        self
    }

    /// A function that adds to the finished report what no format can say.
    pub(crate) const fn body(mut self, body: fn(&mut Report<'_>)) -> Self {
        self.body = Some(body);
        self
    }

    /// A header line of a real log; checked by the table's test. Ends the row, and with it comes the check that
    /// every hole of the titles has a capture.
    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self.check(self.meaning.title);
        let mut alts = self.meaning.alts;
        while let Some((alt, rest)) = alts.split_first() {
            self.check(alt);
            alts = rest;
        }
        self
    }

    /// The wordings of the header.
    pub(crate) fn headers(&self) -> impl Iterator<Item = Format> {
        self.headers.iter().copied().flatten()
    }

    /// The further lines.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.parts.iter().copied().flatten()
    }

    /// Whether a header line holds words that this kind's never do.
    pub(crate) fn refuses(&self, header: &[u8]) -> bool {
        self.unless.iter().any(|u| memchr::memmem::find(header, u.as_bytes()).is_some())
    }

    #[expect(clippy::panic, reason = "evaluated at compile time: a wrong row is a compile error")]
    const fn check(&self, title: &str) {
        let mut rest = title.as_bytes();
        while let Some((&c, after)) = rest.split_first() {
            rest = after;
            if c == b'{' && !self.captures_hole(after) {
                panic!("a title has a hole that no format of the row captures");
            }
        }
    }

    /// Whether the hole that `text` starts with is `frame` or captured by some format.
    const fn captures_hole(&self, text: &[u8]) -> bool {
        if hole_is(text, b"frame") {
            return true;
        }
        let mut headers: &[Option<Format>] = &self.headers;
        while let Some((header, next)) = headers.split_first() {
            if let Some(format) = header
                && names_hole(format.names, text)
            {
                return true;
            }
            headers = next;
        }
        let mut parts: &[Option<Part>] = &self.parts;
        while let Some((part, next)) = parts.split_first() {
            if let Some(part) = part
                && names_hole(part.format.names, text)
            {
                return true;
            }
            parts = next;
        }
        false
    }
}

/// A `.body` for kinds whose title names no function though the kernel prints a stack: without one, part of the
/// report is missing.
pub(crate) fn expects_stack(report: &mut Report<'_>) {
    let said = report.defects.iter().any(|d| d.code == DefectCode::EmptyTrace);
    if !said && report.traces.iter().all(|t| t.frames.is_empty()) {
        let text = "the stack is missing".to_owned();
        report.defects.push(Defect { code: DefectCode::EmptyTrace, text });
    }
}

#[expect(clippy::panic, reason = "evaluated at compile time: a wrong row is a compile error")]
const fn checked(text: &'static str, names: &'static [&'static str]) -> Format {
    if printk::conversions(text) != names.len() {
        panic!("a format and its list of names differ in length");
    }
    Format { text, names }
}

#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "evaluated at compile time: a wrong row is a compile error"
)]
const fn push_format(mut formats: [Option<Format>; FORMATS], format: Format) -> [Option<Format>; FORMATS] {
    let mut at = 0;
    while at < FORMATS && formats[at].is_some() {
        at += 1;
    }
    if at == FORMATS {
        panic!("a row has too many wordings");
    }
    formats[at] = Some(format);
    formats
}

#[expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "evaluated at compile time: a wrong row is a compile error"
)]
const fn push_part(mut parts: [Option<Part>; FORMATS], part: Part) -> [Option<Part>; FORMATS] {
    let mut at = 0;
    while at < FORMATS && parts[at].is_some() {
        at += 1;
    }
    if at == FORMATS {
        panic!("a row has too many further lines");
    }
    parts[at] = Some(part);
    parts
}

const fn names_hole(names: &[&str], text: &[u8]) -> bool {
    let mut names = names;
    while let Some((name, next)) = names.split_first() {
        if hole_is(text, name.as_bytes()) {
            return true;
        }
        names = next;
    }
    false
}

/// Whether `text` is `name}…`.
const fn hole_is(text: &[u8], name: &[u8]) -> bool {
    let (mut text, mut name) = (text, name);
    loop {
        match (text.split_first(), name.split_first()) {
            (Some((b'}', _)), None) => return true,
            (Some((a, t)), Some((b, n))) if *a == *b => {
                text = t;
                name = n;
            }
            _ => return false,
        }
    }
}
