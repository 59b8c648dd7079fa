//! Register dumps, one file per architecture, all of the same shape: a line of text → [`RegisterLine`].

mod arm64;
mod x86;

use crate::bytes::{Parsed, hex_value, run, word};
use crate::report::{InstructionPointer, Register, SourceLocation, Symbol, Text};
use nom::Parser;
use nom::character::complete::{char, space0};
use nom::combinator::verify;
use nom::multi::fold_many_m_n;
use nom::sequence::{preceded, terminated};

/// What one line of a dump holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RegisterLine<'log> {
    /// The architecture that prints such a line.
    pub(crate) arch: &'static str,
    /// Whether a dump starts here even if another was open.
    pub(crate) starts: bool,
    pub(crate) ip: Option<Symbol<'log>>,
    pub(crate) ip_address: Option<InstructionPointer>,
    pub(crate) ip_location: Option<SourceLocation<'log>>,
    pub(crate) link: Option<Symbol<'log>>,
    /// Whether user code was running, where the line tells.
    pub(crate) user: Option<bool>,
    pub(crate) entries: Vec<Register<'log>>,
}

/// Reads a line of any architecture's dump.
pub(crate) fn read(text: &[u8]) -> Option<RegisterLine<'_>> {
    x86::line(text).or_else(|| arm64::line(text))
}

/// A register whose value is printed in hex.
fn register<'a>(name: &'a [u8], text: &'a [u8]) -> Register<'a> {
    Register { name: Text::from(name), text: Text::from(text), value: hex_value(text) }
}

/// Pairs of `name: value` to the end of the line; `None` unless there is one and every name is `known`.
fn pairs<'a>(text: &'a [u8], known: impl Fn(&[u8]) -> bool) -> Option<Vec<Register<'a>>> {
    let name = |i| -> Parsed<'a, &'a [u8]> {
        let name = nom::bytes::complete::take_while1(|c: u8| c.is_ascii_alphanumeric() || c == b'_');
        verify(terminated(name, (space0, char(':'))), |n: &[u8]| known(n)).parse(i)
    };
    let pair = preceded(space0, (name, preceded(space0, word)));
    let all = fold_many_m_n(1, 16, pair, Vec::new, |mut all, (name, value)| {
        all.push(register(name, value));
        all
    });
    let (_, registers) = run(all, text)?;
    Some(registers)
}
