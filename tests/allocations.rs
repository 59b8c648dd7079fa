//! Quiet lines cost no memory: what a scan allocates does not grow with them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

use std::fmt::Write as _;

/// Writes the line of that number.
type Form = fn(&mut String, usize);

/// So many lines of a log without a crash, in the forms that consoles have.
fn quiet(lines: usize, form: Form) -> Vec<u8> {
    let mut log = String::new();
    (0..lines).for_each(|n| form(&mut log, n));
    log.into_bytes()
}

fn allocations(log: &[u8]) -> u64 {
    allocation_counter::measure(|| assert_eq!(ksplat::reports(log).count(), 0)).count_total
}

#[test]
fn ok_no_allocation_per_quiet_line() {
    let forms: [(&str, Form); 6] = [
        ("stamps", |log, n| writeln!(log, "[{n:5}.000001] usb 1-1: new device number {n}").unwrap()),
        ("callers", |log, n| {
            writeln!(log, "[{n:5}.000001][  T{:>3}] usb 1-1: new device", n % 1000).unwrap()
        }),
        ("levels", |log, n| writeln!(log, "<6>[{n:5}.000001] usb 1-1: new device number {n}").unwrap()),
        ("bare", |log, n| writeln!(log, "usb 1-1: new device number {n}").unwrap()),
        ("CRLF", |log, n| write!(log, "[{n:5}.000001] usb 1-1: new device\r\n").unwrap()),
        ("long lines", |log, n| writeln!(log, "[{n:5}.000001] {:-<200}", n).unwrap()),
    ];
    for (name, form) in forms {
        // The tables of rows are built once, and how a log was carried shows in its first 2 MiB.
        let few = quiet(90_000, form);
        allocations(&few);
        assert_eq!(allocations(&quiet(180_000, form)), allocations(&few), "{name}");
    }
}
