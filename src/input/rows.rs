//! Row streams: a log a row, as engines pipe the rows of a table through a program.

use crate::bytes::dec_value;
use memchr::memchr_iter;
use std::io::{self, Read};
use std::ops::Range;

/// Bytes up to which a row is read, unless somebody asks for more: memory is bounded by it.
pub const MAX_ROW: usize = 64 << 20;
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Why a row is no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// It was passed over, because memory is not endless.
    #[error("the row is longer than {limit} bytes")]
    TooLong {
        /// The longest row that is read.
        limit: usize,
    },
    /// The chunk before it had fewer rows, by its count.
    #[error("a chunk's count of rows was expected here")]
    NoCount,
    /// A backslash says that more would follow.
    #[error("the escape sequence at byte {at} is cut off or no hex number")]
    Escape {
        /// Bytes from the start of the row.
        at: usize,
    },
}

/// Reads rows: lines, each without its line feed; what follows the last line feed is one too.
///
/// Rows come in batches of those that are there, so whoever answers a batch before asking for the next keeps nobody
/// waiting. A row costs its own length, however it is cut into pieces on its way.
///
/// ```
/// use ksplat::input::{RowError, Rows};
/// let mut rows = Rows::new(&b"a\n\nlonger\nlast"[..], 5);
/// assert_eq!(rows.batch()?, [Ok(&b"a"[..]), Ok(b""), Err(RowError::TooLong { limit: 5 })]);
/// assert_eq!(rows.batch()?, [Ok(&b"last"[..])]);
/// assert!(rows.batch()?.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Rows<R> {
    reader: R,
    limit: usize,
    /// Rows that are left of the chunk; `None` if there are no chunks.
    left: Option<u64>,
    /// What came, up to `filled`; up to `taken` nobody needs it any more, up to `searched` it has no more line feeds.
    buffer: Vec<u8>,
    filled: usize,
    taken: usize,
    searched: usize,
    /// The rest of the row is passed over.
    skipping: bool,
    ended: bool,
}

type Place = Result<Range<usize>, RowError>;

impl<R: Read> Rows<R> {
    /// The rows of `reader`, none of which is longer than `limit` bytes.
    #[must_use]
    pub const fn new(reader: R, limit: usize) -> Self {
        Self {
            reader,
            limit,
            left: None,
            buffer: Vec::new(),
            filled: 0,
            taken: 0,
            searched: 0,
            skipping: false,
            ended: false,
        }
    }

