//! Bytes → lines: a log as records of printk, whatever carried them.
//!
//! [`Log`] borrows the bytes and never fails. [`Lines`] walks it: one memchr per line, and the prefix is read only
//! when somebody asks ([`RawLine::read`]), because almost every line of a log is of no interest.

mod clock;
mod decode;
mod dmesg;
mod journal;
mod json;
mod kmsg;
mod page;
mod plain;
mod prefix;
mod pstore;
mod syslog;
mod transport;
mod vendor;

pub(crate) use decode::{At, Decode, Decoded, RECORD_BYTES, is_dirty};
pub(crate) use transport::{BYTE_ORDER_MARK, WINDOW, WINDOWS, detect_window, told, told_alone};
pub use transport::{Detection, Transport};

use crate::limits::Limits;
use crate::report::{Caller, Microseconds};
use memchr::memchr;
use std::sync::OnceLock;

/// A log.
///
/// Where the text of the log stands verbatim in the bytes, it is borrowed; where a transport has to be decoded, that
/// is done when the lines are asked for.
///
/// ```
/// use ksplat::Log;
/// let log = Log::from_bytes(b"[    1.000002][  T12] hello\n");
/// let line = log.lines().next().unwrap().read();
/// assert_eq!(line.text, b"hello");
/// assert_eq!(line.time, Some(1_000_002));
///
/// let log = Log::from_bytes(b"6,416,1758426,-,caller=T12;hello\n");
/// assert_eq!(log.lines().next().unwrap().read().text, b"hello");
/// ```
#[derive(Debug, Clone)]
pub struct Log<'log> {
    source: &'log [u8],
    /// The lines, where they have to be decoded and somebody asked.
    decoded: OnceLock<Vec<u8>>,
    detection: Detection,
    limits: Limits,
}

impl<'log> Log<'log> {
    /// A log of these bytes. Any bytes are a log.
    #[must_use]
    pub fn from_bytes(bytes: &'log [u8]) -> Self {
        Self::new(bytes, transport::detect)
    }

    /// A log of these bytes, of which somebody knows better how they were carried.
    #[must_use]
    pub fn carried_by(transport: Transport, bytes: &'log [u8]) -> Self {
        Self::new(bytes, |text| told(transport, text.get(..WINDOW).unwrap_or(text)))
    }

    fn new(source: &'log [u8], detect: impl FnOnce(&[u8]) -> Detection) -> Self {
        let text = source.strip_prefix(BYTE_ORDER_MARK).unwrap_or(source);
        let mut detection = detect(text);
        detection.decode |= text.len() < source.len();
        Self { source, decoded: OnceLock::new(), detection, limits: Limits::default() }
    }

    /// The same log, of whose reports so much is kept.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How much of its reports is kept.
    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    fn decode(&self) -> Vec<u8> {
        let mut out = Decoded::default();
        let source = self.source.strip_prefix(BYTE_ORDER_MARK).unwrap_or(self.source);
        let at = At { offset: self.source.len() - source.len(), line: 1 };
        self.detection.decoder().feed(source, at, true, &mut out);
        out.text
    }

    /// The bytes as they were carried.
    #[must_use]
    pub const fn source(&self) -> &'log [u8] {
        self.source
    }

    /// The bytes of the lines: [`Log::source`], or what was decoded of it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        if self.detection.decode { self.decoded.get_or_init(|| self.decode()) } else { self.source }
    }

    /// How the log was carried, and why that is believed.
    #[must_use]
    pub const fn detection(&self) -> &Detection {
        &self.detection
    }

    /// The lines, in order.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(self.as_bytes(), self.detection.form)
    }
}

/// What the lines of a log start with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    #[default]
    Console,
    Dmesg,
    Syslog,
    Android,
}

impl Form {
    /// The text of a line and what its prefix says. A line that does not fit is read as the console's.
    #[inline(always)]
    fn read(self, line: &[u8]) -> (&[u8], prefix::Prefix) {
        let own = match self {
            Self::Console => return prefix::read(line),
            Self::Dmesg => dmesg::read(line),
            Self::Syslog => syslog::read(line),
            Self::Android => vendor::read(line),
        };
        own.unwrap_or_else(|| prefix::read(line))
    }

    /// Where a second line starts that ran into this one.
    fn second(self, line: &[u8]) -> Option<usize> {
        if self == Self::Console { prefix::glued(line) } else { None }
    }
}

/// A line as it stands in the log, its prefix not read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLine<'log> {
    /// Bytes from the start of [`Log::as_bytes`].
    pub offset: usize,
    /// Line number, from 1.
    pub number: usize,
    /// The line without its line feed.
    pub bytes: &'log [u8],
    form: Form,
}

