//! The culprit against the crash: could this commit have made that report?

use super::facts::Reach;
use crate::bisect::same;
use crate::bisect::{Bisection, Commit};
use crate::bytes::{location, offset_size, run};
use std::collections::BTreeSet;

/// Directories of which nothing is built into a kernel.
const NOT_BUILT: &[&str] = &["Documentation", "LICENSES", "samples", "scripts", "tools", "usr"];

/// Names and suffixes of files that are not built.
const NOT_SOURCE: &[&str] = &[
    ".dts",
    ".dtsi",
    ".gitignore",
    ".mailmap",
    ".md",
    ".rst",
    ".txt",
    ".yaml",
    "CREDITS",
    "MAINTAINERS",
    "defconfig",
];

/// Words of paths and subjects that half of all commits share, besides those of function names; sorted.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "after", "allow", "apic", "arch", "asm", "before", "bug", "cache", "common", "compiler", "crypto",
    "drivers", "dump", "error", "events", "fallback", "fault", "fix", "fork", "header", "idtentry",
    "include", "injection", "instead", "instrumented", "into", "irqflags", "kasan", "kfree", "kmalloc",
    "kmem", "kmemleak", "kthread", "leak", "lib", "linux", "lockdep", "locking", "memory", "missing",
    "namei", "net", "netdevice", "not", "null", "panic", "paravirt", "possible", "rcupdate", "report",
    "rtnetlink", "sched", "security", "select", "signal", "skbuff", "slab", "smpboot", "sock", "socket",
    "softirq", "sound", "spinlock", "stack", "support", "syscall", "than", "that", "them", "this", "tick",
    "trace", "traps", "tree", "uapi", "uninit", "unused", "use", "using", "virt", "vmalloc", "warn",
    "was", "when", "with", "workqueue", "x86",
];

/// Telling words that a commit and a crash must share to be called kindred by name alone.
const SHARED: usize = 3;

/// How near `culprit` is to the crash of the log.
pub(super) fn reach(bisection: &Bisection<'_>, culprit: &Commit<'_>) -> Reach {
    if is_impossible(culprit) {
        return Reach::Impossible;
    }
    let subject = culprit.subject.as_ref().map(ToString::to_string).unwrap_or_default().to_lowercase();
    let files: Vec<String> = culprit.files.iter().map(ToString::to_string).collect();
    let places = Places::of(bisection);
    if places.words.is_empty() || files.is_empty() && culprit.directories.is_empty() {
        return Reach::Unknown;
    }
    let touched = |path: &String| files.iter().any(|f| is_file(f, path));
    match places.files.iter().position(touched) {
        Some(0) => return Reach::Guilty,
        Some(_) => return Reach::File,
        None => {}
    }
    let words: BTreeSet<&str> = files.iter().flat_map(|f| telling(f)).chain(telling(&subject)).collect();
    let shared = words.iter().filter(|w| places.words.contains(**w)).count();
    if shared >= SHARED || words.iter().any(|w| places.title.contains(*w)) {
        return Reach::Name;
    }
    let beside = |f: &String| places.files.iter().any(|p| is_beside(f, p));
    if shared > 0 || files.iter().any(beside) { Reach::Directory } else { Reach::Elsewhere }
}

/// Merges and releases change no code of their own; what is not built cannot crash.
fn is_impossible(culprit: &Commit<'_>) -> bool {
    culprit.is_merge() || culprit.is_release() || culprit.is_same_binary() || touches_nothing_built(culprit)
}

fn touches_nothing_built(culprit: &Commit<'_>) -> bool {
    let mut paths = culprit.files.iter().chain(&culprit.directories).peekable();
    paths.peek().is_some() && paths.all(|path| !is_built(&path.to_str_lossy()))
}

/// Whether a path is built into a kernel for x86, on which the fuzzer's bisections run.
fn is_built(path: &str) -> bool {
    let other_machine = path.strip_prefix("arch/").is_some_and(|p| !p.starts_with("x86"));
    let top = path.split('/').next().unwrap_or(path);
    !(other_machine || NOT_BUILT.contains(&top) || NOT_SOURCE.iter().any(|s| path.ends_with(s)))
}

/// Whether Git's shortened path may be this one.
fn is_file(short: &str, path: &str) -> bool {
    match short.strip_prefix("...") {
        Some(end) => path.ends_with(end),
        None => short == path,
    }
}

fn is_beside(short: &str, path: &str) -> bool {
    match (short.rsplit_once('/'), path.rsplit_once('/')) {
        (Some((a, _)), Some((b, _))) => is_file(a, b),
        _ => false,
    }
}

