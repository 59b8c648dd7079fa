//! The guilty file: the source file whose people a report should go to.
//!
//! It is the first file on the report's stacks that is not among [`BLAMELESS`]: those hold what everybody calls. Inline
//! frames count here, since a symbolizer gives them a file of their own. Where a later frame names a file further down
//! in the same directory (`fs/inode.c`, then `fs/ntfs/super.c`), that one says more and is taken.

use super::glob::Reasons;
use super::{Guilty, guilty};
use crate::report::{Class, Report, Role, SourceLocation, Trace, path_in_tree};
use std::sync::LazyLock;

/// Files that never carry the blame, and why: patterns in which `*` stands for any text.
const BLAMELESS: &[(&str, &str)] = &[
    ("a header's code runs as a part of whoever includes it", "*.h"),
    ("assembly does what its caller in C asks for", "*.S *.s"),
    ("crates that only wrap the kernel's interfaces, and Rust's own library", "rust/* */library/* library/*"),
    ("a library works on what it was given", "lib/* virt/lib/* arch/*/lib/*"),
    (
        "a sanitizer or a debugging check finds what others did",
        "mm/kasan/* mm/kmsan/* mm/kfence/* mm/kmemleak*.c mm/debug*.c mm/page_owner.c mm/page_ext.c \
         mm/page_poison.c mm/usercopy.c mm/failslab.c mm/fail_page_alloc.c kernel/kcsan/* kernel/kcov.c \
         kernel/dma/debug.c kernel/trace/trace_preemptirq.c kernel/trace/trace_irqsoff.c",
    ),
    (
        "an allocator hands out memory that others spoil",
        "mm/slab*.c mm/slub.c mm/slob.c mm/page_alloc.c mm/page_frag_cache.c mm/vmalloc.c mm/percpu*.c \
         mm/mempool.c mm/util.c mm/mempolicy.c",
    ),
    (
        "memory access and the page cache act on behalf of a caller or of a file system",
        "mm/memory.c mm/maccess.c mm/filemap.c mm/folio-compat.c mm/truncate.c",
    ),
    ("locks are taken by others", "kernel/locking/* kernel/mutex.c kernel/rwsem.c kernel/lockdep.c"),
    (
        "scheduler, RCU, timers, work queues: they wait for others or run them",
        "kernel/sched/* kernel/sched.c kernel/rcu/* kernel/rcutree*.c kernel/softirq.c kernel/kthread.c \
         kernel/workqueue.c kernel/time/timer.c kernel/time/hrtimer.c kernel/time/tick-*.c \
         kernel/time/sleep_timeout.c kernel/timer.c kernel/hrtimer.c",
    ),
    (
        "entry from user space, interrupts and traps",
        "kernel/entry/* kernel/context_tracking.c arch/*/entry/* arch/*/kernel/entry* \
         arch/*/kernel/syscall.c arch/*/kernel/irq*.c arch/*/kernel/apic/* arch/*/kernel/nmi.c \
         arch/*/kernel/traps*.c arch/*/kernel/debug-monitors.c arch/*/mm/fault*.c arch/*/mm/extable.c \
         arch/*/mm/physaddr.c",
    ),
    (
        "walks or switches stacks",
        "arch/*/kernel/unwind* arch/*/kernel/stacktrace.c arch/*/kernel/dumpstack*.c \
         arch/*/kernel/process*.c kernel/stacktrace.c",
    ),
    (
        "prints the report",
        "kernel/panic.c kernel/printk/* kernel/printk.c kernel/hung_task.c kernel/watchdog*.c",
    ),
    ("the network core passes packets and sockets on", "net/core/dev.c net/core/skbuff.c net/core/sock.c"),
    (
        "registers what a driver asks for, and complains where the driver asks wrongly",
        "fs/proc/generic.c fs/sysfs/* drivers/usb/core/urb.c",
    ),
    (
        "a security hook is called on the objects of others",
        "security/security.c security/selinux/hooks.c security/apparmor/lsm.c security/smack/smack_lsm.c",
    ),
];

static TABLE: LazyLock<Reasons> = LazyLock::new(|| Reasons::new(BLAMELESS));

/// Why `file` never carries the blame; `None` if it may.
pub(super) fn blameless(file: &str) -> Option<&'static str> {
    TABLE.find(file)
}

/// The guilty file of a report. If nothing but blameless files is named, the one of the guilty function.
pub(super) fn file(report: &Report<'_>, guilty: Option<&Guilty>) -> Option<String> {
    stalled(report).or_else(|| on_stacks(report)).or_else(|| last_resort(report, guilty))
}

