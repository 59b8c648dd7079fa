//! Bytes in, reports out: logs that are there as a whole, and logs that come piece by piece.

use crate::limits::{Limits, limit};
use crate::log::{
    At, BYTE_ORDER_MARK, Decode, Decoded, Detection, Form, Log, RECORD_BYTES, Transport, WINDOW, WINDOWS,
    detect_window, is_dirty, told, told_alone,
};
use crate::parse;
use crate::report::{Report, Span};
use crate::splat::{HISTORY, LEAD_BYTES, LEAD_SEARCH, Splat, Splats, Taken};
use memchr::{memchr, memchr_iter};
use std::collections::VecDeque;

/// Finds every report of a log.
///
/// ```
/// let log = b"------------[ cut here ]------------\n\
///             WARNING: CPU: 0 PID: 7 at net/core/foo.c:12 foo_poll+0x1a/0x90\n\
///             Call Trace:\n foo_loop+0x11/0x20\n---[ end trace 0 ]---\n";
/// let reports: Vec<_> = ksplat::reports(log).collect();
/// assert_eq!(reports.len(), 1);
/// assert_eq!(reports[0].kind.name(), "warn/warning");
/// ```
pub fn reports(log: &[u8]) -> Reports<'_> {
    Log::from_bytes(log).reports()
}

impl<'log> Log<'log> {
    /// The reports of this log, in the order in which their headers were printed. Their spans are places in
    /// [`Log::source`], where parts of a pstore dump and records of `/dev/kmsg` may stand in another order: the span of
    /// a report then starts at the first of its lines and ends at the last.
    #[must_use]
    pub fn reports(&self) -> Reports<'log> {
        Reports::new(self.source(), self.detection().clone(), self.limits())
    }
}

/// Iterator over the reports of a log.
#[derive(Debug)]
pub struct Reports<'log>(Source<'log>);

enum Source<'log> {
    /// The lines stand verbatim in these bytes.
    Verbatim(Box<Verbatim<'log>>),
    /// They have to be decoded; `None` once all has been pushed.
    Decoded { stream: Option<Box<Stream>>, rest: &'log [u8], ready: VecDeque<Report<'static>> },
}

struct Verbatim<'log> {
    bytes: &'log [u8],
    splats: Splats<'log>,
    detection: Detection,
    limits: Limits,
    checked: bool,
    /// How many reports there were.
    shown: usize,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl<'log> Reports<'log> {
    fn new(bytes: &'log [u8], detection: Detection, limits: Limits) -> Self {
        Self(if detection.decode {
            Source::decoded(bytes, detection, limits, At { offset: 0, line: 1 })
        } else {
            let splats = Splats::new(bytes, detection.form, limits);
            let verbatim = Verbatim { bytes, splats, detection, limits, checked: false, shown: 0 };
            Source::Verbatim(Box::new(verbatim))
        })
    }
}

impl<'log> Source<'log> {
    fn decoded(bytes: &'log [u8], detection: Detection, limits: Limits, at: At) -> Self {
        let stream = Stream { at, limits, ..Stream::new() }.detected(detection);
        let rest = bytes.get(at.offset..).unwrap_or_default();
        Self::Decoded { stream: Some(Box::new(stream)), rest, ready: VecDeque::new() }
    }

    /// The same from the first header on, decoded, if lines there need it: most logs have no report, and are spared
    /// the search for control characters.
    fn checked(&mut self) -> Option<Self> {
        let Self::Verbatim(verbatim) = self else { return None };
        if std::mem::replace(&mut verbatim.checked, true) {
            return None;
        }
        let header = verbatim.splats.first_header()?;
        let Verbatim { bytes, detection, limits, .. } = &**verbatim;
        let start = lines_back(bytes, header);
        is_dirty(bytes.get(start.offset..)?).then(|| Self::decoded(bytes, detection.clone(), *limits, start))
    }
}

impl<'log> Iterator for Reports<'log> {
    type Item = Report<'log>;

    fn next(&mut self) -> Option<Report<'log>> {
        if let Some(decoded) = self.0.checked() {
            self.0 = decoded;
        }
        match &mut self.0 {
            Source::Verbatim(verbatim) if verbatim.shown >= verbatim.limits.reports => None,
            Source::Verbatim(verbatim) => {
                let report = verbatim.splats.find_map(|mut splat| parse::report(&mut splat))?;
                verbatim.limits.next(&mut verbatim.shown, report)
            }
            Source::Decoded { stream, rest, ready } => loop {
                if let Some(report) = ready.pop_front() {
                    return Some(report);
                }
                if rest.is_empty() {
                    ready.extend(stream.take()?.finish());
                } else {
                    let (chunk, behind) = rest.split_at(rest.len().min(WINDOW));
                    *rest = behind;
                    ready.extend(stream.as_mut()?.push(chunk));
                }
            },
        }
    }
}

