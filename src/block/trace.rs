//! The lines above stacks: what a stack is of.

use super::Block;
use crate::bytes::Starts;
use crate::printk;
use crate::report::{Role, Text};

/// The lines above a stack: the kernel's format, what the stack is of, and which capture is its label.
///
/// Sources: `show_stack` of the architectures; `mm/kasan/report.c`; `mm/kmsan/report.c`; `kernel/kcsan/report.c`;
/// `mm/kfence/report.c`; `mm/slub.c`; `mm/kmemleak.c`; `kernel/locking/lockdep.c`; `mm/page_owner.c`.
const STARTS: &[(&str, Role, bool)] = &[
    ("Call Trace:", Role::Crash, false),
    ("Call trace:", Role::Crash, false),
    ("Backtrace:", Role::Crash, false),
    ("backtrace:", Role::Crash, false),
    ("backtrace (crc %x):", Role::Crash, false),
    ("Backtrace for cpu %d", Role::Cpu, true),
    ("Last Breaking-Event-Address:", Role::Other, false),
    ("Allocated by task %s:\n", Role::Allocated, true),
    // Before 5.11 slub said `INFO: ` first.
    ("INFO: Allocated in %s", Role::Allocated, true),
    ("INFO: Freed in %s", Role::Freed, true),
    ("Allocated:", Role::Allocated, false),
    ("Allocated in %s", Role::Allocated, true),
    ("allocated by task %s:\n", Role::Allocated, true),
    ("Freed by task %s:\n", Role::Freed, true),
    ("Freed:", Role::Freed, false),
    ("Freed in %s", Role::Freed, true),
    ("freed by task %s:\n", Role::Freed, true),
    ("kfence-#%d [%s] allocated by task %s:\n", Role::Allocated, true),
    ("Last potentially related work creation:", Role::LastWork, false),
    ("Second to last potentially related work creation:", Role::LastWork, false),
    ("Last call_rcu():", Role::LastWork, false),
    ("Second to last call_rcu():", Role::LastWork, false),
    ("Uninit was stored to memory at:", Role::UninitStored, false),
    ("Uninit was created at:", Role::UninitCreated, false),
    ("Local variable %s created at:", Role::UninitCreated, true),
    ("Variable was created at:", Role::UninitCreated, false),
    ("chained origin:", Role::UninitStored, false),
    ("origin:", Role::UninitCreated, false),
    ("origin description: %s", Role::UninitCreated, true),
    ("page last allocated via order %s", Role::Origin, true),
    ("page last free %s", Role::Freed, true),
    ("-> #%s", Role::LockChain, true),
    ("... which became %s at:", Role::LockUsage, true),
    ("... acquired at:", Role::LockUsage, false),
    ("Preemption disabled at:", Role::Origin, false),
    ("{%s} state was registered at:", Role::LockUsage, true),
];

/// What their literals start with.
static LIKELY: Starts = {
    let mut likely = Starts::new();
    let mut rest: &[(&str, Role, bool)] = STARTS;
    while let Some(((format, ..), next)) = rest.split_first() {
        likely.add(printk::literal_prefix(format));
        rest = next;
    }
    likely
};

/// KCSAN's two sides, and the task that changed the value: `%s to 0x%px of %zu bytes by %s on cpu %i:`.
const ACCESS: &str = "%s to 0x%px of %zu bytes by %s:\n";
const USAGE_AT: &str = "%s at:\n";

/// Headings above a stack's own heading, or above several stacks: they announce none themselves.
const HEADINGS: &[&str] = &[
    "stack backtrace:",
    "the existing dependency chain (in reverse order) is:",
    "Local variable description: ",
    "the dependencies between ",
    "the shortest dependencies between ",
];

static LIKELY_HEADINGS: Starts = Starts::of(HEADINGS);

/// Where a lock is released that is not held, or contended for: `[<%px>] %pS` stands on the next line.
const RELEASE: &[&[u8]] = &[b" is trying to release lock (", b" is trying to contend lock ("];

/// A line that belongs to a report and only leads to stacks.
pub(super) fn heading(text: &[u8]) -> Option<Block<'_>> {
    let inner = text.trim_ascii_start();
    if LIKELY_HEADINGS.may_start(inner) && HEADINGS.iter().any(|h| inner.starts_with(h.as_bytes())) {
        return Some(Block::More);
    }
    of_kthread(inner).then_some(Block::NextTrace { role: Role::Other, label: None, foreign: false })
}

