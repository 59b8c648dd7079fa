//! Frames of call traces, and the markers between stacks.

use crate::bytes::{
    Parsed, blank, hex_value, hex0x, location, module, name, offset_size, run, symbol, trailing_location,
};
use crate::report::{Frame, ReturnAddress, Stack, Symbol, Text};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{map, opt, peek, value};
use nom::multi::fold_many_m_n;
use nom::sequence::{delimited, preceded, terminated};

/// A frame, a marker, or a marker with a frame behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameLine<'log> {
    /// The stack that starts with this line.
    pub(crate) marker: Option<Stack>,
    /// The frame.
    pub(crate) frame: Option<Frame<'log>>,
    /// arm names both ends of a call: the function that was called, which no line before names if this is the first.
    pub(crate) callee: Option<Box<Frame<'log>>>,
}

/// A frame line in any architecture's form.
///
/// x86 ` ? f+0x1/0x2 [mod]`; older x86, riscv, mips ` [<ffffffff81000000>] f+0x1/0x2`; arm
/// `[<c010>] (f) from [<c011>] (g+0x1/0x2)` and ` f from g+0x1/0x2`; powerpc
/// `[c000] [c001] f+0x1/0x2 (unreliable)`; s390 ` [<0001>] f+0x1/0x2` and `([<0001>] f+0x1/0x2)` where it doubts;
/// the crash utility's ` #0 [ffff] f at ffff`; symbolized ` f net/f.c:7 [inline]`.
#[inline]
pub(super) fn frame(text: &[u8]) -> Option<FrameLine<'_>> {
    match usual(text) {
        Some(frame) => Some(FrameLine { marker: None, frame: Some(frame), callee: None }),
        None => unusual(text),
    }
}

fn unusual(text: &[u8]) -> Option<FrameLine<'_>> {
    if let Some(entered) = text.strip_prefix(ENTERED) {
        return without_names(entered);
    }
    let (input, marker) = markers(text).ok()?;
    if input.trim_ascii().is_empty() {
        return marker.map(|m| FrameLine { marker: Some(m), frame: None, callee: None });
    }
    let (frame, is_caller) = bare(input)?;
    let callee = if is_caller { callee(input) } else { None };
    Some(FrameLine { marker, frame: Some(frame), callee })
}

/// What most frames are, and no more: ` f+0x1/0x2`, ` ? f+0x1/0x2 [mod]`. The parsers below say the same of it, and of
/// everything else.
#[inline]
fn usual(text: &[u8]) -> Option<Frame<'_>> {
    let (input, _) = blank(text).ok()?;
    let doubtful = input.strip_prefix(b"? ");
    let (rest, symbol) = symbol(doubtful.unwrap_or(input)).ok()?;
    let frame = Frame { symbol: Some(symbol), reliable: doubtful.is_none(), ..Frame::default() };
    rest.is_empty().then_some(frame)
}

/// `f` of `[<c0101234>] (f) from [<c0101238>] (g+0x1/0x2)`.
fn callee(input: &[u8]) -> Option<Box<Frame<'_>>> {
    let head = (blank, opt(terminated(pc, space0)), opt(char('(')));
    let tail = (opt(offset_size), opt(module), opt(trailing_location), opt(char(')')), tag(" from "));
    let (_, (_, name, _)) = run((head, name, tail), input)?;
    let symbol = Some(Symbol { name: Text::from(name), ..Symbol::default() });
    Some(Box::new(Frame { symbol, reliable: true, ..Frame::default() }))
}

/// arm's `dump_backtrace_entry` where the kernel has no symbol table.
const ENTERED: &[u8] = b"Function entered at ";

/// `[<80101234>] from [<80101238>]`: the second is the return address.
fn without_names(text: &[u8]) -> Option<FrameLine<'_>> {
    let (_, (_, address)) = run((pc, preceded(tag(" from "), pc)), text)?;
    let frame = Frame { address, reliable: true, ..Frame::default() };
    Some(FrameLine { marker: None, frame: Some(frame), callee: None })
}

