//! Model → wire. Text becomes UTF-8 here, and here only: other bytes become U+FFFD.

use super::report::{
    Code, Defect, Dump, Fault, Frame, Interrupt, Kernel, Lock, Module, Place, Register, Report, Source, Task,
    Trace,
};
use super::time::seconds;
use super::{Fields, Owners, REPORT_SCHEMA};
use crate::Identity;
use crate::report::{self as model, Role, Text};

impl Report {
    /// The same, with those who look after the file to blame.
    #[must_use]
    pub fn owned_by(self, owners: Option<&crate::owners::Owners>) -> Self {
        Self { owners: owners.map(Owners::new), ..self }
    }

    /// The wire form of a report that stands in the log called `path`.
    #[must_use]
    pub fn new(path: &str, report: &model::Report<'_>, identity: &Identity) -> Self {
        let crash = report.crash_dump();
        let dump = crash.and_then(|at| report.registers.get(at));
        let mut code = (0..report.code.len()).filter_map(|number| code(report, number));
        Self {
            schema: REPORT_SCHEMA.to_owned(),
            source: source(path, report.span),
            title: identity.title.clone(),
            alt_titles: identity.alt_titles.clone(),
            kind: report.kind.name().to_owned(),
            class: report.kind.class().name().to_owned(),
            crash_type: identity.crash_type.to_owned(),
            function: identity.function.clone(),
            file: identity.file.clone(),
            signature: identity.signature.to_string(),
            canonical: identity.signature.canonical().to_vec(),
            defects: identity.defects.iter().map(defect).collect(),
            corrupted: identity.corrupted,
            time: report.time.map(seconds),
            caller: report.caller.map(|c| c.to_string()),
            kernel: kernel(&report.kernel),
            task: task(&report.task),
            traces: report.traces.iter().map(trace).collect(),
            registers: dump.map(registers).unwrap_or_default(),
            code: code.next(),
            modules: report.modules.iter().map(|m| m.name.to_string()).collect(),
            kaslr_offset: report.kaslr_offset.map(hex),
            captures: report
                .captures
                .iter()
                .map(|(name, text)| (name.to_string(), text.to_string()))
                .collect(),
            terms: report.terms(),
            fault: fault(&report.fault),
            locks_held: report.locks_held.iter().map(lock).collect(),
            instruction_pointer: dump.and_then(instruction_pointer),
            link_register: dump.and_then(|d| Some(place(d.link.as_ref()?))),
            other_registers: other_registers(&report.registers, crash),
            other_code: code.collect(),
            module_details: report.modules.iter().filter_map(module).collect(),
            lines: report.lines.iter().map(ToString::to_string).collect(),
            header: report.header,
            owners: None,
        }
    }
}

fn hex(number: u64) -> String {
    format!("{number:#x}")
}

fn string(text: &Option<Text<'_>>) -> Option<String> {
    text.as_ref().map(ToString::to_string)
}

pub(super) fn source(path: &str, span: model::Span) -> Source {
    Source { path: path.to_owned(), offset: span.offset, length: span.length, line: span.line }
}

fn defect(defect: &model::Defect) -> Defect {
    Defect { code: defect.code.name().to_owned(), text: defect.text.clone() }
}

fn kernel(kernel: &model::Kernel<'_>) -> Kernel {
    let letters = |t: &Text<'_>| {
        let taints = t.to_str_lossy();
        taints.chars().filter(|c| !c.is_whitespace() && *c != 'G').map(String::from).collect()
    };
    Kernel {
        release: string(&kernel.release),
        build: string(&kernel.build),
        arch: kernel.arch.as_deref().map(str::to_owned),
        hardware: string(&kernel.hardware),
        taint: kernel.taint.as_ref().map(letters),
        taint_names: kernel.taints().map(str::to_owned).collect(),
        build_id: string(&kernel.build_id),
    }
}

fn task(task: &model::Task<'_>) -> Task {
    Task {
        cpu: task.cpu,
        pid: task.pid,
        uid: task.uid,
        comm: string(&task.comm),
        workqueue: string(&task.workqueue),
    }
}

fn trace(trace: &model::Trace<'_>) -> Trace {
    Trace {
        role: trace.role.name().to_owned(),
        task: trace.label.as_ref().and_then(|label| task_of(trace.role, label)),
        frames: trace.frames.iter().map(frame).collect(),
        label: string(&trace.label),
        dump: trace.registers,
        interrupts: trace
            .interrupted
            .iter()
            .map(|(frame, dump)| Interrupt { frame: *frame, dump: *dump })
            .collect(),
    }
}

