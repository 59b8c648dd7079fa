//! Which transport carried a log? Decided once, by what its first lines look like.

use super::decode::{Decode, Plain, is_dirty};
use super::page::{self, Page};
use super::{Form, dmesg, journal, json, kmsg, prefix, pstore, syslog, vendor};

/// Bytes by which a log is judged; where they show nothing, the next so many, up to [`WINDOWS`] times.
pub(crate) const WINDOW: usize = 64 << 10;
/// Windows that are looked at.
pub(crate) const WINDOWS: usize = 32;

/// How a log was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Transport {
    /// The console's own lines, with or without stamps, levels and caller ids: serial consoles, plain dmesg and
    /// `dmesg -r`, `vmcore-dmesg.txt`, plain netconsole.
    #[default]
    Console,
    /// util-linux dmesg's forms for people: `-T`, `-d`, `-e`, `-H`, `-x`, `--time-format=iso`.
    Dmesg,
    /// Files of a syslog daemon, journalctl's short forms, consoles that a CI system stamped.
    Syslog,
    /// Consoles of Android vendors, with a bracket of theirs behind the stamp.
    Android,
    /// /dev/kmsg, `dmesg -K`, extended netconsole.
    Kmsg,
    /// `journalctl -o json`, `-o json-seq`, `dmesg -J`.
    Json,
    /// `journalctl -o export`.
    Export,
    /// A LAVA job's log.
    Lava,
    /// Parts of pstore dumps, systemd-pstore's files, raw ramoops.
    Pstore,
    /// Mail: quoted, wrapped, quoted-printable.
    Mail,
    /// Text escaped for a web page.
    Html,
}

impl Transport {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Console,
        Self::Dmesg,
        Self::Syslog,
        Self::Android,
        Self::Kmsg,
        Self::Json,
        Self::Export,
        Self::Lava,
        Self::Pstore,
        Self::Mail,
        Self::Html,
    ];

    /// The name that options use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Dmesg => "dmesg",
            Self::Syslog => "syslog",
            Self::Android => "android",
            Self::Kmsg => "kmsg",
            Self::Json => "json",
            Self::Export => "export",
            Self::Lava => "lava",
            Self::Pstore => "pstore",
            Self::Mail => "mail",
            Self::Html => "html",
        }
    }

    /// How lines start, where the transport alone says so.
    const fn form(self) -> Form {
        match self {
            Self::Dmesg => Form::Dmesg,
            Self::Syslog => Form::Syslog,
            Self::Android => Form::Android,
            _ => Form::Console,
        }
    }
}

impl std::fmt::Display for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What a log was taken for, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// The transport.
    pub transport: Transport,
    /// Why, for a person.
    pub reason: String,
    /// How the lines start, once decoded.
    pub(crate) form: Form,
    /// Whether the text does not stand verbatim in the bytes.
    pub(crate) decode: bool,
    /// Whether anything spoke for it.
    pub(crate) sure: bool,
}

impl Detection {
    /// Whether lines stand verbatim in the bytes, but for those that have to be cleaned.
    pub(crate) const fn is_verbatim(&self) -> bool {
        is_verbatim(self.transport)
    }

    /// The decoder that this log needs.
    pub(crate) fn decoder(&self) -> Box<dyn Decode> {
        match self.transport {
            Transport::Console | Transport::Dmesg | Transport::Syslog | Transport::Android => {
                Box::new(Plain(self.form))
            }
            Transport::Kmsg => Box::new(kmsg::Kmsg::default()),
            Transport::Json => Box::new(journal::Objects),
            Transport::Export => Box::new(journal::Export::default()),
            Transport::Lava => Box::new(journal::Lava),
            Transport::Pstore => Box::new(pstore::Pstore::default()),
            Transport::Mail => Box::new(page::Mail::new(self.form)),
            Transport::Html => Box::new(page::Html),
        }
    }
}

/// What `bytes`, the whole of a log behind its byte order mark, are.
pub(crate) fn detect(bytes: &[u8]) -> Detection {
    let mut windows = bytes.chunks(WINDOW).take(WINDOWS).map(detect_window);
    let first = windows.next().unwrap_or_else(|| detect_window(b""));
    if first.sure { first } else { windows.find(|d| d.sure).unwrap_or(first) }
}

/// What a log is of which the user says how it was carried, and nothing has come yet; `None` where its lines must tell
/// how they start.
pub(crate) fn told_alone(transport: Transport) -> Option<Detection> {
    page_of(transport).is_none().then(|| told(transport, b""))
}

