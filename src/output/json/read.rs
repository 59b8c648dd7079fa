//! Wire → model.
//!
//! Everything that title, guilty frame and signature depend on comes back. Names that a later version wrote and this
//! one does not know become the neutral value of their list.

use super::report::{Code, Dump, Fault, Frame, Kernel, Lock, Place, Register, Report, Task, Trace};
use super::time::microseconds;
use super::{Fields, REPORT_SCHEMA};
use crate::report::{self as model, Caller, Text};
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::collections::BTreeSet;

impl Report {
    /// Reads one report from JSON. `at` says where the text stands, for the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Saved`] if the text is not JSON, or not a report of this schema.
    pub fn from_json(json: &[u8], at: &str) -> Result<Self> {
        let kind = || ErrorKind::Saved { what: "report", at: at.to_owned() };
        let report: Self = serde_json::from_slice(json).map_err(|e| Error::new(kind(), e))?;
        if report.schema == REPORT_SCHEMA {
            return Ok(report);
        }
        Err(Error::new(kind(), format!("schema is {:?}, not {REPORT_SCHEMA:?}", report.schema)))
    }

    /// The report as it was when it was written.
    ///
    /// Title and signature are computed anew by [`crate::identify`]. The taint letter `G` is not written.
    #[must_use]
    pub fn to_report(&self) -> model::Report<'static> {
        let kind = crate::kind(&self.kind);
        let span =
            model::Span { offset: self.source.offset, length: self.source.length, line: self.source.line };
        let mut report = model::Report::new(kind, span);
        report.captures = self.captures.iter().map(|(n, t)| (Cow::Owned(n.to_string()), text(t))).collect();
        report.time = self.time.map(microseconds);
        report.caller = self.caller.as_deref().and_then(caller);
        report.kernel = kernel(&self.kernel);
        report.task = task(&self.task);
        report.traces = self.traces.iter().map(trace).collect();
        report.registers = self.dumps();
        report.code = self.code.iter().chain(&self.other_code).map(code).collect();
        report.modules = self.modules();
        report.fault = fault(&self.fault);
        report.locks_held = self.locks_held.iter().map(lock).collect();
        report.kaslr_offset = self.kaslr_offset.as_deref().and_then(hex);
        report.defects = self.defects();
        report.lines = self.lines.iter().map(|l| text(l)).collect();
        report.header = self.header;
        report
    }

    /// The defects of parsing: those that naming brings up come with naming again.
    fn defects(&self) -> Vec<model::Defect> {
        let known = self
            .defects
            .iter()
            .filter_map(|d| Some((model::DefectCode::from_name(&d.code)?, d.text.clone())));
        known
            .filter(|(code, _)| *code != model::DefectCode::NoFrames)
            .map(|(code, text)| model::Defect { code, text })
            .collect()
    }

    /// All dumps, the crash's own at the number that the others leave free.
    fn dumps(&self) -> Vec<model::Registers<'static>> {
        let mut dumps: Vec<_> = self.other_registers.iter().map(dump).collect();
        if !self.registers.is_empty() || self.instruction_pointer.is_some() {
            let taken: BTreeSet<_> = self.other_registers.iter().map(|d| d.dump).collect();
            let free = (0..dumps.len()).find(|n| !taken.contains(n)).unwrap_or(dumps.len());
            let own =
                registers(&self.registers, self.instruction_pointer.as_ref(), self.link_register.as_ref());
            dumps.insert(free, own);
        }
        dumps
    }

    /// The modules, with what is known of some, which stands in the same order.
    fn modules(&self) -> Vec<model::Module<'static>> {
        let mut details = self.module_details.iter().peekable();
        let module = |name: &String| {
            let details = details.next_if(|m| m.name == *name);
            model::Module {
                name: text(name),
                taint: details.and_then(|m| texts(&m.taint)),
                build_id: details.and_then(|m| texts(&m.build_id)),
            }
        };
        self.modules.iter().map(module).collect()
    }
}

fn text(text: &str) -> Text<'static> {
    Text::from(text.to_owned())
}

#[expect(clippy::ref_option, reason = "it is a member of a wire type")]
fn texts(member: &Option<String>) -> Option<Text<'static>> {
    member.as_deref().map(text)
}

fn hex(number: &str) -> Option<u64> {
    u64::from_str_radix(number.strip_prefix("0x").unwrap_or(number), 16).ok()
}

