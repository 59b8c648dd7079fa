//! The state of the machine: registers in columns, the code at the instruction pointer, held locks.

use super::paint::{Colour, Tone};
use super::report::symbol_text;
use crate::Report;
use crate::output::clean::Clean;
use crate::report::{Code, LockHeld, Register, Registers};
use std::fmt;

/// Columns of registers.
const COLUMNS: usize = 3;

/// Characters of a value that goes into a column; a 64-bit number has 16 digits.
const COLUMN: usize = 16;

/// Units of code shown before and after the marked one.
const CODE: (usize, usize) = (8, 12);

/// Instructions shown before and after the marked one.
#[cfg(feature = "disasm")]
const INSTRUCTIONS: usize = 3;

/// Most locks that text shows.
const LOCKS: usize = 8;

/// Writes registers, code and locks of the crash.
pub(super) fn write(f: &mut fmt::Formatter<'_>, report: &Report<'_>, colour: Colour) -> fmt::Result {
    if let Some(dump) = report.crash_registers() {
        registers(f, dump, colour)?;
        if let Some(line) = report.code.first() {
            code(f, line, colour)?;
            #[cfg(feature = "disasm")]
            instructions(f, report, colour)?;
        }
    }
    locks(f, &report.locks_held, colour)
}

fn heading(f: &mut fmt::Formatter<'_>, text: &str, colour: Colour) -> fmt::Result {
    writeln!(f, "\n  {}", colour.paint(Tone::Heading, text))
}

fn registers(f: &mut fmt::Formatter<'_>, dump: &Registers<'_>, colour: Colour) -> fmt::Result {
    heading(f, "registers", colour)?;
    let (numbers, others): (Vec<_>, Vec<_>) = dump.entries.iter().partition(|r| is_number(r));
    for register in others {
        writeln!(f, "      {} {}", colour.paint(Tone::Faint, Clean(&register.name)), Clean(&register.text))?;
    }
    let width = numbers.iter().map(|r| r.name.len()).max().unwrap_or(0).min(COLUMN);
    for row in numbers.chunks(COLUMNS) {
        write!(f, "     ")?;
        for register in row {
            let name = format!("{:>width$}", register.name);
            write!(f, " {} {:<COLUMN$}", colour.paint(Tone::Faint, Clean(name)), register.text)?;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// Whether a register is a number short enough for a column; digits need no cleaning.
fn is_number(register: &Register<'_>) -> bool {
    !register.text.is_empty()
        && register.text.len() <= COLUMN
        && register.text.iter().all(u8::is_ascii_hexdigit)
}

/// The instructions around the marked one of the crash's code.
#[cfg(feature = "disasm")]
fn instructions(f: &mut fmt::Formatter<'_>, report: &Report<'_>, colour: Colour) -> fmt::Result {
    let all = crate::disasm::code(report, 0).unwrap_or_default();
    let Some(at) = all.iter().position(|instruction| instruction.marked) else { return Ok(()) };
    let shown =
        all.iter().skip(at.saturating_sub(INSTRUCTIONS)).take(INSTRUCTIONS + 1 + at.min(INSTRUCTIONS));
    for instruction in shown {
        if instruction.marked {
            writeln!(f, "      {}", colour.paint(Tone::Guilty, instruction))?;
        } else {
            writeln!(f, "      {instruction}")?;
        }
    }
    Ok(())
}

fn code(f: &mut fmt::Formatter<'_>, code: &Code, colour: Colour) -> fmt::Result {
    let (before, after) = CODE;
    let at = code.at.unwrap_or(0);
    let digits = usize::from(code.digits);
    heading(f, "code", colour)?;
    write!(f, "     ")?;
    for (i, unit) in code.units.iter().enumerate().skip(at.saturating_sub(before)).take(before + 1 + after) {
        if code.at == Some(i) {
            write!(f, " {}", colour.paint(Tone::Guilty, format_args!("<{unit:0digits$x}>")))?;
        } else {
            write!(f, " {unit:0digits$x}")?;
        }
    }
    writeln!(f)
}

fn locks(f: &mut fmt::Formatter<'_>, locks: &[LockHeld<'_>], colour: Colour) -> fmt::Result {
    if locks.is_empty() {
        return Ok(());
    }
    heading(f, "locks held", colour)?;
    for lock in locks.iter().take(LOCKS) {
        let at = lock.at.as_ref().map_or_else(String::new, |at| format!("  at {}", symbol_text(at)));
        writeln!(f, "      {}{}", Clean(&lock.name), Clean(at))?;
    }
    match locks.len().saturating_sub(LOCKS) {
        0 => Ok(()),
        more => writeln!(f, "      {}", colour.paint(Tone::Faint, format_args!("… {more} more"))),
    }
}
