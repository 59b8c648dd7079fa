//! Brackets that Android vendors put behind the stamp.
//!
//! Sources: MediaTek's `printk` (`-(%d)[%d:%s]`, the dash with interrupts off) and Samsung's
//! (`%c[%1d:%15s:%5d] `). Example: `[   63.138900] (3)[435:wmtd_worker]BUG: …`

use super::plain::Plain;
use super::prefix::{self, Prefix};
use crate::bytes::{Parsed, blank, dec, dec_value, dec32};
use crate::report::Caller;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, satisfy};
use nom::combinator::{map_opt, opt};
use nom::sequence::{delimited, preceded, terminated};

/// The text and the prefix; `None` if no vendor's bracket stands behind the stamp.
pub(super) fn read(line: &[u8]) -> Option<(&[u8], Prefix)> {
    let line = prefix::trim_end(line);
    // Most logs have none.
    if Plain::of(line).is_some_and(|plain| bracket(plain.text).is_err()) {
        return None;
    }
    let (text, mut prefix) = prefix::at_start(line);
    prefix.time?;
    let (text, pid) = bracket(text).ok()?;
    prefix.caller = prefix.caller.or(Some(Caller::Task(pid)));
    Some((text, prefix))
}

/// Either vendor's bracket: the PID in it.
fn bracket(input: &[u8]) -> Parsed<'_, u32> {
    preceded(blank, alt((mediatek, samsung))).parse(input)
}

/// `(3)[435:wmtd_worker]`, `-(3)[435:wmtd_worker]`; comm has 15 bytes at most, and may hold brackets.
fn mediatek(input: &[u8]) -> Parsed<'_, u32> {
    let comm = take_while_m_n(1, 15, |c: u8| c != b']');
    let cpu = (opt(char('-')), char('('), dec, char(')'));
    preceded(cpu, delimited(char('['), terminated(dec32, (char(':'), comm)), char(']'))).parse(input)
}

/// `I[0:      swapper/0:    0] `, ` [3:  kworker/u16:2:  123] `.
fn samsung(input: &[u8]) -> Parsed<'_, u32> {
    // comm may hold colons, so the PID is what stands behind the last one.
    let inside = map_opt(take_while1(|c: u8| c != b']'), |inside: &[u8]| {
        let colon = memchr::memrchr(b':', inside)?;
        let (comm, pid) = inside.split_at(colon);
        let pid = dec_value(pid.get(1..)?.trim_ascii_start())?;
        (!comm.is_empty()).then_some(u32::try_from(pid).ok()?)
    });
    let cpu = (opt(satisfy(|c| c.is_ascii_uppercase())), char('['), blank, dec, one_of(":"));
    delimited(cpu, inside, (char(']'), opt(char(' ')))).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, text: &str, pid: u32) {
        let (got, prefix) = read(line.as_bytes()).expect(line);
        assert_eq!(std::str::from_utf8(got).unwrap(), text);
        assert_eq!(prefix.caller, Some(Caller::Task(pid)));
    }

    #[test]
    fn ok_brackets_of_both_vendors() {
        check("[   63.138900] (3)[435:wmtd_worker][wlan]BUG: x", "[wlan]BUG: x", 435);
        check("[   63.138900] -(3)[435:wmtd_worker]BUG: x", "BUG: x", 435);
        check("[    0.000000] I[0:      swapper/0:    0] BUG: x", "BUG: x", 0);
        check("<4>[   12.000000]  [3:  kworker/u16:2:  123] BUG: x", "BUG: x", 123);
    }

    #[test]
    fn err_brackets_of_the_kernel() {
        for text in ["[<ffffffff81>] f", "[drm:foo] x", "f+0x1/0x2 [m]", "(1) x"] {
            assert!(read(format!("[    1.000000] {text}").as_bytes()).is_none(), "{text}");
        }
    }
}
