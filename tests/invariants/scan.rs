//! Logs, of every transport.

use super::{choice, printed};
use ksplat::output::json;
use ksplat::report::Span;
use ksplat::{Log, Report, Stream, Transport, identify};

/// The first byte says how the log was carried, or that this is to be found out.
pub(crate) fn check(data: &[u8]) {
    let (choice, bytes) = choice(data, Transport::ALL.len() + 1);
    let transport = Transport::ALL.get(choice).copied();
    log(transport, bytes);
}

/// All that holds of a log.
pub(crate) fn log(transport: Option<Transport>, bytes: &[u8]) {
    let log = transport.map_or_else(|| Log::from_bytes(bytes), |t| Log::carried_by(t, bytes));
    let reports: Vec<_> = log.reports().collect();
    in_range(&reports, bytes);
    if !matches!(log.detection().transport, Transport::Pstore | Transport::Kmsg) {
        in_order(&reports);
    }
    in_pieces(transport, bytes, &reports);
    behind(&log, &reports);
    for report in &reports {
        let identity = identify(report);
        assert_eq!(identify(&report.clone().into_owned()), identity);
        printed::check(report, &identity);
        round_trip(report);
    }
    again(&log, &reports);
}

const fn end(span: Span) -> usize {
    span.offset + span.length
}

/// Spans are in the log, and say their line.
fn in_range(reports: &[Report<'_>], bytes: &[u8]) {
    for span in reports.iter().map(|r| r.span) {
        assert!(end(span) <= bytes.len(), "{span:?} in {} bytes", bytes.len());
        let before = &bytes[..span.offset];
        let line = 1 + before.iter().filter(|c| **c == b'\n').count();
        assert_eq!(span.line, line, "{span:?}");
    }
    for report in reports {
        assert!(report.header < report.lines.len());
    }
}

/// Reports come in the order of their headers, which their spans hold. Those of one caller start in that order too;
/// lines before a header that belong to it may start before another caller's. Transports that may have records in
/// another order than they were printed in have reports in that of printing ([`Log::reports`]).
fn in_order(reports: &[Report<'_>]) {
    for (at, later) in reports.iter().enumerate() {
        for earlier in &reports[..at] {
            assert!(end(later.span) >= earlier.span.offset, "{:?} {:?}", earlier.span, later.span);
            if earlier.caller == later.caller {
                assert!(later.span.offset >= earlier.span.offset, "{:?} {:?}", earlier.span, later.span);
            }
        }
    }
}

/// Where a log is cut that comes piece by piece makes no difference.
fn in_pieces(transport: Option<Transport>, bytes: &[u8], whole: &[Report<'_>]) {
    let seed = bytes.iter().fold(bytes.len(), |sum, c| sum.wrapping_mul(31).wrapping_add(usize::from(*c)));
    let mut stream = transport.map_or_else(Stream::new, Stream::carried_by);
    let mut found = Vec::new();
    let mut rest = bytes;
    for step in 0.. {
        let size = 1 + (seed >> (step % 40)) % 97;
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        found.extend(stream.push(piece));
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    assert_eq!(stream.received(), bytes.len());
    found.extend(stream.finish());
    let places = |reports: &[Report<'_>]| reports.iter().map(|r| (r.span, r.lines.len())).collect::<Vec<_>>();
    assert_eq!(places(&found), places(whole), "in pieces");
    if found != whole {
        printed::same("in pieces", &format!("{found:?}"), &format!("{whole:?}"));
    }
}

/// A report of a caller that nothing before it names is found whatever stands before it, and takes nothing from that.
fn behind(log: &Log<'_>, reports: &[Report<'_>]) {
    if log.detection().transport != Transport::Console {
        return;
    }
    const CALLER: &str = "T3141592653";
    if memchr::memmem::find(log.source(), CALLER.as_bytes()).is_some() {
        return;
    }
    let planted: String = [
        "BUG: KASAN: slab-use-after-free in ring_write+0x1f7/0x560",
        "Read of size 8 at addr ffff888012345678 by task writer/812",
        "Call Trace:",
        " ring_write+0x1f7/0x560 [ring]",
        " vfs_write+0x2a0/0x900",
    ]
    .map(|line| format!("[  100.000002][{CALLER}] {line}\n"))
    .concat();
    let both = [log.source(), b"\n", planted.as_bytes()].concat();
    let both = Log::carried_by(Transport::Console, &both);
    let titles = |reports: &[Report<'_>]| reports.iter().map(|r| identify(r).title).collect::<Vec<_>>();
    let mut expected = titles(reports);
    expected.push("KASAN: slab-use-after-free Read in ring_write".to_owned());
    assert_eq!(titles(&both.reports().collect::<Vec<_>>()), expected, "a report behind the log");
}

/// JSON comes back: all of it where the text is UTF-8, and the second time as the first where it is not.
pub(crate) fn round_trip(report: &Report<'_>) {
    let wire = |report: &Report<'_>| {
        let identity = identify(report);
        printed::written(&json::Report::new("a.log", report, &identity))
    };
    let first = wire(report);
    printed::plain("json", &first);
    let read =
        |text: &str| json::Report::from_json(text.as_bytes(), "x").expect("it was written so").to_report();
    let back = read(&first);
    let second = wire(&back);
    if !first.contains('\u{fffd}') {
        assert_eq!(identify(&back), identify(report));
        printed::same("read back from JSON", &second, &first);
    }
    printed::same("read back from JSON twice", &wire(&read(&second)), &second);
}

/// What stands in a report's span is that report: where the bytes are the lines, the report is whole and no other stands
/// in its span or touches it, as those of two CPUs that crash in one moment do. That a kernel rebooted shows behind what it
/// printed before only. U+FEFF is a byte order mark at the start of a log alone: where a span starts with it, one goes
/// before.
fn again(log: &Log<'_>, reports: &[Report<'_>]) {
    let transport = log.detection().transport;
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let verbatim =
        matches!(transport, Transport::Console | Transport::Dmesg | Transport::Syslog | Transport::Android);
    if !verbatim {
        return;
    }
    for (at, report) in reports.iter().enumerate() {
        let span = report.span;
        let alone = |(other, r): (usize, &Report<'_>)| {
            other == at || r.span.offset > end(span) + 1 || end(r.span) + 1 < span.offset
        };
        if !report.defects.is_empty() || !reports.iter().enumerate().all(alone) {
            continue;
        }
        let reboot = report.kind.name().starts_with("reboot/");
        let start = if reboot { 0 } else { span.offset };
        let part = &log.source()[start..end(span)];
        let marked = [MARK, part].concat();
        let is_text = start > 0 && part.starts_with(MARK);
        let part = Log::carried_by(transport, if is_text { &marked } else { part });
        let mut titles: Vec<_> = part.reports().map(|r| identify(&r).title).collect();
        let title = identify(report).title;
        assert_eq!(titles.pop(), Some(title), "read again");
        assert!(reboot || titles.is_empty(), "read again: {titles:?}");
    }
}
