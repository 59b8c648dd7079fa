//! Faults of the memory-management unit, and general protection.
//!
//! Source: `show_fault_oops` in `arch/x86/mm/fault.c`, `exc_general_protection` in `arch/x86/kernel/traps.c`,
//! `die_kernel_fault` in `arch/arm64/mm/fault.c`, `arch/arm/mm/fault.c` and `arch/riscv/mm/fault.c`, `bad_page_fault`
//! in `arch/powerpc/mm/fault.c`, `do_no_context` in `arch/s390/mm/fault.c`, `__do_page_fault` in `arch/mips/mm/fault.c`,
//! `no_context` in `arch/loongarch/mm/fault.c`; `die` of each architecture.

use super::trap::ANNOUNCED;
use super::{Follows, Rule, rule};
use crate::bytes::hex_value;
use crate::report::{Class, Report, Take, Text, TypeRow};

const TYPES: &[TypeRow] = &[
    ("BUG: unable to handle kernel NULL pointer dereference*", "NULL-POINTER-DEREFERENCE"),
    ("BUG: unable to handle kernel paging request*", "MEMORY_SAFETY_BUG"),
    ("BUG: unable to handle*", ""),
    ("*", "DoS"),
];
const TAKE: &[Take] = &[Take::Ip, Take::Trace];
const BAD_ACCESS: &[&str] = &["bad-access in {frame}"];

/// What x86 prints above a fault on an instruction fetch.
const NX: &str = "kernel tried to execute NX-protected page - exploit attempt? (uid: %d)";
const SMEP: &str = "unable to execute userspace code (SMEP?) (uid: %d)";

/// What powerpc prints above faults that look like an attack: `bad_kernel_fault`, `sanity_check_fault`.
const KUEP: &str = "kernel tried to execute %s page (%lx) - exploit attempt? (uid: %d)";
const KUAP: &str = "Kernel attempted to %s user page (%lx) - exploit attempt? (uid: %d)";

const NULL: &str = "BUG: unable to handle kernel NULL pointer dereference in {frame}";
const PAGING: &str = "BUG: unable to handle kernel paging request in {frame}";

/// One bad access is a NULL pointer, a paging request or a general protection fault by the bits of the address and by
/// what the kernel was built with: an inline KASAN turns every NULL pointer into a general protection fault.
pub(super) const GROUP: &str = "fault/access";

/// What handles the fault; elsewhere on a stack it is what slept, or waits.
const HANDLER: &[&str] = &["do_page_fault*", "__do_page_fault*"];

/// What all rows of this file share.
const fn fault(name: &'static str, title: &'static str) -> Rule {
    rule(name)
        .title(title)
        .alts(BAD_ACCESS)
        .frame(TAKE)
        .skip(HANDLER)
        .class(Class::Fault)
        .types(TYPES)
        .body(tell_access)
        .maybe(KUEP, &["", "", ""])
        .maybe(KUAP, &["access", "", ""])
        .follows(Follows::Bare(UACCESS))
        .group(GROUP)
}

/// `bogus_uaccess` in `arch/x86/mm/extable.c`, 4.20 to 5.0, warns of what the fault behind it says again.
const UACCESS: &[&str] = &["fault/uaccess"];

