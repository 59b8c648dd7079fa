//! Records that journalctl, dmesg -J and LAVA write as objects or fields.
//!
//! Sources: `output_json` and `output_export` in systemd `src/shared/logs-show.c`; util-linux
//! `sys-utils/dmesg.c`; LAVA's `lava_common/log.py`; systemd's Journal Export Format.

use super::decode::{At, Decode, Decoded, RECORD_BYTES, Record, lines};
use super::json::{self, Object, Value, member};
use super::prefix::{caller_id, seconds};
use crate::bytes::{dec_value, log_level};
use crate::report::Microseconds;
use memchr::memchr;

/// What stands for a message that journalctl left out: `MESSAGE` is `null` where it has more than 4096 bytes.
const LEFT_OUT: &[u8] = b"[4096B blob data]";

/// Decoder of objects, one a line or spread over several.
#[derive(Debug, Default)]
pub(super) struct Objects;

impl Decode for Objects {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let mut done = 0;
        let mut here = at;
        while let Some(rest) = source.get(done..).filter(|r| !r.is_empty()) {
            let Some(open) = memchr(b'{', rest) else {
                return if last { source.len() } else { done };
            };
            let object = rest.get(open..).unwrap_or_default();
            let object = object.get(..RECORD_BYTES).unwrap_or(object);
            let start = here.behind(rest.get(..open).unwrap_or_default());
            let length = if object.starts_with(b"{") && is_list(object) {
                // `{ "dmesg": [`: the objects inside are what counts.
                1
            } else if let Ok((behind, members)) = json::object(object) {
                emit(&members, start, out);
                object.len() - behind.len()
            } else if last || object.len() == RECORD_BYTES || is_broken(object) {
                memchr(b'\n', object).map_or(object.len(), |end| end + 1)
            } else {
                return done + open;
            };
            let passed = open + length;
            here = here.behind(rest.get(..passed).unwrap_or_default());
            done += passed;
        }
        done
    }
}

/// Whether an object that cannot be read yet never will: the next line starts another one.
fn is_broken(object: &[u8]) -> bool {
    let mut ends = memchr::memchr_iter(b'\n', object).take(64);
    ends.any(|end| matches!(object.get(end + 1..), Some([b'{' | 0x1e, ..] | [b'-', b' ', b'{', ..])))
}

/// Whether the object is `{ "dmesg": [ …`.
fn is_list(object: &[u8]) -> bool {
    let inside = object.get(1..).unwrap_or_default().trim_ascii_start();
    let list = inside.strip_prefix(b"\"dmesg\"").map(|r| r.trim_ascii_start().strip_prefix(b":"));
    list.flatten().is_some_and(|r| r.trim_ascii_start().starts_with(b"["))
}

/// Whether an object has a message that this module knows.
pub(super) fn is_own(object: &Object) -> bool {
    message(object).is_some()
}

fn message(object: &Object) -> Option<&Value> {
    ["MESSAGE", "msg", "log", "message"].iter().find_map(|name| member(object, name))
}

/// Writes the message of an object, if the kernel's.
fn emit(object: &Object, at: At, out: &mut Decoded) {
    let Some(message) = message(object) else { return };
    let text = |name| member(object, name).and_then(|v| v.texts().into_iter().next());
    let is_kernel = match (text("_TRANSPORT"), text("SYSLOG_IDENTIFIER")) {
        (None, None) => true,
        (transport, identifier) => {
            transport.is_some_and(|t| t == b"kernel") || identifier.is_some_and(|i| i == b"kernel")
        }
    };
    // LAVA's own messages are not the target's.
    let is_target = text("lvl").is_none_or(|l| l == b"target" || l == b"feedback");
    if !is_kernel || !is_target {
        return;
    }
    let clock = ["_SOURCE_MONOTONIC_TIMESTAMP", "_SOURCE_BOOTTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP"];
    let time =
        clock.iter().find_map(|name| member(object, name)?.number()).or_else(|| since_boot(&text("time")?));
    let level = text("PRIORITY").or_else(|| text("pri")).and_then(|p| level(&p));
    let caller = text("caller").and_then(|c| Some(caller_id(&c).ok()?.1));
    let mut texts = message.texts();
    if *message == Value::Null {
        texts.push(LEFT_OUT.to_vec());
    }
    for text in &texts {
        if time.is_some() {
            out.record(Record { level, time, caller, text }, at);
        } else {
            // The message brings the console's own prefix.
            text.strip_suffix(b"\n")
                .unwrap_or(text)
                .split(|c| *c == b'\n')
                .for_each(|line| out.made(line, at));
        }
    }
}

