//! Crashes of Go programs on the same console: the fuzzer, gVisor's sentry.
//!
//! Source: `throw`, `printpanics`, `goroutineheader` in Go's `runtime`. The words `panic:` and `fatal error:` are
//! anybody's; the dump of the goroutines is not.

use super::{Rule, rule};
use crate::report::{Class, TypeRow};

const TYPES: &[TypeRow] = &[("*", "DoS")];

const GOROUTINE: &str = "goroutine %d [%s]:";
/// Where a function of a stack was.
const PLACE: &str = "%s.go:%d +0x%x\n";
const STACK: &str = "runtime stack:\n";

/// A crash of a Go program: words that are anybody's, until a stack of Go's follows.
const fn crash(name: &'static str) -> Rule {
    rule(name).maybe(PLACE, &["", "", ""]).frame(&[]).class(Class::Panic).types(TYPES)
}

pub(super) const RULES: &[Rule] = &[
    crash("go/stuck-sentry")
        .line("panic: Sentry detected %d stuck task(s)", &[""])
        .line("panic: Sentry detected stuck task", &[])
        .title("panic: Sentry detected stuck tasks")
        .class(Class::Hang)
        .example("panic: Sentry detected 2 stuck task(s):"),
    crash("go/panic")
        .line("panic: %s\n", &["what"])
        .with(GOROUTINE, &["", ""])
        .strict()
        .title("panic: {what}")
        .example("panic: runtime error: index out of range [3] with length 3"),
    crash("go/fatal-error")
        .line("fatal error: %s\n", &["what"])
        .with(GOROUTINE, &["", ""])
        .strict()
        .title("go runtime error")
        .example("fatal error: all goroutines are asleep - deadlock!"),
    crash("go/fatal-error-of-runtime")
        .line("fatal error: %s\n", &["what"])
        .with(STACK, &[])
        .strict()
        .title("go runtime error")
        .group("go/fatal-error")
        .example("fatal error: unexpected signal during runtime execution"),
];

#[cfg(test)]
mod tests {
    fn titles(log: &str) -> Vec<String> {
        crate::reports(log.as_bytes()).map(|r| crate::identify(&r).title).collect()
    }

    #[test]
    fn ok_goroutines_tell() {
        assert_eq!(
            titles("fatal error: all goroutines are asleep\n\ngoroutine 1 [running]:\n"),
            ["go runtime error"]
        );
        assert_eq!(titles("panic: no ring\n\ngoroutine 1 [running]:\n"), ["panic: no ring"]);
    }

    #[test]
    fn err_words_of_anybody() {
        assert!(titles("fatal error: ring.h: No such file or directory\npanic: no disk\n").is_empty());
    }

    #[test]
    fn ok_a_panic_behind_such_words_is_kept() {
        let log = "panic: no ring\nKernel panic - not syncing: VFS: no root\n";
        assert_eq!(titles(log), ["kernel panic: VFS: no root"]);
    }
}
