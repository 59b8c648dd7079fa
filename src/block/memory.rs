//! Fault address, object, shadow, page walk, and the words that end a report.

use super::Block;
use super::prose::is_prose;
use crate::bytes::{dec, dec32, hex_value};
use crate::printk;
use crate::report::{Role, Text};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// One fact about the bad access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fact<'log> {
    /// An access: what, how many bytes, where, and by whom as far as the line says.
    Access {
        access: Text<'log>,
        size: Option<u64>,
        address: Option<u64>,
        comm: Option<Text<'log>>,
        pid: Option<u32>,
    },
    /// The address alone.
    Address(u64),
    /// The page-table walk.
    Walk(Text<'log>),
    /// The object's start.
    Object(Option<u64>),
    /// The object's cache and size.
    Cache { name: Text<'log>, size: Option<u64> },
    /// A line of shadow memory.
    Shadow(Text<'log>),
    /// x86's error code in words: `#PF: error_code(0x0002) - not-present page`.
    ErrorCode(Text<'log>),
    /// A line that belongs to the report and holds no fact of its own.
    Prose,
}

/// `Read of size 8 at addr ffff8880 by task syz-executor/81`: `print_error_description` in `mm/kasan/report.c`.
const ACCESS: &str = "%s of size %zu at addr %px by task %s\n";
const ACCESS_BARE: &str = "%s of size %zu at addr %px\n";
/// Before 4.11 the address stood in the header.
const ACCESS_OF_TASK: &str = "%s of size %zu by task %s\n";
const OBJECT: &str = "The buggy address belongs to the object at %px";
const CACHE: &str = " which belongs to the cache %s of size %d";
/// x86's `show_fault_oops` and `__die`, arm64's `mem_abort_decode` and `die`, arm's `__die`, s390's `die`.
const ERROR_CODES: &[&str] = &[
    "#PF: error_code(%s)",
    "Oops: %x [#%d]",
    "Oops: %x ilc:%d [#%d]",
    "ESR = %lx",
    "Internal error: %s: %x [#%d]",
];
/// arm64's `data_abort_decode`.
const WRITE_NOT_READ: &str = "CM = %lu, WnR = %lu";
/// s390's `dump_fault_info`, x86's `page_fault_oops`.
const ADDRESSES: &[&str] = &["Failing address: %lx", "CR2: %lx"];
/// `debug_show_blocker` in `kernel/hung_task.c`, since 6.15: what follows is the stack of that task. Example:
/// `INFO: task ringd:412 is blocked on a mutex likely owned by task ringd:409.`
const LIKELY_OWNER: &[u8] = b" likely owned by task ";
/// `dump_cpu_task` in `kernel/sched/core.c`.
const TASK_DUMP: &[u8] = b"Task dump for CPU ";
const KERNEL_OFFSET: &str = "Kernel Offset: 0x%lx from 0x%lx";

/// `__vmalloc_node_range` warns with a stack that is no crash's: `syz-executor: vmalloc: allocation failure: 0 bytes`.
static VMALLOC_FAILURE: LazyLock<Finder<'_>> =
    LazyLock::new(|| Finder::new(b": vmalloc: allocation failure: "));

/// `rcu_check_gp_kthread_starvation` in `kernel/rcu/tree_stall.h`.
const GP_THREAD: &[u8] = b"Stack dump where RCU GP kthread last ran:";

/// Reads one such line.
pub(super) fn read(text: &[u8]) -> Option<Block<'_>> {
    let line = text.trim_ascii_start();
    match line.first()? {
        b'-' => end(line),
        b'F' if line.starts_with(b"FAULT_INJECTION: ") => {
            Some(Block::NextTrace { role: Role::FaultInjection, label: None, foreign: true })
        }
        _ if VMALLOC_FAILURE.find(line).is_some() => {
            Some(Block::NextTrace { role: Role::Other, label: None, foreign: true })
        }
        // The CPU that RCU's own thread ran on last need not be the one that stalls.
        b'r' | b'S' if line.strip_prefix(b"rcu: ").unwrap_or(line).starts_with(GP_THREAD) => {
            Some(Block::NextTrace { role: Role::Other, label: None, foreign: false })
        }
        b'K' if line.starts_with(b"Kernel Offset: ") => Some(kernel_offset(line)),
        b'K' if line.starts_with(b"Kernel panic - not syncing: ") => {
            Some(Block::NextTrace { role: Role::Panic, label: None, foreign: false })
        }
        b'T' if line.starts_with(TASK_DUMP) => {
            let label = cpu(line.get(TASK_DUMP.len()..)?);
            Some(Block::NextTrace { role: Role::Cpu, label, foreign: false })
        }
        b'R' if line.starts_with(b"Rebooting in ") => Some(Block::Epilogue { kaslr_offset: None }),
        b'S' if line.starts_with(b"Sending NMI ") => Some(Block::NmiSent),
        b'I' if memchr::memmem::find(line, LIKELY_OWNER).is_some() => {
            Some(Block::NextTrace { role: Role::Other, label: None, foreign: false })
        }
        b'N' if line.starts_with(b"NMI backtrace for cpu ") => Some(nmi_backtrace(line)),
        b'>' | b'f' | b'^' => shadow(text).map(Block::Fact).or_else(|| prose(line)),
        _ => fact(text, line).map(Block::Fact).or_else(|| prose(line)),
    }
}

fn prose(line: &[u8]) -> Option<Block<'_>> {
    is_prose(line).then_some(Block::Fact(Fact::Prose))
}

/// `---[ end trace 0123456789abcdef ]---`, `---[ end Kernel panic - not syncing: … ]---`.
fn end(line: &[u8]) -> Option<Block<'_>> {
    (line.starts_with(b"---[ end ")).then_some(Block::End)
}

