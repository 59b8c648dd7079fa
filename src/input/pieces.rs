//! Long logs, read piece by piece.
//!
//! Almost all of a long log is quiet. With several threads, one reads ahead while the others look for blocks without a
//! single header, which the stream then passes over; what is left is read in order, by one, so that what is found is the
//! same however many threads there are.

use super::Settings;
use crate::log::Detection;
use crate::report::Report;
use crate::stream::{Quiet, Scout};
use crate::{Error, ErrorKind, Result, Stream};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;
/// Bytes that one thread looks at, and how many such blocks are read ahead for each.
const BLOCK: usize = 256 << 10;
const BLOCKS: usize = 16;

/// A log that is read piece by piece.
pub struct Pieces {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    stream: Option<Stream>,
    threads: usize,
    /// Who looks at blocks, once it is certain how the log is carried.
    scout: Option<Scout>,
    buffer: Vec<u8>,
    /// Blocks that were read ahead.
    ahead: Batch,
    /// Those before them, for their memory.
    behind: Batch,
    received: usize,
    detection: Option<Detection>,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Pieces {
    pub(super) fn new(path: PathBuf, reader: Box<dyn Read + Send>, settings: &Settings) -> Self {
        Self {
            path,
            reader,
            stream: Some(settings.stream()),
            threads: settings.threads.get(),
            scout: None,
            buffer: vec![0; PIECE],
            ahead: Batch::default(),
            behind: Batch::default(),
            received: 0,
            detection: None,
        }
    }

    /// How many bytes were read, once all were.
    #[must_use]
    pub fn received(&self) -> usize {
        self.received
    }

    /// What the log was taken for, once all of it was read.
    #[must_use]
    pub const fn detection(&self) -> Option<&Detection> {
        self.detection.as_ref()
    }

    /// Reads on and shows the reports that are complete with it, while their text is still there. Whether there is more
    /// to read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`]. What was found until then was shown, and nothing comes behind it.
    pub fn read(&mut self, each: &mut dyn FnMut(Report<'_>)) -> Result<bool> {
        let Some(stream) = self.stream.as_mut() else { return Ok(false) };
        if self.scout.is_none() && self.threads > 1 {
            self.scout = stream.scout();
        }
        let read = match self.scout {
            Some(scout) => self.read_together(scout, each),
            None => self.read_one(each),
        };
        let more = match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Ok(true) => return Ok(true),
            Ok(false) => Ok(false),
            Err(error) => Err(Error::new(ErrorKind::Read(self.path.clone()), error)),
        };
        if let Some(stream) = self.stream.take() {
            self.detection = stream.detection().cloned();
            self.received = stream.received();
            stream.finish_each(each);
        }
        more
    }

    /// Reads a piece.
    fn read_one(&mut self, each: &mut dyn FnMut(Report<'_>)) -> io::Result<bool> {
        let read = self.reader.read(&mut self.buffer)?;
        if let Some(stream) = &mut self.stream {
            stream.push_each(self.buffer.get(..read).unwrap_or_default(), each);
        }
        Ok(read > 0)
    }

    /// Looks at the blocks that were read ahead while the next ones are read.
    fn read_together(&mut self, scout: Scout, each: &mut dyn FnMut(Report<'_>)) -> io::Result<bool> {
        std::mem::swap(&mut self.ahead, &mut self.behind);
        let failed = self.behind.failed.take();
        let batch = &self.behind;
        let blocks: Vec<&[u8]> = batch.blocks().collect();
        let (read, quiet) = look_and_read(&blocks, scout, self.threads, || {
            self.ahead.fill(&mut *self.reader, failed, batch.rest(), BLOCK * BLOCKS * self.threads)
        });
        if let Some(stream) = &mut self.stream {
            let mut left = batch.lines();
            let mut lengths = blocks.iter().map(|block| block.len());
            // Neighbours that are quiet are passed over together.
            for group in quiet.chunk_by(|a, b| a.is_some() && b.is_some()) {
                let length = lengths.by_ref().take(group.len()).sum();
                let (block, behind) = left.split_at_checked(length).unwrap_or((left, b""));
                stream.push_looked_at(block, Quiet::together(group), each);
                left = behind;
            }
            // A line that does not end in a whole batch is the stream's to cut, and so is what ends without a line feed.
            stream.push_each(left, each);
            if !matches!(read, Ok(true)) {
                stream.push_each(&self.ahead.bytes, each);
            }
        }
        read
    }
}

/// Looks at blocks with all threads but one, which reads first and then looks too.
fn look_and_read<T>(
    blocks: &[&[u8]],
    scout: Scout,
    threads: usize,
    read: impl FnOnce() -> T,
) -> (T, Vec<Option<Quiet>>) {
    let next = AtomicUsize::new(0);
    let look = || {
        let mut seen = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(block) = blocks.get(at)
        {
            seen.push((at, scout.look(block)));
        }
        seen
    };
    let mut quiet = vec![None; blocks.len()];
    let read = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(look)).collect();
        let read = read();
        // A thread that died leaves its blocks to be read as if they were not quiet.
        let seen = others.into_iter().flat_map(|t| t.join().unwrap_or_default());
        for (at, found) in look().into_iter().chain(seen) {
            if let Some(slot) = quiet.get_mut(at) {
                *slot = found;
            }
        }
        read
    });
    (read, quiet)
}

/// Bytes that were read at once.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    /// Bytes up to and with the last line feed; 0 if there is none.
    whole: usize,
    /// Why nothing comes behind them.
    failed: Option<io::Error>,
}