/// `<IRQ>`, `</TASK>`, `<<EOE>>`, `<#DF>`, several of them.
fn markers(input: &[u8]) -> Parsed<'_, Option<Stack>> {
    if input.trim_ascii_start().first() != Some(&b'<') {
        return Ok((input, None));
    }
    fold_many_m_n(0, 4, preceded(blank, marker), || None, |_, m| Some(m)).parse(input)
}

fn marker(input: &[u8]) -> Parsed<'_, Stack> {
    alt((delimited(tag("<<"), stack_name, tag(">>")), delimited(char('<'), stack_name, char('>'))))
        .parse(input)
}

fn stack_name(input: &[u8]) -> Parsed<'_, Stack> {
    alt((
        value(Stack::Irq, tag("IRQ")),
        value(Stack::SoftIrq, tag("SOFTIRQ")),
        value(Stack::Nmi, tag("NMI")),
        value(Stack::Task, alt((tag("TASK"), tag("EOI"), tag("EOE")))),
        value(Stack::Exception, (char('#'), take_while_m_n(2, 4, |c: u8| c.is_ascii_alphanumeric()))),
        value(Stack::Exception, tag("ENTRY_TRAMPOLINE")),
        value(Stack::Task, (char('/'), take_while1(|c: u8| c.is_ascii_uppercase() || c == b'#'))),
    ))
    .parse(input)
}

/// A frame without markers before it, and whether it stands behind the function that it called.
fn bare(input: &[u8]) -> Option<(Frame<'_>, bool)> {
    let (input, (_, _, guessed)) = run((blank, opt(ordinal), opt(char('('))), input)?;
    let (input, addresses) =
        run(fold_many_m_n(0, 2, terminated(pc, space0), || None, |_, a| Some(a)), input)?;
    let (input, doubtful) = run(opt(preceded(space0, terminated(char('?'), space1))), input)?;
    // s390 puts what it only found on the stack in round brackets; arm puts names in them.
    let guessed = guessed.is_some() && addresses.is_some() && input.trim_ascii_end().ends_with(b")");
    let reliable = doubtful.is_none() && !guessed;
    let (found, is_caller) = named(input);
    let mut frame = Frame { reliable, address: addresses.flatten(), ..Frame::default() };
    if let Some(found) = found {
        let (reliable, address) = (reliable && found.reliable, found.address.or(frame.address));
        return Some((Frame { reliable, address, ..found }, is_caller));
    }
    // An address alone is a frame only where nothing else follows: `[<00007f3a>] 0x7f3a`.
    let raw = run(opt(preceded(peek(tag("0x")), hex0x)), input).and_then(|(rest, a)| {
        let alone = rest.strip_prefix(b")").unwrap_or(rest).trim_ascii().is_empty();
        alone.then_some(a)
    })?;
    frame.address = frame.address.or(raw.map(ReturnAddress));
    frame.address.map(|_| (frame, false))
}

/// A frame that has a name, and whether it stands behind the function that it called. Most are plain, so that is tried
/// first.
fn named(input: &[u8]) -> (Option<Frame<'_>>, bool) {
    if let Some((tail, frame)) = plain(input)
        && !tail.strip_prefix(b")").unwrap_or(tail).trim_ascii_start().starts_with(b"from ")
    {
        return (Some(frame), false);
    }
    match from(input) {
        Some(caller) => (Some(caller), true),
        None => {
            (symbolized(input).or_else(|| plain(input).map(|(_, frame)| frame)).or_else(|| at(input)), false)
        }
    }
}

/// `#0 ` before an address.
fn ordinal(input: &[u8]) -> Parsed<'_, &[u8]> {
    delimited(char('#'), nom::character::complete::digit1, terminated(space1, peek(char('[')))).parse(input)
}

/// `f at ffffffff81000000`, as the crash utility prints.
fn at(input: &[u8]) -> Option<Frame<'_>> {
    let digits = take_while_m_n(8, 16, |c: u8| c.is_ascii_hexdigit());
    let (rest, (name, address)) = run((name, preceded(tag(" at "), digits)), input)?;
    (rest.trim_ascii().is_empty() || module(rest).is_ok()).then(|| Frame {
        symbol: Some(Symbol { name: Text::from(name), ..Symbol::default() }),
        address: hex_value(address).map(ReturnAddress),
        reliable: true,
        ..Frame::default()
    })
}

