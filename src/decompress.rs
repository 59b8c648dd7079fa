//! gzip, xz and zstd, known by their first bytes.

use std::io::{self, BufRead, BufReader, Read};

/// Most bytes that a compressed log may grow to, unless somebody asks for more.
pub const MAX_SIZE: u64 = 32 << 30;

/// Bytes in which a magic number stands.
const MAGIC: usize = 6;

/// The bytes of `source`, decompressed if it is compressed, and no more than `limit` of them.
///
/// # Errors
///
/// Those of `source`; compression that this build cannot read.
pub(crate) fn open(source: impl Read + Send + 'static, limit: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut source = source;
    let mut head = Vec::with_capacity(MAGIC);
    source.by_ref().take(MAGIC as u64).read_to_end(&mut head)?;
    let format = format_of(&head);
    let whole = io::Cursor::new(head).chain(source);
    match format {
        None => Ok(Box::new(whole)),
        Some(format) => {
            let plain = decoder(format, BufReader::with_capacity(64 << 10, whole))?;
            Ok(Box::new(Limited { plain, left: limit }))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Gzip,
    Xz,
    Zstd,
}

fn format_of(head: &[u8]) -> Option<Format> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Format::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Some(Format::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Format::Zstd),
        _ => None,
    }
}

#[cfg(feature = "compress")]
fn decoder(format: Format, source: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Ok(match format {
        Format::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
        Format::Xz => Box::new(lzma_rust2::XzReader::new(source, true)),
        Format::Zstd => Box::new(Frames { source: Some(source), frame: None }),
    })
}

#[cfg(not(feature = "compress"))]
fn decoder(format: Format, _: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{format:?}: built without the feature `compress`"),
    ))
}

/// The frames of a zstd file, one behind the other.
#[cfg(feature = "compress")]
struct Frames<R: BufRead> {
    /// The source between two frames.
    source: Option<R>,
    frame: Option<ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>,
}

#[cfg(feature = "compress")]
impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(mut source) = self.source.take() {
                if source.fill_buf()?.is_empty() {
                    self.source = Some(source);
                    return Ok(0);
                }
                self.frame = Some(ruzstd::decoding::StreamingDecoder::new(source).map_err(io::Error::other)?);
            }
            let Some(frame) = self.frame.as_mut() else { return Ok(0) };
            match frame.read(buffer)? {
                0 => self.source = self.frame.take().map(ruzstd::decoding::StreamingDecoder::into_inner),
                read => return Ok(read),
            }
        }
    }
}

/// A reader that fails where it would give more than so many bytes.
struct Limited<R> {
    plain: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, "decompresses to more than the limit (--max-size)")
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_formats_by_magic() {
        assert_eq!(format_of(b"\x1f\x8b\x08\0\0\0"), Some(Format::Gzip));
        assert_eq!(format_of(b"\xfd7zXZ\0"), Some(Format::Xz));
        assert_eq!(format_of(b"\x28\xb5\x2f\xfd"), Some(Format::Zstd));
        assert_eq!(format_of(b"[    0"), None);
    }

    #[test]
    fn err_more_than_the_limit() {
        let mut limited = Limited { plain: &b"12345"[..], left: 4 };
        assert!(limited.read_to_end(&mut Vec::new()).is_err());
        let mut text = Vec::new();
        open(&b"abc"[..], 0).unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text, b"abc");
    }
}
