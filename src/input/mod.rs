//! Where logs come from: files, folders, standard input, compressed or not, whole or still growing.
//!
//! All I/O of logs is here. [`walk`] names the logs of some paths, one after the other; [`Source::open`] fetches
//! one, in bounded memory where it is long; [`Follow`] waits for more. A log that cannot be read is one error, and
//! the walk goes on behind it.

mod follow;
mod rows;
pub mod tsv;
mod walk;

pub use crate::decompress::{MAX_GROWTH, MAX_SIZE};
pub use follow::{Follow, SILENCE};
pub use rows::{MAX_ROW, RowError, Rows};
pub use walk::{Walk, walk};

use crate::decompress::Limit;
use crate::log::Detection;
use crate::report::Report;
use crate::{Error, ErrorKind, Result, Stream, Transport, decompress};
use std::io::{self, Read};
use std::path::PathBuf;

/// Bytes up to which a log is held as a whole; a longer one is read piece by piece.
const WHOLE: usize = 8 << 20;
/// Most bytes that a compressed log may grow to where all of it is needed at once.
const MOST_AT_ONCE: u64 = 2 << 30;
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// How logs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How the logs were carried; found out for each log if `None`.
    pub transport: Option<Transport>,
    /// Most bytes that a compressed log may grow to.
    pub max_size: u64,
    /// Most bytes that a compressed log may grow to for each of its own.
    pub max_growth: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { transport: None, max_size: MAX_SIZE, max_growth: MAX_GROWTH }
    }
}

impl Settings {
    fn stream(&self) -> Stream {
        self.transport.map_or_else(Stream::new, Stream::carried_by)
    }
}

/// One log that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input, which paths call `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// A log, opened.
#[derive(Debug)]
pub enum Opened {
    /// All its bytes, decompressed.
    Whole(Vec<u8>),
    /// It is long: its reports, one after the other.
    Long(Box<Pieces>),
}

impl Source {
    /// The log at `path`: `-` and no path at all are standard input.
    #[must_use]
    pub fn of(path: Option<&std::path::Path>) -> Self {
        path.filter(|p| p.as_os_str() != "-").map_or(Self::Stdin, |p| Self::File(p.to_owned()))
    }

    /// What outputs call it: `-` or the path, lossily as UTF-8.
    #[must_use]
    pub fn name(&self) -> String {
        self.path().to_string_lossy().into_owned()
    }

    fn path(&self) -> PathBuf {
        match self {
            Self::Stdin => "-".into(),
            Self::File(path) => path.clone(),
        }
    }

    /// Opens the log, decompresses it, and reads it if it is not long.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if it cannot be opened or read.
    pub fn open(&self, settings: &Settings) -> Result<Opened> {
        let error = |e| Error::new(ErrorKind::Read(self.path()), e);
        let mut reader = self.reader(settings).map_err(error)?;
        let mut bytes = Vec::new();
        reader.by_ref().take(WHOLE as u64).read_to_end(&mut bytes).map_err(error)?;
        if bytes.len() < WHOLE {
            return Ok(Opened::Whole(bytes));
        }
        Ok(Opened::Long(Box::new(Pieces {
            path: self.path(),
            reader: Box::new(io::Cursor::new(bytes).chain(reader)),
            stream: Some(settings.stream()),
            buffer: vec![0; PIECE],
            received: 0,
            detection: None,
        })))
    }

    /// The bytes of the log, decompressed, however many they are: those of a compressed one up to two gigabytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if the file cannot be opened or read to its end, or grows to more.
    pub fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let settings = Settings { max_size: MOST_AT_ONCE, ..Settings::default() };
        let read = self.reader(&settings).and_then(|mut r| r.read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|e| Error::new(ErrorKind::Read(self.path()), e))
    }

    /// The rows of a stream of logs, none of which is longer than `limit` bytes; a file may be compressed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if the file cannot be opened.
    pub fn rows(&self, limit: usize) -> Result<Rows<Box<dyn Read + Send>>> {
        let reader = match self {
            // Whoever sends rows may wait for an answer before there are enough to tell how they are compressed.
            Self::Stdin => Ok(Box::new(io::stdin()) as Box<dyn Read + Send>),
            Self::File(_) => self.reader(&Settings::default()),
        };
        reader.map(|r| Rows::new(r, limit)).map_err(|e| Error::new(ErrorKind::Read(self.path()), e))
    }

    fn reader(&self, settings: &Settings) -> io::Result<Box<dyn Read + Send>> {
        let limit = Limit { size: settings.max_size, growth: settings.max_growth };
        match self {
            Self::Stdin => decompress::open(io::stdin(), limit),
            Self::File(path) => decompress::open(std::fs::File::open(path)?, limit),
        }
    }
}

/// A log that is read piece by piece.
pub struct Pieces {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    stream: Option<Stream>,
    buffer: Vec<u8>,
    received: usize,
    detection: Option<Detection>,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pieces").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Pieces {
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

    /// Reads the next piece and shows the reports that are complete with it, while their text is still there. Whether
    /// there is more to read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`]. What was found until then was shown, and nothing comes behind it.
    pub fn read(&mut self, each: &mut dyn FnMut(Report<'_>)) -> Result<bool> {
        let Some(stream) = self.stream.as_mut() else { return Ok(false) };
        match self.reader.read(&mut self.buffer) {
            Ok(0) => self.finish(each),
            Ok(read) => stream.push_each(self.buffer.get(..read).unwrap_or_default(), each),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.finish(each);
                return Err(Error::new(ErrorKind::Read(self.path.clone()), error));
            }
        }
        Ok(self.stream.is_some())
    }

    /// The reports that were left when the log ended.
    fn finish(&mut self, each: &mut dyn FnMut(Report<'_>)) {
        let Some(stream) = self.stream.take() else { return };
        self.detection = stream.detection().cloned();
        self.received = stream.received();
        stream.finish_each(each);
    }
}