/// By the header, and by the stacks in the order of print: what the first of them names, those below may name more
/// closely, such as the one that allocated the object. Beside a task that hangs stand the stacks of others.
fn on_stacks(report: &Report<'_>) -> Option<String> {
    let mut traces = report.traces.iter().filter(|t| tells(t));
    if report.kind.class() == Class::Hang {
        return traces.find_map(|t| first(sources(report, t, 0)));
    }
    first(header_file(report).into_iter().chain(traces.flat_map(|t| sources(report, t, 0))))
}

/// Whether a stack is of the crash or of what led to it.
fn tells(trace: &Trace<'_>) -> bool {
    !matches!(trace.role, Role::Other | Role::Panic | Role::Origin | Role::FaultInjection)
}

/// The file that the header names: the kernel's own `__FILE__`, there without a symbolizer too.
fn header_file(report: &Report<'_>) -> Option<String> {
    let file = path_in_tree(&report.capture("file")?.to_str_lossy());
    (file.contains('/') && (file.ends_with(".c") || file.ends_with(".rs"))).then_some(file)
}

/// RCU stalls: the stack starts with the interrupt that noticed, and drivers of interrupt controllers stand on it. A
/// lockup's watchdog prints the registers of what it interrupted above the stack, so an interrupt on it is an older one.
fn stalled(report: &Report<'_>) -> Option<String> {
    if !report.kind.name().starts_with("rcu/") {
        return None;
    }
    let of_cpu = |t: &&Trace<'_>| matches!(t.role, Role::Crash | Role::Cpu);
    report.traces.iter().filter(of_cpu).find_map(|trace| {
        let start = guilty::below_interrupt(report, trace)?;
        first(sources(report, trace, start))
    })
}

/// The files of a stack from frame `start` on, in the order of print: of a register dump that stands before a frame,
/// and of the frame.
fn sources<'r>(
    report: &'r Report<'_>,
    trace: &'r Trace<'_>,
    start: usize,
) -> impl Iterator<Item = String> + 'r {
    let before = move |at: usize| {
        let own = trace.registers.filter(|_| at == 0);
        let inside = trace.interrupted.iter().filter(move |(frame, _)| *frame == at).map(|(_, dump)| *dump);
        let dumps = own.into_iter().chain(inside).filter_map(|dump| report.registers.get(dump));
        dumps.filter(|d| !d.user).filter_map(|d| d.ip_location.as_ref())
    };
    let frame = move |at: usize| trace.frames.get(at).filter(|f| f.reliable)?.location.as_ref();
    // Most logs name no files.
    let any = trace.frames.iter().any(|f| f.location.is_some())
        || report.registers.iter().any(|d| d.ip_location.is_some());
    let end = if any { trace.frames.len() + 1 } else { start };
    (start..end).flat_map(move |at| before(at).chain(frame(at))).map(SourceLocation::path_in_tree)
}

/// The first file that may carry the blame, or one further down in its directory that a later frame names.
fn first(files: impl IntoIterator<Item = String>) -> Option<String> {
    let mut files = files.into_iter().filter(|f| blameless(f).is_none());
    let first = files.next()?;
    Some(files.fold(first, |found, file| if is_below(&file, &found) { file } else { found }))
}

/// Whether `file` stands in a folder of the folder that holds `found`.
fn is_below(file: &str, found: &str) -> bool {
    let folder = found.rsplit_once('/').map(|(folder, _)| folder);
    let inner = folder.and_then(|f| file.strip_prefix(f)?.strip_prefix('/'));
    inner.is_some_and(|i| i.contains('/'))
}

