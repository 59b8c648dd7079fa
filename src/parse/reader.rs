//! The lines of a splat, one by one, into a report: what each block adds to what stands there already.

use super::dumps::Dumps;
use crate::block::{self, Block, Fact, FrameLine, RegisterLine, TaskLine};
use crate::limits::{Limits, limit};
use crate::printk::LINE_LIMIT;
use crate::report::{
    Defect, DefectCode, Fault, Frame, Kernel, Kind, Report, Role, Span, Stack, Task, Text, Trace,
};
use crate::splat::{Splat, is_dropped};
use std::borrow::Cow;

/// What to do where the journal's text forms left a message out.
const BLOB: &str = "journalctl left out a message that is unprintable or too long; \
    read the journal with `journalctl -k -o json --all`";

/// Frames that most stacks have no more of.
const USUAL_FRAMES: usize = 24;

/// Collects a report line by line.
#[derive(Default)]
pub(super) struct Reader<'log> {
    traces: Vec<Trace<'log>>,
    dumps: Dumps<'log>,
    modules: Vec<crate::report::Module<'log>>,
    task: Task<'log>,
    kernel: Kernel<'log>,
    fault: Fault<'log>,
    locks: Vec<crate::report::LockHeld<'log>>,
    kaslr_offset: Option<u64>,
    defects: Vec<Defect>,
    stack: Stack,
    /// Frames that come now are of another stack, if no line above them says so first.
    task_said: bool,
    /// Whether printk said who printed each line.
    pub(super) has_callers: bool,
    /// The line before the header that is a frame: a stack was being printed when it came.
    stack_goes_on: Option<usize>,
    /// The task line of the stack that is announced was there.
    announced_task: bool,
    /// Somebody else's stack was announced inside the report.
    foreign: Option<Role>,
    /// The first stack began without a line that announces it.
    headless: bool,
    /// The line before the header that announces what the next call trace is.
    announced: Option<usize>,
    /// The first line before the header by which a stack behind it was told to be another's.
    pub(super) told_by: Option<usize>,
    /// What the next call trace is, where a line before it said so.
    next_role: Option<(Role, Option<Text<'log>>)>,
    /// The line before.
    last: &'log [u8],
}

impl<'log> Reader<'log> {
    /// The line `at` before the header: what it says of the stacks behind it.
    pub(super) fn lead(&mut self, at: usize, text: &'log [u8], block: Option<Block<'log>>) {
        match block {
            // An earlier report's panic.
            Some(Block::NextTrace { role: Role::Panic, .. }) => {}
            Some(Block::NextTrace { role, label, .. }) => {
                (self.next_role, self.announced) = (Some((role, label)), Some(at));
            }
            Some(Block::Task(_)) => self.announced_task = true,
            Some(Block::Frame(_)) => self.stack_goes_on = Some(at),
            _ => {}
        }
        self.last = text;
    }

