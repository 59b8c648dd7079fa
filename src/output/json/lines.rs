//! NDJSON: one value a line.

use crate::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;

/// What `read` makes of the value of each line that is not empty; `at` and `what` are for the error.
///
/// # Errors
///
/// [`ErrorKind::Saved`], with the number of the line, if a line is not such a value, or if `read` says why not.
pub(super) fn each<V: DeserializeOwned, T>(
    text: &[u8],
    at: &str,
    what: &'static str,
    read: impl Fn(V) -> std::result::Result<T, String>,
) -> Result<Vec<T>> {
    let numbered = text.split(|c| *c == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    let one = |(line, number): (&[u8], usize)| {
        let kind = || ErrorKind::Saved { what, at: format!("{at}:{number}") };
        let value = serde_json::from_slice(line).map_err(|e| Error::new(kind(), e))?;
        read(value).map_err(|e| Error::new(kind(), e))
    };
    numbered.map(one).collect()
}