/// A record of printk as transported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line<'log> {
    /// Bytes from the start of [`Log::as_bytes`] to the start of the line, prefix included.
    pub offset: usize,
    /// Line number, from 1.
    pub number: usize,
    /// Bytes of the whole line, prefix included, line feed not.
    pub length: usize,
    /// What the kernel printed, without prefix and trailing CR.
    pub text: &'log [u8],
    /// The log level.
    pub level: Option<u8>,
    /// Since boot.
    pub time: Option<Microseconds>,
    /// What tells how far two lines of one log are apart: [`Line::time`], or a wall clock that stands in its place.
    pub clock: Option<Microseconds>,
    /// The caller id.
    pub caller: Option<Caller>,
    /// A log daemon says that another program printed the line.
    pub foreign: bool,
}

impl<'log> RawLine<'log> {
    /// Reads the prefix.
    #[must_use]
    #[inline]
    pub fn read(&self) -> Line<'log> {
        self.line(self.form.read(self.bytes))
    }

    /// The same, where no other line ran into this one ([`RawLine::pieces`]).
    #[inline]
    pub(crate) fn read_alone(&self) -> Option<Line<'log>> {
        let read = match self.form {
            Form::Console => prefix::read_alone(self.bytes)?,
            form => form.read(self.bytes),
        };
        Some(self.line(read))
    }

    #[inline]
    const fn line(&self, (text, prefix): (&'log [u8], prefix::Prefix)) -> Line<'log> {
        Line {
            offset: self.offset,
            number: self.number,
            length: self.bytes.len(),
            text,
            level: prefix.level,
            time: prefix.time,
            clock: prefix.clock,
            caller: prefix.caller,
            foreign: prefix.foreign,
        }
    }

    /// The text behind a plain console prefix, by the shortest way that is right for quiet lines.
    #[inline]
    pub(crate) fn text(&self) -> &'log [u8] {
        match self.form {
            Form::Console => prefix::skip(self.bytes),
            form => form.read(self.bytes).0,
        }
    }

    /// Whether a second prefix may stand in the line, behind what [`RawLine::text`] took off.
    #[inline]
    pub(crate) fn may_be_two(&self, text: &[u8]) -> bool {
        self.form == Form::Console && may_hold_stamp(text) && prefix::stamp_behind(text, 0).is_some()
    }

    /// The lines that ran into this one: each but the first starts with a prefix.
    pub(crate) fn pieces(self) -> impl Iterator<Item = Self> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let line = rest.take()?;
            let Some(at) = line.form.second(line.bytes) else { return Some(line) };
            let (first, second) = line.bytes.split_at(at);
            rest = Some(Self { bytes: second, offset: line.offset + at, ..line });
            Some(Self { bytes: first, ..line })
        })
    }
}

/// Whether a text has a bracket, and space for a stamp. Every line of a log is asked, and most are so short that a call of
/// `memchr` takes longer.
#[inline]
fn may_hold_stamp(text: &[u8]) -> bool {
    const PART: usize = 16;
    let has = |part: &[u8]| part.iter().fold(false, |found, c| found | (*c == b'['));
    let Some(last) = text.last_chunk::<PART>() else { return false };
    text.chunks_exact(PART).fold(has(last), |found, part| found | has(part))
}

impl Line<'_> {
    /// Microseconds since an earlier line; `None` where the two have no clock in common.
    pub(crate) fn since(&self, earlier: &Line<'_>) -> Option<Microseconds> {
        let common = self.time.is_some() == earlier.time.is_some();
        self.clock.zip(earlier.clock).filter(|_| common).map(|(now, then)| now.saturating_sub(then))
    }
}

/// Iterator over the lines of a [`Log`].
#[derive(Debug, Clone)]
pub struct Lines<'log> {
    rest: &'log [u8],
    offset: usize,
    number: usize,
    form: Form,
}

impl<'log> Lines<'log> {
    /// The lines of `bytes`, which start like that.
    pub(crate) const fn new(bytes: &'log [u8], form: Form) -> Self {
        Self { rest: bytes, offset: 0, number: 0, form }
    }

    /// The lines of `bytes` from `offset` on, the first of which has that number.
    pub(crate) fn from(bytes: &'log [u8], form: Form, offset: usize, number: usize) -> Self {
        Self { rest: bytes.get(offset..).unwrap_or_default(), offset, number: number.saturating_sub(1), form }
    }

    /// Where the next line would stand.
    pub(crate) const fn next_at(&self) -> At {
        At { offset: self.offset, line: self.number + 1 }
    }

    /// The line that ends where `end` says, before the line feed there.
    pub(crate) fn before(bytes: &'log [u8], form: Form, end: usize, number: usize) -> RawLine<'log> {
        let bytes = bytes.get(..end).unwrap_or_default();
        let offset = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        RawLine { offset, number, bytes: bytes.get(offset..).unwrap_or_default(), form }
    }
}

impl<'log> Iterator for Lines<'log> {
    type Item = RawLine<'log>;

    #[inline]
    fn next(&mut self) -> Option<RawLine<'log>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (bytes, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or(&[]);
        self.number += 1;
        let line = RawLine { offset: self.offset, number: self.number, bytes, form: self.form };
        self.offset += end + 1;
        Some(line)
    }
}
