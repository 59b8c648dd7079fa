//! The guilty frame: the one a title names.

use super::walk::Walk;
use super::{caller, generic, normalize, skip};
use crate::report::{Defect, DefectCode, Frame, Report, Role, Stack, Symbol, Take, Trace};
use std::borrow::Cow;

/// Where the blame lies.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guilty {
    /// The function's name, normalised; of a syscall's wrapper the name that the field uses.
    pub function: String,
    /// The names of the wrappers that [`Guilty::function`] stands for, where it is a syscall.
    pub wrappers: Vec<String>,
    /// Index of the trace and of the frame in it; `None` where a register or the header named it.
    pub frame: Option<(usize, usize)>,
    /// The functions that called it, normalised, innermost first: those that can be to blame. Inline frames are left
    /// out.
    pub callers: Vec<String>,
}

/// How many callers are kept: more than stand between a helper that everybody uses and its user.
const CALLERS: usize = 8;

/// A function that may be to blame, in the order of the stack.
pub(super) struct Candidate<'r> {
    /// As [`name_of`] has it.
    pub(super) name: Cow<'r, str>,
    /// Whether it is a module's.
    pub(super) own: bool,
    pub(super) frame: Option<(usize, usize)>,
}

/// What a title cannot be made of.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Why.
    pub(super) defect: Defect,
    /// The function that a signature still rests on better than on none.
    pub(super) suspect: Option<Box<Guilty>>,
}

/// Finds the guilty frame by the sources that the report's kind names, or says why there is none.
pub(super) fn guilty(report: &Report<'_>, walk: &Walk<'_>) -> Result<Guilty, Doubt> {
    let none = || {
        let text = "no stack names a function".to_owned();
        Doubt { defect: Defect { code: DefectCode::NoFrames, text }, suspect: None }
    };
    let take = |take: &Take| {
        walk.at(*take);
        from(report, walk, *take).inspect(|_| walk.found())
    };
    match walk.meaning.take.iter().find_map(take) {
        Some(found) if ran_into_injection(report, &found) => {
            let text = "the stack of an injected fault stands before the crash's own".to_owned();
            let defect = Defect { code: DefectCode::Interleaved, text };
            Err(Doubt { defect, suspect: beside_injection(report, walk).map(Box::new) })
        }
        Some(found) => Ok(found),
        None => caller::jumper(report)
            .and_then(|symbol| of_symbol(symbol, walk))
            .or_else(|| helper(report, walk))
            .ok_or_else(none),
    }
}

/// Whether frames of a fault that was injected elsewhere (`should_fail` in `lib/fault-inject.c`) stand before the one
/// found: then the log mixes two tasks, and nothing says whose frame it is.
fn ran_into_injection(report: &Report<'_>, found: &Guilty) -> bool {
    let Some(at) = found.frame else { return false };
    let counts = |role: Role| matches!(role, Role::Crash | Role::FaultInjection);
    report.traces.iter().enumerate().filter(|(_, t)| counts(t.role)).any(|(i, trace)| {
        let frames = candidates(trace, i, true).filter_map(|c| Some((c.name, c.frame?)));
        frames.take_while(|(_, frame)| *frame < at).any(|(name, _)| skip::injects_faults(&name))
    })
}

/// The first frame that can carry blame of the crash's stacks that fault injection has no part in.
fn beside_injection(report: &Report<'_>, walk: &Walk<'_>) -> Option<Guilty> {
    let injected = |t: &Trace<'_>| t.frames.iter().any(|frame| skip::injects_faults(&name_of(frame)));
    let own = |t: &Trace<'_>| t.role == Role::Crash && !injected(t);
    let mut stacks = report.traces.iter().enumerate().filter(|(_, t)| own(t));
    stacks.find_map(|(at, trace)| on_stack(report, walk, (at, trace)))
}

