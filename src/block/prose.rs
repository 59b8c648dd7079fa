//! Lines that belong to a report and say nothing that is kept.

use crate::bytes::Starts;

/// What they start with.
const PROSE: &[&str] = &[
    "The buggy address ",
    "Memory state around ",
    "Disabling lock debugging",
    "#PF: ",
    "note: ",
    "Dumping ftrace",
    "irq event stamp",
    "hardirqs last",
    "softirqs last",
    "other info that might",
    "which lock already depends",
    "but task is already holding",
    "is trying to",
    "Possible unsafe locking",
    "Chain exists of",
    "*** DEADLOCK",
    "INFO: lockdep is turned off",
    "INFO: Slab ",
    "INFO: Object ",
    "Object ",
    "Redzone ",
    "Padding ",
    "Bytes b4 ",
    "page:",
    "page dumped",
    "page_owner ",
    "page has been migrated",
    "(stack is not available)",
    "<Same stack as pid ",
    "flags: ",
    "raw: ",
    "Lost ",
    "Showing busy workqueues",
    "Showing all locks held",
    "DMAR",
    "Stack:",
    "Stack depth",
    "Thread overran",
    "Shutting down cpus",
    "Oops: ",
    "SMP ",
    "Supported: ",
    "Last Breaking-Event",
    "Internal error: Oops",
    "Mem abort info",
    "Data abort info",
    "Exception stack",
    "user pgtable",
    "swapper pgtable",
    "comm \"",
    "hex dump",
    "unreferenced object",
    "rcu: ",
    "Modules linked in",
    "invalid opcode: ",
    "Tainted: ",
    "kasan: ",
    "Bytes %",
    "Memory access of size",
    "Data copied to user",
    "value changed",
    "Reported by Kernel Concurrency",
    "Memory failure",
    "Unable to access",
    "CR2: ",
    "EC = ",
    "SET = ",
    "EA = ",
    "FSC = ",
    "ISV = ",
    "GCS = ",
    "SF = ",
    "SSE = ",
    "Access size = ",
    "pgd = ",
    "Current pgtable",
    "Register r",
    "Stack : ",
    "Fault in ",
    "Faulting instruction address",
    "LE PAGE_SIZE=",
    "BE PAGE_SIZE=",
    "Instruction dump",
    "8<--- cut here",
    "Kernel memory ",
    "FIX ",
    "Slab ",
    "lock-classes",
];

static LIKELY: Starts = Starts::of(PROSE);

/// Whether it is such a line.
pub(super) fn is_prose(line: &[u8]) -> bool {
    LIKELY.may_start(line)
        && PROSE.iter().map(|p| p.as_bytes()).any(|p| p.first() == line.first() && line.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_words_inside_reports() {
        assert!(is_prose(b"Memory state around the buggy address:"));
        assert!(!is_prose(b"memory: usage 8192kB"));
    }
}