fn caller(name: &str) -> Option<Caller> {
    let task = name.strip_prefix('T').and_then(|n| n.parse().ok()).map(Caller::Task);
    task.or_else(|| name.strip_prefix('C')?.parse().ok().map(Caller::Cpu))
}

fn kernel(kernel: &Kernel) -> model::Kernel<'static> {
    model::Kernel {
        release: texts(&kernel.release),
        build: texts(&kernel.build),
        arch: kernel.arch.clone().map(Cow::Owned),
        hardware: texts(&kernel.hardware),
        taint: kernel.taint.as_ref().map(|letters| Text::from(letters.concat())),
        build_id: texts(&kernel.build_id),
    }
}

fn task(task: &Task) -> model::Task<'static> {
    model::Task {
        cpu: task.cpu,
        pid: task.pid,
        uid: task.uid,
        comm: texts(&task.comm),
        workqueue: texts(&task.workqueue),
    }
}

fn trace(trace: &Trace) -> model::Trace<'static> {
    let mut model = model::Trace::new(
        model::Role::from_name(&trace.role).unwrap_or(model::Role::Other),
        texts(&trace.label),
    );
    model.frames = trace.frames.iter().map(frame).collect();
    model.registers = trace.dump;
    model.interrupted = trace.interrupts.iter().map(|i| (i.frame, i.dump)).collect();
    model
}

fn frame(frame: &Frame) -> model::Frame<'static> {
    let symbol = frame.function.as_deref().map(|name| model::Symbol {
        name: text(name),
        offset: frame.offset,
        size: frame.size,
        module: texts(&frame.module),
        build_id: texts(&frame.build_id),
    });
    model::Frame {
        symbol,
        address: frame.address.as_deref().and_then(hex).map(model::ReturnAddress),
        reliable: frame.reliable,
        inlined: frame.inlined,
        location: location(frame.file.as_deref(), frame.line),
        stack: model::Stack::from_name(&frame.stack).unwrap_or_default(),
    }
}

fn location(file: Option<&str>, line: Option<u32>) -> Option<model::SourceLocation<'static>> {
    file.map(|file| model::SourceLocation { file: text(file), line })
}

fn symbol(place: &Place) -> Option<model::Symbol<'static>> {
    Some(model::Symbol {
        name: texts(&place.function)?,
        offset: place.offset,
        size: place.size,
        module: texts(&place.module),
        build_id: texts(&place.build_id),
    })
}

fn dump(dump: &Dump) -> model::Registers<'static> {
    let read = registers(&dump.registers, dump.instruction_pointer.as_ref(), dump.link_register.as_ref());
    model::Registers { user: dump.user, ..read }
}

fn registers(
    entries: &Fields<Register>,
    ip: Option<&Place>,
    link: Option<&Place>,
) -> model::Registers<'static> {
    model::Registers {
        ip: ip.and_then(symbol),
        ip_address: ip.and_then(|p| hex(p.address.as_deref()?)).map(model::InstructionPointer),
        ip_location: ip.and_then(|p| location(p.file.as_deref(), p.line)),
        ip_inlined: ip.map_or_else(Vec::new, |p| p.inlined.iter().map(frame).collect()),
        link: link.and_then(symbol),
        user: false,
        entries: entries.iter().map(|(name, r)| register(name, r)).collect(),
    }
}

fn register(name: &str, register: &Register) -> model::Register<'static> {
    let digits = register.value.as_deref().map(|v| v.strip_prefix("0x").unwrap_or(v));
    model::Register {
        name: text(name),
        text: text(register.text.as_deref().or(digits).unwrap_or_default()),
        value: digits.and_then(hex),
    }
}

/// The longest unit sets the number of digits; what is not hex is left out.
fn code(code: &Code) -> model::Code {
    let units = || code.bytes.split_ascii_whitespace();
    model::Code {
        units: units().filter_map(|u| u32::from_str_radix(u, 16).ok()).collect(),
        digits: units().map(str::len).max().map_or(2, |digits| digits.min(8) as u8),
        at: code.at,
    }
}

fn fault(fault: &Fault) -> model::Fault<'static> {
    model::Fault {
        address: fault.address.as_deref().and_then(hex),
        access: texts(&fault.access),
        size: fault.size,
        error_code: texts(&fault.error_code),
        walk: texts(&fault.walk),
        cache: texts(&fault.cache),
        object_size: fault.object_size,
        object: fault.object.as_deref().and_then(hex),
        shadow: fault.shadow.iter().map(|l| text(l)).collect(),
    }
}

