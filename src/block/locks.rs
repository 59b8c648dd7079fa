//! Locks that lockdep names: the one being acquired, and those held.

use super::symbol_of;
use crate::bytes::{dec, run, word};
use crate::printk;
use crate::report::{LockHeld, Text};
use memchr::memmem::Finder;
use nom::character::complete::{char, space0};
use nom::sequence::{delimited, preceded};
use std::sync::LazyLock;

/// The wordings of `print_lock` in `kernel/locking/lockdep.c`, newest first.
const LOCKS: &[&str] = &[
    "%x (%s){%s}-{%s}, at: %pS",
    "(%s){%s}-{%s}, at: %pS",
    "%x (%s){%s}, at: %pS",
    "(%s){%s}, at: %pS",
    "%s){%s}, at: %pS",
];

/// Example: ` #0: ffff888012 (&pipe->mutex/1){+.+.}-{3:3}, at: pipe_write+0x132/0x1b70`; without the number for the
/// lock that is being acquired.
pub(super) fn read(text: &[u8]) -> Option<LockHeld<'_>> {
    let number = run(preceded(space0, delimited(char('#'), dec, char(':'))), text);
    let held = number.is_some();
    let input = number.map_or(text, |(rest, _)| rest).trim_ascii_start();
    if let Some(lock) = whole(input) {
        return Some(LockHeld { held, ..lock });
    }
    let (_, name) = held.then(|| run(word, input)).flatten()?;
    Some(LockHeld { name: Text::from(name), held, ..LockHeld::default() })
}

static USED_AT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("}, at: "));

fn whole(input: &[u8]) -> Option<LockHeld<'_>> {
    USED_AT.find(input)?;
    let mut found = Vec::new();
    LOCKS.iter().find_map(|format| {
        found.clear();
        let tail = printk::read(format, input, &mut found)?;
        let name_at = usize::from(format.starts_with("%x"));
        // A symbolizer repeats the line once per inlined function before the one that has the offset.
        let inlined = memchr::memmem::find(tail, b" [inline]").is_some();
        Some(LockHeld {
            name: Text::from(*found.get(name_at)?),
            usage: found.get(name_at + 1).map(|u| Text::from(*u)),
            at: found.last().filter(|_| !inlined).and_then(|s| symbol_of(s)),
            held: false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_a_symbolizers_repeat_names_nobody() {
        let line =
            " #0: ffff888012345678 (&r->a){+.+.}-{3:3}, at: ring_lock net/ring.c:12 [inline] net/ring.c:81";
        assert_eq!(read(line.as_bytes()).unwrap().at, None);
    }

    #[test]
    fn ok_lock_through_the_years() {
        for line in [
            " #0: ffff888012345678 (&pipe->mutex/1){+.+.}-{3:3}, at: pipe_write+0x132/0x1b70",
            " #0: ffff888012345678 (&pipe->mutex/1){+.+.}, at: pipe_write+0x132/0x1b70",
            " #0:  (&pipe->mutex/1){+.+.+.}, at: [<ffffffff81234567>] pipe_write+0x132/0x1b70",
        ] {
            let lock = read(line.as_bytes()).expect(line);
            assert_eq!(lock.name, "&pipe->mutex/1", "{line}");
            assert_eq!(lock.at.unwrap().name, "pipe_write", "{line}");
        }
    }
}
