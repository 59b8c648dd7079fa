//! Logs that people sent or showed: mail with quotes and wrapped lines, text escaped for a web page.
//!
//! Example: `> [   12.345678] BUG: KASAN: slab-use-after-free in` and, wrapped, `> ring_write+0x1f7/0x560`; and
//! `[   12.345678]  &lt;TASK&gt;`.

use super::decode::{At, Decode, Decoded, lines};
use super::{Form, prefix};
use crate::bytes::{dec_value, hex_value};

/// Columns from which on a mail program may have wrapped a line: format=flowed advises 66.
const WRAP: usize = 65;

/// Decoder of mail: takes quote marks away and joins what was wrapped.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// How the lines inside start.
    form: Form,
    /// A line that may go on in the next one, and how wide it was.
    open: Option<(At, Vec<u8>, usize)>,
    /// The part is quoted-printable.
    quoted_printable: bool,
    /// A line that quoted-printable cut.
    cut: Option<(At, Vec<u8>)>,
}

/// The line without quote marks: `> `, `>> `, `> > `, `| `.
pub(super) fn unquote(mut line: &[u8]) -> &[u8] {
    while let Some(rest) = line.strip_prefix(b">").or_else(|| line.strip_prefix(b"| ")) {
        line = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    line
}

/// Whether a mail's header or a quote starts with this line.
pub(super) fn is_quoted(line: &[u8]) -> bool {
    line.starts_with(b"> ") || line.starts_with(b">>") || line == b">"
}

/// Whether the line is one of a mail's header that no log has.
pub(super) fn is_mail_header(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [
        b"Message-ID: <",
        b"Message-Id: <",
        b"In-Reply-To: <",
        b"MIME-Version: 1.0",
        b"Content-Transfer-Encoding: ",
    ];
    NAMES.iter().any(|n| line.starts_with(n))
}

impl Mail {
    /// Mail whose log has lines of that form.
    pub(super) fn new(form: Form) -> Self {
        Self { form, ..Self::default() }
    }
}

impl Decode for Mail {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let done = lines(source, at, last, |line, at| self.transfer(line, at, out));
        if last {
            self.flush(out);
        }
        done
    }

    fn flush(&mut self, out: &mut Decoded) {
        if let Some((at, line)) = self.cut.take() {
            self.line(&line, at, out);
        }
        self.close(out);
    }
}

impl Mail {
    /// Takes the transfer encoding away.
    fn transfer(&mut self, line: &[u8], at: At, out: &mut Decoded) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(encoding) = value_of(line, b"content-transfer-encoding:") {
            self.quoted_printable = encoding.eq_ignore_ascii_case(b"quoted-printable");
        }
        if !self.quoted_printable {
            self.line(line, at, out);
            return;
        }
        let (at, mut whole) = self.cut.take().unwrap_or((at, Vec::new()));
        match line.strip_suffix(b"=") {
            Some(part) if whole.len() < super::decode::RECORD_BYTES => {
                printable(part, &mut whole);
                self.cut = Some((at, whole));
            }
            _ => {
                printable(line, &mut whole);
                self.line(&whole, at, out);
            }
        }
    }

    fn line(&mut self, quoted: &[u8], at: At, out: &mut Decoded) {
        let line = unquote(quoted);
        let starts = self.form.read(line).1.clock.is_some();
        if !starts && let Some((_, open, width)) = self.open.as_mut() {
            let word = line.split(|c| *c == b' ').next().unwrap_or_default();
            let wrapped = !word.is_empty() && *width + 1 + word.len() > WRAP;
            if wrapped || (open.ends_with(b" ") && !word.is_empty()) {
                if !open.ends_with(b" ") {
                    open.push(b' ');
                }
                open.extend_from_slice(line);
                *width = quoted.len();
                return;
            }
        }
        self.close(out);
        if starts {
            self.open = Some((at, line.to_vec(), quoted.len()));
        } else {
            out.made(line, at);
        }
    }

    fn close(&mut self, out: &mut Decoded) {
        if let Some((at, line, _)) = self.open.take() {
            out.made(line.trim_ascii_end(), at);
        }
    }
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, value) = line.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