/// What RCU says before it dumps its grace-period kthread, which is not the task that stalls.
///
/// Examples: `rcu: RCU grace-period kthread stack dump:`, and the line of `sched_show_task`:
/// `task:rcu_preempt     state:R  running task     stack:28000 pid:   14 ppid:     2 flags:0x00004000`,
/// until 5.8 `rcu_preempt     R  running task    28952    10      2 0x80000000`.
fn of_kthread(text: &[u8]) -> bool {
    if !matches!(text.first(), Some(b'r' | b'R' | b't')) {
        return false;
    }
    let text = text.strip_prefix(b"rcu: ").unwrap_or(text);
    if text.starts_with(b"RCU grace-period kthread stack dump:") {
        return true;
    }
    let task = text.strip_prefix(b"task:").unwrap_or(text);
    let named = [&b"rcu_preempt "[..], b"rcu_sched ", b"rcu_bh "].iter().find_map(|n| task.strip_prefix(*n));
    let state = named.map(<[u8]>::trim_ascii_start);
    state.is_some_and(|s| {
        s.starts_with(b"state:") || matches!(s, [b'R' | b'S' | b'D' | b'I', b' ' | b'0'..=b'9', ..])
    })
}

/// The line above a stack.
pub(super) fn start(text: &[u8]) -> Option<Block<'_>> {
    let inner = text.trim_ascii_start();
    let mut found = Vec::new();
    let likely = if LIKELY.may_start(inner) { STARTS } else { &[] };
    for (format, role, labelled) in likely {
        found.clear();
        if let Some(tail) = printk::read(format, inner, &mut found) {
            // `Call Trace: …` may share its line with the first marker or with words that are no stack.
            if !tail.is_empty() && !tail.starts_with(b" ") && !tail.starts_with(b"\r") {
                continue;
            }
            let label = found.last().filter(|_| *labelled).map(|l| Text::from(l.trim_ascii()));
            return Some(Block::TraceStart { role: *role, label });
        }
    }
    started_by_words(inner)
}

/// Starts that begin with a conversion.
fn started_by_words(text: &[u8]) -> Option<Block<'_>> {
    if !text.ends_with(b":") {
        return None;
    }
    let mut found = Vec::new();
    if memchr::memmem::find(text, b" bytes by ").is_some() && printk::read(ACCESS, text, &mut found).is_some()
    {
        let label = found.last().map(|l| Text::from(*l));
        return Some(Block::TraceStart { role: Role::Access, label });
    }
    if text.starts_with(b"   ") || !text.ends_with(b" at:") {
        return None;
    }
    if RELEASE.iter().any(|r| memchr::memmem::find(text, r).is_some()) {
        return Some(Block::TraceStart { role: Role::LockUsage, label: None });
    }
    let usage = memchr::memmem::find(text, b"-irq-").is_some()
        || memchr::memmem::find(text, b"IRQ").is_some()
        || memchr::memmem::find(text, b"INITIAL USE").is_some();
    found.clear();
    (usage && printk::read(USAGE_AT, text, &mut found).is_some())
        .then(|| Block::TraceStart { role: Role::LockUsage, label: found.first().map(|l| Text::from(*l)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_starts() {
        let role = |l: &str| match start(l.as_bytes()) {
            Some(Block::TraceStart { role, label }) => {
                (role.name(), label.map(|l| l.to_string()).unwrap_or_default())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(role("Call Trace:"), ("crash", String::new()));
        assert_eq!(role("Allocated by task 81:"), ("allocated", "81".into()));
        assert_eq!(role("write to 0xffff888 of 4 bytes by task 12 on cpu 1:").0, "access");
        assert_eq!(role("  backtrace (crc a1b2):").0, "crash");
        assert_eq!(role("syz/81 is trying to release lock (&r->lock) at:").0, "lock-usage");
        assert_eq!(role("Preemption disabled at:").0, "origin");
        assert_eq!(start(b"Call Traces"), None);
    }

    #[test]
    fn ok_headings_announce_no_stack_of_the_crash() {
        assert_eq!(heading(b"stack backtrace:"), Some(Block::More));
        for line in [
            "rcu: RCU grace-period kthread stack dump:",
            "task:rcu_preempt     state:R  running task     stack:28000 pid:   14 ppid:     2 flags:0x00004000",
            "rcu_preempt     R  running task    28952    10      2 0x80000000",
            "rcu_sched       S29456     9      2 0x80000000",
        ] {
            assert_eq!(
                heading(line.as_bytes()),
                Some(Block::NextTrace { role: Role::Other, label: None, foreign: false }),
                "{line}"
            );
        }
        assert_eq!(heading(b"rcu_preempt kthread starved for 10502 jiffies!"), None);
    }
}