    pub(super) fn line(&mut self, text: &'log [u8], block: Option<Block<'log>>) {
        let dump_open = self.dumps.pause();
        match block {
            Some(Block::TraceStart { role, label }) => {
                if role == Role::Crash && std::mem::take(&mut self.headless) {
                    self.strays();
                }
                self.start(role, label);
                // m68k prints the first frame on the same line.
                if let Some(Block::Frame(first)) = text.strip_prefix(b"Call Trace:").and_then(block::read) {
                    self.frame(first);
                }
            }
            Some(Block::Frame(line)) => self.frame(line),
            Some(Block::Registers(line)) => self.registers(line, dump_open),
            Some(Block::Code(code)) => {
                // x86 prints it between the instruction pointer and the rest of the dump.
                self.dumps.resume(dump_open);
                self.dumps.code(code, text);
            }
            Some(Block::Task(line)) => {
                self.task_said |= line.is_whole();
                if line.is_whole() && std::mem::replace(&mut self.announced_task, true) {
                    // A second one: what was announced is not what comes next.
                    self.next_role = None;
                }
                // `sched_show_task`, of one more task than the one that the report is about.
                let own = |t: &Trace<'_>| t.role == Role::Crash && !t.frames.is_empty();
                if text.starts_with(b"task:") && self.next_role.is_none() && self.traces.iter().any(own) {
                    (self.next_role, self.announced) = (Some((Role::Other, line.task.comm.clone())), None);
                }
                self.task(*line);
            }
            Some(Block::Modules(modules)) if self.modules.is_empty() => self.modules = modules,
            Some(Block::Lock(lock)) => self.locks.push(lock),
            Some(Block::Epilogue { kaslr_offset: Some(offset) }) => self.kaslr_offset = Some(offset),
            Some(Block::NmiBacktrace { label }) => {
                self.task_said = true;
                match &mut self.next_role {
                    // Said before: of a CPU that is not to blame.
                    Some((Role::Other, of)) => *of = label,
                    _ if label.is_some() => self.next_trace(Role::Cpu, label, false),
                    _ => {}
                }
            }
            Some(Block::NextTrace { role, label, foreign }) => {
                self.next_trace(role, label, foreign);
            }
            Some(Block::Fact(Fact::Prose)) if is_lost(text) => self.no_stack(),
            Some(Block::Fact(fact)) => self.fact(fact),
            None if is_lost(text) => self.no_stack(),
            // A line of somebody else, or words about the line above.
            None if !is_dropped(text) && !is_blob(text) => self.dumps.resume(dump_open),
            _ if is_blob(text) => self.defect(DefectCode::LossyTransport, BLOB),
            _ if is_dropped(text) => self.dropped(text),
            _ => {}
        }
        self.last = text;
    }

    /// The messages that are missing stood behind the line before.
    fn dropped(&mut self, text: &[u8]) {
        let (marker, before) = (Text::from(text.trim_ascii()), Text::from(self.last.trim_ascii()));
        self.defect(DefectCode::Dropped, &format!("{marker}, behind: {before}"));
    }

    /// Without caller ids nothing tells the stack that is announced from the report's own: none that follows counts.
    fn next_trace(&mut self, role: Role, label: Option<Text<'log>>, foreign: bool) {
        let own =
            |t: &Trace<'_>| matches!(t.role, Role::Crash | Role::Cpu | Role::Access) && !t.frames.is_empty();
        if role == Role::Panic && (self.headless || !self.traces.iter().any(own)) {
            // The panic's stack is the only one.
            self.told(if self.headless { self.stack_goes_on } else { None });
            return;
        }
        (self.next_role, self.announced) = (Some((role, label)), None);
        self.announced_task = false;
        if foreign && !self.has_callers {
            self.foreign = Some(role);
        }
    }

    fn start(&mut self, role: Role, label: Option<Text<'log>>) {
        self.stack = Stack::Task;
        self.task_said = false;
        if self.next_role.is_some() {
            self.told(self.announced);
        }
        let said = self.next_role.take().or(self.foreign.map(|role| (role, None)));
        let (role, label) = said.filter(|_| role == Role::Crash).unwrap_or((role, label));
        let registers = self.dumps.take_unused();
        self.traces.push(Trace {
            registers,
            frames: Vec::with_capacity(USUAL_FRAMES),
            ..Trace::new(role, label)
        });
    }

    /// Line `lead` before the header said of a stack behind it whose it is.
    fn told(&mut self, lead: Option<usize>) {
        self.told_by = [self.told_by, lead].into_iter().flatten().min();
    }

    /// Frames stood before the line that announces a stack: the rest of one that was being printed when this report
    /// began.
    fn strays(&mut self) {
        self.told(self.stack_goes_on);
        if let Some(trace) = self.traces.first_mut() {
            trace.role = Role::Other;
        }
    }

    /// The kernel itself says that the stack it announced is not there: nothing is damaged.
    fn no_stack(&mut self) {
        self.traces.pop_if(|t| t.frames.is_empty());
    }

