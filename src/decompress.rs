//! gzip, xz and zstd, known by their first bytes.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most bytes that a compressed log may grow to, unless somebody asks for more.
pub const MAX_SIZE: u64 = 32 << 30;

/// Most times its own size that a compressed log may grow to, unless somebody asks for more: what gzip can do, and many
/// times what logs do. So a megabyte grows to a gigabyte at most.
pub const MAX_GROWTH: u64 = 1 << 10;

/// Most bytes that anything compressed may grow to, however small it is.
const FREE_BYTES: u64 = 64 << 20;

/// How far decompression may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// Bytes.
    pub(crate) size: u64,
    /// Bytes for each that was read.
    pub(crate) growth: u64,
}

/// Bytes in which a magic number stands.
const MAGIC: usize = 6;

/// The bytes of `source`, decompressed if it is compressed, once, and no more than `limit` allows.
///
/// # Errors
///
/// Those of `source`; compression that this build cannot read.
pub(crate) fn open(source: impl Read + Send + 'static, limit: Limit) -> io::Result<Box<dyn Read + Send>> {
    let mut source = source;
    let mut head = Vec::with_capacity(MAGIC);
    source.by_ref().take(MAGIC as u64).read_to_end(&mut head)?;
    let format = format_of(&head);
    let whole = io::Cursor::new(head).chain(source);
    match format {
        None => Ok(Box::new(whole)),
        Some(format) => {
            let packed = Arc::new(AtomicU64::new(0));
            let counted = Counted { source: whole, bytes: Arc::clone(&packed) };
            let plain = decoder(format, BufReader::with_capacity(64 << 10, counted))?;
            Ok(Box::new(Limited { plain, given: 0, packed, limit }))
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

/// A reader that counts its bytes.
struct Counted<R> {
    source: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A reader that fails where it would give more than the limit.
struct Limited<R> {
    plain: R,
    given: u64,
    packed: Arc<AtomicU64>,
    limit: Limit,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.given += read as u64;
        let grown = self.packed.load(Ordering::Relaxed).saturating_mul(self.limit.growth).max(FREE_BYTES);
        let too_large = |what: String| Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        if self.given > self.limit.size {
            return too_large(format!("decompresses to more than {} bytes (--max-size)", self.limit.size));
        }
        if self.given > grown {
            let growth = self.limit.growth;
            return too_large(format!("decompresses to more than {growth} times its size (--max-growth)"));
        }
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
        let limited = |size, growth, bytes: u64| {
            let packed = Arc::new(AtomicU64::new(1 << 10));
            let mut limited =
                Limited { plain: io::repeat(0), given: 0, packed, limit: Limit { size, growth } };
            io::copy(&mut limited.by_ref().take(bytes), &mut io::sink()).map_err(|e| e.to_string())
        };
        assert_eq!(limited(4, 1, 4), Ok(4));
        assert_eq!(limited(4, 1, 5), Err("decompresses to more than 4 bytes (--max-size)".to_owned()));
        assert_eq!(limited(u64::MAX, 0, FREE_BYTES), Ok(FREE_BYTES));
        let growth = (FREE_BYTES >> 10) + 1;
        assert_eq!(limited(u64::MAX, growth, FREE_BYTES + 1024), Ok(FREE_BYTES + 1024));
        assert!(limited(u64::MAX, growth, FREE_BYTES + 1025).unwrap_err().contains("--max-growth"));
        let mut text = Vec::new();
        open(&b"abc"[..], Limit { size: 0, growth: 0 }).unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text, b"abc");
    }

    #[cfg(feature = "compress")]
    #[test]
    fn ok_what_is_compressed_twice_is_decompressed_once() {
        use std::io::Write as _;
        let gzip = |bytes: &[u8]| {
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            out.write_all(bytes).unwrap();
            out.finish().unwrap()
        };
        let inner = gzip(b"a log");
        let mut plain = Vec::new();
        let limit = Limit { size: MAX_SIZE, growth: MAX_GROWTH };
        open(io::Cursor::new(gzip(&inner)), limit).unwrap().read_to_end(&mut plain).unwrap();
        assert_eq!(plain, inner);
    }
}