pub(super) const RULES: &[Rule] = &[
    fault("fault/uaccess-page", "BUG: pagefault on kernel address ADDR in non-whitelisted uaccess")
        .line("BUG: pagefault on kernel address %px in non-whitelisted uaccess", &["addr"])
        .types(&[])
        .example("BUG: pagefault on kernel address 0xffffc90002559000 in non-whitelisted uaccess"),
    fault("fault/uaccess-gpf", "BUG: GPF in non-whitelisted uaccess (non-canonical address?)")
        .line("BUG: GPF in non-whitelisted uaccess (non-canonical address?)", &[])
        .types(&[])
        .example("BUG: GPF in non-whitelisted uaccess (non-canonical address?)"),
    fault("fault/null-deref", NULL)
        .line("BUG: kernel NULL pointer dereference, address: %px", &["addr"])
        .line("BUG: unable to handle kernel NULL pointer dereference at %px", &["addr"])
        .line("BUG: unable to handle kernel NULL pointer dereference", &[])
        .line("BUG: Kernel NULL pointer dereference on %s at %px", &["access", "addr"])
        .line("BUG: Kernel NULL pointer dereference at %px", &["addr"])
        .maybe(NX, &[""])
        .maybe(SMEP, &[""])
        .example("BUG: kernel NULL pointer dereference, address: 0000000000000010"),
    fault("fault/null-deref-at-virtual-address", NULL)
        .line("Unable to handle kernel NULL pointer dereference at virtual address %px when %s", &["addr", "access"])
        .line("Unable to handle kernel NULL pointer dereference at virtual address %px", &["addr"])
        .line("Unable to handle kernel NULL pointer dereference (address %lx)", &["addr"])
        .line("Unable to handle kernel NULL pointer dereference", &[])
        .example("Unable to handle kernel NULL pointer dereference at virtual address 00000018 when read"),
    fault("fault/paging-request", PAGING)
        .line("BUG: unable to handle page fault for address: %px", &["addr"])
        .line("BUG: unable to handle kernel paging request at %px", &["addr"])
        .line("BUG: unable to handle kernel paging request", &[])
        .line("BUG: Unable to handle kernel data access on %s at %px", &["access", "addr"])
        .line("BUG: Unable to handle kernel data access at %px", &["addr"])
        .maybe(NX, &[""])
        .maybe(SMEP, &[""])
        .example("BUG: unable to handle page fault for address: ffffed1021a4c012"),
    fault("fault/paging-request-at-virtual-address", PAGING)
        .line("Unable to handle kernel paging request at virtual address %px when %s", &["addr", "access"])
        .line("Unable to handle kernel paging request at virtual address %px", &["addr"])
        .line("Unable to handle kernel paging request for data at address %px", &["addr"])
        .line("Unable to handle kernel paging request", &[])
        .line("CPU %d Unable to handle kernel paging request at virtual address %lx, ", &["cpu", "addr"])
        .example("CPU 1 Unable to handle kernel paging request at virtual address 00000010, epc == 80123456, ra == 80123450"),
    fault("fault/user-memory", "BUG: unable to handle kernel access to user memory in {frame}")
        .line("Unable to handle kernel access to user memory %s at virtual address %px when %s", &["", "addr", "access"])
        .line("Unable to handle kernel access to user memory %s at virtual address %px", &["", "addr"])
        .line("Unable to handle kernel access to user memory", &[])
        .example("Unable to handle kernel access to user memory outside uaccess routines at virtual address 00000000200000c0"),
    fault("fault/instruction-fetch", "BUG: unable to handle kernel instruction fetch in {frame}")
        .line("BUG: Unable to handle kernel instruction fetch", &[])
        .line("Unable to handle kernel paging request for instruction fetch", &[])
        .maybe("Faulting instruction address: %lx", &["addr"])
        .body(executes)
        .example("BUG: Unable to handle kernel instruction fetch (NULL pointer?)"),
    fault("fault/address-space", "BUG: unable to handle kernel pointer dereference in {frame}")
        .line("Unable to handle kernel pointer dereference in virtual kernel address space", &[])
        .line("Unable to handle kernel pointer dereference at virtual kernel address", &[])
        .example("Unable to handle kernel pointer dereference in virtual kernel address space"),
    fault("fault/virtual-address", "BUG: unable to handle kernel {what} in {frame}")
        .or_title("Unable to handle kernel {what} at virtual address ADDR")
        .line("Unable to handle kernel %s at virtual address %px when %s", &["what", "addr", "access"])
        .line("Unable to handle kernel %s at virtual address %px", &["what", "addr"])
        .example("Unable to handle kernel write to read-only memory at virtual address ffff800010234568"),
    fault("fault/other-access", "BUG: unable to handle {what} in {frame}")
        .line("BUG: Unable to handle %s at %px", &["what", "addr"])
        .example("BUG: Unable to handle kernel unaligned access at 0xc00000000012ab31"),
    fault("fault/cut-off", "BUG: unable to handle kernel")
        .line("BUG: unable to handle kernel", &[])
        .alts(&[])
        .vague()
        .example("BUG: unable to handle kernel"),
    fault("fault/general-protection", "general protection fault in {frame}")
        .line("general protection fault, %s for non-canonical address %lx: %x [#%d]", &["", "addr", "code", ""])
        .line("general protection fault, %s for address %lx: %x [#%d]", &["", "addr", "code", ""])
        .line("general protection fault, kernel NULL pointer dereference %lx: %x [#%d]", &["addr", "code", ""])
        .line("general protection fault: %x [#%d]", &["code", ""])
        .line("general protection fault%s: %x [#%d]", &["", "code", ""])
        .line("segment-related general protection fault: %x [#%d]", &["code", ""])
        .example("general protection fault, probably for non-canonical address 0xdffffc0000000003: 0000 [#1] SMP"),
    fault("fault/bad-page-table", "Bad pagetable in {frame}")
        .line("Bad pagetable: %x [#%d]", &["code", ""])
        .maybe("%s: Corrupted page table at address %lx", &["comm", "addr"])
        .class(Class::MemorySafety)
        .example("Bad pagetable: 000d [#1] SMP"),
    fault("fault/oops", "Oops in {frame}")
        .line("Oops: %x [#%d]", &["code", ""])
        // x86 since 6.10, for whatever trap: here the trap is called `Oops` too.
        .line("Oops: Oops: %x [#%d]", &["code", ""])
        .line("Oops: %x ilc:%d [#%d]", &["code", "", ""])
        .line("Oops [#%d]", &[""])
        .line("Oops[#%d]:\n", &[""])
        .follows(ANNOUNCED)
        .example("Oops: 0002 [#1] SMP"),
];