fn telling(text: &str) -> impl Iterator<Item = &str> {
    same::words(text).filter(|w| COMMON.binary_search(w).is_err())
}

/// Where a crash was: the files and the words of its stacks that may carry blame, and those of its title.
#[derive(Default)]
struct Places {
    /// In the order of print.
    files: Vec<String>,
    seen: BTreeSet<String>,
    words: BTreeSet<String>,
    title: BTreeSet<String>,
}

impl Places {
    fn of(bisection: &Bisection<'_>) -> Self {
        let mut places = Self::default();
        let title =
            bisection.crash_title.as_ref().map(|t| t.to_str_lossy().to_lowercase()).unwrap_or_default();
        let function = title.rsplit_once(" in ").map_or(title.as_str(), |(_, f)| f);
        places.title.extend(telling(function).map(str::to_owned));
        places.words.clone_from(&places.title);
        for line in bisection.crash_text.iter().flat_map(|t| t.split(|c| *c == b'\n')) {
            places.line(line);
        }
        places
    }

    /// A line of a report: `function+0x1/0x2 file.c:3`, `function file.c:3 [inline]`, and whatever else has a place.
    fn line(&mut self, line: &[u8]) {
        let mut before: &[u8] = b"";
        for word in line.split(|c| matches!(c, b' ' | b'\t' | b'\r')).filter(|w| !w.is_empty()) {
            let plus = memchr::memchr(b'+', word)
                .filter(|at| word.get(*at..).is_some_and(|tail| run(offset_size, tail).is_some()));
            if let Some(name) = plus.and_then(|at| word.get(..at)) {
                self.name(name);
            } else if let Some((_, place)) = run(location, word) {
                self.file(&place.file.to_str_lossy());
                self.name(before);
            }
            before = word;
        }
    }

    fn name(&mut self, function: &[u8]) {
        let name = String::from_utf8_lossy(function).to_lowercase();
        let stem = name.split('.').next().unwrap_or(&name);
        self.words.extend(telling(stem).map(str::to_owned));
    }

    fn file(&mut self, file: &str) {
        let file = file.strip_prefix("./").unwrap_or(file);
        if crate::dedup::blameless(file).is_none() {
            self.words.extend(telling(file).map(str::to_owned));
            if self.seen.insert(file.to_owned()) {
                self.files.push(file.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;
    use crate::bisect::Program;

    #[test]
    fn ok_common_words_are_sorted() {
        assert!(COMMON.is_sorted() && NOT_BUILT.is_sorted() && NOT_SOURCE.is_sorted());
    }

    fn reach_of(subject: &'static str, files: &[&'static str]) -> Reach {
        let mut bisection = Bisection::new(Program::SyzBisect);
        bisection.crash_title = Some("general protection fault in ring_send".into());
        bisection.crash_text = Some(
            "RIP: 0010:ring_send+0x1f/0x40 net/ring/ring.c:12\nCall Trace:\n \
             ring_sendmsg+0x4/0x10 net/ring/af_ring.c:9\n kmalloc include/linux/slab.h:3 [inline]\n"
                .into(),
        );
        let mut culprit = Commit { subject: Some(subject.into()), ..Commit::default() };
        culprit.files = files.iter().copied().map(Text::from).collect();
        reach(&bisection, &culprit)
    }

    #[test]
    fn ok_from_the_guilty_file_to_the_impossible() {
        for (subject, files, want) in [
            ("x", &["net/ring/ring.c"][..], Reach::Guilty),
            ("x", &["include/linux/slab.h", ".../ring/af_ring.c"], Reach::File),
            ("ring: count", &["net/other/file.c"], Reach::Name),
            ("x", &["net/ring/count.c"], Reach::Name),
            ("af_ring: x", &["lib/y.c"], Reach::Name),
            ("x", &["include/linux/slab.h"], Reach::Elsewhere),
            ("x", &[], Reach::Unknown),
            ("x", &["Documentation/ring.rst", "net/ring/README.md"], Reach::Impossible),
            ("x", &["arch/powerpc/kernel/ring.c"], Reach::Impossible),
            ("Merge branch 'ring'", &["net/ring/ring.c"], Reach::Impossible),
            ("Linux 5.9-rc1", &["Makefile"], Reach::Impossible),
        ] {
            assert_eq!(reach_of(subject, files), want, "{subject} {files:?}");
        }
    }

    #[test]
    fn ok_the_same_binary_is_not_to_blame() {
        let signature = Some(Text::from("00ff"));
        let culprit =
            Commit { signature: signature.clone(), parent_signature: signature, ..Commit::default() };
        assert_eq!(reach(&Bisection::new(Program::SyzBisect), &culprit), Reach::Impossible);
    }
}
