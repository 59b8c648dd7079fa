//! The arguments of the verbs around bisections.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Read a bisection log, replay its verdicts, and say whether to believe the result.
///
/// Reads the logs of syzkaller's bisections, and what `git bisect log` prints. Prints the history as a table, and then
/// the finding: how probable it is that the culprit is the right one, and which verdict a doubter should test again
/// first.
///
/// Exits with 0 if the log names a culprit that is more probably right than not, with 1 if not, with 2 if the log could
/// not be read or is no bisection log.
#[derive(Debug, Args)]
pub(crate) struct BisectArgs {
    /// The log; standard input if it is `-` or missing. It may be compressed.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// How to print the bisection.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: BisectFormat,
}

/// Output formats of a bisection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BisectFormat {
    /// For people.
    Text,
    /// One JSON value.
    Json,
    /// For mail and bug trackers.
    Markdown,
}