/// A helper is better than no function at all: the one that took the lock in question, or that stood at the
/// instruction pointer if the dump is whole.
fn helper(report: &Report<'_>, walk: &Walk<'_>) -> Option<Guilty> {
    let takes = |take: Take| walk.meaning.take.contains(&take);
    if takes(Take::Locks) {
        let in_question = |held: bool| !held || takes(Take::HeldLocks);
        let at = report.locks_held.iter().filter(|l| in_question(l.held)).find_map(|l| l.at.as_ref())?;
        return Some(helping(at));
    }
    let dump = report.crash_registers().filter(|d| d.entries.len() > 1 && takes(Take::Ip))?;
    // A jump into nowhere leaves no more than that; elsewhere a report without a stack was cut.
    let shows_stack = only_doubtful(report).map_or_else(|| caller::jumped(report), |doubtful| !doubtful);
    shows_stack.then_some(())?;
    dump.ip.as_ref().map(helping)
}

/// Whether the crash's own stack holds nothing but leftovers that the unwinder found there, or is empty where a panic
/// shows one behind it; `None` where no stack is announced.
fn only_doubtful(report: &Report<'_>) -> Option<bool> {
    let mut crash = report.traces_of(Role::Crash);
    let first = crash.next()?;
    Some(if first.frames.is_empty() {
        crash.next().is_some()
    } else {
        first.frames.iter().all(|f| !f.reliable || f.inlined)
    })
}

/// The name of a frame, normalised; empty where it has none or does not count.
pub(super) fn name_of<'r>(frame: &'r Frame<'_>) -> Cow<'r, str> {
    match &frame.symbol {
        Some(symbol) if !frame.inlined => match symbol.name.to_str_lossy() {
            Cow::Borrowed(name) => Cow::Borrowed(normalize::function(name)),
            Cow::Owned(name) => Cow::Owned(normalize::function(&name).to_owned()),
        },
        _ => Cow::Borrowed(""),
    }
}

fn from(report: &Report<'_>, walk: &Walk<'_>, take: Take) -> Option<Guilty> {
    match take {
        Take::Capture(name) if blames_somebody(report, walk) => {
            of_symbol(&captured(report, name)?, walk).map(|g| located(report, walk, g))
        }
        Take::Capture(_) => None,
        Take::Header(name) => of_symbol(&captured(report, name)?, walk).map(|g| located(report, walk, g)),
        Take::Named(name) => Some(helping(&captured(report, name)?)),
        // Where a recursion happens to hit the end of the stack says little: not without a stack that shows it.
        Take::Ip if walk.meaning.take.contains(&Take::Chain) && only_doubtful(report) == Some(true) => None,
        Take::Ip if caller::jumped(report) => None,
        Take::Ip => {
            let registers = report.crash_registers()?;
            let guilty = of_symbol(registers.ip.as_ref()?, walk)?;
            let stack = report.traces.iter().position(|t| t.role == Role::Crash);
            Some(match stack {
                Some(stack) => called_from(report, walk, (stack, 0), guilty),
                None => guilty,
            })
        }
        Take::Trace => on_trace(report, walk, Role::Crash),
        Take::TraceOf(role) => on_trace(report, walk, role),
        Take::Dispatched => dispatched(report, walk, false),
        Take::Chain => dispatched(report, walk, true),
        Take::Locks => taken(report, walk, false).map(|g| located(report, walk, g)),
        Take::HeldLocks => taken(report, walk, true).map(|g| located(report, walk, g)),
        Take::Blocked => blocked(report, walk),
    }
}

/// Whether the report shows anything but helpers behind its header: the crash's registers, or a frame.
fn blames_somebody(report: &Report<'_>, walk: &Walk<'_>) -> bool {
    let frame = |(at, trace)| candidates(trace, at, true).any(|c| walk.could_blame(&c));
    report.crash_registers().is_some() || report.traces.iter().enumerate().any(frame)
}