/// `[<ffffffff81000000>]`, `[c000000000123456]`, `[< inline >]`, `[<     inline     >]`.
fn pc(input: &[u8]) -> Parsed<'_, Option<ReturnAddress>> {
    let digits = |i| take_while_m_n(8, 16, |c: u8| c.is_ascii_hexdigit()).parse(i);
    let address = |i| map(digits, |d| hex_value(d).map(ReturnAddress)).parse(i);
    let inline = value(None, (blank, tag("inline"), blank));
    alt((
        delimited((tag("[<"), opt(tag("0x"))), alt((address, inline)), tag(">]")),
        delimited(char('['), address, char(']')),
    ))
    .parse(input)
}

/// arm: `(f) from [<c0101234>] (g+0x1/0x2)`, ` f from g+0x1/0x2`: the caller is the frame.
fn from(input: &[u8]) -> Option<Frame<'_>> {
    let callee =
        (opt(char('(')), name, opt(offset_size), opt(module), opt(trailing_location), opt(char(')')));
    let (input, _) = run((callee, tag(" from ")), input)?;
    let (input, address) = run(opt(terminated(pc, space0)), input)?;
    let (input, _) = run(opt(char('(')), input)?;
    let (_, frame) = plain(input)?;
    Some(Frame { address: address.flatten(), ..frame })
}

/// `f+0x1/0x2 [mod] net/f.c:7`, `f+0x1/0x2 (unreliable)`, `f+0x1/0x2 (P)`; powerpc's function tracer puts the real
/// function behind: `return_to_handler+0x1/0x2 (f+0x1/0x2)`.
fn plain(input: &[u8]) -> Option<(&[u8], Frame<'_>)> {
    let (input, first) = symbol(input).ok()?;
    let (input, location) = run(opt(trailing_location), input)?;
    let (input, module_behind) = run(opt(module), input)?;
    let (input, traced) = run(opt(delimited(tag(" ("), symbol, char(')'))), input)?;
    let tail = input.trim_ascii_start();
    let mut symbol = traced.unwrap_or(first);
    if symbol.module.is_none() {
        symbol.module = module_behind.map(|(m, _)| Text::from(m));
    }
    let frame = Frame {
        symbol: Some(symbol),
        location,
        reliable: !tail.starts_with(b"(unreliable)"),
        inlined: tail.starts_with(b"[inline]"),
        ..Frame::default()
    };
    Some((input, frame))
}

/// `f net/f.c:7 [inline]`: a name without an offset needs its place, or the word, to be a frame.
fn symbolized(input: &[u8]) -> Option<Frame<'_>> {
    let (input, name) = name(input).ok()?;
    let (input, _) = run(space1, input)?;
    let place = alt((location, delimited(char('('), location, char(')'))));
    let (input, location) = run(opt(place), input)?;
    let (input, inlined) = run(opt(preceded(space0, tag("[inline]"))), input)?;
    location.as_ref()?;
    let tail_fits = input.trim_ascii().is_empty() || module(input).is_ok();
    tail_fits.then(|| Frame {
        symbol: Some(Symbol { name: Text::from(name), ..Symbol::default() }),
        location,
        reliable: true,
        inlined: inlined.is_some(),
        ..Frame::default()
    })
}