/// `=3D` → `=`.
fn printable(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr(b'=', text) {
        let (plain, rest) = text.split_at(at);
        out.extend_from_slice(plain);
        match rest.get(1..3).and_then(hex_value).and_then(|b| u8::try_from(b).ok()) {
            Some(byte) => {
                out.push(byte);
                text = rest.get(3..).unwrap_or_default();
            }
            None => {
                out.push(b'=');
                text = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(text);
}

/// Decoder of text from a web page.
#[derive(Debug, Default)]
pub(super) struct Html;

impl Decode for Html {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let mut text = Vec::new();
        lines(source, at, last, |line, at| {
            text.clear();
            unescape(line, &mut text);
            // `<br>` became a line feed.
            text.split(|c| *c == b'\n').for_each(|line| out.made(line, at));
        })
    }
}

/// Whether the line shows that the text was escaped for a web page.
pub(super) fn is_escaped(line: &[u8]) -> bool {
    const ESCAPES: [&[u8]; 4] = [b"&lt;", b"&gt;", b"&#x3c;", b"&#60;"];
    memchr::memchr_iter(b'&', line).any(|at| {
        let rest = line.get(at..).unwrap_or_default();
        ESCAPES.iter().any(|escape| rest.starts_with(escape))
    })
}

/// Whether a web page starts with this line.
pub(super) fn is_page(line: &[u8]) -> bool {
    let start = line.get(..15).unwrap_or(line).to_ascii_lowercase();
    start.starts_with(b"<!doctype html") || start.starts_with(b"<html") || start.starts_with(b"<pre")
}

/// The line with its character references replaced and its tags taken away.
pub(super) fn unescape(mut line: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = memchr::memchr2(b'&', b'<', line) {
        let (plain, rest) = line.split_at(at);
        out.extend_from_slice(plain);
        let found = if rest.starts_with(b"&") { reference(rest, out) } else { tag(rest, out) };
        line = found.unwrap_or_else(|| {
            out.extend(rest.first());
            rest.get(1..).unwrap_or_default()
        });
    }
    out.extend_from_slice(line);
}

/// `&lt;`, `&#39;`, `&#x27;`.
fn reference<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let end = input.iter().take(10).position(|c| *c == b';')?;
    let c = match input.get(1..end)? {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"quot" => '"',
        b"apos" => '\'',
        b"nbsp" => ' ',
        [b'#', b'x' | b'X', hex @ ..] => char::from_u32(u32::try_from(hex_value(hex)?).ok()?)?,
        [b'#', digits @ ..] => char::from_u32(u32::try_from(dec_value(digits)?).ok()?)?,
        _ => return None,
    };
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    input.get(end + 1..)
}

/// A tag of a web page, which is in lower case where the kernel's markers are not.
fn tag<'a>(input: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    const TAGS: &[&[u8]] = &[
        b"a", b"b", b"body", b"br", b"code", b"div", b"em", b"font", b"head", b"html", b"i", b"li", b"ol",
        b"p", b"pre", b"s", b"span", b"strong", b"table", b"tbody", b"td", b"th", b"title", b"tr", b"tt",
        b"u", b"ul",
    ];
    let end = memchr::memchr(b'>', input.get(..4096).unwrap_or(input))?;
    let inside = input.get(1..end)?;
    let name = inside.strip_prefix(b"/").unwrap_or(inside);
    let name = name.split(|c| c.is_ascii_whitespace() || *c == b'/').next()?;
    if !TAGS.contains(&name) && !inside.starts_with(b"!") {
        return None;
    }
    if name == b"br" {
        out.push(b'\n');
    }
    input.get(end + 1..)
}

/// A sample of lines as this page's decoder would give them.
pub(super) fn sample(lines: &[&[u8]], page: Page) -> Vec<Vec<u8>> {
    let plain = |line: &&[u8]| match page {
        Page::Mail => unquote(line).to_vec(),
        Page::Html => {
            let mut text = Vec::new();
            unescape(line, &mut text);
            prefix::trim_end(&text).to_vec()
        }
    };
    lines.iter().map(plain).collect()
}

/// What a log can stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Mail,
    Html,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mut decoder: impl Decode, source: &str, want: &str) {
        let mut out = Decoded::default();
        decoder.feed(source.as_bytes(), At { offset: 0, line: 1 }, true, &mut out);
        assert_eq!(String::from_utf8_lossy(&out.text), want);
    }

    #[test]
    fn ok_quotes_and_wrapped_lines() {
        check(
            Mail::default(),
            "On Monday somebody wrote:\n\
             > [   12.345678] BUG: KASAN: slab-use-after-free in\n> ring_write_with_a_name+0x1f7/0x560\n\
             > [   12.345679]  <TASK>\n> > [   12.345680]  f+0x1/0x2\n>\nThis is short.\n",
            "On Monday somebody wrote:\n\
             [   12.345678] BUG: KASAN: slab-use-after-free in ring_write_with_a_name+0x1f7/0x560\n\
             [   12.345679]  <TASK>\n[   12.345680]  f+0x1/0x2\n\nThis is short.\n",
        );
    }

    #[test]
    fn ok_quoted_printable() {
        check(
            Mail::default(),
            "Content-Transfer-Encoding: quoted-printable\n[    1.000000] a=3Db =\nc\n",
            "Content-Transfer-Encoding: quoted-printable\n[    1.000000] a=b c\n",
        );
    }

    #[test]
    fn ok_references_and_tags() {
        check(
            Html,
            "<pre class=\"log\">[    1.0]  &lt;TASK&gt;<br>a &amp; b&#39;&#x41; &bogus; <IRQ> </pre>\n",
            "[    1.0]  <TASK>\na & b'A &bogus; <IRQ> \n",
        );
    }
}
