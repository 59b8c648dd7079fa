//! The command line. The doc comments are the manual: `--help`, `ksplat man` and the completions are made of them.

use crate::bisect_args::{BisectArgs, CheckArgs, KernelSignatureArgs, VerdictArgs};
use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use ksplat::Transport;
use ksplat::dedup::near::Threshold;
use ksplat::input::Settings;
use ksplat::output::kcidb::Submission;
use std::num::NonZero;
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
    Explain(ExplainArgs),
    Near(NearArgs),
    Bisect(BisectArgs),
    Check(CheckArgs),
    Verdict(VerdictArgs),
    KernelSignature(KernelSignatureArgs),
    Symbolize(SymbolizeArgs),
    Sig(SigArgs),
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
    ///
    /// The formats of CI systems (junit, kcidb, github, ktap) say each group once, as `group` prints it.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) files: Files,
    /// Exit with 0 although reports were found.
    #[arg(long)]
    pub(crate) exit_zero: bool,
    #[command(flatten)]
    pub(crate) kcidb: Kcidb,
    /// Read on as the log grows, and print each report once it is complete.
    ///
    /// A report is complete when other lines or a pause end it. A file is followed until the program is stopped, a
    /// pipe to its end. Takes one PATH.
    #[arg(short, long)]
    pub(crate) follow: bool,
}

/// Group the crash reports by signature.
///
/// Exits with 0 if there is no report (with --known: no new one), 1 if there is one, 2 if a log or a saved file could
/// not be read or written.
#[derive(Debug, Args)]
pub(crate) struct GroupArgs {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// Tell new groups from those that FILE knows; only new ones are an alarm.
    ///
    /// FILE is NDJSON, one bug a line, as --update-known writes it. Notes and links that were added to a line are
    /// printed with the group. Can be given several times.
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub(crate) known: Vec<PathBuf>,
    /// Add the groups to FILE, or make it: sorted by signature, and never left half written.
    ///
    /// What FILE and the files of --known say of a bug is kept; the same update again changes nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) update_known: Option<PathBuf>,
    /// Join groups that were saved with --format json or ndjson; no log is read unless a PATH is given before.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) merge: Vec<PathBuf>,
    /// How to print the groups.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Exit with 0 although reports were found.
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Also join groups that are probably of one bug, and say why.
    ///
    /// Groups of one cluster have one number in `cluster`; `near` lists which of them are alike and what they share.
    #[arg(long)]
    pub(crate) near: bool,
    /// How alike groups must be to be joined: `strict` joins little and errs in one join of three, `balanced` finds
    /// about half of what belongs together and errs in two of five; or a number from 0 to 1.
    #[arg(long, value_name = "THRESHOLD", default_value = "strict", requires = "near")]
    pub(crate) near_threshold: Threshold,
    #[command(flatten)]
    pub(crate) kcidb: Kcidb,
}

/// Say why reports have their titles and signatures.
///
/// For each report: the row of the table of kinds with the kernel's own format, where the function to blame was looked
/// for, each frame that was passed over with the reason, and the lines that were hashed. Exits with 0 if there is no
/// report, 1 if there is one, 2 if a log could not be read.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// Only the reports with this signature.
    #[arg(long, value_name = "SIGNATURE")]
    pub(crate) signature: Option<String>,
    /// How to print the explanations.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Find the reports of a collection that are probably of the same bug.
