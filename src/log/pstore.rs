//! Dumps of pstore: parts of the log's tail, the newest first.
//!
//! Sources: `pstore_dump` in `fs/pstore/platform.c` (`%s#%d Part%u\n`); `ramoops_write_kmsg_hdr` in
//! `fs/pstore/ram.c` (`====%lld.%06lu-%c\n`); systemd `src/pstore/pstore.c`, which puts parts in order and the name
//! of each file above it. Example: `Panic#2 Part1`, then `<4>[ 6066.829029] …`

use super::Form;
use super::decode::{At, Decode, Decoded, RECORD_BYTES, lines};
use crate::bytes::{Parsed, dec, dec32};
use nom::Parser;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{all_consuming, opt};
use nom::sequence::{preceded, terminated};

/// One part of a dump.
struct Part {
    /// `Panic#2`.
    dump: Vec<u8>,
    number: u32,
    lines: Vec<(At, Vec<u8>)>,
}

/// Decoder of parts in any order.
#[derive(Default)]
pub(super) struct Pstore {
    parts: Vec<Part>,
    bytes: usize,
}

/// Whether a line is the header of a part or of a raw ramoops record.
pub(super) fn is_own(line: &[u8]) -> bool {
    part(line).is_ok() || ramoops(line)
}

impl Decode for Pstore {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let done = lines(source, at, last, |line, at| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Ok((_, (dump, number))) = part(line) {
                self.parts.push(Part { dump: dump.to_vec(), number, lines: Vec::new() });
            } else if !line.is_empty() && !is_name(line) && !ramoops(line) {
                self.bytes += line.len();
                match self.parts.last_mut() {
                    Some(part) => part.lines.push((at, line.to_vec())),
                    None => out.line(line, Form::Console, at),
                }
            }
        });
        if last || self.bytes > 4 * RECORD_BYTES {
            self.flush(out);
        }
        done
    }

    fn flush(&mut self, out: &mut Decoded) {
        self.bytes = 0;
        let mut parts = std::mem::take(&mut self.parts);
        while !parts.is_empty() {
            let dump = parts.first().map(|p| p.dump.clone()).unwrap_or_default();
            let (mut same, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(|p| p.dump == dump);
            same.sort_by_key(|p| std::cmp::Reverse(p.number));
            for (at, line) in same.iter().flat_map(|p| &p.lines) {
                out.line(line, Form::Console, *at);
            }
            parts = others;
        }
    }
}

/// `Panic#2 Part1`.
fn part(line: &[u8]) -> Parsed<'_, (&[u8], u32)> {
    let reason = take_while1(|c: u8| c.is_ascii_alphabetic() || c == b' ');
    let dump = nom::combinator::recognize((reason, char('#'), dec));
    all_consuming((dump, terminated(preceded(tag(" Part"), dec32), opt(char('\r'))))).parse(line)
}

/// `====1700000000.123456-D`.
fn ramoops(line: &[u8]) -> bool {
    let header = (tag("===="), dec, char('.'), dec, opt((char('-'), one_of("CD"))));
    let read: Parsed<'_, _> = all_consuming(header).parse(line);
    read.is_ok()
}

/// systemd-pstore's `dmesg-efi-170000000001001:`.
fn is_name(line: &[u8]) -> bool {
    let name = line.strip_prefix(b"dmesg-").and_then(|r| r.strip_suffix(b":"));
    name.is_some_and(|n| n.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_parts_are_put_in_order() {
        let source = b"Oops#1 Part1\n<4>[    3.000000] c\nOops#1 Part2\n<4>[    2.000000] b\n\
            dmesg-efi-1700000000:\nPanic#2 Part2\n<4>[    4.000000] d\nPanic#2 Part1\n<4>[    5.000000] e\n";
        let (mut out, mut pstore) = (Decoded::default(), Pstore::default());
        pstore.feed(source, At { offset: 0, line: 1 }, true, &mut out);
        let text = String::from_utf8(out.text.clone()).unwrap();
        let order: String = text.lines().filter_map(|l| l.chars().last()).collect();
        assert_eq!(order, "bcde");
        assert_eq!(out.source(At { offset: 0, line: 1 }).line, 4);
    }

    #[test]
    fn ok_headers() {
        assert!(is_own(b"Emergency Restart#12 Part3") && is_own(b"====1700000000.123456-D"));
        assert!(!is_own(b"Oops#1 Part") && !is_own(b"=================="));
    }
}
