//! ClickHouse's `TabSeparated`: how a text of several lines stands in one row.
//!
//! Read and written as ClickHouse does it (`readEscapedString` and `writeEscapedString` of its `src/IO`; the format
//! is told under <https://clickhouse.com/docs/interfaces/formats/TabSeparated>). What ClickHouse reads, is read: `\xHH`, a
//! letter that means nothing (it stands for itself, with its backslash), `\N` for no text. A tab that nobody escaped is
//! a tab.

use super::RowError;
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;

/// The text of a row.
///
/// ```
/// use ksplat::input::tsv;
/// assert_eq!(&*tsv::unescape(br"a\n\tb\\")?, b"a\n\tb\\");
/// # Ok::<(), ksplat::input::RowError>(())
/// ```
///
/// # Errors
///
/// [`RowError::Escape`] if the row ends behind a backslash, or `\x` is not followed by two hex digits.
pub fn unescape(row: &[u8]) -> Result<Cow<'_, [u8]>, RowError> {
    let Some(first) = memchr(b'\\', row) else { return Ok(Cow::Borrowed(row)) };
    let mut text = Vec::with_capacity(row.len());
    let (mut done, mut next) = (0, first);
    for at in memchr_iter(b'\\', row) {
        // The second one of `\\`.
        if at < next {
            continue;
        }
        text.extend_from_slice(row.get(done..at).unwrap_or_default());
        let sequence = row.get(at + 1..).unwrap_or_default();
        let length = decode(sequence, &mut text).ok_or(RowError::Escape { at })?;
        done = at + 1 + length;
        next = done;
    }
    text.extend_from_slice(row.get(done..).unwrap_or_default());
    Ok(Cow::Owned(text))
}

/// What stands behind a backslash; the bytes it takes.
fn decode(sequence: &[u8], text: &mut Vec<u8>) -> Option<usize> {
    let letter = *sequence.first()?;
    match letter {
        b'N' => {}
        b'x' => {
            let digits = sequence.get(1..3).filter(|d| d.iter().all(u8::is_ascii_hexdigit))?;
            text.push(u8::try_from(crate::bytes::hex_value(digits)?).ok()?);
            return Some(3);
        }
        b'0' => text.push(0),
        b'a' => text.push(7),
        b'b' => text.push(8),
        b'e' => text.push(0x1b),
        b'f' => text.push(12),
        b'n' => text.push(b'\n'),
        b'r' => text.push(b'\r'),
        b't' => text.push(b'\t'),
        b'v' => text.push(11),
        b'\\' | b'\'' | b'"' | b'`' | b'/' | b'=' | 0..0x20 => text.push(letter),
        _ => text.extend([b'\\', letter]),
    }
    Some(1)
}

/// Appends a text as a row, without the line feed behind it.
///
/// ```
/// use ksplat::input::tsv;
/// let mut row = Vec::new();
/// tsv::escape(b"it's a \\ and a\n", &mut row);
/// assert_eq!(row, br"it\'s a \\ and a\n");
/// ```
pub fn escape(text: &[u8], row: &mut Vec<u8>) {
    row.reserve(text.len());
    for byte in text {
        let letter = match byte {
            0 => b'0',
            8 => b'b',
            12 => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            b'\\' | b'\'' => *byte,
            _ => {
                row.push(*byte);
                continue;
            }
        };
        row.extend([b'\\', letter]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_byte_comes_back() {
        let text: Vec<u8> = (0..=255).chain([b'\\', b'\\', b'\\', b'n']).collect();
        let mut row = Vec::new();
        escape(&text, &mut row);
        assert!(!row.iter().any(|b| matches!(b, b'\n' | b'\t' | 0)));
        assert_eq!(unescape(&row).unwrap(), text);
        // As ClickHouse 26.9 writes them.
        assert!(row.starts_with(b"\\0\x01\x02\x03\x04\x05\x06\x07\\b\\t\\n\x0b\\f\\r\x0e\x0f"));
        assert!(row.windows(8).any(|w| w == b"\"#$%&\\'("));
        assert!(matches!(unescape(b"plain\ttab \xff").unwrap(), Cow::Borrowed(_)));
    }

    /// What ClickHouse 26.9 makes of a backslash and each byte.
    #[test]
    fn ok_every_letter_is_read_as_clickhouse_reads_it() {
        let named = b"0\0a\x07b\x08e\x1bf\x0cn\nr\rt\tv\x0b".chunks(2);
        let named: Vec<(u8, u8)> = named.map(|pair| (pair[0], pair[1])).collect();
        for letter in (0..=255).filter(|c| !matches!(c, b'\n' | b'x' | b'N')) {
            let expected = match named.iter().find(|(name, _)| *name == letter) {
                Some((_, byte)) => vec![*byte],
                None if letter < 0x20 || b"\\'\"`/=".contains(&letter) => vec![letter],
                None => vec![b'\\', letter],
            };
            assert_eq!(
                unescape(&[b'\\', letter, b'Z']).unwrap(),
                [&expected[..], b"Z"].concat(),
                "{letter:#x}"
            );
        }
        assert_eq!(&*unescape(br"\N").unwrap(), b"");
        assert_eq!(&*unescape(br"a\Nb\x4a\xff").unwrap(), b"abJ\xff");
    }

    #[test]
    fn err_sequences_that_are_cut_off() {
        for (row, at) in [(&b"\\"[..], 0), (b"a\\\\\\", 3), (b"ab\\x", 2), (b"\\x1", 0), (b"\\xg1", 0)] {
            assert_eq!(unescape(row), Err(RowError::Escape { at }), "{row:?}");
        }
    }
}