/// What a header names, with its place on the crash's stacks.
fn located(report: &Report<'_>, walk: &Walk<'_>, guilty: Guilty) -> Guilty {
    let name = guilty.wrappers.first().unwrap_or(&guilty.function);
    let found =
        report.traces.iter().enumerate().filter(|(_, t)| t.role == Role::Crash).find_map(|(at, trace)| {
            let frame = candidates(trace, at, false).find(|c| c.name == **name)?.frame?;
            Some(frame)
        });
    // What is not on the stack stood at the instruction pointer, above it.
    let above = || report.traces.iter().position(|t| t.role == Role::Crash).map(|at| (at, 0));
    let below = found.map(|(at, i)| (at, i + 1)).or_else(above);
    let guilty = Guilty { frame: found, ..guilty };
    match below {
        Some(below) => called_from(report, walk, below, guilty),
        None => guilty,
    }
}

/// The function that the header names, of a report that shows nothing behind its header: too little for a title,
/// enough to tell it from others.
pub(super) fn of_header(report: &Report<'_>, walk: &Walk<'_>) -> Option<Guilty> {
    walk.meaning.take.iter().find_map(|take| match take {
        Take::Capture(name) => of_symbol(&captured(report, name)?, walk),
        _ => None,
    })
}

/// The first place that took a lock, of those being acquired or of those held.
fn taken(report: &Report<'_>, walk: &Walk<'_>, held: bool) -> Option<Guilty> {
    let locks = report.locks_held.iter().filter(|lock| lock.held == held);
    locks.filter_map(|lock| lock.at.as_ref()).find_map(|at| of_symbol(at, walk))
}

fn of_symbol(symbol: &Symbol<'_>, walk: &Walk<'_>) -> Option<Guilty> {
    walk.blames_symbol(symbol).then(|| helping(symbol))
}

/// A function that a register, a lock or the header names, whether it is a helper or not.
fn helping(symbol: &Symbol<'_>) -> Guilty {
    named(normalize::function(&symbol.name.to_str_lossy()), None)
}

/// The function that a capture of the row names.
fn captured<'r>(report: &'r Report<'_>, name: &str) -> Option<Symbol<'r>> {
    crate::block::symbol_of(report.capture(name)?)
}

fn named(name: &str, frame: Option<(usize, usize)>) -> Guilty {
    let mut wrappers = normalize::syscall(name);
    let function = wrappers.pop().unwrap_or_else(|| normalize::jitted(name).unwrap_or(name).to_owned());
    Guilty { function, wrappers, frame, callers: Vec::new() }
}

/// The first frame of the stacks of `role` that can carry blame.
fn on_trace(report: &Report<'_>, walk: &Walk<'_>, role: Role) -> Option<Guilty> {
    let mut stacks = report.traces.iter().enumerate().filter(|(_, t)| t.role == role);
    stacks.find_map(|stack| on_stack(report, walk, stack))
}

