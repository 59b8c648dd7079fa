//! JSON that can be shown on a terminal.

use crate::output::clean::is_harmful;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};
use std::io::{self, Write};

/// Writes a value as JSON in one line, without the line feed.
///
/// JSON lets characters stand in a string that some terminals obey (U+009B starts a sequence as ESC `[` does) or that
/// turn the direction of writing. Here they are `\u` escapes, which mean the same to whoever reads JSON.
///
/// ```
/// use ksplat::output::json;
/// let mut out = Vec::new();
/// json::write(&mut out, &"a\u{9b}2J")?;
/// assert_eq!(out, br#""a\u009b2J""#);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of `out`.
pub fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Safe))?)
}

struct Safe;

impl Formatter for Safe {
    /// Of a raw value, which is valid: characters below the blank stand between its tokens only.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for part in fragment.split(['\t', '\n', '\r']) {
            self.write_string_fragment(out, part)?;
        }
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        for part in fragment.split_inclusive(is_harmful) {
            match part.char_indices().next_back().filter(|(_, c)| is_harmful(*c)) {
                None => CompactFormatter.write_string_fragment(out, part)?,
                Some((at, c)) => {
                    out.write_all(part.as_bytes().get(..at).unwrap_or_default())?;
                    // All of them are within the 16 bits of one escape.
                    write!(out, "\\u{:04x}", u32::from(c))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_what_is_escaped_comes_back() {
        let text: String = (0..0x1_1000).filter_map(char::from_u32).collect();
        let mut out = Vec::new();
        write(&mut out, &text).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(!json.contains(is_harmful));
        assert!(json.contains('ü') && json.contains('\u{10000}'));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