    fn frame(&mut self, line: FrameLine<'log>) {
        if let Some(marker) = line.marker {
            self.stack = marker;
        }
        let Some(frame) = line.frame else { return };
        // arm prints stacks without a line above them, right behind the task line.
        let after_task = std::mem::take(&mut self.task_said);
        if after_task || self.traces.is_empty() {
            self.start(Role::Crash, None);
            self.headless = self.stack_goes_on.is_some() && !after_task;
        }
        self.dumps.take_unused();
        let stack = self.stack;
        if let Some(trace) = self.traces.last_mut() {
            if let Some(callee) = line.callee.filter(|_| trace.frames.is_empty()) {
                trace.frames.push(Frame { stack, ..*callee });
            }
            trace.frames.push(Frame { stack, ..frame });
        }
    }

    fn registers(&mut self, line: RegisterLine<'log>, open: bool) {
        let (cpu, arch) = (line.cpu, line.arch);
        let Some(begun) = self.dumps.registers(line, open) else { return };
        if begun.is_new
            && let Some(trace) = self.traces.last_mut().filter(|t| !t.frames.is_empty())
        {
            trace.interrupted.push((trace.frames.len(), begun.dump));
        }
        self.task.cpu = self.task.cpu.or(cpu);
        self.kernel.arch = self.kernel.arch.take().or((!arch.is_empty()).then_some(Cow::Borrowed(arch)));
    }

    fn task(&mut self, line: TaskLine<'log>) {
        let (task, kernel) = (line.task, line.kernel);
        // Another's line, such as that of the watchdog which found the task hung, says nothing of this task's CPU.
        if self.task.pid.is_none() || task.pid.is_none() || self.task.pid == task.pid {
            self.task.cpu = self.task.cpu.or(task.cpu);
            self.task.pid = self.task.pid.or(task.pid);
            self.task.uid = self.task.uid.or(task.uid);
            self.task.comm = self.task.comm.take().or(task.comm);
            self.task.workqueue = self.task.workqueue.take().or(task.workqueue);
        }
        self.kernel.release = self.kernel.release.take().or(kernel.release);
        self.kernel.build = self.kernel.build.take().or(kernel.build);
        self.kernel.hardware = self.kernel.hardware.take().or(kernel.hardware);
        self.kernel.taint = self.kernel.taint.take().or(kernel.taint);
        self.kernel.build_id = self.kernel.build_id.take().or(kernel.build_id);
    }

    fn fact(&mut self, fact: Fact<'log>) {
        match fact {
            Fact::Access { access, size, address, comm, pid } if self.fault.access.is_none() => {
                self.fault.access = Some(access);
                self.fault.size = size;
                self.fault.address = self.fault.address.or(address);
                self.task.comm = self.task.comm.take().or(comm);
                self.task.pid = self.task.pid.or(pid);
            }
            Fact::Address(address) => self.fault.address = self.fault.address.or(Some(address)),
            Fact::Walk(walk) => self.fault.walk = self.fault.walk.take().or(Some(walk)),
            Fact::Object(object) => self.fault.object = self.fault.object.or(object),
            Fact::Cache { name, size } => {
                self.fault.cache = Some(name);
                self.fault.object_size = size;
            }
            Fact::Shadow(line) => self.fault.shadow.push(line),
            Fact::ErrorCode(code) => {
                self.fault.error_code = self.fault.error_code.take().or(Some(code));
            }
            Fact::Access { .. } | Fact::Prose => {}
        }
    }

    pub(super) fn defect(&mut self, code: DefectCode, text: &str) {
        self.defects.push(Defect { code, text: text.to_owned() });
    }

