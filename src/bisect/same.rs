//! Is it the same crash? Of the runs of a bisection nothing is left but titles, so titles are compared.
//!
//! One bug shows under several titles: a lock that is used after free gives a KASAN report in one run and a general
//! protection fault in the next, most often in the same function or in one with a kindred name. A name that half of
//! the kernel shares ([`GENERIC`]) makes nothing kindred.

use crate::Identity;
use crate::report::named::named;
use std::collections::BTreeSet;

named! {
    /// How near two crashes are, the nearest first.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Likeness {
        /// The same title, or the same function.
        Same = "same",
        /// Functions whose names share a telling word.
        Near = "near",
        /// The same kind of crash in another place.
        Kind = "kind",
        /// Nothing in common.
        Unrelated = "unrelated",
    }
}

impl Likeness {
    /// Whether both are taken for one crash.
    #[must_use]
    pub const fn is_same(self) -> bool {
        matches!(self, Self::Same | Self::Near)
    }
}

/// Words of function names that say what is done and not by whom, sorted.
#[rustfmt::skip]
const GENERIC: &[&str] = &[
    "add", "all", "alloc", "and", "atomic", "bad", "base", "begin", "bit", "block", "buf", "buffer",
    "call", "cb", "check", "clean", "cleanup", "clear", "close", "cmd", "copy", "core", "count", "create",
    "ctl", "data", "debug", "dec", "del", "delete", "destroy", "dev", "device", "disable", "disconnect",
    "do", "done", "down", "drop", "empty", "enable", "end", "enter", "entry", "event", "exec", "exit",
    "fast", "file", "find", "fini", "finish", "flags", "flush", "for", "free", "from", "func", "generic",
    "get", "handle", "handler", "hash", "head", "helper", "id", "inc", "info", "init", "inline", "inner",
    "insert", "int", "internal", "ioctl", "irq", "is", "item", "kernel", "key", "kill", "last", "len",
    "link", "list", "load", "lock", "locked", "loop", "main", "make", "map", "mem", "mode", "mount",
    "move", "msg", "mutex", "name", "new", "next", "node", "not", "notify", "num", "object", "of", "op",
    "open", "ops", "out", "packet", "page", "param", "parse", "pending", "poll", "pop", "post", "prepare",
    "proc", "process", "ptr", "push", "put", "queue", "rcu", "read", "recv", "ref", "reg", "register",
    "release", "remove", "reply", "request", "reset", "restore", "resume", "return", "run", "save",
    "scan", "schedule", "search", "send", "set", "setup", "show", "shutdown", "size", "sleep", "slow",
    "spin", "start", "state", "stop", "store", "string", "submit", "switch", "sync", "sys", "table",
    "task", "test", "thread", "time", "timeout", "timer", "to", "try", "type", "unlink", "unlock",
    "unmap", "unmount", "unregister", "up", "update", "user", "val", "value", "wait", "wake", "work",
    "worker", "write",
];

/// What is known of a crash: its titles, and the functions they name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Crash {
    titles: BTreeSet<String>,
    functions: BTreeSet<String>,
    kinds: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl Crash {
    /// A crash of which nothing is left but its title.
    #[must_use]
    pub fn of_title(title: &str) -> Self {
        let mut crash = Self::default();
        crash.add(title);
        crash
    }

    /// The report of the crash, all of whose titles count.
    pub fn add_report(&mut self, identity: &Identity) {
        std::iter::once(&identity.title).chain(&identity.alt_titles).for_each(|t| self.add(t));
        self.functions.extend(identity.function.clone());
    }

    /// One more title of the same crash.
    pub fn add(&mut self, title: &str) {
        let (kind, place) = split(title);
        self.titles.insert(title.to_owned());
        self.kinds.insert(kind.to_owned());
        for function in functions(place) {
            self.words.extend(words(function).map(str::to_owned));
            self.functions.insert(function.to_owned());
        }
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }
}

/// How near two crashes are.
///
/// ```
/// use ksplat::bisect::{Crash, Likeness, same_crash};
/// let crash = Crash::of_title("KASAN: use-after-free Read in rose_get_neigh");
/// let near = |title: &str| same_crash(&crash, &Crash::of_title(title));
/// assert_eq!(near("general protection fault in rose_get_neigh"), Likeness::Same);
/// assert_eq!(near("KASAN: use-after-free Write in rose_kill_by_neigh"), Likeness::Near);
/// assert_eq!(near("KASAN: use-after-free Read in get_free_list"), Likeness::Kind);
/// assert_eq!(near("INFO: task hung in sync_inodes_sb"), Likeness::Unrelated);
/// ```
#[must_use]
pub fn same_crash(a: &Crash, b: &Crash) -> Likeness {
    let meet = |a: &BTreeSet<String>, b: &BTreeSet<String>| !a.is_disjoint(b);
    if meet(&a.titles, &b.titles) || meet(&a.functions, &b.functions) {
        Likeness::Same
    } else if meet(&a.words, &b.words) {
        Likeness::Near
    } else if meet(&a.kinds, &b.kinds) {
        Likeness::Kind
    } else {
        Likeness::Unrelated
    }
}

/// `KASAN: use-after-free Read in foo` → the kind without the access, and what stands behind `in` or `at`.
fn split(title: &str) -> (&str, &str) {
    let (kind, place) = title.rsplit_once(" in ").or_else(|| title.split_once(" at ")).unwrap_or((title, ""));
    let kind = kind.trim_end_matches(" Read").trim_end_matches(" Write");
    (kind, place)
}

/// The functions a title names: `a / b` has two, and so has `a/usb_submit_urb`; of a source file, its name.
fn functions(place: &str) -> impl Iterator<Item = &str> {
    let place = if place.contains(".c:") || place.contains(".h:") {
        place.rsplit('/').next().unwrap_or(place)
    } else {
        place
    };
    place.split(['/', ' ']).map(|f| f.split('.').next().unwrap_or(f)).filter(|f| {
        !f.is_empty() && *f != "corrupted" && f.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// The telling words of a name: `tcf_ife_init` → `tcf`, `ife`.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|w| {
        w.len() > 2 && !w.bytes().all(|c| c.is_ascii_digit()) && GENERIC.binary_search(w).is_err()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_generic_words_are_sorted() {
        assert!(GENERIC.is_sorted());
    }

    #[test]
    fn ok_titles_without_a_function_compare_as_a_whole() {
        let waiting = Crash::of_title("unregister_netdevice: waiting for DEV to become free");
        assert_eq!(same_crash(&waiting, &waiting), Likeness::Same);
        let corrupted = Crash::of_title("WARNING in corrupted");
        assert_eq!(
            same_crash(&corrupted, &Crash::of_title("INFO: task hung in corrupted")),
            Likeness::Unrelated
        );
    }

    #[test]
    fn ok_all_titles_of_a_crash_count() {
        let mut crash = Crash::of_title("KCSAN: data-race in foo_read / bar_write");
        crash.add("WARNING in baz/usb_submit_urb");
        for title in ["BUG: x in bar_write", "WARNING in baz/usb_submit_urb", "kernel BUG in foo_read"] {
            assert_eq!(same_crash(&crash, &Crash::of_title(title)), Likeness::Same, "{title}");
        }
    }
}