/// The report is of an instruction fetch.
fn executes(report: &mut Report<'_>) {
    report.fault.access = Some(Text::from("execute"));
}

/// Decodes `read`, `write` or `execute` from the hardware's code where the kernel did not spell it out.
fn tell_access(report: &mut Report<'_>) {
    if report.fault.access.is_some() || report.kind.class() != Class::Fault {
        return;
    }
    let code = || hex_value(report.fault.error_code.as_ref()?);
    let access = match report.kernel.arch.as_deref() {
        // A general protection fault's code is a selector.
        Some("x86_64" | "i386") if !report.kind.name().ends_with("protection") => code().map(x86),
        Some("arm64") => code().and_then(arm64),
        Some("arm") => code().map(arm),
        Some("riscv") => register(report, &[b"cause", b"scause"]).and_then(riscv),
        Some("mips") => register(report, &[b"Cause"]).and_then(mips),
        Some("loongarch") => register(report, &[b"ESTAT", b"estat"]).and_then(loongarch),
        _ => None,
    };
    report.fault.access = access.map(Text::from);
}

/// The value of the first of the crash's registers that has one of these names.
fn register(report: &Report<'_>, names: &[&[u8]]) -> Option<u64> {
    report.crash_registers()?.entries.iter().find(|r| names.contains(&&*r.name))?.value
}

/// `enum x86_pf_error_code`.
const fn x86(code: u64) -> &'static str {
    match (code & 0x10 != 0, code & 2 != 0) {
        (true, _) => "execute",
        (false, true) => "write",
        (false, false) => "read",
    }
}