    pub(super) fn finish(self, kind: Kind, splat: &Splat<'log>) -> Report<'log> {
        let mut report = Report::new(kind, Span::default());
        if let Some(header) = splat.lines.get(splat.header) {
            report.time = header.line.time;
            report.caller = header.line.caller;
        }
        report.kernel = self.kernel;
        report.task = self.task;
        report.traces = self.traces;
        let crowded = self.dumps.limited();
        (report.registers, report.code) = self.dumps.finish();
        report.modules = self.modules;
        report.fault = self.fault;
        report.locks_held = self.locks;
        report.kaslr_offset = self.kaslr_offset;
        report.defects = self.defects;
        report.lines = splat.lines.iter().map(|l| Text::from(l.line.text)).collect();
        report.header = splat.header;
        report.defects.extend(limits(splat).chain(crowded));
        if splat.mixed {
            let text = "two CPUs printed at a time, and nothing says who printed which line".to_owned();
            report.defects.push(Defect { code: DefectCode::Interleaved, text });
        }
        if let Some(header) = splat.hit_by {
            let text =
                format!("its caller crashed again before it showed a stack: {}", Text::from(start(header)));
            report.defects.push(Defect { code: DefectCode::Nested, text });
        }
        let missing = stack_defects(&report);
        if let Some(header) = splat.cut_by.filter(|_| !missing.is_empty()) {
            let text = format!("another report starts before the stack: {}", Text::from(start(header)));
            report.defects.push(Defect { code: DefectCode::Interleaved, text });
        }
        report.defects.extend(missing);
        report
    }
}

/// What was cut because there is too much of it.
fn limits(splat: &Splat<'_>) -> impl Iterator<Item = Defect> {
    let header = splat.lines.get(splat.header).map_or(0, |l| l.line.text.len());
    let Limits { line_bytes, report_lines, .. } = splat.limits;
    let lines = splat.lines.iter().any(|l| l.line.text.len() >= line_bytes);
    let cut = [
        lines.then(|| format!("a line was cut after {line_bytes} bytes")),
        (header > LINE_LIMIT).then(|| format!("of the header, {LINE_LIMIT} bytes were read")),
        splat.full.then(|| format!("the report was cut after {report_lines} lines")),
    ];
    cut.into_iter().flatten().map(limit)
}

/// As much of a header as tells which it is.
fn start(header: &[u8]) -> &[u8] {
    header.get(..80).unwrap_or(header)
}

/// Stacks that the log announces, or the kind must have, and that are not there. A kind that takes its function
/// from no stack is as good without one.
fn stack_defects(report: &Report<'_>) -> Vec<Defect> {
    let missing = |text: String| Defect { code: DefectCode::EmptyTrace, text };
    let needed: Vec<Role> = report.kind.meaning().map_or_else(Vec::new, |m| m.stacks().collect());
    let needs = !needed.is_empty();
    let empty = report.traces.iter().filter(|t| t.frames.is_empty() && (needs || t.role != Role::Crash));
    let mut defects: Vec<Defect> =
        empty.map(|t| missing(format!("the stack of role {} has no frame", t.role))).collect();
    if needs && !report.traces.iter().any(|t| needed.contains(&t.role)) {
        defects.push(missing("the stack is missing".to_owned()));
    }
    defects
}

/// What the kernel prints for a stack that it announced and does not have or repeat: `print_track` in
/// `mm/kasan/report.c`, `kmsan_print_origin` in `mm/kmsan/report.c`, `show_stack` of Android's 4.4.
fn is_lost(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text == b"<UNK>"
        || text.starts_with(b"(stack is not available)")
        || text.starts_with(b"<Same stack as pid ")
}

/// What journalctl prints in place of a message with unprintable bytes: `[18B blob data]`.
fn is_blob(text: &[u8]) -> bool {
    let size = text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"B blob data]"));
    size.is_some_and(|s| !s.is_empty() && s.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use crate::{Report, reports};

    #[test]
    fn ok_one_dump_of_the_kernel_and_one_of_the_program() {
        let log = b"BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
                    RIP: 0010:foo_poll+0x1a/0x90\nCode: 48 89 e5 <0f> 0b 5b 5d c3\n\
                    RSP: 0018:ffffc90000cf3de0 EFLAGS: 00010282\nRAX: 0000000000000000 RBX: 0000000000000001 RCX: 0000000000000002\n\
                    Call Trace:\n foo_ioctl+0x1/0x2\nRIP: 0033:0x7f3a5c\nCode: Bad RIP value.\n\
                    RSP: 002b:00007fa84e2fcd98 EFLAGS: 00000346\nModules linked in:\nCR2: 0000000000000010\n";
        let report = reports(log).next().unwrap();
        let dumps: Vec<_> = report.registers.iter().map(|d| (d.user, d.entries.len())).collect();
        assert_eq!(dumps, [(false, 6), (true, 3)]);
        assert_eq!(report.crash_registers().unwrap().ip.as_ref().unwrap().name, "foo_poll");
        assert_eq!(report.traces.first().unwrap().interrupted, [(1, 1)]);
    }

    #[test]
    fn ok_s390_names_the_registers_of_all_lines() {
        let log = b"specification exception: 0006 ilc:2 [#1] SMP\n\
                    Krnl PSW : 0704c00180000000 00000000001cd3a6 (foo_io+0x26/0x88)\n           R:0 T:1 IO:1 EX:1 Key:0\n\
                    Krnl GPRS: 0000000000000000 0000000000000001 0000000000000002 0000000000000003\n           \
                    0000000000000004 0000000000000005 0000000000000006 0000000000000007\n";
        let report = reports(log).next().unwrap();
        let last = report.registers.iter().flat_map(|d| &d.entries).last().unwrap();
        assert_eq!((last.name.to_string(), last.value), ("r7".to_owned(), Some(7)));
        assert_eq!(report.registers.len(), 1);
    }

    #[test]
    fn ok_powerpc_code_is_one() {
        let log = b"Oops: Exception in kernel mode, sig: 5 [#1]\nNIP [c000000000b4d6a8] foo_io+0x1/0x2\nInstruction dump:\n\
                    60000000 60000000 60000000 60000000 60000000 60000000 60000000 60000000 \n\
                    60000000 60000000 60000000 60000000 <0fe00000> 60000000 60000000 60000000 \n";
        let report = reports(log).next().unwrap();
        let code: Vec<_> = report.code.iter().map(|c| (c.units.len(), c.at)).collect();
        assert_eq!(code, [(16, Some(12))]);
    }

    fn first(log: &str) -> Report<'_> {
        reports(log.as_bytes()).next().unwrap()
    }

    #[test]
    fn ok_a_span_holds_what_says_whose_a_stack_is() {
        const WARNING: &str = "WARNING: CPU: 1 PID: 7 at fs/ring.c:12 ring_open+0x12/0x34\n";
        const OWN: &str = "Call Trace:\n ring_open+0x12/0x34\n vfs_open+0x12/0x34\n";
        let stray = format!("a line\n pipe_read+0x12/0x34\n{WARNING} vfs_read+0x12/0x34\n{OWN}");
        let injected = "FAULT_INJECTION: forcing a failure.\nname failslab, interval 1\n";
        let injected = format!("a line\n{injected}{WARNING}Call Trace:\n should_fail+0x12/0x34\n{OWN}");
        for log in [stray, injected] {
            let report = first(&log);
            assert_eq!(report.span.offset, 7);
            assert_eq!(report.traces.first().unwrap().frames.len(), 1);
            assert_ne!(report.traces.first().unwrap().role, crate::report::Role::Crash);
            let alone = first(log.get(7..).unwrap());
            assert_eq!((alone.traces, alone.lines), (report.traces, report.lines));
        }
        let nothing = format!("a line\n pipe_read+0x12/0x34\n{WARNING}{OWN}");
        assert_eq!(first(&nothing).header, 0);
    }

    const HELD: &str = "WARNING: possible recursive locking detected\n\
        ring/7 is trying to acquire lock:\n\
        ffff888012345678 (&r->a){+.+.}-{3:3}, at: ring_read+0x12/0x34\n\
        but task is already holding lock:\n\
        ffff888012345678 (&r->b){+.+.}-{3:3}, at: ring_close+0x12/0x34\n";

    #[test]
    fn err_a_stack_that_the_kind_needs_is_missing() {
        let whole = format!("{HELD}stack backtrace:\nCall Trace:\n ring_close+0x12/0x34\n");
        assert_eq!(first(HELD).defects.len(), 1);
        assert_eq!(first(&whole).defects, []);
        let named = "Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: f+0x1/0x2\nCall Trace:\n";
        assert_eq!(first(named).defects, []);
    }
}
