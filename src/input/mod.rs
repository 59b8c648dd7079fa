//! Where logs come from: files, folders, standard input.
//!
//! All I/O of logs is here. [`walk`] names the logs of some paths, one after the other; [`Source::read`] fetches
//! one. A log that cannot be read is one error, and the walk goes on behind it. Nothing is parsed here.

mod walk;

pub use walk::{Walk, walk};

use crate::{Error, ErrorKind, Result};
use std::io::Read as _;
use std::path::PathBuf;

/// One log that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input, which paths call `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// What outputs call it: `-` or the path, lossily as UTF-8.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.to_string_lossy().into_owned(),
        }
    }

    /// The bytes of the log.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Read`] if the file cannot be opened or read to its end.
    pub fn read(&self) -> Result<Vec<u8>> {
        match self {
            Self::Stdin => {
                let mut bytes = Vec::new();
                let read = std::io::stdin().lock().read_to_end(&mut bytes);
                read.map(|_| bytes).map_err(|e| Error::new(ErrorKind::Read("-".into()), e))
            }
            Self::File(path) => std::fs::read(path).map_err(|e| Error::new(ErrorKind::Read(path.clone()), e)),
        }
    }
}
