//! KASAN, the address sanitizer.
//!
//! Source: `mm/kasan/report.c`, `report_generic.c`, `report_sw_tags.c`, `report_hw_tags.c`; before 5.0
//! `mm/kasan/kasan.c`.

use super::{Rule, expects_stack, rule};
use crate::report::{Class, Role, Take, TypeRow};

const TYPES: &[TypeRow] = &[
    ("KASAN: invalid-free*", "KASAN-INVALID-FREE"),
    ("KASAN: double-free*", "KASAN-INVALID-FREE"),
    ("KASAN: null-ptr-deref Write*", "KASAN-NULL-POINTER-DEREFERENCE-WRITE"),
    ("KASAN: null-ptr-deref*", "KASAN-NULL-POINTER-DEREFERENCE-READ"),
    ("KASAN: *use-after-free Write*", "KASAN-USE-AFTER-FREE-WRITE"),
    ("KASAN: *use-after-free *", "KASAN-USE-AFTER-FREE-READ"),
    ("KASAN: * Write*", "KASAN-WRITE"),
    ("KASAN: * Read*", "KASAN-READ"),
    ("KASAN: * in *", "KASAN-READ"),
    ("*", "KASAN-UNKNOWN"),
];

/// Checks that call the access on somebody's behalf, and how a tag that differs gets to KASAN: `do_tag_recovery` in
/// `arch/arm64/mm/fault.c`.
const SKIP: &[&str] =
    &["__kmsan_*", "instrument_*", "do_tag_check_fault", "do_tag_recovery", "do_bad_area", "*vunmap*"];

/// Where the blame lies: the header names the function of the access; below it on the stack are its callers, above it
/// is KASAN. Where the header's function is a helper, the stack decides.
const TAKE: &[Take] = &[Take::Capture("func"), Take::Trace, Take::Header("func"), Take::TraceOf(Role::Freed)];

/// What an access line says; since 5.11 the size is left out where the hardware does not tell it.
const SIZED: &str = "%s of size %zu ";
const UNSIZED: &str = "%s at addr %px by task ";

/// What the reports share.
const fn kasan(name: &'static str) -> Rule {
    rule(name).frame(TAKE).ruled().class(Class::MemorySafety).types(TYPES)
}

/// A bad access in one of its wordings.
const fn access(name: &'static str) -> Rule {
    kasan(name)
        .title("KASAN: {what} {access} in {frame}")
        .alts(&["bad-access in {frame}"])
        .skip(SKIP)
        .body(expects_stack)
        .group("kasan/bad-access")
}

/// The header of one whose access line is lost.
const fn cut(name: &'static str) -> Rule {
    kasan(name).skip(SKIP).vague().group("kasan/bad-access")
}

