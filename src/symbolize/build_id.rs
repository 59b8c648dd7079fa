//! Build IDs: whether a file is the one that a log speaks of.

use std::fmt;

/// The build ID of a file: what the linker's `--build-id` wrote, most often 20 bytes.
///
/// ```
/// use ksplat::symbolize::BuildId;
/// let id = BuildId::from_hex(b"4f2a9c01d3").unwrap();
/// assert_eq!(id.to_string(), "4f2a9c01d3");
/// assert_eq!(id.path().unwrap().to_str(), Some("4f/2a9c01d3.debug"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuildId(Vec<u8>);

impl BuildId {
    /// The build ID of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The build ID that a log prints as hex digits; `None` if they are none, or half a byte is missing.
    #[must_use]
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        let value = |d: &u8| (*d as char).to_digit(16);
        let bytes = digits.chunks(2).map(|pair| match pair {
            [high, low] => u8::try_from(value(high)? << 4 | value(low)?).ok(),
            _ => None,
        });
        bytes.collect::<Option<Vec<u8>>>().filter(|b| !b.is_empty()).map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Where a file of debug information stands below `.build-id`; `None` if the build ID is a single byte.
    #[must_use]
    pub fn path(&self) -> Option<std::path::PathBuf> {
        let hex = self.to_string();
        let (folder, file) = hex.split_at_checked(2).filter(|(_, file)| !file.is_empty())?;
        Some(std::path::Path::new(folder).join(format!("{file}.debug")))
    }
}

impl fmt::Display for BuildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_digits_that_are_no_build_id() {
        for digits in ["", "4", "4g", "../..", "4f2"] {
            assert_eq!(BuildId::from_hex(digits.as_bytes()), None, "{digits}");
        }
    }
}