/// As many lines before `at` as are searched for what belongs to a header, and as rows may ask for.
fn lines_back(bytes: &[u8], at: At) -> At {
    let end = at.offset.min(bytes.len());
    let line_start = |to: usize| {
        let before = bytes.get(..to.saturating_sub(1)).unwrap_or_default();
        memchr::memrchr(b'\n', before).map_or(0, |at| at + 1)
    };
    let lines = |from: usize, to: usize| memchr_iter(b'\n', bytes.get(from..to).unwrap_or_default()).count();
    let mut offset = line_start((end + 1).saturating_sub(HISTORY));
    let mut behind = lines(offset, end);
    let first = end.saturating_sub(LEAD_BYTES);
    while behind <= LEAD_SEARCH && offset > first {
        offset = line_start(offset);
        behind += 1;
    }
    At { offset, line: at.line.saturating_sub(behind) }
}

/// A search waits until there are so many new bytes for each that it has to read again.
const READ_AGAIN: usize = 2;

/// Finds the reports of a log that comes piece by piece, in bounded memory.
///
/// What it finds does not depend on where the pieces are cut, and is what [`reports`] finds in the whole.
///
/// ```
/// let mut stream = ksplat::Stream::new();
/// let mut found = Vec::new();
/// for piece in [&b"[    1.000001] BUG: unable to handle page fa"[..], b"ult for address: ffff8880deadbeef\n"] {
///     found.extend(stream.push(piece));
/// }
/// found.extend(stream.finish());
/// assert_eq!(found[0].time, Some(1_000_001));
/// ```
#[derive(Default)]
pub struct Stream {
    /// The page that the log stands in, where somebody said so; how its lines start, its first window says.
    told: Option<Transport>,
    limits: Limits,
    /// How many reports there were.
    shown: usize,
    /// Who is believed to have carried the log.
    detection: Option<Detection>,
    /// Windows that were looked at to find out.
    windows: usize,
    decoder: Option<Box<dyn Decode>>,
    /// Bytes that are not decoded yet, and where they stand.
    source: Vec<u8>,
    at: At,
    decoded: Decoded,
    /// Where the search goes on, and where it stopped, in all that was decoded.
    next: At,
    seen: usize,
    taken: Taken,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Stream {
    /// A stream whose transport shows in its first bytes.
    #[must_use]
    pub fn new() -> Self {
        let first = At { offset: 0, line: 1 };
        Self { at: first, next: first, ..Self::default() }
    }

    /// A stream of which somebody knows how it is carried.
    #[must_use]
    pub fn carried_by(transport: Transport) -> Self {
        match told_alone(transport) {
            Some(detection) => Self::new().detected(detection),
            None => Self { told: Some(transport), ..Self::new() },
        }
    }

    /// The same stream, of whose reports so much is kept.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn detected(self, detection: Detection) -> Self {
        let decoder = Some(detection.decoder());
        let windows = if detection.sure { WINDOWS } else { 0 };
        Self { detection: Some(detection), decoder, windows, ..self }
    }

    /// How the log is carried, and why that is believed; `None` before anything came.
    #[must_use]
    pub const fn detection(&self) -> Option<&Detection> {
        self.detection.as_ref()
    }

    /// How many bytes were pushed.
    #[must_use]
    pub fn received(&self) -> usize {
        self.at.offset + self.source.len()
    }

