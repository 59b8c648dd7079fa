//! Records of /dev/kmsg: the device itself, dmesg -K, extended netconsole.
//!
//! Sources: `info_print_ext_header` and `msg_print_ext_body` in `kernel/printk/printk.c`;
//! `drivers/net/netconsole.c`; `Documentation/ABI/testing/dev-kmsg`.
//! Example: `6,416,1758426,-,caller=T81,ncfrag=0/31;BUG: …`, then ` SUBSYSTEM=acpi`

use super::Form;
use super::decode::{At, Decode, Decoded, Record, lines};
use super::prefix::caller_id;
use crate::bytes::{Parsed, dec, hex_value};
use crate::report::Caller;
use nom::Parser;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, one_of};
use nom::multi::fold_many_m_n;
use nom::sequence::{preceded, separated_pair, terminated};
use std::collections::BTreeMap;

/// Records that are waited for when one is missing, before it is taken for lost.
const WINDOW: usize = 32;
/// Most bytes of a record whose fragments are put together: `LOG_LINE_MAX` and the dictionary, escaped.
const RECORD: usize = 64 << 10;

/// What stands before the `;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    level: u8,
    sequence: u64,
    time: u64,
    flag: char,
    caller: Option<Caller>,
    /// `ncfrag=%d/%d`: where the fragment starts, and the bytes of the whole.
    fragment: Option<(usize, usize)>,
}

/// A record whose turn has not come.
struct Waiting {
    header: Header,
    at: At,
    text: Vec<u8>,
    /// Bytes of the text that came.
    filled: usize,
}

impl Waiting {
    fn is_whole(&self) -> bool {
        self.header.fragment.is_none_or(|(_, total)| self.filled >= total)
    }
}

/// Decoder of /dev/kmsg records.
#[derive(Default)]
pub(super) struct Kmsg {
    waiting: BTreeMap<u64, Waiting>,
    /// The sequence number whose turn it is.
    next: Option<u64>,
    /// The last fragment of a line, `c` or `+`, that the next one continues.
    open: Option<(Header, At, Vec<u8>)>,
}

/// Whether a line is the first of such a record.
pub(super) fn is_own(line: &[u8]) -> bool {
    header(line.strip_prefix(b"\0").unwrap_or(line)).is_ok()
}

impl Decode for Kmsg {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let done = lines(source, at, last, |line, at| {
            for record in line.split(|c| *c == 0).filter(|r| !r.is_empty()) {
                self.line(record, at, out);
            }
        });
        if last {
            self.flush(out);
        }
        done
    }

    fn flush(&mut self, out: &mut Decoded) {
        while let Some((sequence, waiting)) = self.waiting.pop_first() {
            self.emit(sequence, waiting, out);
        }
        self.close(out);
    }
}

impl Kmsg {
    fn line(&mut self, line: &[u8], at: At, out: &mut Decoded) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Ok((text, header)) = header(line) else {
            // ` SUBSYSTEM=acpi` belongs to the record above; anything else is somebody's own.
            if !line.starts_with(b" ") {
                self.flush(out);
                out.line(line, Form::Console, at);
            }
            return;
        };
        let sequence = header.sequence;
        let restarted = self.next.is_some_and(|next| sequence + 4 * (WINDOW as u64) < next);
        if restarted {
            self.flush(out);
            self.next = None;
        }
        self.keep(header, text, at);
        self.drain(out);
    }

    /// Puts a record, or a fragment of one, to those that wait.
    fn keep(&mut self, header: Header, text: &[u8], at: At) {
        let new = || Waiting { header, at, text: Vec::new(), filled: 0 };
        let waiting = self.waiting.entry(header.sequence).or_insert_with(new);
        let (start, total) = header.fragment.unwrap_or((0, text.len()));
        let total = total.min(RECORD);
        if waiting.text.len() < total {
            waiting.text.resize(total, b' ');
        }
        let end = (start + text.len()).min(waiting.text.len());
        if let Some(space) = waiting.text.get_mut(start..end) {
            space.copy_from_slice(text.get(..space.len()).unwrap_or_default());
            waiting.filled += space.len();
        }
    }

    /// Hands out the records whose turn it is; waits no longer for one when too many wait behind it.
    fn drain(&mut self, out: &mut Decoded) {
        loop {
            let many = self.waiting.len() > WINDOW;
            let Some(first) = self.waiting.first_entry() else { return };
            let sequence = *first.key();
            let its_turn = self.next.is_none_or(|next| sequence <= next) && first.get().is_whole();
            if !its_turn && !many {
                return;
            }
            let waiting = first.remove();
            self.emit(sequence, waiting, out);
        }
    }

    fn emit(&mut self, sequence: u64, waiting: Waiting, out: &mut Decoded) {
        let Waiting { header, at, text, .. } = waiting;
        if let Some(lost) = self.next.and_then(|next| sequence.checked_sub(next)).filter(|lost| *lost > 0) {
            self.close(out);
            let text = format!("** {lost} printk messages dropped **");
            out.record(Record { text: text.as_bytes(), ..record(&header) }, at);
        }
        self.next = Some(self.next.map_or(sequence + 1, |next| next.max(sequence + 1)));
        let text = unescape(text.split(|c| *c == b'\n').next().unwrap_or_default());
        let continues = |open: &Header| {
            (header.flag == '+' || (header.flag == 'c' && open.flag != '-')) && open.caller == header.caller
        };
        if let Some((_, _, line)) = self.open.as_mut().filter(|(open, ..)| continues(open)) {
            line.extend_from_slice(&text);
            return;
        }
        self.close(out);
        self.open = Some((header, at, text));
        if header.flag == '-' {
            self.close(out);
        }
    }

    /// Writes the line whose fragments were put together.
    fn close(&mut self, out: &mut Decoded) {
        if let Some((header, at, text)) = self.open.take() {
            out.record(Record { text: &text, ..record(&header) }, at);
        }
    }
}

