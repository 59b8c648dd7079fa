//! The words of a report that tell it from others: identifiers and path parts.

use super::{Report, SourceLocation, Symbol};
use std::collections::BTreeSet;

/// Shorter words tell nothing.
const SHORTEST: usize = 3;

/// First words of lines that say nothing of the bug.
const CIRCUMSTANCES: &[&str] = &["CPU", "Hardware", "Modules", "Code", "Call", "Tainted"];

impl Report<'_> {
    /// The identifiers and path parts of the report's text, sorted, each once.
    ///
    /// The functions, modules and files of every stack, where the registers point, and the words of every line but
    /// those of registers, code and machine. No numbers, no addresses, no word under three bytes: two crashes of one
    /// bug have almost the same. A source file stands there by its words and as a whole, with its path in the kernel's
    /// tree: a term with a `/` is a file.
    #[must_use]
    pub fn terms(&self) -> Vec<String> {
        let files: Vec<String> = self.locations().map(SourceLocation::path_in_tree).collect();
        let mut terms: BTreeSet<&str> =
            files.iter().map(String::as_str).filter(|f| f.contains('/')).collect();
        for symbol in self.symbols() {
            collect(&symbol.name, &mut terms);
            symbol.module.iter().for_each(|m| collect(m, &mut terms));
        }
        for location in self.locations() {
            collect(&location.file, &mut terms);
        }
        for line in self.lines.iter().filter(|l| !self.is_circumstance(l)) {
            collect(line, &mut terms);
        }
        terms.into_iter().map(str::to_owned).collect()
    }

    fn symbols(&self) -> impl Iterator<Item = &Symbol<'_>> {
        let frames = self.traces.iter().flat_map(|t| &t.frames).filter_map(|f| f.symbol.as_ref());
        frames.chain(self.registers.iter().flat_map(|r| r.ip.iter().chain(&r.link)))
    }

    fn locations(&self) -> impl Iterator<Item = &SourceLocation<'_>> {
        let frames = self.traces.iter().flat_map(|t| &t.frames).filter_map(|f| f.location.as_ref());
        frames.chain(self.registers.iter().filter_map(|r| r.ip_location.as_ref()))
    }

    /// Whether the line says where it happened, and not what: registers, code, the machine.
    fn is_circumstance(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_start();
        let word = line.split(|c| matches!(c, b':' | b'=' | b' ')).next().unwrap_or_default();
        let has_name = |r: &super::Register<'_>| *r.name == *word;
        CIRCUMSTANCES.iter().any(|c| c.as_bytes() == word)
            || (!word.is_empty() && self.registers.iter().flat_map(|d| &d.entries).any(has_name))
    }
}

/// Adds the identifiers of `text`.
fn collect<'a>(text: &'a [u8], terms: &mut BTreeSet<&'a str>) {
    for word in text.split(|c| !(c.is_ascii_alphanumeric() || *c == b'_')) {
        if word.len() >= SHORTEST && is_identifier(word) {
            terms.extend(std::str::from_utf8(word));
        }
    }
}

/// Whether the word is a name and not a number: `ffff88`, `0x1f7`, `12ms`, `dead` are none.
fn is_identifier(word: &[u8]) -> bool {
    let starts = word.first().is_some_and(|c| c.is_ascii_alphabetic() || *c == b'_');
    let hex = word.len() > SHORTEST || word.iter().any(u8::is_ascii_digit);
    starts && !(hex && word.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Frame, Kind, Role, Span, Text, Trace};

    #[test]
    fn ok_terms_are_names_sorted_and_unique() {
        let mut report = Report::new(Kind::unknown("a/b".to_owned()), Span::default());
        let symbol = Symbol { name: Text::from("tcp_sendmsg"), offset: Some(16), ..Symbol::default() };
        let mut trace = Trace::new(Role::Crash, None);
        let location = Some(SourceLocation { file: Text::from("./net/core/sock.c"), line: Some(7) });
        trace.frames.push(Frame { symbol: Some(symbol), location, ..Frame::default() });
        report.traces.push(trace);
        report.lines = ["BUG: foo in tcp_sendmsg+0x10/0x20", "at net/ipv4/tcp.c:12 ffff8880 by 12ms 0xabc"]
            .map(Text::from)
            .to_vec();
        let words = ["BUG", "core", "foo", "ipv4", "net"];
        assert_eq!(report.terms(), [&words[..], &["net/core/sock.c", "sock", "tcp", "tcp_sendmsg"]].concat());
    }
}