pub(super) const RULES: &[Rule] = &[
    kasan("kasan/invalid-free")
        .line("BUG: KASAN: double-free or invalid-free in %pS", &["func"])
        .line("BUG: KASAN: invalid-free in %pS", &["func"])
        .line("BUG: KASAN: double-free in %pS", &["func"])
        .title("KASAN: invalid-free in {frame}")
        .alts(&["invalid-free in {frame}"])
        .skip(SKIP)
        .body(expects_stack)
        // Who comes first, the second kfree() or another use of the object, is a race.
        .group("kasan/bad-access")
        .example("BUG: KASAN: double-free in kvfree_call+0x1f7/0x560"),
    access("kasan/bad-access")
        .line("BUG: KASAN: %s in %pS", &["what", "func"])
        .with(SIZED, &["access", "size"])
        .example("BUG: KASAN: slab-out-of-bounds in ring_write+0x1f7/0x560"),
    access("kasan/bad-access-of-no-size")
        .line("BUG: KASAN: %s in %pS", &["what", "func"])
        .with(UNSIZED, &["access", "addr"])
        .example("BUG: KASAN: invalid-access in tag_write+0x1f7/0x560"),
    // 4.0 to 4.2 spelt the name so, and the kinds with blanks.
    access("kasan/bad-access-of-4.0")
        .line("BUG: KASan: %s in %pS", &["what", "func"])
        .with(SIZED, &["access", "size"])
        .example("BUG: KASan: out of bounds access in ring_write+0x1f7/0x560 at addr ffff8800b1234567"),
    // Before 4.11, addresses that no shadow covers: the title has no function, the signature has.
    kasan("kasan/bad-access-on-address")
        .line("BUG: KASAN: %s on address %px", &["what", "addr"])
        .line("BUG: KASan: %s on address %px", &["what", "addr"])
        .with(SIZED, &["access", "size"])
        .title("KASAN: {what} {access}")
        .body(expects_stack)
        .group("kasan/bad-access")
        .example("BUG: KASAN: null-ptr-deref on address 0000000000000010"),
    kasan("kasan/asynchronous")
        .line("BUG: KASAN: invalid-access\n", &[])
        .title("KASAN: invalid-access")
        .frame(&[Take::Ip, Take::Trace])
        .vague()
        .example("BUG: KASAN: invalid-access"),
    cut("kasan/cut-behind-address")
        .line("BUG: KASAN: %s in %pS at addr %p", &["what", "func", ""])
        .title("KASAN: {what} in {func} at addr ADDR")
        .example("BUG: KASAN: use-after-free in ring_write+0x1f7/0x560 at addr ffff8800b1234567"),
    cut("kasan/cut")
        .line("BUG: KASAN: %s in %pS", &["what", "func"])
        .title("KASAN: {what} in {func}")
        .example("BUG: KASAN: use-after-free in ring_write+0x1f7/0x560"),
    cut("kasan/cut-short")
        .line("BUG: KASAN: %s\n", &["rest"])
        .title("KASAN: {rest}")
        .frame(&[Take::Trace])
        .skip(&[])
        .example("BUG: KASAN: use-after-free in"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_wordings_of_the_access() {
        let trace = "Call Trace:\n dump_stack+0x1/0x2\n ring_write+0x1/0x2\n";
        for (log, want) in [
            (
                "BUG: KASAN: slab-out-of-bounds in ring_write+0x1/0x2\nRead of size 8 at addr ffff888012345678 by task a/1\n",
                "KASAN: slab-out-of-bounds Read in ring_write",
            ),
            (
                "BUG: KASAN: invalid-access in ring_write+0x1/0x2\nWrite at addr f9ff888012345678 by task a/1\n",
                "KASAN: invalid-access Write in ring_write",
            ),
            (
                "BUG: KASAN: use-after-free in ring_write+0x1/0x2 at addr ffff888012345678\nWrite of size 4 by task a/1\n",
                "KASAN: use-after-free Write in ring_write",
            ),
            (
                "BUG: KASAN: null-ptr-deref on address           (null)\nRead of size 4 by task a/1\n",
                "KASAN: null-ptr-deref Read",
            ),
        ] {
            assert_eq!(titles(&format!("{log}{trace}")), [want]);
        }
    }

    #[test]
    fn ok_a_symbolizer_repeats_the_header_for_inlined_functions() {
        let log = "BUG: KASAN: use-after-free in ring_next include/linux/ring.h:9 [inline] at addr ffff888012345678\n\
                   BUG: KASAN: use-after-free in ring_write+0x1/0x2 net/ring.c:8 at addr ffff888012345678\n\
                   Write of size 4 by task a/1\nCall Trace:\n ring_write+0x1/0x2 net/ring.c:8\n";
        assert_eq!(titles(log), ["KASAN: use-after-free Write in ring_write"]);
    }

    #[test]
    fn err_no_access_line() {
        let log = b"BUG: KASAN: use-after-free in ring_write+0x1/0x2 at addr ffff888012345678\n";
        let identity = crate::identify(&crate::reports(log).next().unwrap());
        assert_eq!(identity.title, "KASAN: use-after-free in ring_write at addr ADDR");
        assert!(identity.corrupted);
    }
}