fn lock(lock: &Lock) -> model::LockHeld<'static> {
    model::LockHeld {
        name: text(&lock.name),
        usage: texts(&lock.usage),
        at: lock.at.as_ref().and_then(symbol),
        held: lock.held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &[u8] =
        b"[   30.492498][   T81] BUG: KASAN: use-after-free in foo_read.isra.0+0x1f/0x60 [foo]\n\
        [   30.492499][   T81] Read of size 8 at addr ffff8881d53ec5c0 by task kworker/1:1/81\n\
        [   30.492500][   T81] CPU: 1 PID: 81 Comm: kworker/1:1 Tainted: G        W         5.6.0-rc3+ #7\n\
        [   30.492500][   T81] Hardware name: QEMU \xff\n\
        [   30.492501][   T81] Call Trace:\n\
        [   30.492501][   T81]  <IRQ>\n\
        [   30.492502][   T81]  dump_stack+0x10/0x20 lib/dump_stack.c:12\n\
        [   30.492503][   T81]  ? foo_read.isra.0+0x1f/0x60 [foo]\n\
        [   30.492504][   T81]  foo_read.isra.0+0x1f/0x60 [foo]\n\
        [   30.492505][   T81] RIP: 0010:bar+0x1/0x2\n\
        [   30.492505][   T81] RAX: 0000000000000001 RBX: ffff888100000000 RCX: 0000000000000000\n\
        [   30.492506][   T81] Code: 48 89 e5 53 <0f> 0b 5b 5d c3\n\
        [   30.492507][   T81] Allocated by task 81 on cpu 0 at 30.1s:\n\
        [   30.492508][   T81]  kmalloc+0x1/0x2\n\
        [   30.492509][   T81] Modules linked in: foo(O) bar\n";

    #[test]
    fn ok_a_report_comes_back_from_json() {
        let report = crate::reports(LOG).next().unwrap();
        let identity = crate::identify(&report);
        let wire = Report::new("a.log", &report, &identity);
        let json = serde_json::to_vec(&wire).unwrap();
        let read = Report::from_json(&json, "a.json").unwrap();
        assert_eq!(read, wire);
        let back = read.to_report();
        assert_eq!(crate::identify(&back), identity);
        assert_eq!(Report::new("a.log", &back, &crate::identify(&back)).traces, wire.traces);
        assert_eq!((back.span, back.time, back.caller), (report.span, report.time, report.caller));
        assert_eq!((&back.registers, &back.code), (&report.registers, &report.code));
        assert_eq!((&back.traces, &back.task), (&report.traces, &report.task));
        assert_eq!((&back.fault, &back.modules), (&report.fault, &report.modules));
    }

    #[test]
    fn ok_bytes_that_are_not_utf8_are_replaced() {
        let report = crate::reports(LOG).next().unwrap();
        let wire = Report::new("a.log", &report, &crate::identify(&report));
        assert_eq!(wire.kernel.hardware.as_deref(), Some("QEMU \u{fffd}"));
        assert_eq!(wire.kernel.taint, Some(vec!["W".to_owned()]));
    }

    #[test]
    fn ok_unknown_members_and_names_are_passed_over() {
        let json = br#"{"schema":"ksplat.report/1","kind":"later/one","title":"t","new":[1],
            "traces":[{"role":"later"}],"defects":[{"code":"later"}]}"#;
        let report = Report::from_json(json, "x").unwrap().to_report();
        assert_eq!((report.kind.name(), report.kind.meaning()), ("later/one", None));
        assert_eq!((report.traces.len(), report.defects.len()), (1, 0));
    }

    #[test]
    fn err_other_json_is_no_report() {
        for json in ["", "[]", "{}", r#"{"schema":"ksplat.report/2"}"#] {
            assert!(Report::from_json(json.as_bytes(), "x").is_err(), "{json}");
        }
    }

    #[test]
    fn ok_the_crash_dump_takes_the_number_left_free() {
        let dump = |number| Dump { dump: number, ..Dump::default() };
        for (others, at) in [(vec![dump(0), dump(2)], 1), (vec![dump(0), dump(1)], 2), (vec![dump(1)], 0)] {
            let place = Some(Place { function: Some("f".to_owned()), ..Place::default() });
            let wire = Report { other_registers: others, instruction_pointer: place, ..Report::default() };
            let dumps = wire.dumps();
            assert_eq!(dumps.iter().position(|d| d.ip.is_some()), Some(at));
        }
    }
}
