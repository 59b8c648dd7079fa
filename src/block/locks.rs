//! Locks that lockdep lists as held.

use super::symbol_of;
use crate::bytes::{dec, run, word};
use crate::printk;
use crate::report::{LockHeld, Text};
use nom::character::complete::{char, space0};
use nom::sequence::{delimited, preceded};

/// The wordings of `print_lock` in `kernel/locking/lockdep.c`, newest first.
const LOCKS: &[&str] = &[
    "%x (%s){%s}-{%s}, at: %pS",
    "(%s){%s}-{%s}, at: %pS",
    "%x (%s){%s}, at: %pS",
    "(%s){%s}, at: %pS",
    "(%s){%s}, at: [<%x>] %pS",
];

/// Example: ` #0: ffff888012 (&pipe->mutex/1){+.+.}-{3:3}, at: pipe_write+0x132/0x1b70`
pub(super) fn read(text: &[u8]) -> Option<LockHeld<'_>> {
    let number = delimited(char('#'), dec, char(':'));
    let (input, _) = run(preceded(space0, (number, space0)), text)?;
    let mut found = Vec::new();
    for format in LOCKS {
        found.clear();
        if printk::read(format, input, &mut found).is_some() {
            let name_at = usize::from(format.starts_with("%x"));
            return Some(LockHeld {
                name: Text::from(*found.get(name_at)?),
                usage: found.get(name_at + 1).map(|u| Text::from(*u)),
                at: found.last().and_then(|s| symbol_of(s)),
            });
        }
    }
    let (_, name) = word(input).ok()?;
    Some(LockHeld { name: Text::from(name), usage: None, at: None })
}

#[cfg(test)]
mod tests {
    use super::*;

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
