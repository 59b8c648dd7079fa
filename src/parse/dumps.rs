//! Register dumps and code, line by line: which dump a line goes on with.

use crate::block::{KERNEL_CODE, RegisterLine};
use crate::limits::limit;
use crate::report::{Code, Defect, Registers};

/// Registers that most dumps have no more of.
const USUAL_REGISTERS: usize = 32;
/// Most dumps that begin together: of more, it is not told which one a line goes on with.
const TOGETHER: usize = 8;

/// The dumps and the code of a report.
#[derive(Default)]
pub(super) struct Dumps<'log> {
    registers: Vec<Registers<'log>>,
    code: Vec<Code>,
    /// The next register line goes on with a dump.
    open: bool,
    /// The first of the dumps that began together.
    from: usize,
    /// The dump that no frame has followed yet.
    unused: Option<usize>,
    /// The next line of instruction words continues the last code.
    code_open: bool,
    /// Whether more began together than are told apart.
    crowded: bool,
}

/// Whether two names are the same: names of one dump seldom share their last letter.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.last() == b.last() && a == b
}

/// Where a line of registers went.
pub(super) struct Begun {
    /// The dump.
    pub(super) dump: usize,
    /// Whether the line began it.
    pub(super) is_new: bool,
}

impl<'log> Dumps<'log> {
    /// Ends the dump that is being printed; whether one was.
    pub(super) fn pause(&mut self) -> bool {
        std::mem::take(&mut self.open)
    }

    /// Takes the end back where the line was of somebody else.
    pub(super) fn resume(&mut self, open: bool) {
        self.open = open;
    }

    /// The last dump, if no stack has claimed it.
    pub(super) fn take_unused(&mut self) -> Option<usize> {
        self.unused.take()
    }

    /// What the limit on dumps did.
    pub(super) fn limited(&self) -> Option<Defect> {
        self.crowded.then(|| limit(format!("of dumps that began together, {TOGETHER} were told apart")))
    }

    pub(super) fn finish(self) -> (Vec<Registers<'log>>, Vec<Code>) {
        (self.registers, self.code)
    }

    /// `open` says whether a dump was being printed.
    pub(super) fn registers(&mut self, mut line: RegisterLine<'log>, open: bool) -> Option<Begun> {
        if line.entries.is_empty() || (line.continues && !open) {
            self.open = open;
            return None;
        }
        let is_new = line.starts || !open || self.registers.is_empty();
        if is_new {
            self.begin(&line, open);
        }
        let last = self.registers.len().checked_sub(1)?;
        let alone = is_new || line.continues || self.from == last;
        let at = if alone { last } else { self.dump_of(&line).unwrap_or(last) };
        self.open = true;
        let dump = self.registers.get_mut(at)?;
        dump.user |= line.user == Some(true);
        dump.ip_address = dump.ip_address.or(line.ip_address);
        let entries = line.take_entries(&dump.entries);
        dump.ip = dump.ip.take().or(line.ip.map(|ip| *ip));
        dump.ip_location = dump.ip_location.take().or(line.ip_location.map(|place| *place));
        dump.link = dump.link.take().or(line.link.map(|link| *link));
        for register in entries {
            // powerpc and riscv print some twice, as a symbol and as a number.
            match dump.entries.iter_mut().find(|own| is_same(&own.name, &register.name)) {
                Some(own) => own.value = own.value.or(register.value),
                None => dump.entries.push(register),
            }
        }
        Some(Begun { dump: at, is_new })
    }

    fn begin(&mut self, line: &RegisterLine<'log>, open: bool) {
        if line.user != Some(true) {
            // `IP: f+0x1/0x2` above the oops line says what the dump below it says again.
            self.registers.pop_if(|d| d.entries.len() == 1 && d.entries.iter().all(|r| *r.name == *b"IP"));
        }
        self.unused = Some(self.registers.len());
        let beside = open && self.registers.last().is_some_and(|d| d.entries.len() == 1);
        let crowded = self.registers.len().saturating_sub(self.from) >= TOGETHER;
        self.crowded |= beside && crowded;
        if !beside || crowded {
            self.from = self.registers.len();
        }
        self.registers
            .push(Registers { entries: Vec::with_capacity(USUAL_REGISTERS), ..Registers::default() });
    }

    /// The dump that a line goes on with: the first of those that began together which has none of its registers yet.
    /// Two begin together where two CPUs print at a time.
    fn dump_of(&self, line: &RegisterLine<'log>) -> Option<usize> {
        let has = |dump: &Registers<'_>, name: &[u8]| dump.entries.iter().any(|r| is_same(&r.name, name));
        let lacks = |dump: &Registers<'_>| !line.entries.iter().any(|r| has(dump, &r.name));
        let found = self.registers.iter().skip(self.from).position(lacks)?;
        Some(self.from + found)
    }

    /// powerpc prints the words on lines of their own, below one that says so.
    pub(super) fn code(&mut self, code: Option<Code>, text: &[u8]) {
        let Some(code) = code else {
            self.code_open = false;
            return;
        };
        let starts = text.starts_with(b"Code:") || text.starts_with(KERNEL_CODE);
        let goes_on = std::mem::replace(&mut self.code_open, !text.starts_with(b"Code:")) && !starts;
        match self.code.last_mut().filter(|last| goes_on && last.digits == code.digits) {
            Some(last) => {
                last.at = last.at.or(code.at.map(|at| at + last.units.len()));
                last.units.extend(code.units);
            }
            None => self.code.push(code),
        }
    }
}