/// What a log is of which the user says how it was carried.
pub(crate) fn told(transport: Transport, window: &[u8]) -> Detection {
    let lines = lines_of(window);
    let form = page_of(transport).map_or(transport.form(), |page| inner_form(&lines, page));
    let decode = !is_verbatim(transport) || is_dirty(window);
    Detection { transport, reason: "told so".to_owned(), form, decode, sure: true }
}

/// What one window of a log is.
pub(crate) fn detect_window(window: &[u8]) -> Detection {
    let lines = lines_of(window);
    let (transport, votes, what) = vote(window, &lines);
    let form = page_of(transport).map_or(transport.form(), |page| inner_form(&lines, page));
    let cleaned = is_dirty(window);
    let mut reason = match votes {
        0 => "no line shows a transport".to_owned(),
        votes => format!("{votes} of the first {} lines {what}", lines.len()),
    };
    if cleaned {
        reason.push_str("; control characters are taken out");
    }
    Detection { transport, reason, form, decode: !is_verbatim(transport) || cleaned, sure: votes > 0 }
}

/// What the lines of a log stand in: only they show how they start.
const fn page_of(transport: Transport) -> Option<Page> {
    match transport {
        Transport::Mail => Some(Page::Mail),
        Transport::Html => Some(Page::Html),
        _ => None,
    }
}

const fn is_verbatim(transport: Transport) -> bool {
    matches!(transport, Transport::Console | Transport::Dmesg | Transport::Syslog | Transport::Android)
}

/// UTF-8's, at the start of a log; it is no part of the text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn lines_of(window: &[u8]) -> Vec<&[u8]> {
    let mut start = 0;
    let ends = memchr::memchr2_iter(b'\n', b'\r', window).chain([window.len()]);
    let line = |end| window.get(std::mem::replace(&mut start, end + 1)..end);
    ends.filter_map(line).filter(|l| !l.trim_ascii().is_empty()).collect()
}

/// The transport with the most votes of lines, the votes, and what those lines do.
fn vote(window: &[u8], lines: &[&[u8]]) -> (Transport, usize, &'static str) {
    let count = |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|l| is(l)).count();
    let first = window.trim_ascii_start();
    if objects(first) {
        return (Transport::Json, count(&|l| l.contains(&b'{')), "open objects with a message");
    }
    let pages = [
        (Transport::Pstore, count(&|l| pstore::is_own(l)), 0, "head a part of a pstore dump"),
        (Transport::Lava, count(&|l| journal::is_lava(l)), 2, "are mappings of a LAVA log"),
        (Transport::Export, count(&|l| journal::is_export(l)), 200, "are fields that a journal export has"),
        (Transport::Kmsg, count(&|l| kmsg::is_own(prefix::trim_end(l))), 20, "start like /dev/kmsg records"),
        (Transport::Html, html_votes(lines), 100, "are escaped for a web page"),
        (Transport::Mail, mail_votes(lines), 3, "are quoted or of a mail's header"),
    ];
    // A share of the lines speaks for these: one in so many; none is asked where the sign cannot be mistaken.
    let found = pages
        .into_iter()
        .find(|(_, votes, share, _)| *votes > 0 && (*share == 0 || votes * share >= lines.len()));
    if let Some((transport, votes, _, what)) = found {
        return (transport, votes, what);
    }
    let (transport, votes, what) = form_votes(lines);
    (transport, votes, what)
}