/// The symbol that a capture of a `%pS` conversion holds; `None` for a raw address.
pub(crate) fn symbol_of(text: &[u8]) -> Option<Symbol<'_>> {
    if text.starts_with(b"0x") {
        return None;
    }
    let whole = symbol(text).ok().map(|(_, s)| s);
    whole.or_else(|| {
        let (rest, name) = name(text).ok()?;
        let module = module(rest).ok().map(|(_, (m, _))| Text::from(m));
        (hex_value(name).is_none() || name.len() < 8).then(|| Symbol {
            name: Text::from(name),
            module,
            ..Symbol::default()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn function(line: &str) -> String {
        let frame = frame(line.as_bytes()).expect(line).frame.expect(line);
        frame.function().map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn ok_frames_of_every_architecture() {
        assert_eq!(function(" ? foo+0x1/0x2 [mod]"), "foo");
        assert_eq!(function(" [<ffffffff81000000>] foo+0x1/0x2"), "foo");
        assert_eq!(function(" <EOI>  [<ffffffff815bcdb1>] ? foo+0x21/0x60"), "foo");
        assert_eq!(function("[<c0101234>] (foo) from [<c0101238>] (bar+0x1/0x2)"), "bar");
        assert_eq!(function(" foo from bar+0x1/0x2"), "bar");
        assert_eq!(function("[<80101234>] (foo [mod]) from [<80101238>] (bar+0x1/0x2 [mod])"), "bar");
        assert_eq!(function("[c00000000a7f3a60] [c000000000b4d6a8] foo+0x1/0x2"), "foo");
        assert_eq!(function("[c000000a] [c000000b] return_to_handler+0x0/0x38 (foo+0x1/0x2)"), "foo");
        assert_eq!(function(" [<00000000001140f6>] foo+0x1/0x2 "), "foo");
        assert_eq!(function("([<00000000001140f6>] foo+0x1/0x2 [mod])"), "foo");
        assert_eq!(function(" #0 [ffffc90000cf3de0] foo at ffffffff8105bf0c"), "foo");
        assert_eq!(function("[<90000000002240f4>] foo+0x1/0x2"), "foo");
        assert_eq!(function("[<ffffffff80012345>] foo+0x1/0x2"), "foo");
        assert_eq!(function(" foo+0x1/0x2 [mod_a ed5019fdf5e53be37cb1ba7899292d7e143b259e] (P)"), "foo");
    }

    #[test]
    fn ok_frames_without_a_symbol() {
        let address = |l: &str| frame(l.as_bytes()).expect(l).frame.unwrap().address;
        assert_eq!(address("([<000003ff801a2b3c>] 0x3ff801a2b3c)"), Some(ReturnAddress(0x3ff_801a_2b3c)));
        assert_eq!(
            address(" [<ffffffffa0001234>] 0xffffffffa0001234"),
            Some(ReturnAddress(0xffff_ffff_a000_1234))
        );
        assert_eq!(
            address("Function entered at [<80101234>] from [<80101238>]"),
            Some(ReturnAddress(0x8010_1238))
        );
    }

    #[test]
    fn err_prose_is_no_frame() {
        assert_eq!(frame(b" and this is prose"), None);
        assert_eq!(frame(b"Makefile is here"), None);
    }

    #[test]
    fn ok_doubtful_frames() {
        let f = |l: &str| frame(l.as_bytes()).unwrap().frame.unwrap().reliable;
        assert!(!f(" ? foo+0x1/0x2"));
        assert!(!f("[c000000000123456] [c000000000123457] foo+0x1/0x2 (unreliable)"));
        assert!(f(" foo+0x1/0x2 (P)"));
        assert!(!f("([<00000000001140f6>] foo+0x1/0x2)"));
        assert!(f("[<80101234>] (foo) from [<80101238>] (bar+0x1/0x2)"));
    }

    #[test]
    fn ok_symbolized_frames() {
        let f = frame(b" rcu_do_batch kernel/rcu/tree.c:2428 [inline]").unwrap().frame.unwrap();
        assert!(f.inlined);
        assert_eq!(f.location.unwrap().line, Some(2428));
        let f = frame(b" rcu_core+0x481/0x7f0 kernel/rcu/tree.c:2656").unwrap().frame.unwrap();
        assert!(!f.inlined);
        assert_eq!(f.location.unwrap().file, "kernel/rcu/tree.c");
    }

    #[test]
    fn ok_markers() {
        assert_eq!(frame(b" <IRQ>").unwrap().marker, Some(Stack::Irq));
        assert_eq!(frame(b" </IRQ>").unwrap().marker, Some(Stack::Task));
        assert_eq!(frame(b" <#DF>").unwrap().marker, Some(Stack::Exception));
        assert_eq!(frame(b"<hello>"), None);
    }
}