fn kernel_offset(line: &[u8]) -> Block<'_> {
    let mut found = Vec::new();
    let offset = printk::read(KERNEL_OFFSET, line, &mut found).and_then(|_| hex_value(found.first()?));
    Block::Epilogue { kaslr_offset: offset }
}

/// `NMI backtrace for cpu 0`; an idle CPU shows no stack: `NMI backtrace for cpu 1 skipped: idling at …`.
fn nmi_backtrace(line: &[u8]) -> Block<'_> {
    let rest = line.get(b"NMI backtrace for cpu ".len()..).unwrap_or_default();
    Block::NmiBacktrace { label: cpu(rest).filter(|n| rest.get(n.len()..).unwrap_or_default().is_empty()) }
}

/// The number that `text` starts with.
fn cpu(text: &[u8]) -> Option<Text<'_>> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    text.get(..digits).filter(|d| !d.is_empty()).map(Text::from)
}

fn fact<'a>(text: &'a [u8], line: &'a [u8]) -> Option<Fact<'a>> {
    access(line)
        .or_else(|| object(text))
        .or_else(|| is_walk(line).then(|| Fact::Walk(Text::from(line.trim_ascii_end()))))
        .or_else(|| error_code(line))
        .or_else(|| touch(line))
}

/// A walk of the page tables: x86 `PGD 5a25067 P4D 5a25067 PUD 0` and `*pdpt = 34f0c001 *pde = 0`, arm and arm64
/// `[00000000] *pgd=8c44e003, *pmd=e0940003`, s390 `AS:0000000001e5c007 R3:0000000000000024`.
fn is_walk(line: &[u8]) -> bool {
    if !matches!(line.first(), Some(b'P' | b'*' | b'A' | b'[')) {
        return false;
    }
    let tables: [&[u8]; 6] = [b"PGD ", b"P4D ", b"PUD ", b"*pdpt = ", b"*pde = ", b"AS:0"];
    tables.iter().any(|t| line.starts_with(t))
        || line.strip_prefix(b"[").is_some_and(|rest| {
            let address = rest.iter().take_while(|c| c.is_ascii_hexdigit()).count();
            let rest = rest.get(address..).unwrap_or_default();
            address >= 8 && (rest.starts_with(b"] *pgd=") || rest.starts_with(b"] pgd="))
        })
}