/// `ESR_EL1`: the exception class, and `WnR` of a data abort.
const fn arm64(esr: u64) -> Option<&'static str> {
    match (esr >> 26 & 0x3f, esr >> 6 & 1) {
        (0x20 | 0x21, _) => Some("execute"),
        (0x24 | 0x25, 1) => Some("write"),
        (0x24 | 0x25, _) => Some("read"),
        _ => None,
    }
}

/// `FSR_LNX_PF` and `FSR_WRITE`.
const fn arm(fsr: u64) -> &'static str {
    match (fsr >> 31 & 1, fsr >> 11 & 1) {
        (1, _) => "execute",
        (_, 1) => "write",
        _ => "read",
    }
}

/// `EXC_INST_PAGE_FAULT` and its like in `asm/csr.h`.
const fn riscv(cause: u64) -> Option<&'static str> {
    match cause {
        1 | 12 => Some("execute"),
        4 | 5 | 13 => Some("read"),
        6 | 7 | 15 => Some("write"),
        _ => None,
    }
}

/// `ExcCode` of the Cause register.
const fn mips(cause: u64) -> Option<&'static str> {
    match cause >> 2 & 0x1f {
        2 | 4 => Some("read"),
        1 | 3 | 5 => Some("write"),
        _ => None,
    }
}