    /// Takes the next bytes; the reports that are complete now, in the order of their headers.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Report<'static>> {
        owned(|each| self.push_each(bytes, each))
    }

    /// The same, each report shown while the stream still has its text: nothing is copied.
    ///
    /// ```
    /// let mut titles = Vec::new();
    /// let mut stream = ksplat::Stream::new();
    /// let mut each = |report: ksplat::Report<'_>| titles.push(ksplat::identify(&report).title);
    /// stream.push_each(b"[    1.000001] Kernel panic - not syncing: ring 7 is gone\n", &mut each);
    /// stream.finish_each(&mut each);
    /// assert_eq!(titles, ["kernel panic: ring NUM is gone"]);
    /// ```
    pub fn push_each(&mut self, bytes: &[u8], each: &mut dyn FnMut(Report<'_>)) {
        if self.is_within_line(bytes) {
            self.source.extend_from_slice(bytes);
            return;
        }
        let bytes = self.end_line(bytes);
        let done = if self.goes_on() { self.feed(bytes, false) } else { 0 };
        self.source.extend_from_slice(bytes.get(done..).unwrap_or_default());
        self.decode(false, false);
        let end = self.decoded.bounded();
        // Open reports are read again with each search; so it waits until there is enough to make that cheap.
        let (new, again) = (end.saturating_sub(self.seen), self.seen.saturating_sub(self.next.offset));
        if new > 0 && new / READ_AGAIN >= again {
            self.search(end, |_| false, each);
        }
    }

    /// Whether `bytes` are inside a line: nothing comes of them before it ends, and to look at its start again with each
    /// piece would take long.
    fn is_within_line(&self, bytes: &[u8]) -> bool {
        !self.source.is_empty()
            && self.source.len() + bytes.len() <= RECORD_BYTES
            && self.detection.as_ref().is_some_and(Detection::is_verbatim)
            && memchr(b'\n', bytes).is_none()
    }

    /// Decodes the line that the last piece began, so that what stands behind it need not be put together with it.
    fn end_line<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        if self.source.is_empty() || self.windows < WINDOWS {
            return bytes;
        }
        let Some(end) = memchr(b'\n', bytes) else { return bytes };
        let (line, rest) = bytes.split_at(end + 1);
        self.source.extend_from_slice(line);
        self.decode(false, false);
        rest
    }

    /// Whether what comes next is decoded as it is: before the first bytes a byte order mark may stand.
    const fn goes_on(&self) -> bool {
        self.at.offset > 0 && self.source.is_empty() && self.windows >= WINDOWS
    }

    /// Who can look at blocks of whole lines that come next; `None` while it is not certain how the log is carried, and
    /// where its lines have to be decoded.
    pub(crate) fn scout(&self) -> Option<Scout> {
        let known = self.detection.as_ref().filter(|d| d.is_verbatim());
        known.filter(|_| self.goes_on()).map(|d| Scout { form: d.form, limits: self.limits })
    }

    /// Takes whole lines at which a scout has looked.
    pub(crate) fn push_looked_at(
        &mut self,
        block: &[u8],
        quiet: Option<Quiet>,
        each: &mut dyn FnMut(Report<'_>),
    ) {
        let end = self.next;
        let idle = self.source.is_empty() && end.offset == self.decoded.end();
        match quiet {
            Some(Quiet { lines }) if idle => {
                let behind = |at: At| At { offset: at.offset + block.len(), line: at.line + lines };
                let keep = lines_back(block, At { offset: block.len(), line: end.line + lines });
                self.decoded.pass(block, lines, At { offset: end.offset + keep.offset, ..keep }, self.at);
                (self.at, self.next) = (behind(self.at), behind(end));
                self.seen = self.next.offset;
                let start = self.decoded.start.offset;
                self.taken.retain(|_, ends| ends.seen > start);
            }
            _ => self.push_each(block, each),
        }
    }

    /// The reports whose last line stands before `offset` among the bytes that were pushed. For a log that still
    /// grows, where a pause says that a report is complete; what comes behind starts no second report.
    pub fn settle(&mut self, offset: usize) -> Vec<Report<'static>> {
        self.decode(true, false);
        owned(|each| self.search(self.decoded.end(), |at| at.offset < offset, each))
    }

    /// The reports that are left when the log has ended.
    #[must_use]
    pub fn finish(self) -> Vec<Report<'static>> {
        owned(|each| self.finish_each(each))
    }

    /// The same, each report shown while the stream still has its text.
    pub fn finish_each(mut self, each: &mut dyn FnMut(Report<'_>)) {
        self.decode(true, true);
        self.search(self.decoded.end(), |_| true, each);
    }

    /// Decodes what can be; `now` does not wait for a whole window to find out the transport.
    fn decode(&mut self, now: bool, last: bool) {
        if self.at.offset == 0 && self.source.starts_with(BYTE_ORDER_MARK) {
            self.at.offset = BYTE_ORDER_MARK.len();
            self.source.drain(..BYTE_ORDER_MARK.len());
        }
        let source = std::mem::take(&mut self.source);
        let mut rest = source.as_slice();
        while self.windows < WINDOWS {
            if rest.is_empty() || (rest.len() < WINDOW && !now) {
                break;
            }
            let window = rest.get(..WINDOW).unwrap_or(rest);
            let is_all = window.len() == rest.len();
            let found = self.told.map_or_else(|| detect_window(window), |by| told(by, window));
            self.windows += 1;
            if found.sure {
                self.windows = WINDOWS;
            }
            if found.sure || self.decoder.is_none() {
                self.decoder = Some(found.decoder());
                self.detection = Some(found);
            }
            let passed = self.feed(window, false);
            if passed == 0 {
                // A line without an end shows nothing, however often somebody looks at its start.
                self.windows = if rest.len() > RECORD_BYTES { WINDOWS } else { self.windows };
                break;
            }
            rest = rest.get(passed..).unwrap_or_default();
            if is_all {
                // The line without an end that is left was looked at with those before it.
                break;
            }
        }
        if self.windows >= WINDOWS || last {
            rest = rest.get(self.feed(rest, last)..).unwrap_or_default();
        }
        let done = source.len() - rest.len();
        self.source = source;
        self.source.drain(..done);
        if now && let Some(decoder) = &mut self.decoder {
            decoder.flush(&mut self.decoded);
        }
    }

    /// Feeds a part of the source to the decoder and says how much it took.
    fn feed(&mut self, part: &[u8], last: bool) -> usize {
        let Some(decoder) = &mut self.decoder else { return 0 };
        let taken = decoder.feed(part, self.at, last, &mut self.decoded).min(part.len());
        let counted = self.decoded.read_to();
        self.at = if counted.offset == self.at.offset + taken {
            counted
        } else {
            self.at.behind(part.get(..taken).unwrap_or_default())
        };
        taken
    }

    /// Shows the reports of the lines before `end` that are complete; open ones whose last line is `over` are.
    fn search(&mut self, end: usize, over: impl Fn(At) -> bool, each: &mut dyn FnMut(Report<'_>)) {
        let start = self.decoded.start;
        let text = self.decoded.text.get(..end - start.offset).unwrap_or_default();
        let form = self.detection.as_ref().map_or(Form::Console, |d| d.form);
        let at = At { offset: self.next.offset - start.offset, ..self.next };
        let taken = self
            .taken
            .iter()
            .map(|(c, ends)| (*c, ends.map(|end| end.saturating_sub(start.offset))))
            .collect();
        let (limits, mut shown) = (self.limits, self.shown);
        let mut show = |report: Option<Report<'_>>| {
            report.and_then(|report| limits.next(&mut shown, report)).into_iter().for_each(&mut *each);
        };
        let mut splats = Splats::from(text, form, limits, at, taken);
        while let Some(mut splat) = splats.next_closed() {
            show(self.report(&mut splat));
            splats.recycle(splat);
        }
        let absolute = |at: At| At { offset: at.offset + start.offset, ..at };
        splats.close_where(|at| over(self.decoded.source(absolute(at))));
        while let Some(mut splat) = splats.ready() {
            show(self.report(&mut splat));
        }
        let (mut next, mut taken) = splats.suspend();
        if text.len() - next.offset.min(text.len()) > limits.open_bytes {
            let mut splats = Splats::from(text, form, limits, next, taken);
            for (mut splat, was_open) in splats.take_all() {
                let report = self.report(&mut splat);
                show(report.map(|r| if was_open { limited(r, limits) } else { r }));
            }
            (next, taken) = splats.suspend();
        }
        self.shown = shown;
        let keep = lines_back(text, next);
        (self.next, self.seen) = (absolute(next), end);
        self.taken = taken
            .into_iter()
            .filter(|(_, ends)| ends.taken.max(ends.seen) > keep.offset)
            .map(|(c, ends)| (c, ends.map(|end| end + start.offset)))
            .collect();
        self.decoded.forget(absolute(keep));
    }

    /// The report of a splat, its span in the bytes as they were carried.
    fn report<'s>(&self, splat: &mut Splat<'s>) -> Option<Report<'s>> {
        let mut report = parse::report(splat)?;
        let base = self.decoded.start.offset;
        let Span { offset, length, line } = report.span;
        let first = At { offset: base + offset, line };
        let (at, length) = self.decoded.extent(first, first.offset + length, self.at);
        report.span = Span { offset: at.offset, length, line: at.line };
        Some(report)
    }
}

