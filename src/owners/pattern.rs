//! The patterns of MAINTAINERS: of paths (`F:`, `X:`), and expressions (`N:`, `K:`).

use regex::bytes::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// A file pattern, read as `get_maintainer.pl` reads it: `*` and `?` are wildcards, everything else is Perl's.
///
/// A pattern that ends in `/` covers all that is below; any other one covers files whose path *starts* so, in the
/// same depth: `fs/ring` covers `fs/ring.c` and `fs/ring_file.c`, and `fs/*` no file of a folder of `fs`.
///
/// Examples: `fs/ext4/`, `drivers/*/ring*`, `include/linux/ring.h`
#[derive(Debug, Clone)]
pub(super) struct FilePattern {
    text: String,
    /// The text up to the first character that an expression does not read as itself.
    literal: usize,
    compiled: OnceLock<Option<Regex>>,
}

impl FilePattern {
    pub(super) fn new(text: &str) -> Self {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ',');
        let literal = text.find(|c| !plain(c)).unwrap_or(text.len());
        Self { text: text.to_owned(), literal, compiled: OnceLock::new() }
    }

    /// Whether the pattern covers the file.
    pub(super) fn covers(&self, path: &str) -> bool {
        let (literal, more) = self.text.split_at_checked(self.literal).unwrap_or((&self.text, ""));
        let Some(rest) = path.strip_prefix(literal) else { return false };
        if more.is_empty() {
            // A pattern that is a folder may lack its slash; a path that goes on behind it says that it is one.
            return self.is_folder() || rest.starts_with('/') || self.is_as_deep_as(path);
        }
        (self.is_folder() || self.is_as_deep_as(path))
            && self.expression().is_some_and(|regex| regex.is_match(path.as_bytes()))
    }

    /// How closely the pattern describes a path: the number of folders it names. One that starts with `*` says nothing.
    pub(super) fn depth(&self) -> i64 {
        if self.text.starts_with('*') {
            return -1;
        }
        let slashes = i64::try_from(slashes(&self.text)).unwrap_or(i64::MAX);
        slashes.saturating_add(i64::from(!self.is_folder()))
    }

    fn is_folder(&self) -> bool {
        self.text.ends_with('/')
    }

    fn is_as_deep_as(&self, path: &str) -> bool {
        slashes(&self.text) == slashes(path)
    }

    /// Compiled when a path first gets so far: of a thousand patterns, most never do.
    fn expression(&self) -> Option<&Regex> {
        let text = || self.text.replace('.', "\\.").replace('*', ".*").replace('?', ".");
        self.compiled.get_or_init(|| compile(&format!("^(?:{})", text()), false)).as_ref()
    }
}

fn slashes(text: &str) -> usize {
    text.matches('/').count()
}

/// An expression as `N:` and `K:` have them: blanks in it do not count (Perl's `/x`).
pub(super) fn expression(text: &str) -> Option<Regex> {
    compile(text, true)
}

/// Over bytes and ASCII: neither paths nor sources need be UTF-8. `None` for what only Perl understands, such as
/// look-around.
fn compile(text: &str, verbose: bool) -> Option<Regex> {
    RegexBuilder::new(text).unicode(false).ignore_whitespace(verbose).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_patterns_cover_what_the_script_covers() {
        for (pattern, path, covers, depth) in [
            ("fs/ext4/", "fs/ext4/inode.c", true, 2),
            ("fs/ext4/", "fs/ext4/a/b.c", true, 2),
            ("fs/ext4/", "fs/ext4x/b.c", false, 2),
            ("fs/ext4", "fs/ext4/b.c", true, 2),
            ("fs/ext4", "fs/ext4_b.c", true, 2),
            ("fs/*", "fs/super.c", true, 2),
            ("fs/*", "fs/ext4/super.c", false, 2),
            ("fs/*/", "fs/ext4/super.c", true, 2),
            ("drivers/*/*ring*", "drivers/net/my_ring.c", true, 3),
            ("drivers/*/*ring*", "drivers/net/a/my_ring.c", false, 3),
            ("a/ring?.c", "a/ring1.c", true, 2),
            ("a/ring?.c", "a/ring.c", false, 2),
            ("a/ring.c", "a/ringXc", false, 2),
            ("a/ring.c", "b/a/ring.c", false, 2),
            ("a/[cp]*.h", "a/pipe.h", true, 2),
            ("a/c++.h", "a/c.h", true, 2),
            ("*", "Makefile", true, -1),
            ("*", "fs/super.c", false, -1),
            ("*/", "fs/super.c", true, -1),
        ] {
            let parsed = FilePattern::new(pattern);
            assert_eq!((parsed.covers(path), parsed.depth()), (covers, depth), "{pattern} {path}");
        }
    }

    #[test]
    fn ok_expressions() {
        assert!(expression("[^a-z]tegra").unwrap().is_match(b"arch/arm/mach-tegra/x.c"));
        assert!(expression("a b").unwrap().is_match(b"ab"));
        assert!(expression(r"\b(?i:rust)\b").unwrap().is_match(b"\xff Rust "));
    }

    #[test]
    fn err_what_only_perl_understands() {
        assert!(expression("(?<!a)b").is_none());
        assert!(expression("(").is_none());
        assert!(!FilePattern::new("a/(").covers("a/("));
    }
}