/// The first frame of a stack that can carry blame. What the unwinder only found on the stack cannot.
fn on_stack(report: &Report<'_>, walk: &Walk<'_>, (at, trace): (usize, &Trace<'_>)) -> Option<Guilty> {
    let first = usize::from(caller::jumped(report) && caller::starts_at_ip(report, trace));
    let mut frames = candidates(trace, at, true).filter(|c| c.frame.is_some_and(|(_, i)| i >= first));
    let found = frames.find(|c| walk.blames(c))?;
    let frame = found.frame?;
    if frame.1 > 0
        && let Some(guilty) = caller::linked(report, trace).and_then(|link| of_symbol(link, walk))
    {
        return Some(called_from(report, walk, (at, 1), guilty));
    }
    Some(called_from(report, walk, (at, frame.1 + 1), named(&found.name, found.frame)))
}

/// The frames of a stack that have a name of their own: not inlined; reliable ones, or all if `reliable` is not asked.
fn candidates<'r>(trace: &'r Trace<'_>, at: usize, reliable: bool) -> impl Iterator<Item = Candidate<'r>> {
    let counts = move |frame: &Frame<'_>| left_out(frame).is_none_or(|why| !reliable && why == UNRELIABLE);
    let named = move |(i, f): (usize, &'r Frame<'_>)| {
        let name = name_of(f);
        let own = f.symbol.as_ref().is_some_and(|s| skip::is_modules_own(s, &name));
        (!name.is_empty()).then_some(Candidate { name, own, frame: Some((at, i)) })
    };
    trace.frames.iter().enumerate().filter(move |(_, f)| counts(f)).filter_map(named)
}

/// Of x86's `?` and its like.
const UNRELIABLE: &str = "was found on the stack, but not by unwinding";

/// Why a frame is not asked whether it is to blame; `None` if it is.
pub(super) fn left_out(frame: &Frame<'_>) -> Option<&'static str> {
    match &frame.symbol {
        None => Some("has no name"),
        Some(_) if frame.inlined => Some("was inlined, and has no frame of its own"),
        Some(_) if !frame.reliable => Some(UNRELIABLE),
        Some(_) => None,
    }
}

/// A guilty function with its callers: the frames of stack `at` from `from` on. Of most functions nobody asks for them.
fn called_from(report: &Report<'_>, walk: &Walk<'_>, (at, from): (usize, usize), guilty: Guilty) -> Guilty {
    let Some(trace) = report.traces.get(at) else { return guilty };
    if !walk.is_recorded() && !generic::says_too_little(&guilty.function) {
        return guilty;
    }
    let below = candidates(trace, at, true).filter(|c| c.frame.is_some_and(|(_, i)| i >= from));
    let callers = below.filter(|c| walk.could_blame(c)).take(CALLERS).map(|c| c.name.into_owned());
    Guilty { callers: callers.collect(), ..guilty }
}

/// Whether a function is the entry of an interrupt by which stalls are noticed.
fn is_timer_entry(name: &str) -> bool {
    name.contains("apic_timer_interrupt")
        || ["el1_irq", "el1h_64_irq", "__irq_svc", "hardware_interrupt_common"].contains(&name)
}

/// Stalls: below the interrupt that noticed, the function that a dispatcher called. A stack without such an interrupt
/// and without registers of its own is not of the CPU that stalls; for overflows (`any`) it will do.
fn dispatched(report: &Report<'_>, walk: &Walk<'_>, any: bool) -> Option<Guilty> {
    let of_cpu = |role: Role| matches!(role, Role::Crash | Role::Cpu);
    let crash = || report.traces.iter().enumerate().filter(move |(_, t)| of_cpu(t.role));
    let kernel = |dump: usize| report.registers.get(dump).is_some_and(|r| r.is_kernel());
    let own = |t: &Trace<'_>| t.registers.is_some_and(kernel).then_some(0);
    let noticed = crash().filter_map(|(at, t)| Some((at, t, below_interrupt(report, t).or_else(|| own(t))?)));
    // Where a CPU cannot be interrupted its task's stack is dumped, as it was left. x86 prints the printer's own instead.
    let left = |t: &Trace<'_>| t.frames.first().is_some_and(|f| name_of(f) == "__switch_to");
    let others = crash().filter(|(_, t)| any || (t.role == Role::Cpu && left(t))).map(|(at, t)| (at, t, 0));
    noticed.chain(others).find_map(|(at, trace, from)| dispatched_on(report, walk, (at, trace, from)))
}

fn dispatched_on(
    report: &Report<'_>,
    walk: &Walk<'_>,
    (at, trace, start): (usize, &Trace<'_>, usize),
) -> Option<Guilty> {
    let interrupted = interrupted_function(report, trace, start);
    let first =
        interrupted.iter().map(|name| Candidate { name: name.as_str().into(), own: false, frame: None });
    let frames = candidates(trace, at, true).filter(|c| c.frame.is_some_and(|(_, i)| i >= start));
    let mut above: Option<Candidate<'_>> = None;
    for c in first.chain(frames) {
        if c.name.contains(skip::CROSS_CALL) {
            walk.picks(&c);
            let wrappers =
                (c.name != skip::CROSS_CALL).then(|| c.name.clone().into_owned()).into_iter().collect();
            return Some(Guilty { wrappers, ..named(skip::CROSS_CALL, c.frame) });
        }
        if skip::dispatches(&c.name) {
            walk.passes(&c, "runs what others ask it to: what it called is to blame");
            // The softirq loop that was itself interrupted is what runs.
            let alone = || Some(&c).filter(|c| c.frame.is_none() && skip::SOFTIRQ_LOOP.contains(&&*c.name));
            match above.take().as_ref().or_else(alone) {
                Some(a) => {
                    let below = (at, a.frame.map_or(start, |f| f.1 + 1));
                    return Some(called_from(report, walk, below, named(&a.name, a.frame)));
                }
                None => continue,
            }
        }
        if walk.blames(&c) {
            above = Some(c);
        }
    }
    None
}

/// The function whose registers stand at frame `start` of the trace, or one frame below: behind the entry.
fn interrupted_function(report: &Report<'_>, trace: &Trace<'_>, start: usize) -> Option<String> {
    let dump = match trace.interrupted.iter().find(|(frame, _)| *frame == start) {
        Some((_, dump)) => report.registers.get(*dump)?,
        None if start == 0 => report.registers.get(trace.registers?)?,
        None => return None,
    };
    let symbol = dump.ip.as_ref().filter(|_| !dump.user)?;
    Some(normalize::function(&symbol.name.to_str_lossy()).to_owned())
}

/// Index of the first frame below the interrupt that noticed the stall; `None` where the stack shows none.
pub(super) fn below_interrupt(report: &Report<'_>, trace: &Trace<'_>) -> Option<usize> {
    let names: Vec<_> = trace.frames.iter().map(name_of).collect();
    // The entry is one frame, or several where its C part has a name of its own.
    let is_entry = |n: &Cow<'_, str>| is_timer_entry(n) || n.starts_with("asm_call_");
    let first = names.iter().position(|n| is_timer_entry(n));
    let below = first.map(|i| i + names.iter().skip(i).take_while(|n| is_entry(n)).count());
    let kernel = |dump: usize| report.registers.get(dump).is_some_and(|r| r.is_kernel());
    // A warning on the way is an exception too, but none that notices a stall.
    let warned = |frame: usize| names.get(frame - 1).is_some_and(|n| n.contains("invalid_op"));
    let inside = |frame: usize| frame > 0 && frame < trace.frames.len() && !warned(frame);
    let dump =
        trace.interrupted.iter().find(|(frame, dump)| inside(*frame) && kernel(*dump)).map(|(f, _)| *f);
    // An NMI interrupts anything: what it interrupted stands below its own stack.
    let is_nmi = |frame: &Frame<'_>| frame.stack == Stack::Nmi;
    let nmi = trace.frames.iter().rposition(is_nmi).map(|i| i + 1).filter(|i| *i < trace.frames.len());
    below.into_iter().chain(dump).chain(nmi).min()
}

/// Hangs: the function that waits, where waiting itself is never to blame.
fn blocked(report: &Report<'_>, walk: &Walk<'_>) -> Option<Guilty> {
    let mut crash = report.traces.iter().enumerate().filter(|(_, t)| t.role == Role::Crash);
    // Further stacks are of other tasks.
    crash.next().and_then(|(at, trace)| {
        let shared = candidates(trace, at, true).find_map(|c| Some((skip::bucket(&c.name)?.to_owned(), c)));
        if let Some((name, c)) = shared {
            walk.picks(&c);
            return Some(named(&name, c.frame));
        }
        let c = candidates(trace, at, true).find(|c| is_stuck(c, walk))?;
        Some(called_from(report, walk, (at, c.frame?.1 + 1), named(&c.name, c.frame)))
    })
}

/// Whether a frame of a hang does more than wait.
fn is_stuck(candidate: &Candidate<'_>, walk: &Walk<'_>) -> bool {
    if !candidate.own && skip::waits(&candidate.name) {
        walk.passes(candidate, "only waits");
        return false;
    }
    walk.blames(candidate)
}