/// The way lines start that most lines have.
fn form_votes(lines: &[impl AsRef<[u8]>]) -> (Transport, usize, &'static str) {
    let (mut console, mut others) = (0, [0; 3]);
    for line in lines.iter().map(AsRef::as_ref) {
        let line = prefix::trim_end(line);
        let clean = prefix::escapes(line).map_or(line, |(rest, ())| rest);
        let [android, syslog, dmesg] = &mut others;
        if syslog::is_own(clean) {
            *syslog += 1;
        } else if dmesg::is_own(clean) {
            *dmesg += 1;
        } else if vendor::read(clean).is_some() {
            *android += 1;
        } else if prefix::read(line).1 != prefix::Prefix::default() {
            console += 1;
        }
    }
    let [android, syslog, dmesg] = others;
    let all = [
        (Transport::Syslog, syslog, "have a log daemon's stamp"),
        (Transport::Dmesg, dmesg, "have a stamp or level of dmesg's forms for people"),
        (Transport::Android, android, "have an Android vendor's bracket"),
        (Transport::Console, console, "have the console's stamp or level"),
    ];
    if all.iter().all(|(_, votes, _)| *votes == 0) {
        return (Transport::Console, 0, "");
    }
    // The first of those with the most votes; vendors stamp only what their own code prints.
    let most = all.iter().map(|(_, votes, _)| *votes).max().unwrap_or(0);
    let vendors =
        (android * 10 >= most).then_some(Transport::Android).filter(|_| android > 0 && console == most);
    let pick = |t: &(Transport, usize, &'static str)| vendors.map_or(t.1 == most, |v| t.0 == v);
    all.into_iter().find(pick).unwrap_or((Transport::Console, 0, ""))
}

fn inner_form(lines: &[&[u8]], page: Page) -> Form {
    form_votes(&page::sample(lines, page)).0.form()
}

/// Whether the log starts with an object that has a message.
fn objects(first: &[u8]) -> bool {
    // json-seq's separator, json-sse's field.
    let lead = [&b"\x1e"[..], b"data: "].into_iter().find_map(|lead| first.strip_prefix(lead));
    let first = lead.unwrap_or(first).trim_ascii_start();
    let first = first.strip_prefix(b"[").map_or(first, <[u8]>::trim_ascii_start);
    if !first.starts_with(b"{") {
        return false;
    }
    let is_dmesg = first.get(1..).unwrap_or_default().trim_ascii_start().starts_with(b"\"dmesg\"");
    is_dmesg || json::object(first).is_ok_and(|(_, o)| journal::is_own(&o))
}

fn html_votes(lines: &[&[u8]]) -> usize {
    let escaped = lines.iter().filter(|l| page::is_escaped(l)).count();
    let page = lines.iter().take(3).any(|l| page::is_page(l.trim_ascii_start()));
    if page { escaped.max(lines.len().div_ceil(100)) } else { escaped }
}

fn mail_votes(lines: &[&[u8]]) -> usize {
    let quoted = lines.iter().filter(|l| page::is_quoted(l)).count();
    let header = lines.iter().take(60).filter(|l| page::is_mail_header(l)).count();
    if header > 0 { lines.len().div_ceil(3).max(quoted) } else { quoted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(log: &str, transport: Transport, form: Form, decode: bool) {
        let found = detect(log.as_bytes());
        assert_eq!(
            (found.transport, found.form, found.decode),
            (transport, form, decode),
            "{}",
            found.reason
        );
    }

    #[test]
    fn ok_each_transport() {
        let console = Form::Console;
        check("[    1.000000] a\n", Transport::Console, console, false);
        check("[    1.000000] a\r\n", Transport::Console, console, false);
        check("BUG: a\n", Transport::Console, console, false);
        check("", Transport::Console, console, false);
        check("[    1.000000] a\r[    1.000000] b\r", Transport::Console, console, true);
        check("\x1b[32m[    1.000000] \x1b[0ma\n", Transport::Console, console, true);
        check("[Fri Feb 13 23:31:30 2009] a\n", Transport::Dmesg, Form::Dmesg, false);
        check("Nov 14 22:13:20 host kernel: a\n", Transport::Syslog, Form::Syslog, false);
        check("[    1.000000] b\n[    1.000000] (3)[435:x]a\n", Transport::Android, Form::Android, false);
        check("6,1,2,-;a\n", Transport::Kmsg, console, true);
        check("{\"MESSAGE\":\"a\"}\n", Transport::Json, console, true);
        check("{\n \"dmesg\": [ {\n", Transport::Json, console, true);
        check("__CURSOR=x\nMESSAGE=a\n", Transport::Export, console, true);
        check("- {\"dt\": \"x\", \"lvl\": \"target\", \"msg\": \"a\"}\n", Transport::Lava, console, true);
        check("Oops#1 Part1\n<4>[    1.000000] a\n", Transport::Pstore, console, true);
        check("> [Fri Feb 13 23:31:30 2009] a\n", Transport::Mail, Form::Dmesg, true);
        check("[    1.000000]  &lt;IRQ&gt;\n", Transport::Html, console, true);
    }

    #[test]
    fn ok_later_windows_count_where_the_first_show_nothing() {
        let log = format!("{}Nov 14 22:13:20 host kernel: a\n", "nothing\n".repeat(WINDOW / 4));
        check(&log, Transport::Syslog, Form::Syslog, false);
    }

    #[test]
    fn ok_names_are_unique() {
        let names: std::collections::HashSet<_> = Transport::ALL.iter().map(|t| t.name()).collect();
        assert_eq!(names.len(), Transport::ALL.len());
    }
}