/// The PID in `81 on cpu 0 at 30.4s`, `task 81 on cpu 0`, `f+0x1/0x2 age=3 cpu=0 pid=81`.
fn task_of(role: Role, label: &[u8]) -> Option<u32> {
    if !matches!(role, Role::Allocated | Role::Freed | Role::Access) {
        return None;
    }
    let label = str::from_utf8(label).ok()?;
    let mut words = label.split([' ', ',']);
    let first = words.next()?;
    let number = if first == "task" { words.next()? } else { first };
    number.parse().ok().or_else(|| words.find_map(|w| w.strip_prefix("pid=")?.parse().ok()))
}

fn frame(frame: &model::Frame<'_>) -> Frame {
    let symbol = frame.symbol.as_ref();
    let location = frame.location.as_ref();
    Frame {
        function: symbol.map(|s| s.name.to_string()),
        offset: symbol.and_then(|s| s.offset),
        size: symbol.and_then(|s| s.size),
        module: symbol.and_then(|s| string(&s.module)),
        build_id: symbol.and_then(|s| string(&s.build_id)),
        address: frame.address.map(|a| hex(a.0)),
        reliable: frame.reliable,
        inlined: frame.inlined,
        file: location.map(|l| l.file.to_string()),
        line: location.and_then(|l| l.line),
        stack: frame.stack.name().to_owned(),
    }
}

fn place(symbol: &model::Symbol<'_>) -> Place {
    Place {
        function: Some(symbol.name.to_string()),
        offset: symbol.offset,
        size: symbol.size,
        module: string(&symbol.module),
        build_id: string(&symbol.build_id),
        ..Place::default()
    }
}

fn instruction_pointer(dump: &model::Registers<'_>) -> Option<Place> {
    if dump.ip.is_none() && dump.ip_address.is_none() {
        return None;
    }
    let location = dump.ip_location.as_ref();
    Some(Place {
        address: dump.ip_address.map(|a| hex(a.0)),
        file: location.map(|l| l.file.to_string()),
        line: location.and_then(|l| l.line),
        inlined: dump.ip_inlined.iter().map(frame).collect(),
        ..dump.ip.as_ref().map(place).unwrap_or_default()
    })
}

fn registers(dump: &model::Registers<'_>) -> Fields<Register> {
    dump.entries.iter().map(|r| (r.name.to_string(), register(r))).collect()
}

/// A plain number is its `value` alone, with all its printed digits.
fn register(register: &model::Register<'_>) -> Register {
    let text = register.text.to_string();
    match register.value {
        Some(value) if u64::from_str_radix(&text, 16) == Ok(value) => {
            Register { text: None, value: Some(format!("0x{text}")) }
        }
        value => Register { text: Some(text), value: value.map(hex) },
    }
}

fn other_registers(dumps: &[model::Registers<'_>], crash: Option<usize>) -> Vec<Dump> {
    let dump = |(at, dump): (usize, &model::Registers<'_>)| Dump {
        dump: at,
        user: dump.user,
        registers: registers(dump),
        instruction_pointer: instruction_pointer(dump),
        link_register: dump.link.as_ref().map(place),
    };
    dumps.iter().enumerate().filter(|(at, _)| Some(*at) != crash).map(dump).collect()
}

fn code(report: &model::Report<'_>, number: usize) -> Option<Code> {
    let code = report.code.get(number)?;
    let digits = usize::from(code.digits);
    let units: Vec<String> = code.units.iter().map(|unit| format!("{unit:0digits$x}")).collect();
    Some(Code { bytes: units.join(" "), at: code.at, disassembly: disassembly(report, number) })
}

#[cfg(feature = "disasm")]
fn disassembly(report: &model::Report<'_>, number: usize) -> Option<Vec<String>> {
    let instructions = crate::disasm::code(report, number)?;
    Some(instructions.iter().map(ToString::to_string).collect())
}

#[cfg(not(feature = "disasm"))]
fn disassembly(_: &model::Report<'_>, _: usize) -> Option<Vec<String>> {
    None
}

fn module(module: &model::Module<'_>) -> Option<Module> {
    (module.taint.is_some() || module.build_id.is_some()).then(|| Module {
        name: module.name.to_string(),
        taint: string(&module.taint),
        build_id: string(&module.build_id),
    })
}

fn fault(fault: &model::Fault<'_>) -> Fault {
    Fault {
        address: fault.address.map(hex),
        access: string(&fault.access),
        size: fault.size,
        error_code: string(&fault.error_code),
        walk: string(&fault.walk),
        cache: string(&fault.cache),
        object_size: fault.object_size,
        object: fault.object.map(hex),
        shadow: fault.shadow.iter().map(ToString::to_string).collect(),
    }
}

fn lock(lock: &model::LockHeld<'_>) -> Lock {
    Lock {
        name: lock.name.to_string(),
        usage: string(&lock.usage),
        at: lock.at.as_ref().map(place),
        held: lock.held,
    }
}