/// The hardware's word for the access, and where it was.
fn touch(line: &[u8]) -> Option<Fact<'_>> {
    let access = match line {
        [b'#', b'P', b'F', b':', b' ', rest @ ..] => {
            let mode = rest.strip_prefix(b"supervisor ").or_else(|| rest.strip_prefix(b"user "))?;
            match mode.split(|c| *c == b' ').next()? {
                b"read" => "read",
                b"write" => "write",
                _ => "execute",
            }
        }
        [b'C', b'M', b' ', b'=', ..] => {
            let mut found = Vec::new();
            printk::read(WRITE_NOT_READ, line, &mut found)?;
            if *found.get(1)? == b"1" { "write" } else { "read" }
        }
        [b'F', b'a', b'i', b'l', ..] | [b'C', b'R', b'2', ..] => {
            let mut found = Vec::new();
            ADDRESSES.iter().find_map(|f| printk::read(f, line, &mut found))?;
            return found.first().and_then(|a| hex_value(a)).map(Fact::Address);
        }
        _ => return None,
    };
    Some(Fact::Access { access: Text::from(access), size: None, address: None, comm: None, pid: None })
}

fn access(line: &[u8]) -> Option<Fact<'_>> {
    if !matches!(line.first(), Some(b'R' | b'W' | b'r' | b'w')) {
        return None;
    }
    let (address, task) = (Some(2), Some(3));
    let wordings = [(ACCESS, address, task), (ACCESS_BARE, address, None), (ACCESS_OF_TASK, None, address)];
    let mut found = Vec::new();
    let (_, address, task) = wordings.into_iter().find(|(format, ..)| {
        found.clear();
        printk::read(format, line, &mut found).is_some()
    })?;
    let (comm, pid) = task.and_then(|at| found.get(at)).map_or((None, None), |task| comm_pid(task));
    Some(Fact::Access {
        access: Text::from(*found.first()?),
        size: found.get(1).and_then(|n| dec(n).ok()).map(|(_, n)| n),
        address: address.and_then(|at| found.get(at)).and_then(|a| hex_value(a)),
        comm,
        pid,
    })
}

/// `syz-executor/81`: the name may hold slashes itself.
pub(super) fn comm_pid(task: &[u8]) -> (Option<Text<'_>>, Option<u32>) {
    let Some(slash) = memchr::memrchr(b'/', task) else { return (Some(Text::from(task)), None) };
    let (comm, pid) = task.split_at(slash);
    let pid = pid.get(1..).and_then(|p| dec32(p).ok());
    (Some(Text::from(comm)), pid.map(|(_, n)| n))
}

fn object(text: &[u8]) -> Option<Fact<'_>> {
    let mut found = Vec::new();
    if text.starts_with(b"The buggy address belongs to the object") {
        printk::read(OBJECT, text, &mut found);
        return Some(Fact::Object(found.first().and_then(|a| hex_value(a))));
    }
    printk::read(CACHE, text, &mut found)?;
    Some(Fact::Cache {
        name: Text::from(*found.first()?),
        size: found.get(1).and_then(|n| dec(n).ok()).map(|(_, n)| n),
    })
}

fn error_code(line: &[u8]) -> Option<Fact<'_>> {
    ERROR_CODES.iter().find_map(|format| {
        let mut found = Vec::new();
        printk::read(format, line, &mut found)?;
        let code = if format.contains("error: %s") { found.get(1) } else { found.first() };
        Some(Fact::ErrorCode(Text::from(*code?)))
    })
}

