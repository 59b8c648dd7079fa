//! Further functions that never carry the blame: a user's own list beside [`super::skip`]'s.

use super::settings::{self, Line};
use super::{glob, signature};
use crate::{ErrorKind, Result};

/// A list of functions that never carry the blame, and its name.
///
/// Whoever skips other functions makes other signatures: those of reports that are named with a list carry its name
/// (`v1+NAME:0123456789abcdef`), so that they never mix with plain ones.
///
/// ```
/// use ksplat::dedup::{Helpers, Naming};
/// let helpers = Helpers::parse("ours", b"ring_lock*  # takes a lock for its caller\n", "ours.txt")?;
/// let log = b"BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
///             RIP: 0010:ring_lock_all+0x1a/0x90\nCall Trace:\n ring_push+0x1/0x2\n";
/// let report = ksplat::reports(log).next().unwrap();
/// let identity = Naming::new().skipping(helpers).identify(&report);
/// assert_eq!(identity.function.as_deref(), Some("ring_push"));
/// assert!(identity.signature.to_string().starts_with("v1+ours:"));
/// # Ok::<(), ksplat::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helpers {
    name: String,
    functions: Vec<Line>,
}

impl Helpers {
    /// Reads a list: a pattern of function names a line, in which `*` stands for any text, and behind a `#` the reason.
    /// `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setting`], with the number of the line, if a line is not one pattern, if a pattern is of every
    /// function, or if a signature cannot carry the name.
    pub fn parse(name: &str, text: &[u8], at: &str) -> Result<Self> {
        if !signature::is_mark(name) {
            let why = format!("a list is named by letters, digits, `-`, `_` and `.`, not {name:?}");
            return Err(ErrorKind::Setting { at: at.to_owned(), why }.into());
        }
        let functions = settings::lines(text);
        for line in &functions {
            if line.words.contains(char::is_whitespace) {
                return settings::wrong(at, line, "more than one function; a reason stands behind ` # `");
            }
            if line.words.bytes().all(|c| c == b'*') {
                return settings::wrong(at, line, "this would skip every function");
            }
        }
        Ok(Self { name: name.to_owned(), functions })
    }

    /// The name that signatures carry.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why `function` never carries the blame by this list.
    pub(super) fn reason(&self, function: &str) -> Option<&str> {
        let line = self.functions.iter().find(|line| glob::matches(&line.words, function))?;
        Some(if line.reason.is_empty() { &self.name } else { &line.reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_patterns_and_reasons() {
        let helpers = Helpers::parse("ours", b"# comment\nring_lock # locks\nstar_*\n", "x").unwrap();
        assert_eq!(helpers.reason("ring_lock"), Some("locks"));
        assert_eq!(helpers.reason("star_push"), Some("ours"));
        assert_eq!(helpers.reason("ring_locks"), None);
    }

    #[test]
    fn err_lists_that_cannot_be_meant() {
        for (name, text, want) in [
            ("ours", "a b # why", "x:1: more than one function; a reason stands behind ` # `"),
            ("ours", "f\n** # all", "x:2: this would skip every function"),
            ("", "f", "x: a list is named by letters, digits, `-`, `_` and `.`, not \"\""),
            ("a:b", "f", "x: a list is named by letters, digits, `-`, `_` and `.`, not \"a:b\""),
        ] {
            assert_eq!(Helpers::parse(name, text.as_bytes(), "x").unwrap_err().to_string(), want);
        }
    }
}