/// `ECode` of `CSR.ESTAT`.
const fn loongarch(estat: u64) -> Option<&'static str> {
    match estat >> 16 & 0x3f {
        1 => Some("read"),
        2 | 4 => Some("write"),
        3 => Some("execute"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(log: &str) -> Report<'_> {
        let mut all: Vec<_> = crate::reports(log.as_bytes()).collect();
        assert_eq!(all.len(), 1, "{:?}", all.iter().map(|r| r.kind.name()).collect::<Vec<_>>());
        all.remove(0)
    }

    fn facts(log: &str) -> (String, Option<u64>, String) {
        let report = report(log);
        let access = report.fault.access.as_ref().map(ToString::to_string).unwrap_or_default();
        (crate::identify(&report).title, report.fault.address, access)
    }

    #[test]
    fn ok_x86_before_5_1() {
        let log = "BUG: unable to handle kernel NULL pointer dereference at           (null)\n\
                   IP: foo_poll+0x1a/0x90\nPGD 0 \nOops: 0002 [#1] SMP\n\
                   CPU: 0 PID: 7 Comm: sh Not tainted 4.14.0 #1\nRIP: 0010:foo_poll+0x1a/0x90\n\
                   RSP: 0018:ffffc90004b67998 EFLAGS: 00010086\n";
        assert_eq!(facts(log), (NULL.replace("{frame}", "foo_poll"), Some(0), "write".into()));
        assert_eq!(report(log).registers.len(), 1);
    }

    #[test]
    fn ok_arm64_is_one_report() {
        let log = "Unable to handle kernel execute from non-executable memory at virtual address ffff800010234568\n\
                   Mem abort info:\n  ESR = 0x8600000e\n  EC = 0x21: IABT (current EL), IL = 32 bits\n\
                   Internal error: Oops: 8600000e [#1] PREEMPT SMP\nModules linked in:\n\
                   pstate: 60400005 (nZCv daif +PAN -UAO)\npc : foo_data+0x1/0x2\nlr : foo_call+0x3/0x4\n";
        let title = "BUG: unable to handle kernel execute from non-executable memory in foo_data".to_owned();
        assert_eq!(facts(log), (title, Some(0xffff_8000_1023_4568), "execute".into()));
    }

    #[test]
    fn ok_arm_names_the_access() {
        let log = "8<--- cut here ---\n\
                   Unable to handle kernel paging request at virtual address fee00001 when write\n\
                   [fee00001] *pgd=00000000\nInternal error: Oops: 805 [#1] SMP ARM\n\
                   PC is at foo_out+0x40/0x48\nLR is at foo_out+0x28/0x48\n";
        assert_eq!(facts(log), (PAGING.replace("{frame}", "foo_out"), Some(0xfee0_0001), "write".into()));
        assert_eq!(report(log).fault.walk.unwrap(), "[fee00001] *pgd=00000000");
    }

    #[test]
    fn ok_powerpc() {
        let log = "BUG: Kernel NULL pointer dereference on read at 0x00000008\n\
                   Faulting instruction address: 0xc000000000b4d6a8\n\
                   Oops: Kernel access of bad area, sig: 11 [#1]\nLE PAGE_SIZE=64K MMU=Radix SMP NR_CPUS=2048 NUMA\n\
                   NIP [c000000000b4d6a8] foo_read+0x1/0x2\nLR [c000000000b4d6ac] foo_call+0x1/0x2\n";
        assert_eq!(facts(log), (NULL.replace("{frame}", "foo_read"), Some(8), "read".into()));
    }

    #[test]
    fn ok_s390() {
        let log = "Unable to handle kernel pointer dereference in virtual kernel address space\n\
                   Failing address: 0000000000000000 TEID: 0000000000000483\n\
                   Fault in home space mode while using kernel ASCE.\n\
                   AS:0000000001e5c007 R3:0000000000000024 \nOops: 0004 ilc:2 [#1] SMP \n\
                   Krnl PSW : 0704c00180000000 00000000001cd3a6 (foo_io+0x26/0x88)\nCall Trace:\n \
                   [<00000000001cd3a6>] foo_io+0x26/0x88 \nLast Breaking-Event-Address:\n \
                   [<00000000001cd3a0>] foo_io+0x20/0x88\n";
        assert_eq!(facts(log).0, "BUG: unable to handle kernel pointer dereference in foo_io");
        assert_eq!(report(log).fault.address, Some(0));
        assert_eq!(report(log).crash_trace().unwrap().frames.len(), 1);
    }

    #[test]
    fn ok_riscv_and_mips_and_loongarch() {
        let log = "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008\n\
                   Oops [#1]\nepc : foo_set+0x72/0xb2\n ra : foo_set+0x70/0xb2\n\
                   status: 0000000000000120 badaddr: 0000000000000008 cause: 000000000000000f\n";
        assert_eq!(facts(log), (NULL.replace("{frame}", "foo_set"), Some(8), "write".into()));
        let log = "CPU 0 Unable to handle kernel paging request at virtual address 00000010, epc == 80123456, ra == 80123450\n\
                   Oops[#1]:\nepc   : 80123456 foo_set+0x10/0x20\nCause : 40808008 (ExcCode 02)\n";
        assert_eq!(facts(log), (PAGING.replace("{frame}", "foo_set"), Some(0x10), "read".into()));
        let log = "CPU 0 Unable to handle kernel paging request at virtual address 0000000000000010, era == 90000000004ea274, ra == 90000000004ea5c8\n\
                   Oops[#1]:\n  ERA: 90000000004ea274 foo_set+0x54/0x90\n\
                   ESTAT: 00020000 [PIS] (IS= ECode=2 EsubCode=0)\n";
        assert_eq!(facts(log), (PAGING.replace("{frame}", "foo_set"), Some(0x10), "write".into()));
    }

    #[test]
    fn err_faults_of_programs() {
        for line in [
            "traps: prog[123] general protection fault ip:7f12 sp:7ffe error:0 in libc.so[7f00+1000]",
            "prog[12]: segfault at 0 ip 0000000000401136 sp 00007ffc error 4 in prog[401000+1000]",
            "potentially unexpected fatal signal 11.",
            "User process fault: interruption code 003b ilc:3 in prog[1000+1000]",
        ] {
            let log =
                format!("{line}\nCPU: 0 PID: 123 Comm: prog Not tainted 6.1.0 #1\nRIP: 0033:0x401136\n");
            assert_eq!(crate::reports(log.as_bytes()).count(), 0, "{line}");
        }
    }
}
