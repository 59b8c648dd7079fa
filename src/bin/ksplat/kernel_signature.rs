//! `ksplat kernel-signature`: is it the same kernel?

use crate::Outcome;
use crate::bisect_args::KernelSignatureArgs;
use crate::console::Console;
use ksplat::output::Clean;
use ksplat::symbolize::kernel_signature::{Image, diff};
use std::io::{self, Write as _};

pub(crate) fn run(args: &KernelSignatureArgs, console: &mut Console) -> io::Result<Outcome> {
    if args.diff && args.images.len() != 2 {
        console.fail("--diff compares two images");
        return Ok(Outcome::Nothing);
    }
    let mut images = Vec::new();
    for path in &args.images {
        match Image::open(path) {
            Ok(image) => {
                writeln!(console.out, "{}  {}", image.signature(), Clean(path.display()))?;
                if args.symbols {
                    symbols(&image, console)?;
                }
                if args.diff {
                    images.push(image);
                }
            }
            Err(error) => console.error(&error),
        }
    }
    if let [a, b] = images.as_slice() {
        differences(a, b, console)?;
    }
    Ok(Outcome::Nothing)
}

fn symbols(image: &Image, console: &mut Console) -> io::Result<()> {
    let mut functions = image.functions().peekable();
    if functions.peek().is_none() {
        console.fail("the image has no table of functions");
    }
    functions.try_for_each(|f| writeln!(console.out, "{}  {:>7}  {}", f.hash, f.size, f.name.escape_debug()))
}

fn differences(a: &Image, b: &Image, console: &mut Console) -> io::Result<()> {
    let found = diff(a, b);
    for difference in &found {
        let what = if difference.function { "function" } else { "data" };
        writeln!(
            console.out,
            "{:<7}  {what:<8}  {}",
            difference.change.name(),
            difference.name.escape_debug()
        )?;
    }
    if found.is_empty() && a.signature() != b.signature() {
        let sections = a.differing_sections(b).join(", ");
        writeln!(console.out, "no function and no named data differs, but the content of {sections}")?;
    }
    Ok(())
}
