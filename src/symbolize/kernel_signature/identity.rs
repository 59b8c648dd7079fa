//! What a build leaves of itself in the code and data of a kernel, and which therefore does not count.
//!
//! * `Linux version 6.1.0 (user@host) (gcc 12, ld 2.40) #1 SMP Mon Jan 1 00:00:00 UTC 2024`, the banner (`init/version.c`):
//!   its `user@host`, and everything behind the compiler, wherever these words stand. `uname` has them once more, and so
//!   has `/proc/version`.
//! * The build IDs of images inside the image: the vDSO is an ELF file of its own, and its build ID is of the file with
//!   its debug information, paths and all.
//!
//! What is passed over is taken out with the zeros behind it, so that words of another length make no difference where
//! they stand in an array.

use memchr::memmem::{self, Finder};
use std::collections::BTreeSet;
use std::ops::Range;

/// How the banner starts.
const BANNER: &[u8] = b"Linux version ";

/// Most bytes of a banner that are looked at.
const BANNER_LIMIT: usize = 1024;

/// The last word of the header of a GNU note; before it stand the lengths of name and content, and the type.
const GNU: &[u8] = b"GNU\0";

/// The type of the note that is a build ID.
const NT_GNU_BUILD_ID: [u8; 4] = [3, 0, 0, 0];

/// Most bytes of a build ID.
const BUILD_ID_LIMIT: usize = 64;

/// The words of the banners in these sections that name the build: who, where, when.
pub(super) fn words<'a>(sections: impl Iterator<Item = &'a [u8]>) -> Vec<Finder<'a>> {
    let mut words = BTreeSet::new();
    for data in sections {
        for at in memmem::find_iter(data, BANNER) {
            words.extend(data.get(at..).into_iter().flat_map(of_banner));
        }
    }
    words.into_iter().map(Finder::new).collect()
}

/// `user@host` and `#1 SMP …` of a banner.
fn of_banner(banner: &[u8]) -> impl Iterator<Item = &[u8]> {
    let line = banner.get(..BANNER_LIMIT).unwrap_or(banner).split(|c| matches!(c, b'\n' | 0)).next();
    let line = line.unwrap_or_default();
    let builder = memmem::find(line, b" (").and_then(|at| line.get(at + 2..));
    let builder = builder.and_then(|rest| rest.split(|c| *c == b')').next()).filter(|b| b.contains(&b'@'));
    let version = memmem::find_iter(line, b" #").last().and_then(|at| line.get(at + 1..));
    // Words so short could be found anywhere.
    builder.into_iter().chain(version).filter(|word| word.len() > 4)
}

/// The stretches of a section that count.
pub(super) fn kept<'a>(data: &'a [u8], words: &[Finder<'_>]) -> impl Iterator<Item = &'a [u8]> {
    let mut passed: Vec<Range<usize>> = build_ids(data).collect();
    for word in words {
        passed.extend(word.find_iter(data).map(|at| {
            let end = at + word.needle().len();
            let zeros = data.get(end..).unwrap_or_default().iter().take_while(|c| **c == 0).count();
            at..end + zeros
        }));
    }
    passed.sort_by_key(|range| range.start);
    passed.push(data.len()..data.len());
    let mut from = 0;
    passed.into_iter().filter_map(move |range| {
        let kept = data.get(from..range.start);
        from = from.max(range.end);
        kept
    })
}

/// Where the build IDs stand.
fn build_ids(data: &[u8]) -> impl Iterator<Item = Range<usize>> {
    memmem::find_iter(data, GNU).filter_map(|at| {
        let header = data.get(at.checked_sub(12)?..at)?;
        let (name, rest) = header.split_first_chunk::<4>()?;
        let (length, kind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|l| *l <= BUILD_ID_LIMIT)?;
        let start = at + GNU.len();
        (*name == [4, 0, 0, 0] && kind == NT_GNU_BUILD_ID).then(|| start..start + length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(data: &[u8]) -> Vec<u8> {
        let words = words([data].into_iter());
        kept(data, &words).collect::<Vec<_>>().concat()
    }

    #[test]
    fn ok_builder_and_time_are_passed_over_wherever_they_stand() {
        let image = |builder: &str, version: &str, zeros: usize| {
            let zeros = "\0".repeat(zeros);
            format!("Linux version 6.1.0 ({builder}) (gcc (Debian) 12, ld 2) {version}\n\0code{version}{zeros}x86_64 {builder}!").into_bytes()
        };
        let one = left(&image("root@a", "#1 SMP Mon Jan  1 2024", 3));
        let two = left(&image("someone@else", "#12 SMP Tue Jan 12 2025", 2));
        assert_eq!(String::from_utf8_lossy(&one), String::from_utf8_lossy(&two));
        assert_eq!(one, b"Linux version 6.1.0 () (gcc (Debian) 12, ld 2) \n\0codex86_64 !");
    }

    #[test]
    fn ok_build_ids_of_images_inside_are_passed_over() {
        let note = |id: u8| [&b"ab\x04\0\0\0\x04\0\0\0\x03\0\0\0GNU\0"[..], &[id; 4], b"rest"].concat();
        assert_eq!(left(&note(1)), left(&note(2)));
        assert!(left(&note(1)).ends_with(b"GNU\0rest"));
    }

    #[test]
    fn ok_everything_else_is_kept() {
        for data in
            [&b""[..], b"GNU\0", b"Linux version ", b"Linux version 6 (a@b", b"plain \0\0 text #1 SMP"]
        {
            assert_eq!(left(data), data);
        }
    }
}