fn record(header: &Header) -> Record<'static> {
    Record { level: Some(header.level), time: Some(header.time), caller: header.caller, text: b"" }
}

/// `[release,]pri,seq,usec,flag[,key=value]*;`
fn header(input: &[u8]) -> Parsed<'_, Header> {
    let numbers =
        (terminated(dec, char(',')), terminated(dec, char(',')), terminated(dec, char(',')), one_of("-c+"));
    // netconsole's release is a `uname -r`, which starts with a digit and has a dot.
    let release = terminated(take_while1(|c: u8| c != b',' && c != b' ' && c != b';'), char(','));
    let mut numbers_alone = numbers;
    let (rest, (priority, sequence, time, flag)) = match numbers_alone.parse(input) {
        Ok(found) => found,
        Err(_) => preceded(release, numbers_alone).parse(input)?,
    };
    let start = Header { level: (priority & 7) as u8, sequence, time, flag, caller: None, fragment: None };
    let field = preceded(char(','), take_till(|c| matches!(c, b',' | b';' | b' ')));
    let fields = fold_many_m_n(0, 32, field, || start, with_field);
    terminated(fields, char(';')).parse(rest)
}

fn with_field(header: Header, field: &[u8]) -> Header {
    let caller: Parsed<'_, _> = preceded(tag("caller="), caller_id).parse(field);
    let fragment: Parsed<'_, _> = preceded(tag("ncfrag="), separated_pair(dec, char('/'), dec)).parse(field);
    let size = |n: u64| usize::try_from(n).ok();
    Header {
        caller: caller.ok().map(|(_, c)| c).or(header.caller),
        fragment: fragment.ok().and_then(|(_, (o, t))| Some((size(o)?, size(t)?))).or(header.fragment),
        ..header
    }
}

/// `\xNN` → the byte.
fn unescape(mut text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    while let Some(at) = memchr::memchr(b'\\', text) {
        let (plain, rest) = text.split_at(at);
        out.extend_from_slice(plain);
        let byte = rest.get(..4).filter(|e| e.starts_with(b"\\x")).and_then(|e| hex_value(e.get(2..)?));
        match byte.and_then(|b| u8::try_from(b).ok()) {
            Some(byte) => {
                out.push(byte);
                text = rest.get(4..).unwrap_or_default();
            }
            None => {
                out.push(b'\\');
                text = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, want: &str) {
        let (mut out, mut kmsg) = (Decoded::default(), Kmsg::default());
        kmsg.feed(source.as_bytes(), At { offset: 0, line: 1 }, true, &mut out);
        assert_eq!(String::from_utf8_lossy(&out.text), want);
    }

    #[test]
    fn ok_escapes_dictionary_and_unknown_fields() {
        check(
            "7,160,424069,-,caller=T1,new=x;a\\x5cb\\x0ac\n SUBSYSTEM=acpi\n DEVICE=+acpi:1\n6,161,424070,-;d\n",
            "<7>[    0.424069][    T1] a\\b\n<7>[    0.424069][    T1] c\n<6>[    0.424070] d\n",
        );
    }

    #[test]
    fn ok_fragments_by_sequence() {
        let source = "6,417,1758427,-;next\n6,416,1758426,-,ncfrag=16/30;the 2nd chunk.\n\
                      6,416,1758426,-,ncfrag=0/30;the first chunk,\n6,418,1758428,-;last\n";
        // The first record that comes decides where the sequence starts.
        check(
            &format!("6,415,1758425,-;zero\n{source}"),
            "<6>[    1.758425] zero\n<6>[    1.758426] the first chunk,the 2nd chunk.\n\
             <6>[    1.758427] next\n<6>[    1.758428] last\n",
        );
    }

    #[test]
    fn ok_continuation_lines_and_lost_records() {
        check("6,1,5,c;a \n6,2,6,+;b\n6,3,7,-;d\n", "<6>[    0.000005] a b\n<6>[    0.000007] d\n");
        check(
            "6,1,5,-;a\n6,4,6,-;b\n",
            "<6>[    0.000005] a\n<6>[    0.000006] ** 2 printk messages dropped **\n<6>[    0.000006] b\n",
        );
    }

    #[test]
    fn ok_records_that_nul_separates_and_a_release() {
        check(
            "0,0,0,-,caller=T1;a\0\n6.14.0-rc6,6,1,1,-;b\n",
            "<0>[    0.000000][    T1] a\n<6>[    0.000001] b\n",
        );
    }

    #[test]
    fn err_no_records() {
        for line in ["1,2,3;x", "a,b,c,-;x", "[    1.000000] x", "1,2,3,-,x"] {
            assert!(!is_own(line.as_bytes()), "{line}");
        }
    }
}
