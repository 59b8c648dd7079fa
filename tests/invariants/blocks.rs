//! The lines of a report: frames, registers, `Code:`, tasks, modules, locks, memory, of each architecture.

use super::{choice, printed, scan};
use ksplat::{Transport, disasm, identify};

/// What says the architecture, and opens a report.
pub(crate) const OPENINGS: &[&str] = &[
    "BUG: KASAN: slab-use-after-free in f+0x1/0x2\nRead of size 8 at addr ffff888012345678 by task a/1\nCall Trace:\n",
    "BUG: kernel NULL pointer dereference, address: 0000000000000010\nOops: 0000 [#1] PREEMPT SMP\nRIP: 0010:f+0x1/0x2\n",
    "BUG: unable to handle kernel NULL pointer dereference at 00000010\nEIP: f+0x1/0x2\n",
    "Unable to handle kernel paging request at virtual address ffff800012345678\nInternal error: Oops: 96000004 [#1] SMP\npc : f+0x1/0x2\nlr : g+0x1/0x2\n",
    "Unable to handle kernel NULL pointer dereference at virtual address 00000010\nInternal error: Oops: 5 [#1] ARM\nPC is at f+0x1/0x2\n",
    "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010\nOops [#1]\nepc : f+0x1/0x2\n",
    "BUG: Kernel NULL pointer dereference on read at 0x00000010\nOops: Kernel access of bad area, sig: 11 [#1]\nNIP [c000000000123456] f+0x1/0x2\n",
    "Unable to handle kernel pointer dereference in virtual kernel address space\nOops: 0004 ilc:2 [#1] SMP\nKrnl PSW : 0704c00180000000 0000000000123456 (f+0x1/0x2)\n",
    "CPU 0 Unable to handle kernel paging request at virtual address 00000010, epc == 80123456, ra == 80123456\nOops[#1]:\nepc   : 80123456 f+0x1/0x2\n",
    "CPU 0 Unable to handle kernel paging request at virtual address 0000000000000010, era == 9000000000123456, ra == 9000000000123456\nOops[#1]:\n",
    "WARNING: possible circular locking dependency detected\n",
    "rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n",
    "INFO: task a:1 blocked for more than 143 seconds.\n",
];

/// The first byte says what opens the report that the others go on with.
pub(crate) fn check(data: &[u8]) {
    let (choice, rest) = choice(data, OPENINGS.len());
    let bytes = [OPENINGS[choice].as_bytes(), rest].concat();
    scan::log(Some(Transport::Console), &bytes);
    for report in ksplat::reports(&bytes) {
        let frames: usize = report.traces.iter().map(|t| t.frames.len()).sum();
        assert!(frames <= report.lines.len() * 2, "{frames} frames of {} lines", report.lines.len());
        for number in 0..report.code.len() {
            for instruction in disasm::code(&report, number).unwrap_or_default() {
                printed::plain("instruction", &instruction.to_string());
            }
        }
        let _ = identify(&report);
    }
}
