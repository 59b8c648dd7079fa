//! Where logs come from: files, folders, standard input, compressed or not, whole or still growing.
//!
//! All I/O of logs is here. [`walk`] names the logs of some paths, one after the other; [`Source::open`] fetches
//! one, in bounded memory where it is long; [`Follow`] waits for more. A log that cannot be read is one error, and
//! the walk goes on behind it.

mod follow;
mod pieces;
mod rows;
pub mod tsv;
mod walk;

pub use crate::decompress::{MAX_GROWTH, MAX_SIZE};
pub use follow::{Follow, SILENCE};
pub use pieces::Pieces;
pub use rows::{MAX_ROW, RowError, Rows};
pub use walk::{Walk, walk};

use crate::decompress::Limit;
use crate::{Error, ErrorKind, Limits, Log, Result, Stream, Transport, decompress};
use std::io::{self, Read};
use std::num::NonZero;
use std::path::PathBuf;

/// Bytes up to which a log is held as a whole; a longer one is read piece by piece.
const WHOLE: usize = 2 << 20;
/// Most bytes that a compressed log may grow to where all of it is needed at once.
const MOST_AT_ONCE: u64 = 2 << 30;

/// How logs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How the logs were carried; found out for each log if `None`.
    pub transport: Option<Transport>,
    /// Most bytes that a compressed log may grow to.
    pub max_size: u64,
    /// How many threads look for the reports of one long log; what is found does not depend on it.
    pub threads: NonZero<usize>,
    /// Most bytes that a compressed log may grow to for each of its own.
    pub max_growth: u64,
    /// How much of a log is kept.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        let (max_size, max_growth) = (MAX_SIZE, MAX_GROWTH);
        let limits = Limits::default();
        Self { transport: None, max_size, max_growth, limits, threads: NonZero::<usize>::MIN }
    }
}

impl Settings {
    /// The log in these bytes, read like that.
    ///
    /// ```
    /// let settings = ksplat::input::Settings::default();
    /// assert_eq!(settings.log(b"quiet\n").reports().count(), 0);
    /// ```
    #[must_use]
    pub fn log<'log>(&self, bytes: &'log [u8]) -> Log<'log> {
        let log = self.transport.map_or_else(|| Log::from_bytes(bytes), |t| Log::carried_by(t, bytes));
        log.with_limits(self.limits)
    }

    fn stream(&self) -> Stream {
        self.transport.map_or_else(Stream::new, Stream::carried_by).with_limits(self.limits)
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
        let reader = Box::new(io::Cursor::new(bytes).chain(reader));
        Ok(Opened::Long(Box::new(Pieces::new(self.path(), reader, settings))))
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
