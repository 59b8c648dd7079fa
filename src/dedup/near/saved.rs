//! An index as a file.
//!
//! ```text
//! "ksplatNX"  version: u32  checksum: u64  then fifteen lists, each its length in bytes as u64 and its items
//! ```
//!
//! All numbers are little-endian. The checksum is the first 64 bits of the SHA-256 of what follows it. A file of
//! another version, one that is cut off or that was changed is refused; an index can always be made anew.

use super::index::{Builder, Index, Lists};
use super::strings::Strings;
use crate::{Error, ErrorKind, Result};
use nom::Parser as _;
use nom::bytes::complete::tag;
use nom::combinator::{map_opt, rest};
use nom::multi::length_data;
use nom::number::complete::{le_u32, le_u64};
use sha2::{Digest, Sha256};

const MAGIC: &[u8] = b"ksplatNX";

/// A changed layout, or a changed weight of terms, is a new version.
const VERSION: u32 = 1;

impl Index {
    /// The index as the bytes of a file.
    ///
    /// ```
    /// use ksplat::dedup::near::{Builder, Entry, Index, Profile};
    /// let mut builder = Builder::default();
    /// builder.add(&Entry::default(), &Profile { terms: vec!["ring_pop".to_owned()], ..Profile::default() });
    /// let index = builder.finish();
    /// let bytes = index.to_bytes();
    /// assert!(Index::is_saved(&bytes));
    /// assert_eq!(Index::from_bytes(&bytes, "saved.index").unwrap(), index);
    /// assert!(Index::from_bytes(&bytes[..bytes.len() - 1], "saved.index").is_err());
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for strings in [&self.terms, &self.kinds, &self.entries] {
            put(&mut body, strings.text.as_bytes());
            put_numbers(&mut body, &strings.ends);
        }
        put_numbers(&mut body, &self.counts);
        for lists in [&self.has, &self.finds] {
            put_numbers(&mut body, &lists.numbers);
            put_numbers(&mut body, &lists.ends);
        }
        put(&mut body, &self.norms.iter().flatten().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
        put_numbers(&mut body, self.about.as_flattened());
        put(&mut body, &self.offsets.iter().flat_map(|o| o.to_le_bytes()).collect::<Vec<u8>>());
        [MAGIC, &VERSION.to_le_bytes(), &checksum(&body).to_le_bytes(), &body].concat()
    }