/// ` ffff888012345600: 00 00 fc fc …`, `>ffff888012345680: fb …`, and the line with the caret.
fn shadow(text: &[u8]) -> Option<Fact<'_>> {
    let line = text.strip_prefix(b">").unwrap_or(text).trim_ascii_start();
    if line.trim_ascii() == b"^" {
        return Some(Fact::Shadow(Text::from(text)));
    }
    let colon = memchr::memchr(b':', line)?;
    let (address, bytes) = line.split_at(colon);
    let is_hex = |s: &[u8]| s.iter().all(u8::is_ascii_hexdigit);
    let fits = address.len() >= 8
        && is_hex(address)
        && bytes.get(1..)?.split(|c| *c == b' ').all(|b| b.len() <= 2 && is_hex(b));
    fits.then(|| Fact::Shadow(Text::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_access_names_the_task() {
        let Some(Block::Fact(Fact::Access { size, comm, pid, .. })) =
            read(b"Read of size 8 at addr ffff888012345678 by task a/b/81")
        else {
            panic!("no access");
        };
        assert_eq!((size, pid), (Some(8), Some(81)));
        assert_eq!(comm.unwrap(), "a/b");
    }

    #[test]
    fn ok_access_without_address() {
        let Some(Block::Fact(Fact::Access { size, address, pid, .. })) =
            read(b"Write of size 8 by task ring/81")
        else {
            panic!("no access");
        };
        assert_eq!((size, address, pid), (Some(8), None, Some(81)));
    }

    #[test]
    fn ok_kernel_offset() {
        let offset = |l: &'static str| match read(l.as_bytes()) {
            Some(Block::Epilogue { kaslr_offset }) => kaslr_offset,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            offset("Kernel Offset: 0x1e400000 from 0xffffffff81000000 (relocation range)"),
            Some(0x1e40_0000)
        );
        assert_eq!(offset("Kernel Offset: disabled"), None);
    }

    #[test]
    fn ok_facts_of_faults() {
        let fact = |l: &'static str| match read(l.as_bytes()) {
            Some(Block::Fact(fact)) => fact,
            other => panic!("{l}: {other:?}"),
        };
        for (line, code) in [
            ("Oops: 0002 [#1] SMP", "0002"),
            ("Oops: 0004 ilc:2 [#1] SMP", "0004"),
            ("  ESR = 0x0000000096000004", "0x0000000096000004"),
            ("Internal error: Oops: 805 [#1] SMP ARM", "805"),
            ("#PF: error_code(0x0010) - not-present page", "0x0010"),
        ] {
            assert_eq!(fact(line), Fact::ErrorCode(Text::from(code)), "{line}");
        }
        for (line, word) in [
            ("#PF: supervisor read access in kernel mode", "read"),
            ("#PF: supervisor instruction fetch in kernel mode", "execute"),
            ("  CM = 0, WnR = 1", "write"),
            ("  CM = 0, WnR = 1, TnD = 0, TagAccess = 0", "write"),
        ] {
            assert!(matches!(fact(line), Fact::Access { access, .. } if access == word), "{line}");
        }
        for line in [
            "PGD 5a25067 P4D 5a25067 PUD 0 ",
            "[00000000] *pgd=8c44e003, *pmd=e0940003",
            "[0000000000000008] pgd=0000000000000000, p4d=0000000000000000",
            "AS:0000000001e5c007 R3:0000000000000024 ",
        ] {
            assert!(matches!(fact(line), Fact::Walk(_)), "{line}");
        }
        assert_eq!(fact("CR2: 0000000000000086"), Fact::Address(0x86));
        assert_eq!(fact("Failing address: 0000000000000000 TEID: 0000000000000483"), Fact::Address(0));
    }

    #[test]
    fn ok_shadow() {
        assert!(matches!(read(b">ffff888012345600: 00 00 fc fc"), Some(Block::Fact(Fact::Shadow(_)))));
    }
}