/// Looks whether lines can be passed over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scout {
    form: Form,
    limits: Limits,
}

/// Whole lines none of which is a header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quiet {
    lines: usize,
}

impl Quiet {
    /// Blocks that stand one behind the other; `None` if one is not quiet.
    pub(crate) fn together(blocks: &[Option<Self>]) -> Option<Self> {
        blocks
            .iter()
            .map(|block| block.map(|quiet| quiet.lines))
            .sum::<Option<_>>()
            .map(|lines| Self { lines })
    }
}

impl Scout {
    /// Looks at whole lines; `None` where one may be a header, or has to be cleaned first.
    pub(crate) fn look(self, block: &[u8]) -> Option<Quiet> {
        let quiet = block.ends_with(b"\n")
            && !is_dirty(block)
            && !Splats::new(block, self.form, self.limits).may_start();
        quiet.then(|| Quiet { lines: memchr_iter(b'\n', block).count() })
    }
}

/// The reports that `show` shows, each copied.
fn owned(show: impl FnOnce(&mut dyn FnMut(Report<'_>))) -> Vec<Report<'static>> {
    let mut found = Vec::new();
    show(&mut |report| found.push(report.into_owned()));
    found
}

fn limited(mut report: Report<'_>, limits: Limits) -> Report<'_> {
    report
        .defects
        .push(limit(format!("the report was cut after {} bytes without an end", limits.open_bytes)));
    report
}