/// dmesg's `"time": 12.345678`.
fn since_boot(text: &[u8]) -> Option<Microseconds> {
    seconds(text).ok().filter(|(rest, _)| rest.is_empty()).map(|(_, time)| time)
}

/// A number, with the facility above the low three bits, or dmesg -x's word.
fn level(text: &[u8]) -> Option<u8> {
    dec_value(text).map(|n| (n & 7) as u8).or_else(|| log_level(text))
}

/// Decoder of the journal's export format: `KEY=value`, or `KEY`, a 64-bit length and bytes; an empty line ends a
/// record.
#[derive(Debug, Default)]
pub(super) struct Export {
    fields: Object,
    start: Option<At>,
}

impl Decode for Export {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        let mut done = 0;
        let mut here = at;
        while let Some(rest) = source.get(done..).filter(|r| !r.is_empty()) {
            let Some(length) = self.field(rest, here, last, out) else { break };
            here = here.behind(rest.get(..length).unwrap_or_default());
            done += length;
        }
        if last {
            self.close(out);
        }
        done
    }
}

impl Export {
    /// Reads one field or end of a record; its length, `None` if more must come first.
    fn field(&mut self, rest: &[u8], at: At, last: bool, out: &mut Decoded) -> Option<usize> {
        let end = match memchr(b'\n', rest) {
            Some(end) => end,
            None if last || rest.len() > RECORD_BYTES => rest.len(),
            None => return None,
        };
        let line = rest.get(..end).unwrap_or_default();
        let passed = (end + 1).min(rest.len());
        if line.is_empty() {
            self.close(out);
            return Some(passed);
        }
        self.start = self.start.or(Some(at));
        if let Some(equals) = memchr(b'=', line) {
            let value = line.get(equals + 1..).unwrap_or_default();
            self.keep(line.get(..equals).unwrap_or_default(), value);
            return Some(passed);
        }
        let size =
            rest.get(passed..passed + 8).and_then(|b| <[u8; 8]>::try_from(b).ok()).map(u64::from_le_bytes);
        match size.and_then(|s| usize::try_from(s).ok()).filter(|s| *s < RECORD_BYTES) {
            Some(size) => match rest.get(passed + 8..passed + 8 + size) {
                Some(value) => {
                    self.keep(line, value);
                    Some((passed + 8 + size + 1).min(rest.len()))
                }
                None => last.then_some(rest.len()),
            },
            None if size.is_none() && !last => None,
            None => Some(passed),
        }
    }

    fn keep(&mut self, name: &[u8], value: &[u8]) {
        const WANTED: &[&[u8]] = &[
            b"_TRANSPORT",
            b"SYSLOG_IDENTIFIER",
            b"PRIORITY",
            b"_SOURCE_MONOTONIC_TIMESTAMP",
            b"_SOURCE_BOOTTIME_TIMESTAMP",
            b"__MONOTONIC_TIMESTAMP",
            b"MESSAGE",
        ];
        if WANTED.contains(&name) {
            self.fields.push((name.to_vec(), Value::Text(value.to_vec())));
        }
    }

    fn close(&mut self, out: &mut Decoded) {
        if let Some(at) = self.start.take() {
            emit(&std::mem::take(&mut self.fields), at, out);
        }
    }
}

/// Whether a line is a field that only journal exports have.
pub(super) fn is_export(line: &[u8]) -> bool {
    line.starts_with(b"__CURSOR=") || line.starts_with(b"__REALTIME_TIMESTAMP=")
}