///
/// For each report of PATH, prints the most similar of --against with a score and what they have in common. Exits with
/// 0 if nothing is near, 1 if something is, 2 if something could not be read.
#[derive(Debug, Args)]
pub(crate) struct NearArgs {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// The collection: logs, directories of logs, groups or reports that were saved as JSON, files of known groups, or
    /// an index. Can be given several times. The report itself is left out.
    #[arg(long, value_name = "PATH", required = true)]
    pub(crate) against: Vec<PathBuf>,
    /// How many reports to print at most, of each.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    /// Print no report with a lower score than this, from 0 to 1.
    #[arg(long, value_name = "SCORE", default_value_t = 0.02)]
    pub(crate) min_score: f64,
    /// Write the collection to FILE as an index, which --against reads at once. Without any PATH, only do so.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_index: Option<PathBuf>,
    /// How to print the reports.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Answer a stream of logs, a row each, with their signatures: the way to run on engines that scale.
///
/// Each row gets exactly one answer, in order, and all that have come are answered before more are waited for. A row
/// that cannot be read is answered with its error and never ends the run. Exits with 0, or with 2 if the stream itself
/// could not be read to its end.
#[derive(Debug, Args)]
pub(crate) struct SigArgs {
    /// How logs stand in rows, and answers.
    #[arg(long, value_enum, value_name = "FORMAT", required = true)]
    pub(crate) stream: RowFormat,
    /// A line with the count of its rows stands before each chunk, as ClickHouse writes it (send_chunk_header).
    #[arg(long)]
    pub(crate) chunked: bool,
    /// The rows: a file, or `-` for standard input, which is also read without any PATH.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// How each log was carried; `auto` finds out.
    #[arg(long, value_name = "TRANSPORT", default_value = "auto", value_parser = input_format())]
    pub(crate) input_format: String,
    /// Most bytes of a row; a longer one is passed over, and answered with an error.
    #[arg(long, value_name = "BYTES", default_value_t = ksplat::input::MAX_ROW)]
    pub(crate) max_size: usize,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}

/// Formats of row streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// A row is a log, escaped as in ClickHouse's TabSeparated; so is the answer, `{"reports":[…]}`.
    Tsv,
    /// A row is `{"id":…,"log":"…"}`; the answer is `{"id":…,"reports":[…]}`.
    Jsonl,
}

impl SigArgs {
    /// How the logs were carried; `None` finds out.
    pub(crate) fn transport(&self) -> Option<Transport> {
        transport(&self.input_format)
    }
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
    /// Let debuginfod-find fetch debug information that is not found.
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
    /// Of which output: `report` is one of `scan`, `groups` what `group` prints, `known` a line of what
    /// `group --update-known` writes, `explanation` one of `explain`, `near` one of `near`,
    /// `bisect` what `bisect` prints, `answer` a line of what `sig --stream` writes.
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
    /// A line of a known file.
    Known,
    /// `ksplat.explanation/1`.
    Explanation,
    /// `ksplat.near/1`.
    Near,
    /// `ksplat.bisect/1`.
    Bisect,
    /// A line of what `sig --stream` writes.
    Answer,
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
    /// Write all pages into DIR, `ksplat.1` and one for each verb, as packages need them.
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub(crate) dir: Option<PathBuf>,
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

/// Output formats of reports and groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// One JSON value.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// For mail, merge requests and job summaries.
    Markdown,
    /// A page that needs nothing else.
    Html,
    /// JUnit XML: a test case a group.
    Junit,
    /// KCIDB 5.3: an issue a group, an incident a report.
    Kcidb,
    /// Annotations of GitHub Actions, and Markdown appended to $GITHUB_STEP_SUMMARY.
    Github,
    /// KTAP version 1: a test a group.
    Ktap,
}

/// What `--format kcidb` refers to.
#[derive(Debug, Args)]
pub(crate) struct Kcidb {
    /// The CI system that submits.
    #[arg(long, help_heading = "KCIDB", value_name = "NAME", default_value = "ksplat", value_parser = kcidb_origin)]
    pub(crate) kcidb_origin: String,
    /// The KCIDB ID of the build that crashed.
    #[arg(long, help_heading = "KCIDB", value_name = "ID", value_parser = kcidb_id)]
    pub(crate) kcidb_build: Option<String>,
    /// The KCIDB ID of the test run that crashed.
    #[arg(long, help_heading = "KCIDB", value_name = "ID", value_parser = kcidb_id)]
    pub(crate) kcidb_test: Option<String>,
}

