//! `Modules linked in:`.

use crate::bytes::{Parsed, run};
use crate::report::{Module, Text};
use nom::Parser;
use nom::bytes::complete::{tag, take_until, take_while_m_n, take_while1};
use nom::character::complete::{char, space1};
use nom::combinator::opt;
use nom::multi::fold_many0;
use nom::sequence::{delimited, preceded};

/// Example: `Modules linked in: nft_masq(E) xfs [last unloaded: dummy]`
pub(super) fn read(text: &[u8]) -> Option<Vec<Module<'_>>> {
    let (input, _) = run(tag("Modules linked in:"), text)?;
    // What is not linked in any more, but tainted the kernel: `print_unload_tainted_modules`, since 5.19.
    let end = memchr::memmem::find(input, b" Unloaded tainted modules:").unwrap_or(input.len());
    let input = input.get(..end)?;
    let all = fold_many0(preceded(space1, module), Vec::new, |mut all, m| {
        all.push(m);
        all
    });
    let (_, modules) = run(all, input)?;
    Some(modules)
}

fn module(input: &[u8]) -> Parsed<'_, Module<'_>> {
    let taint = delimited(char('('), take_until(")"), char(')'));
    let bare = take_while_m_n(16, 64, |c: u8| c.is_ascii_hexdigit());
    let (input, name) =
        take_while1(|c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-')).parse(input)?;
    let (input, taint) = opt(taint).parse(input)?;
    let (input, build_id) = opt(preceded(char(' '), bare)).parse(input)?;
    Ok((
        input,
        Module { name: Text::from(name), taint: taint.map(Text::from), build_id: build_id.map(Text::from) },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_modules_with_taint() {
        let modules = read(b"Modules linked in: a(OE) b-c d [last unloaded: z]").unwrap();
        assert_eq!(modules.len(), 3);
        assert_eq!(modules[0].taint.as_ref().unwrap(), &"OE");
        assert_eq!(modules[2].name, "d");
        assert!(read(b"Modules linked in:").unwrap().is_empty());
        let modules =
            read(b"Modules linked in: a Unloaded tainted modules: b():1 c():2 [last unloaded: c]").unwrap();
        assert_eq!(modules.len(), 1);
    }
}
