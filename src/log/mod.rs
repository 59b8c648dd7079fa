//! Bytes → lines: a log as records of printk, whatever carried them.
//!
//! [`Log`] borrows the bytes and never fails. [`Lines`] walks it: one memchr per line, and the prefix is read only
//! when somebody asks ([`RawLine::read`]), because almost every line of a log is of no interest.

mod prefix;

use crate::report::{Caller, Microseconds};
use memchr::memchr;

/// A log.
///
/// ```
/// use ksplat::Log;
/// let log = Log::from_bytes(b"[    1.000002][  T12] hello\n");
/// let line = log.lines().next().unwrap().read();
/// assert_eq!(line.text, b"hello");
/// assert_eq!(line.time, Some(1_000_002));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Log<'log> {
    bytes: &'log [u8],
}

impl<'log> Log<'log> {
    /// A log of these bytes. Any bytes are a log.
    #[must_use]
    pub const fn from_bytes(bytes: &'log [u8]) -> Self {
        Self { bytes }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'log [u8] {
        self.bytes
    }

    /// The lines, in order.
    #[must_use]
    pub const fn lines(&self) -> Lines<'log> {
        Lines { rest: self.bytes, offset: 0, number: 0 }
    }
}

/// A line as it stands in the log, its prefix not read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawLine<'log> {
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Line number, from 1.
    pub number: usize,
    /// The line without its line feed.
    pub bytes: &'log [u8],
}

/// A record of printk as transported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'log> {
    /// Bytes from the start of the log to the start of the line, prefix included.
    pub offset: usize,
    /// Line number, from 1.
    pub number: usize,
    /// Bytes of the whole line, prefix included, line feed not.
    pub length: usize,
    /// What the kernel printed, without prefix and trailing CR.
    pub text: &'log [u8],
    /// The log level of a `<4>` prefix.
    pub level: Option<u8>,
    /// Since boot.
    pub time: Option<Microseconds>,
    /// The caller id.
    pub caller: Option<Caller>,
}

impl<'log> RawLine<'log> {
    /// Reads the prefix.
    #[must_use]
    pub fn read(&self) -> Line<'log> {
        let (text, prefix) = prefix::read(self.bytes);
        Line {
            offset: self.offset,
            number: self.number,
            length: self.bytes.len(),
            text,
            level: prefix.level,
            time: prefix.time,
            caller: prefix.caller,
        }
    }

    /// The text behind a plain console prefix, by the shortest way that is right for quiet lines.
    pub(crate) fn text(&self) -> &'log [u8] {
        prefix::skip(self.bytes)
    }
}

/// Iterator over the lines of a [`Log`].
#[derive(Debug, Clone)]
pub struct Lines<'log> {
    rest: &'log [u8],
    offset: usize,
    number: usize,
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
        let line = RawLine { offset: self.offset, number: self.number, bytes };
        self.offset += end + 1;
        Some(line)
    }
}