    /// The same where a line with their count stands before the rows of each chunk, as ClickHouse writes it
    /// (`send_chunk_header`). Counts are no rows; a line that ought to be a count and is none is an error.
    ///
    /// ```
    /// use ksplat::input::{RowError, Rows};
    /// let mut rows = Rows::new(&b"2\na\nb\n1\nc\nd\n"[..], 9).chunked();
    /// assert_eq!(rows.batch()?, [Ok(&b"a"[..]), Ok(b"b"), Ok(b"c"), Err(RowError::NoCount)]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn chunked(self) -> Self {
        Self { left: Some(0), ..self }
    }

    /// How many rows of the last chunk have not come.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.left.unwrap_or(0)
    }

    /// The rows that are there, after waiting for one; none when the stream has ended.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub fn batch(&mut self) -> io::Result<Vec<Result<&[u8], RowError>>> {
        let mut places = Vec::new();
        while places.is_empty() && !self.ended {
            self.fill()?;
            self.cut(&mut places);
        }
        let row = |place: Place| place.map(|range| self.buffer.get(range).unwrap_or_default());
        Ok(places.into_iter().map(row).collect())
    }

    /// Reads a piece, behind what is still needed.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.searched -= self.taken;
        self.taken = 0;
        if self.buffer.len() < self.filled + PIECE {
            self.buffer.resize(self.filled + PIECE, 0);
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let read = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.filled += read;
        self.ended = read == 0;
        Ok(())
    }

    /// Cuts what came at its line feeds.
    fn cut(&mut self, places: &mut Vec<Place>) {
        let new = self.buffer.get(self.searched..self.filled).unwrap_or_default();
        let ends: Vec<usize> = memchr_iter(b'\n', new).map(|at| self.searched + at).collect();
        self.searched = self.filled;
        for end in ends {
            places.extend(self.row(self.taken..end));
            self.taken = end + 1;
        }
        let rest = self.taken..self.filled;
        if self.ended && (self.skipping || !rest.is_empty()) {
            self.taken = rest.end;
            places.extend(self.row(rest));
        } else if self.skipping || rest.len() > self.limit {
            self.skipping = true;
            self.taken = rest.end;
        }
    }

    /// What a line is; nothing if it is the count of a chunk.
    fn row(&mut self, range: Range<usize>) -> Option<Place> {
        let too_long = std::mem::take(&mut self.skipping) || range.len() > self.limit;
        let line = self.buffer.get(range.clone()).filter(|_| !too_long);
        match &mut self.left {
            Some(left @ 0) => match line.and_then(|line| dec_value(line.trim_ascii())) {
                Some(count) => {
                    *left = count;
                    return None;
                }
                None => return Some(Err(RowError::NoCount)),
            },
            Some(left) => *left -= 1,
            None => {}
        }
        Some(if too_long { Err(RowError::TooLong { limit: self.limit }) } else { Ok(range) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers a few bytes at a time.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let (now, rest) = self.0.split_at(self.1.min(self.0.len()));
            room[..now.len()].copy_from_slice(now);
            self.0 = rest;
            Ok(now.len())
        }
    }

    type Owned = Vec<Result<Vec<u8>, RowError>>;

    fn all(mut rows: Rows<impl Read>) -> (Owned, u64) {
        let mut found = Vec::new();
        loop {
            let batch = rows.batch().unwrap();
            if batch.is_empty() {
                drop(batch);
                return (found, rows.missing());
            }
            found.extend(batch.into_iter().map(|r| r.map(<[u8]>::to_vec)));
        }
    }

    #[test]
    fn ok_pieces_do_not_matter() {
        let text = b"one\n\n\xff\0\r\nlonger than the limit\n12345678\n123456789\nlast";
        let long = || Err(RowError::TooLong { limit: 8 });
        let ok = |t: &[u8]| Ok(t.to_vec());
        let expected =
            [ok(b"one"), ok(b""), ok(b"\xff\0\r"), long(), ok(b"12345678"), long(), ok(b"last")].to_vec();
        for size in 1..text.len() + 1 {
            assert_eq!(all(Rows::new(Dribble(text, size), 8)), (expected.clone(), 0), "{size}");
        }
        for size in [1, 7, 1000] {
            let tail = all(Rows::new(Dribble(b"a\nlonger than the limit", size), 8)).0;
            assert_eq!(tail, [ok(b"a"), long()], "{size}");
        }
    }

    #[test]
    fn ok_a_batch_is_what_is_there() {
        let mut rows = Rows::new(Dribble(b"a\nb\nc\nd", 5), 8);
        assert_eq!(rows.batch().unwrap(), [Ok(&b"a"[..]), Ok(b"b")]);
        assert_eq!(rows.batch().unwrap(), [Ok(&b"c"[..])]);
        assert_eq!(rows.batch().unwrap(), [Ok(&b"d"[..])]);
        assert!(rows.batch().unwrap().is_empty());
    }

    #[test]
    fn ok_a_long_row_takes_no_memory() {
        let mut rows = Rows::new(io::repeat(b'x').take(64 << 20).chain(&b"\nb\n"[..]), 100);
        assert_eq!(rows.batch().unwrap(), [Err(RowError::TooLong { limit: 100 }), Ok(&b"b"[..])]);
        assert!(rows.buffer.len() <= 2 * PIECE, "{}", rows.buffer.len());
    }

    #[test]
    fn err_chunks_whose_counts_are_wrong() {
        let rows = |text: &'static [u8]| all(Rows::new(Dribble(text, 3), 30).chunked());
        let ok = |t: &[u8]| Ok(t.to_vec());
        let none = || Err(RowError::NoCount);
        assert_eq!(rows(b"0\n2\r\na\n\n1\nc\n"), (vec![ok(b"a"), ok(b""), ok(b"c")], 0));
        assert_eq!(rows(b"1\na\nb\n\n-1\n1\nd\n"), (vec![ok(b"a"), none(), none(), none(), ok(b"d")], 0));
        assert_eq!(rows(b"3\na\nb"), (vec![ok(b"a"), ok(b"b")], 1));
        let huge = b"99999999999999999999999999\na\n18446744073709551615\nb\n";
        assert_eq!(rows(huge), (vec![none(), none(), ok(b"b")], u64::MAX - 1));
        let long =
            b"1\nlonger than thirty bytes, which is the limit\nlonger than thirty bytes, and no count\n";
        assert_eq!(rows(long), (vec![Err(RowError::TooLong { limit: 30 }), none()], 0));
    }
}