impl Kcidb {
    /// Who submits what.
    pub(crate) fn submission(&self) -> Submission<'_> {
        Submission {
            origin: &self.kcidb_origin,
            build: self.kcidb_build.as_deref(),
            test: self.kcidb_test.as_deref(),
        }
    }
}

impl Format {
    /// What stands before an item that so many others precede.
    pub(crate) const fn lead(self, before: usize) -> &'static [u8] {
        match (self, before) {
            (Self::Ndjson, _) | (Self::Text, 0) => b"",
            (Self::Text, _) => b"\n",
            (Self::Json, 0) => b"[\n",
            (Self::Json, _) => b",\n",
        }
    }

    /// What stands behind the last of so many items.
    pub(crate) const fn end(self, count: usize) -> &'static [u8] {
        match (self, count) {
            (Self::Json, 0) => b"[]\n",
            (Self::Json, _) => b"\n]\n",
            _ => b"",
        }
    }
}

fn kcidb_origin(text: &str) -> Result<String, &'static str> {
    let fits = Submission::is_origin(text);
    if fits { Ok(text.to_owned()) } else { Err("a name of lower-case letters, digits and `_` is needed") }
}

fn kcidb_id(text: &str) -> Result<String, &'static str> {
    let fits = Submission::is_id(text);
    if fits { Ok(text.to_owned()) } else { Err("an ID is ORIGIN:REST") }
}

/// The logs to read.
#[derive(Debug, Clone, Args)]
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
    /// How many threads read: several logs at a time, or one long one; all that there are if not said.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZero<usize>>,
    /// Most bytes that a compressed log may grow to for each of its own, above 64 MiB.
    #[arg(long, value_name = "TIMES", default_value_t = ksplat::input::MAX_GROWTH)]
    pub(crate) max_growth: u64,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
}

/// How reports are judged.
#[derive(Debug, Clone, Args)]
pub(crate) struct RuleArgs {
    /// Leave out the reports that FILE calls noise; they are counted on standard error, and shown with -v.
    ///
    /// A line a rule: `kind`, `title`, `function` or `signature`, a pattern in which `*` stands for any text, and the
    /// reason behind ` # `, as in `title WARNING in ring_*  # flaky hardware`. Can be given several times.
    #[arg(long, help_heading = "Judgement", value_name = "FILE", action = ArgAction::Append)]
    pub(crate) ignore: Vec<PathBuf>,
    /// Never blame the functions that FILE names, besides those that ksplat knows as helpers.
    ///
    /// A pattern a line, and behind ` # ` the reason. Signatures are marked by the file's name without its ending
    /// (`v1+NAME:…`), so that they never mix with plain ones.
    #[arg(long, help_heading = "Judgement", value_name = "FILE")]
    pub(crate) skip: Option<PathBuf>,
    /// Say whose code crashed, by the kernel's MAINTAINERS: subsystem, people and lists of the file to blame.
    ///
    /// The file is known where the text is symbolized or the header names it. Keywords (K:) do not count: what the file
    /// contains is not at hand.
    #[arg(long, help_heading = "Judgement", value_name = "FILE")]
    pub(crate) maintainers: Option<PathBuf>,
}

impl Paths {
    /// How the logs are to be read.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        settings.transport = transport(&self.input_format);
        settings.max_size = self.max_size;
        settings.threads = self.threads.unwrap_or_else(all_threads);
        settings.max_growth = self.max_growth;
        settings
    }
}

/// As many threads as run at once.
fn all_threads() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// The transport that an option names; `None` for `auto`.
fn transport(name: &str) -> Option<Transport> {
    Transport::ALL.iter().copied().find(|t| t.name() == name)
}

pub(crate) fn input_format() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Transport::ALL.iter().map(|t| t.name())))
}
