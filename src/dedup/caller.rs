//! Who called what crashed, where the stack alone does not show it.
//!
//! * **A jump to an address that holds no code.** What stands at the instruction pointer did nothing wrong and has
//!   often no name; the one that jumped there is to blame. x86 cannot unwind from such a place: all frames are marked
//!   `?`, and the first is the return address that the call has just pushed.
//! * **A leaf function.** arm64, riscv, mips and LoongArch unwind by frame records, and a function that calls nothing
//!   makes none. Its caller is in the link register alone: `lr : memcpy_to_null+0x58/0x98 [ring]` stands between the
//!   frames `__memcpy` and `run_trigger`.
//!
//! Both count only where they name a function of a module. The titles of the field are made without them, and for the
//! kernel's own functions a title that the field knows is worth more.

use super::normalize;
use crate::report::{Frame, Registers, Report, Symbol, Trace};

/// Whether the crash is that what the instruction pointer points to cannot be executed.
pub(super) fn jumped(report: &Report<'_>) -> bool {
    let Some(dump) = report.crash_registers() else { return false };
    let fetched = report.fault.access.as_ref().is_some_and(|a| *a == "execute");
    fetched || (dump.ip.is_none() && dump.ip_address.is_some())
}

/// The function that called the leaf whose registers and frame the crash stack starts with, if it is not on the stack.
pub(super) fn linked<'r, 'log>(report: &'r Report<'log>, trace: &Trace<'_>) -> Option<&'r Symbol<'log>> {
    let dump = report.registers.get(trace.registers?).filter(|d| d.is_kernel())?;
    let link = dump.link.as_ref().filter(|l| l.module.is_some())?;
    let is_leaf = dump.ip.as_ref().is_none_or(|ip| !same(ip, link));
    let next = trace.frames.iter().filter(|f| f.reliable && !f.inlined).nth(1);
    let on_stack = next.and_then(|f| f.symbol.as_ref()).is_some_and(|s| same(s, link));
    (starts_at_ip(report, trace) && is_leaf && !on_stack).then_some(link)
}

/// Whether the stack's first frame is what the registers before it point to.
pub(super) fn starts_at_ip(report: &Report<'_>, trace: &Trace<'_>) -> bool {
    let dump = trace.registers.and_then(|at| report.registers.get(at));
    let first = trace.frames.iter().find(|f| !f.inlined).filter(|f| f.reliable);
    dump.zip(first).is_some_and(|(dump, frame)| is_at(frame, dump))
}

/// Whether the frame is the one that the registers were taken in.
fn is_at(frame: &Frame<'_>, dump: &Registers<'_>) -> bool {
    match (&frame.symbol, &dump.ip) {
        (Some(symbol), Some(ip)) => same(symbol, ip) && symbol.offset == ip.offset,
        (None, None) => frame.address.is_some(),
        _ => false,
    }
}

/// Whether both are of one function, whatever the compiler appended to its name.
fn same(one: &Symbol<'_>, other: &Symbol<'_>) -> bool {
    normalize::function(&one.name.to_str_lossy()) == normalize::function(&other.name.to_str_lossy())
}

/// The first module's frame of a crash stack for none of whose frames the unwinder vouches, if it may be the one that
/// jumped.
pub(super) fn jumper<'r, 'log>(report: &'r Report<'log>) -> Option<&'r Symbol<'log>> {
    let trace = report.crash_trace().filter(|t| t.frames.iter().all(|f| !f.reliable || f.inlined))?;
    let mut symbols = trace.frames.iter().filter(|f| !f.inlined).filter_map(|f| f.symbol.as_ref());
    symbols.find(|s| s.module.is_some()).filter(|_| jumped(report))
}
