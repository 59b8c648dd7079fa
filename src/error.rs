//! The one error type. Logs never fail to parse; files, settings and saved groups can.

use std::path::PathBuf;

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, with the cause behind it.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct Error {
    kind: ErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or directory could not be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf),
    /// A file that was to be an ELF file is none, or a broken one.
    #[error("cannot use {} as an ELF file", .0.display())]
    Object(PathBuf),
    /// A file could not be written; what stood there before is whole.
    #[error("cannot write {}", .0.display())]
    Write(PathBuf),
    /// A file of settings says what cannot be meant.
    #[error("{at}: {why}")]
    Setting {
        /// Where it stands.
        at: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file that was to list symbols, as `System.map` does, lists none.
    #[error("no symbols in {}", .0.display())]
    Symbols(PathBuf),
    /// A file cannot have an index: it has no build ID, or no line table.
    #[error("{} has no build ID or no debug information, so it has no index", .0.display())]
    NoIndex(PathBuf),
    /// No vmlinux of this release is in the usual places.
    #[error("no vmlinux of {0} is found")]
    NoVmlinux(String),
    /// A log and a file have different build IDs.
    #[error("build ID mismatch: log has {log}, {what} has {file} ({})", .path.display())]
    BuildId {
        /// `vmlinux`, or the module's name.
        what: String,
        /// The build ID of the log.
        log: String,
        /// The build ID of the file.
        file: String,
        /// The file.
        path: PathBuf,
    },
    /// A log and a vmlinux speak of different kernels.
    #[error("kernel mismatch: log has {log}, vmlinux has {file} ({})", .path.display())]
    Banner {
        /// What the log says.
        log: String,
        /// What the file says.
        file: String,
        /// The file.
        path: PathBuf,
    },
    /// There is more than is looked at.
    #[error("{0}")]
    Limit(String),
    /// What was to be a saved report, group or index is none.
    #[error("not a saved {what}: {at}")]
    Saved {
        /// What was expected.
        what: &'static str,
        /// Where it stands.
        at: String,
    },
}

impl Error {
    /// An error of `kind`, caused by `source`.
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// The kind of error.
    #[must_use]
    pub const fn kind(&self) -> &ErrorKind {
        &self.kind
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, source: None }
    }
}
