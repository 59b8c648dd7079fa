//! Hung tasks.
//!
//! Source: `check_hung_task` in `kernel/hung_task.c`.

use super::{Rule, rule};
use crate::report::{Class, Take, TypeRow};

const TYPES: &[TypeRow] = &[("*", "HANG")];

pub(super) const RULES: &[Rule] = &[
    rule("hung-task/blocked")
        .line("INFO: task %s:%d blocked for more than %ld seconds.", &["comm", "pid", "seconds"])
        .line("INFO: task %s:%d blocked in I/O wait for more than %ld seconds.", &["comm", "pid", "seconds"])
        .title("INFO: task hung in {frame}")
        .alts(&["hang in {frame}"])
        .frame(&[Take::Blocked])
        .ruled()
        .class(Class::Hang)
        .types(TYPES)
        .example("INFO: task kworker/0:1:123 blocked for more than 143 seconds."),
    // A task may call itself anything: here its name has a line feed in it.
    rule("hung-task/blocked-broken-name")
        .line("INFO: task %s", &["comm"])
        // A line of the report itself, since 6.15.
        .unless(&[" likely owned by task "])
        .broken("%s:%d blocked for more than %ld seconds.", &["", "pid", "seconds"])
        .strict()
        .title("INFO: task hung in {frame}")
        .alts(&["hang in {frame}"])
        .frame(&[Take::Blocked])
        .class(Class::Hang)
        .types(TYPES)
        .group("hung-task/blocked")
        .example("INFO: task ring"),
    rule("hung-task/cannot-die")
        .line("INFO: task %s:%d can't die for more than %ld seconds.", &["comm", "pid", "seconds"])
        .title("INFO: task can't die in {frame}")
        .alts(&["hang in {frame}"])
        .frame(&[Take::Trace])
        .skip(&["*schedule*", "wait_for_completion*"])
        .ruled()
        .class(Class::Hang)
        .types(TYPES)
        .example("INFO: task syz-executor.0:8081 can't die for more than 143 seconds."),
];
