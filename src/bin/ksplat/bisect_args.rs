//! The arguments of the verbs around bisections.

use crate::args::RuleArgs;
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

/// Say whether a log shows the crash that is looked for: the oracle of `git bisect run`.
///
/// Exits with 0 if the crash is absent, with 1 if it is present, with 125 if the log cannot tell, and with 128 or more
/// on every error: 128 if something cannot be read, 129 if the command line is wrong, 134 if ksplat itself fails. Git
/// takes 0 for good, 1 for bad, 125 for "skip", and stops the bisection at 128 and more.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) oracle: OracleArgs,
    /// The log of one run; standard input if it is `-` or missing. It may be compressed.
    #[arg(value_name = "LOG")]
    pub(crate) log: Option<PathBuf>,
}

/// Say whether the logs of several runs of one revision show the crash that is looked for.
///
/// Each LOG is judged as `check` does it. The crash is present if enough runs show it, and absent if none does and at
/// least half of the others are clean. Runs that failed without a crash (an empty log, no boot marker, no end marker)
/// are left out. Exits as `check` does.
#[derive(Debug, Args)]
pub(crate) struct VerdictArgs {
    #[command(flatten)]
    pub(crate) oracle: OracleArgs,
    /// Runs that must show the crash before it is present.
    #[arg(long, value_name = "N", default_value = "1", value_parser = positive)]
    pub(crate) min_present: usize,
    /// Clean runs without which the crash is not absent.
    #[arg(long, value_name = "N", default_value = "1", value_parser = positive)]
    pub(crate) min_absent: usize,
    /// The logs, one a run: files, and directories (walked, sorted).
    #[arg(value_name = "LOG", required = true)]
    pub(crate) logs: Vec<PathBuf>,
}

/// What the crash is, and how a log shows that it was looked for.
#[derive(Debug, Args)]
pub(crate) struct OracleArgs {
    /// The crash that is looked for: a title, a signature, or a file with its log or its report as JSON.
    ///
    /// A title has blanks, a signature is `v1:` and 16 hex digits; anything else is a file, which must exist. Without it, any
    /// crash is the one. Of a log, the first crash counts.
    #[arg(long, value_name = "TITLE|SIGNATURE|FILE")]
    pub(crate) crash: Option<String>,
    /// When a crash is the one that is looked for.
    ///
    /// `near` if not given, with a signature `signature`, without --crash `any`.
    #[arg(long = "match", value_enum, value_name = "HOW")]
    pub(crate) matching: Option<MatchArg>,
    /// A regular expression that a log matches if its test came to the end.
    ///
    /// `^` and `$` are the ends of a line; what stands before the message in the log counts.
    ///
    /// Without it, a log with another crash is untestable, and one without any crash is taken for the log of a test
    /// that came to its end.
    #[arg(long, value_name = "REGEX")]
    pub(crate) require: Option<String>,
    /// A regular expression that a log matches once the kernel is up.
    ///
    /// Crashes before it do not count, and a log without it is untestable.
    #[arg(long, value_name = "REGEX")]
    pub(crate) boot_marker: Option<String>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// How the logs were carried; `auto` finds out.
    #[arg(long, value_name = "TRANSPORT", default_value = "auto", value_parser = crate::args::input_format())]
    pub(crate) input_format: String,
}

/// When two crashes are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatchArg {
    /// Any crash is the one.
    Any,
    /// The same coarse class.
    Class,
    /// The same title, alternative titles counted.
    Title,
    /// The same signature.
    Signature,
    /// The same title, signature or function, or a function of a kindred name.
    Near,
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "a number from 1 is needed".to_owned())
}

/// Print the signature of a kernel: equal for two builds whose code and data are equal.
///
/// It covers what is loaded of a vmlinux. Who built it, when, its build ID and its debug information do not count, so a
/// commit that leaves the signature as it was did not change the kernel.
///
/// Exits with 0, or with 2 if an image could not be read.
#[derive(Debug, Args)]
pub(crate) struct KernelSignatureArgs {
    /// The images: ELF files as the kernel's build leaves them, not compressed.
    #[arg(value_name = "VMLINUX", required = true)]
    pub(crate) images: Vec<PathBuf>,
    /// Print the hash, size and name of every function too.
    ///
    /// The hash is of the bytes as they are linked: a function that calls one which moved has another hash.
    #[arg(long, conflicts_with = "diff")]
    pub(crate) symbols: bool,
    /// Compare two images: print the functions and the data that were changed, added or removed.
    ///
    /// What only moved, or calls what only moved, is not printed.
    #[arg(long)]
    pub(crate) diff: bool,
}
