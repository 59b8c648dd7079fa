//! The command line. The doc comments are the manual: `--help`, `ksplat man` and the completions are made of them.

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use ksplat::Transport;
use ksplat::input::Settings;
use std::path::PathBuf;

/// Finds the crash reports in Linux kernel logs, names them and groups them.
#[derive(Debug, Parser)]
#[command(name = "ksplat", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Options of every verb.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to colour text.
    ///
    /// `auto` colours on a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// Say on standard error what is read and found.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Scan(ScanArgs),
    Group(GroupArgs),
    Symbolize(SymbolizeArgs),
    Index(IndexArgs),
    Kinds(KindsArgs),
    Schema(SchemaArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Find and print every crash report.
///
/// Exits with 0 if there is none, 1 if there is one, 2 if a log could not be read.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// How to print the reports.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) files: Files,
    /// Exit with 0 although reports were found.
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Read on as the log grows, and print each report once it is complete.
    ///
    /// A report is complete when other lines or a pause end it. A file is followed until the program is stopped, a
    /// pipe to its end. Takes one PATH.
    #[arg(short, long)]
    pub(crate) follow: bool,
}

/// Group the crash reports by signature.
///
/// Exits with 0 if there is no report, 1 if there is one, 2 if a log could not be read.
#[derive(Debug, Args)]
pub(crate) struct GroupArgs {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// How to print the groups.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Exit with 0 although reports were found.
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

/// Print logs with their source lines, as scripts/decode_stacktrace.sh does.
///
/// Every line of the log is printed again. Behind a symbol stands its source file and line, before a frame a line for
/// each function that is inlined there. Say which kernel with --vmlinux or -r.
///
/// Exits with 2 if a log or a file cannot be read or is of another kernel than the log says, else with 0.
#[derive(Debug, Args)]
pub(crate) struct SymbolizeArgs {
    /// Logs: files, directories (walked, sorted), or `-` for standard input, which is also read without any PATH.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) files: Files,
    /// Print standard input line by line as it comes.
    ///
    /// What the log says only later, as the kernel offset at the end of a panic, is not known then.
    #[arg(short, long, conflicts_with = "paths")]
    pub(crate) follow: bool,
}

/// The files that have source lines.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source lines")]
pub(crate) struct Files {
    /// The kernel with its debug information.
    #[arg(long, value_name = "FILE")]
    pub(crate) vmlinux: Option<PathBuf>,
    /// Names for raw addresses, from System.map or a copy of /proc/kallsyms, where there is no vmlinux.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vmlinux", "release"])]
    pub(crate) symbols: Option<PathBuf>,
    /// Where modules are, instead of the usual places; can be given again.
    #[arg(long, value_name = "DIR")]
    pub(crate) modules: Vec<PathBuf>,
    /// Look for vmlinux and modules of this release in the usual places; -v says where.
    #[arg(short, long, value_name = "RELEASE")]
    pub(crate) release: Option<String>,
    /// Where indices are that `ksplat index` wrote, instead of the user's cache folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) index: Option<PathBuf>,
    /// Use files although they are of another build than the log says.
    #[arg(long)]
    pub(crate) force: bool,
    /// Let debuginfod-find fetch modules that are not found.
    #[arg(long)]
    pub(crate) debuginfod: bool,
    /// How far the kernel was moved (KASLR), in hex, where the log does not say it.
    #[arg(long, value_name = "HEX", value_parser = hex)]
    pub(crate) kaslr_offset: Option<u64>,
}

impl Files {
    /// Whether source lines are wanted.
    pub(crate) const fn are_given(&self) -> bool {
        self.vmlinux.is_some() || self.release.is_some() || self.symbols.is_some()
    }
}

/// Write indices of a kernel and its modules, by which source lines are found much faster.
///
/// An index is named after the build ID of its file, found by itself, and used for a file with that build ID only. It
/// is worth its while for services that symbolize all day. Prints the paths of the indices.
#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// vmlinux and modules with debug information; of directories, all modules in them.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Where to write, instead of the user's cache folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) index: Option<PathBuf>,
}

fn hex(digits: &str) -> Result<u64, std::num::ParseIntError> {
    u64::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16)
}

/// List the kinds of crash that this version knows.
#[derive(Debug, Args)]
pub(crate) struct KindsArgs {
    /// How to print the kinds.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Print the JSON Schema of an output.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Of which output: `report` is one of `scan`, `groups` what `group` prints.
    #[arg(value_enum, value_name = "OUTPUT")]
    pub(crate) output: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `ksplat.report/1`.
    Report,
    /// `ksplat.groups/1`.
    Groups,
}

/// Print completions for a shell, to be put where it looks for them.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Print the manual page of the program or of a verb, as roff.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The verb; without it, the program.
    #[arg(value_name = "VERB")]
    pub(crate) verb: Option<String>,
}

/// Output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON value.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// The logs to read.
#[derive(Debug, Args)]
pub(crate) struct Paths {
    /// Logs: files, directories (walked, sorted), or `-` for standard input, which is also read without any PATH.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How the logs were carried; `auto` finds out, and says why with -v.
    #[arg(long, value_name = "TRANSPORT", default_value = "auto", value_parser = input_format())]
    pub(crate) input_format: String,
    /// Most bytes that a compressed log may grow to.
    #[arg(long, value_name = "BYTES", default_value_t = ksplat::input::MAX_SIZE)]
    pub(crate) max_size: u64,
}

impl Paths {
    /// How the logs are to be read.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.transport = Transport::ALL.iter().copied().find(|t| t.name() == self.input_format);
        settings.max_size = self.max_size;
        settings
    }
}

fn input_format() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Transport::ALL.iter().map(|t| t.name())))
}