/// Whether `lines` is one of LAVA's: `- {"dt": …`.
pub(super) fn is_lava(line: &[u8]) -> bool {
    line.strip_prefix(b"- {").is_some_and(|r| {
        let name = r.trim_ascii_start();
        name.starts_with(b"\"dt\"") || name.starts_with(b"dt:") || name.starts_with(b"'dt'")
    })
}

/// Decoder of LAVA's job log: YAML flow mappings, one a line.
#[derive(Debug, Default)]
pub(super) struct Lava;

impl Decode for Lava {
    fn feed(&mut self, source: &[u8], at: At, last: bool, out: &mut Decoded) -> usize {
        lines(source, at, last, |line, at| {
            let object = line.strip_prefix(b"- ").map(json::object);
            if let Some(Ok((_, members))) = object {
                emit(&members, at, out);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mut decoder: impl Decode, source: &[u8], want: &str) {
        let mut out = Decoded::default();
        let at = At { offset: 0, line: 1 };
        assert_eq!(decoder.feed(source, at, true, &mut out), source.len());
        assert_eq!(String::from_utf8_lossy(&out.text), want);
    }

    #[test]
    fn ok_journal_objects() {
        let source = "{\"MESSAGE\":\"a\",\"PRIORITY\":\"4\",\"_TRANSPORT\":\"kernel\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"1000002\"}\n\
             {\"_TRANSPORT\":\"stdout\",\"MESSAGE\":\"not the kernel's\"}\n\
             \x1e{\"_SOURCE_MONOTONIC_TIMESTAMP\":\"1000003\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"MESSAGE\":[98,10,99]}\n\
             {\"_TRANSPORT\":\"kernel\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"1000004\",\"MESSAGE\":null}\n";
        check(
            Objects,
            source.as_bytes(),
            "<4>[    1.000002] a\n[    1.000003] b\n[    1.000003] c\n[    1.000004] [4096B blob data]\n",
        );
    }

    #[test]
    fn ok_dmesg_objects() {
        let source = b"{\n   \"dmesg\": [\n      {\n         \"pri\": 4,\n         \"time\":     1.000002,\n\
            \x20        \"caller\": \"T12\",\n         \"msg\": \"a\"\n      },{\n         \"fac\": \"kern\",\n\
            \x20        \"pri\": \"err\",\n         \"time\":    12.000000,\n         \"msg\": \"b\"\n      }\n   ]\n}\n";
        check(Objects, source, "<4>[    1.000002][   T12] a\n<3>[   12.000000] b\n");
    }

    #[test]
    fn ok_a_broken_object_costs_its_line() {
        check(Objects, b"{\"log\":\"a\n{\"log\":\"[    1.000002] b\\n\"}\n", "[    1.000002] b\n");
    }

    #[test]
    fn ok_export_with_a_binary_field() {
        let source = b"__CURSOR=s=1\n_TRANSPORT=kernel\n__MONOTONIC_TIMESTAMP=9\n_SOURCE_MONOTONIC_TIMESTAMP=1000002\n\
            MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\nPRIORITY=4\n\n__CURSOR=s=2\n_TRANSPORT=syslog\nMESSAGE=no\n\n";
        check(Export::default(), source, "<4>[    1.000002] a\n<4>[    1.000002] b\n");
    }

    #[test]
    fn ok_lava_lines() {
        let source = b"- {\"dt\": \"2022-01-01T00:00:00\", \"lvl\": \"info\", \"msg\": \"start\"}\n\
            - {\"dt\": \"2022-01-01T00:00:01\", \"lvl\": \"target\", \"msg\": \"[    1.000002] a\"}\n\
            - {\"dt\": \"2022-01-01T00:00:01\", \"lvl\": \"feedback\", \"ns\": \"x\", \"msg\": ! '[    1.000003] b'}\n\
            - {broken\n";
        check(Lava, source, "[    1.000002] a\n[    1.000003] b\n");
        assert!(is_lava(source));
    }
}
