//! Bytes of a log, borrowed until somebody needs them to outlive it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Bytes as the log has them: most often ASCII, never promised to be UTF-8.
///
/// ```
/// use ksplat::Text;
/// let text = Text::from(&b"ip6_send_skb"[..]);
/// assert_eq!(text.to_string(), "ip6_send_skb");
/// assert!(text.starts_with(b"ip6_"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Text<'log>(Cow<'log, [u8]>);

impl Text<'_> {
    /// The text with its bytes copied.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }

    /// The text as a string; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        // Almost all is ASCII, which this is quicker to see.
        str::from_utf8(&self.0).map_or_else(|_| String::from_utf8_lossy(&self.0), Cow::Borrowed)
    }
}

impl<'log> From<&'log [u8]> for Text<'log> {
    fn from(bytes: &'log [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }
}

impl<'log> From<&'log str> for Text<'log> {
    fn from(text: &'log str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<String> for Text<'static> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }
}

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_str_lossy())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str_lossy(), f)
    }
}
/// Control characters, those that reverse or reorder what stands around them, and what XML does not allow.
pub(crate) fn is_harmful(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{fffe}' | '\u{ffff}')
}