fn last_resort(report: &Report<'_>, guilty: Option<&Guilty>) -> Option<String> {
    let frame = guilty.and_then(|g| {
        let (trace, frame) = g.frame?;
        report.traces.get(trace)?.frames.get(frame)?.location.as_ref()
    });
    let ip = || report.crash_registers()?.ip_location.as_ref();
    frame.or_else(ip).map(SourceLocation::path_in_tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(log: &str) -> Option<String> {
        crate::identify(&crate::reports(log.as_bytes()).next().unwrap()).file
    }

    fn warning(frames: &str) -> String {
        format!("WARNING: CPU: 0 PID: 7 at lib/ring.c:12 ring_add+0x1/0x2\nCall Trace:\n{frames}")
    }

    #[test]
    fn ok_each_group_is_blameless() {
        for file in [
            "net/ring/ring.h",
            "arch/x86/crypto/ring.S",
            "lib/list_debug.c",
            "arch/arm64/lib/copy.c",
            "mm/kasan/report.c",
            "mm/slab_common.c",
            "mm/filemap.c",
            "kernel/locking/rtmutex.c",
            "kernel/time/tick-sched.c",
            "arch/riscv/kernel/traps.c",
            "arch/arm64/kernel/stacktrace.c",
            "kernel/printk/printk_safe.c",
            "net/core/skbuff.c",
            "fs/proc/generic.c",
            "security/security.c",
        ] {
            assert!(blameless(file).is_some(), "{file}");
        }
        for file in [
            "net/core/rtnetlink.c",
            "mm/mmap.c",
            "fs/namei.c",
            "kernel/time/posix-timers.c",
            "arch/x86/kvm/lapic.c",
            "drivers/usb/core/hub.c",
            "security/ring/ring.c",
        ] {
            assert_eq!(blameless(file), None, "{file}");
        }
    }

    #[test]
    fn ok_first_file_that_may_be_blamed() {
        let log = warning(
            " ring_add+0x1/0x2 lib/ring.c:12\n ring_inline include/linux/ring.h:3 [inline]\n \
             ? ring_old+0x1/0x2 drivers/ring/old.c:9\n ring_open drivers/ring/open.c:7 [inline]\n \
             ring_ioctl+0x1/0x2 drivers/ring/ioctl.c:70\n",
        );
        assert_eq!(file_of(&log).as_deref(), Some("drivers/ring/open.c"));
    }

    #[test]
    fn ok_deeper_in_the_same_folder() {
        let frames = " ring_put+0x1/0x2 fs/ring.c:12\n ring_net+0x1/0x2 fs2/net/ring.c:1\n \
                      ring_fill+0x1/0x2 fs/ringfs/super.c:7\n ring_get+0x1/0x2 fs/ringfs2/super.c:8\n";
        assert_eq!(file_of(&warning(frames)).as_deref(), Some("fs/ringfs/super.c"));
        assert!(is_below("fs/ringfs/super.c", "fs/ring.c"));
        assert!(!is_below("fs/ringfs2/super.c", "fs/ringfs/super.c"));
        assert!(!is_below("fs/other.c", "fs/ring.c"));
    }

    #[test]
    fn ok_the_stack_of_the_allocation_says_whose_object_it_is() {
        let log = |header: &str| {
            format!(
                "{header}\nCall Trace:\n ring_put+0x1/0x2 fs/ring.c:12\n\nAllocated by task 7:\n \
                 ring_fill+0x1/0x2 fs/ringfs/super.c:7\n"
            )
        };
        let access = "BUG: KASAN: use-after-free in ring_put+0x1/0x2\nRead of size 8 at addr ffff888012345678 by task a/1";
        assert_eq!(file_of(&log(access)).as_deref(), Some("fs/ringfs/super.c"));
        let hang = "INFO: task a:7 blocked for more than 143 seconds.";
        assert_eq!(file_of(&log(hang)).as_deref(), Some("fs/ring.c"));
    }

    #[test]
    fn ok_the_header_names_its_own_file() {
        let log = "WARNING: CPU: 0 PID: 7 at ./net/ring/ring.c:12 ring_add+0x1/0x2\nCall Trace:\n ring_add+0x1/0x2\n";
        assert_eq!(file_of(log).as_deref(), Some("net/ring/ring.c"));
        assert_eq!(file_of(&warning(" ring_open+0x1/0x2\n")), None);
    }

    #[test]
    fn ok_stalls_start_below_the_timer() {
        let log = "rcu: INFO: rcu_preempt self-detected stall on CPU\nCall Trace:\n <IRQ>\n \
                   ring_dump+0x1/0x2 drivers/ring/dump.c:1\n asm_sysvec_apic_timer_interrupt+0x1/0x2 arch/x86/include/asm/idtentry.h:7\n \
                   </IRQ>\nRIP: 0010:ring_spin+0x1/0x2 drivers/spin/spin.c:7\n ring_loop+0x1/0x2 drivers/loop/loop.c:8\n";
        assert_eq!(file_of(log).as_deref(), Some("drivers/spin/spin.c"));
    }

    #[test]
    fn ok_blameless_is_better_than_nothing() {
        let log = "traps: PANIC: double fault, error_code: 0x0\ndouble fault: 0000 [#1] SMP\n\
                   RIP: 0010:ring_bad+0x1/0x2 arch/x86/kernel/traps.c:7\nCall Trace:\n error_entry+0x1/0x2 arch/x86/entry/entry_64.S:9\n";
        assert_eq!(file_of(log).as_deref(), Some("arch/x86/kernel/traps.c"));
    }

    #[test]
    fn err_no_source_at_all() {
        assert_eq!(
            file_of(
                "BUG: kernel NULL pointer dereference, address: 0000000000000010\nRIP: 0010:ring_poll+0x1a/0x90\n"
            ),
            None
        );
    }
}