    /// Whether bytes begin like those of a saved index, of whichever version.
    #[must_use]
    pub fn is_saved(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// The index that was written. `at` says where the bytes stand, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the bytes are not those of an index, of one of another version, or damaged.
    pub fn from_bytes(bytes: &[u8], at: &str) -> Result<Self> {
        let refuse = |why: &str| {
            let kind = ErrorKind::Saved { what: "index", at: at.to_owned() };
            Error::new(kind, why.to_owned())
        };
        let mut head = (tag(MAGIC), le_u32, le_u64, rest);
        let parsed: nom::IResult<&[u8], _> = head.parse(bytes);
        let (_, (_, version, sum, body)) = parsed.map_err(|_| refuse("it does not begin like one"))?;
        if version != VERSION {
            return Err(refuse(&format!("version is {version}, not {VERSION}")));
        }
        if checksum(body) != sum {
            return Err(refuse("it is cut off or was changed"));
        }
        read(body).filter(Self::is_whole).ok_or_else(|| refuse("its lists do not fit together"))
    }

    /// Whether there is as much of everything as there are reports and terms, and every weight is a number.
    fn is_whole(&self) -> bool {
        let (reports, terms) = (self.len(), self.terms.len());
        let of_reports = [self.has.ends.len(), self.norms.len(), self.offsets.len()];
        let of_terms = [self.counts.len(), self.finds.ends.len()];
        of_reports.iter().all(|n| *n == reports)
            && of_terms.iter().all(|n| *n == terms)
            && self.entries.len() == reports * 3
            && self.norms.iter().flatten().all(|norm| norm.is_finite())
    }
}

impl Builder {
    /// Adds the reports of an index.
    pub fn extend(&mut self, index: &Index) {
        (0..).take(index.len()).for_each(|report| self.add_of(index, report));
    }
}

fn checksum(body: &[u8]) -> u64 {
    Sha256::digest(body).iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn put_numbers(out: &mut Vec<u8>, numbers: &[u32]) {
    put(out, &numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
}

/// The lists in the order of [`Index::to_bytes`].
fn read(body: &[u8]) -> Option<Index> {
    let mut body = body;
    let mut next = || {
        let length = map_opt(le_u64, |length| usize::try_from(length).ok());
        let parsed: nom::IResult<&[u8], &[u8]> = length_data(length).parse(body);
        let (after, list) = parsed.ok()?;
        body = after;
        Some(list)
    };
    let index = Index {
        terms: strings(next()?, next()?)?,
        kinds: strings(next()?, next()?)?,
        entries: strings(next()?, next()?)?,
        counts: numbers(next()?),
        has: Lists { numbers: numbers(next()?), ends: numbers(next()?) },
        finds: Lists { numbers: numbers(next()?), ends: numbers(next()?) },
        norms: next()?.as_chunks().0.as_chunks().0.iter().map(|n| n.map(f64::from_le_bytes)).collect(),
        about: next()?.as_chunks().0.as_chunks().0.iter().map(|n| n.map(u32::from_le_bytes)).collect(),
        offsets: next()?.as_chunks().0.iter().map(|n| u64::from_le_bytes(*n)).collect(),
    };
    Some(index)
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|n| u32::from_le_bytes(*n)).collect()
}

fn strings(text: &[u8], ends: &[u8]) -> Option<Strings> {
    Some(Strings { text: std::str::from_utf8(text).ok()?.to_owned(), ends: numbers(ends) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dedup::near::{Entry, Profile};

    fn index() -> Index {
        let mut builder = Builder::default();
        for (at, terms) in [["ring_pop", "ring/a.c"], ["ring_push", "ring/a.c"], ["tcp_push", "net/tcp.c"]]
            .iter()
            .enumerate()
        {
            let entry = Entry {
                path: format!("{at}.log"),
                offset: at,
                title: "t".to_owned(),
                signature: "v1:0".to_owned(),
            };
            let terms = terms.iter().rev().map(ToString::to_string).collect();
            builder.add(&entry, &Profile { kind: "a/b".to_owned(), release: Some("5.10".to_owned()), terms });
        }
        builder.finish()
    }

    #[test]
    fn ok_what_was_written_is_read() {
        let index = index();
        assert_eq!(Index::from_bytes(&index.to_bytes(), "x").unwrap(), index);
    }

    #[test]
    fn ok_an_index_of_an_index_is_the_same() {
        let index = index();
        let mut builder = Builder::default();
        builder.extend(&index);
        assert_eq!(builder.finish(), index);
    }

    #[test]
    fn err_every_damage_is_noticed() {
        let bytes = index().to_bytes();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(Index::from_bytes(&damaged, "x").is_err(), "byte {at}");
            assert!(Index::from_bytes(&bytes[..at], "x").is_err(), "cut at {at}");
        }
        let mut newer = bytes;
        newer[8] = 2;
        let error = Index::from_bytes(&newer, "x").unwrap_err();
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "version is 2, not 1");
    }

    #[test]
    fn err_lists_of_other_lengths_do_not_panic() {
        let mut index = index();
        index.norms.pop();
        assert!(Index::from_bytes(&index.to_bytes(), "x").is_err());
        // What numbers point to nothing is passed over.
        let mut index = super::tests::index();
        index.has.numbers.iter_mut().for_each(|n| *n = u32::MAX);
        index.finds.numbers.iter_mut().for_each(|n| *n = u32::MAX);
        let read = Index::from_bytes(&index.to_bytes(), "x").unwrap();
        let profile = Profile { terms: vec!["ring_pop".to_owned()], ..Profile::default() };
        assert!(read.near(&profile, 3).is_empty());
    }
}