impl Batch {
    /// Takes the rest of the batch before and as many bytes as there are, up to so many. Whether there were any; what
    /// had `failed` before is told then, when all that came before it was looked at.
    fn fill(
        &mut self,
        reader: &mut (dyn Read + Send),
        failed: Option<io::Error>,
        rest: &[u8],
        upto: usize,
    ) -> io::Result<bool> {
        self.bytes.clear();
        self.bytes.extend_from_slice(rest);
        self.whole = 0;
        if let Some(error) = failed {
            return Err(error);
        }
        let before = self.bytes.len();
        let read = reader.take(upto as u64).read_to_end(&mut self.bytes);
        let new = self.bytes.get(before..).unwrap_or_default();
        if new.is_empty() {
            return read.map(|_| false);
        }
        self.whole = memchr::memrchr(b'\n', new).map_or(0, |at| before + at + 1);
        self.failed = read.err();
        Ok(true)
    }

    /// Whole lines, about [`BLOCK`] bytes of them at a time.
    fn blocks(&self) -> impl Iterator<Item = &[u8]> {
        let mut left = if self.whole > 0 { self.lines() } else { b"" };
        std::iter::from_fn(move || {
            let from = left.len().min(BLOCK).checked_sub(1)?;
            let end = memchr::memchr(b'\n', left.get(from..)?).map_or(left.len(), |at| from + at + 1);
            let (block, behind) = left.split_at_checked(end)?;
            left = behind;
            Some(block)
        })
    }

    /// What is looked at with this batch: its whole lines, or all of it where it is a part of one line.
    fn lines(&self) -> &[u8] {
        let end = if self.whole > 0 { self.whole } else { self.bytes.len() };
        self.bytes.get(..end).unwrap_or_default()
    }

    /// The line that goes on in the next batch.
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.lines().len()..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZero;

    /// The reports of a log read by so many threads, and of how many bytes it was.
    fn read(log: &[u8], threads: usize) -> (Vec<Report<'static>>, usize) {
        let settings = Settings { threads: NonZero::new(threads).unwrap(), ..Settings::default() };
        let mut pieces = Pieces::new("log".into(), Box::new(io::Cursor::new(log.to_vec())), &settings);
        let mut found = Vec::new();
        while pieces.read(&mut |report| found.push(report.into_owned())).unwrap() {}
        (found, pieces.received())
    }

    #[test]
    fn ok_any_number_of_threads_finds_the_same() {
        let mut log = Vec::new();
        let crash = "------------[ cut here ]------------\nWARNING: CPU: 0 PID: 7 at net/foo.c:12 foo_poll+0x1a/0x90\n\
                     Call Trace:\n foo_loop+0x11/0x20\n---[ end trace 0 ]---\n";
        for n in 0..150_000u32 {
            log.extend_from_slice(
                format!("[{:5}.{:06}] a line like many others, number {n}\n", n / 10, n % 10).as_bytes(),
            );
            // Also right at the edges of blocks, and in the last line.
            if n % 17_000 == 16_999 || n == 149_999 {
                for line in crash.lines() {
                    log.extend_from_slice(format!("[{:5}.{:06}] {line}\n", n / 10, n % 10).as_bytes());
                }
            }
        }
        log.extend_from_slice(b"[15000.000001] a line without an end");
        let one = read(&log, 1);
        assert_eq!((one.0.len(), one.1), (9, log.len()));
        for threads in 2..5 {
            assert_eq!(read(&log, threads), one, "{threads} threads");
        }
    }

    #[test]
    fn ok_a_line_longer_than_all_that_is_read_at_once() {
        let mut log = b"[    1.000001] quiet\n".repeat(200_000);
        log.extend(std::iter::repeat_n(b'x', 3 * BLOCK * BLOCKS));
        log.extend_from_slice(b"\n[    2.000001] Kernel panic - not syncing: ring 7 is gone\n");
        assert_eq!(read(&log, 2), read(&log, 1));
        assert_eq!(read(&log, 2).0.len(), 1);
    }

    #[test]
    fn ok_an_endless_line_takes_no_memory() {
        let quiet = b"[    1.000001] quiet\n".repeat(200_000);
        let endless = io::repeat(b'x').take(64 << 20);
        let settings = Settings { threads: NonZero::new(2).unwrap(), ..Settings::default() };
        let mut pieces =
            Pieces::new("log".into(), Box::new(io::Cursor::new(quiet).chain(endless)), &settings);
        while pieces.read(&mut |_| {}).unwrap() {}
        let held = pieces.ahead.bytes.capacity().max(pieces.behind.bytes.capacity());
        assert!(held <= 4 * BLOCK * BLOCKS * 2, "{held}");
    }

    /// Fails once, and is at its end from then on.
    struct Failing(Option<io::Error>);

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            self.0.take().map_or(Ok(0), Err)
        }
    }

    #[test]
    fn err_a_reader_fails_behind_what_it_read() {
        for threads in 1..4 {
            let mut log = b"[    1.000001] quiet\n".repeat(400_000);
            log.extend_from_slice(b"[    2.000001] Kernel panic - not syncing: ring 7 is gone");
            let reader = io::Cursor::new(log).chain(Failing(Some(io::Error::other("cable"))));
            let settings = Settings { threads: NonZero::new(threads).unwrap(), ..Settings::default() };
            let mut pieces = Pieces::new("log".into(), Box::new(reader), &settings);
            let mut found = 0;
            let error = loop {
                match pieces.read(&mut |_| found += 1) {
                    Ok(true) => {}
                    other => break other,
                }
            };
            assert!(error.is_err() && found == 1, "{threads} threads: {error:?}, {found} reports");
            assert!(!pieces.read(&mut |_| {}).unwrap());
        }
    }
}
