//! Logs of real crashes against what was really there, written down by hand.
//!
//! The logs are not part of the repository: `KSPLAT_QEMU_LOGS` is a folder that `tests/qemu/run.sh` has filled,
//! `KSPLAT_REAL_OOPSES` one of the same shape, `ARCH/CASE.log`. What must be read from them stands in
//! `tests/oopses/*.tsv`, a line per report, in the order of the log:
//!
//! * title, and the function it blames; `-` for a log without a report, or a report that blames none;
//! * where the crash's registers point: the instruction pointer, behind a comma the link register; `*` is an address
//!   without a name, `-` no dump at all;
//! * the stacks between ` | `, `ROLE: ` before those that are not the crash's own, which stands first: the frames that follow each other on it,
//!   innermost first, among those that the kernel vouches for. `..` stands for any frames, `irq:` and `nmi:` name the
//!   CPU's stack, `?` marks a frame that was only found on the stack.
//!
//! Beyond that a plain scan of the report's lines counts frames and registers: none may be lost or made up.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails loudly"
)]

use ksplat::Report;
use ksplat::report::{Frame, Role, Symbol};
use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Registers of a dump in the middle of a stack, which leaves those of the CPU's state out.
const FEWEST: usize = 18;

const SETS: [(&str, &str); 2] = [("qemu", "KSPLAT_QEMU_LOGS"), ("real", "KSPLAT_REAL_OOPSES")];

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![Trial::test("every case of cases.tsv is expected", every_case)];
    for (set, variable) in SETS {
        let expected = expected(set);
        let Some(folder) = std::env::var_os(variable).map(PathBuf::from) else { continue };
        for ((arch, case), wanted) in expected {
            let path = folder.join(&arch).join(format!("{case}.log"));
            trials.push(Trial::test(format!("{set} {arch} {case}"), move || check(&path, &wanted)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// A line of a table.
#[derive(Clone)]
struct Wanted {
    title: String,
    function: String,
    registers: String,
    stacks: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The reports of each log, by architecture and case.
fn expected(set: &str) -> BTreeMap<(String, String), Vec<Wanted>> {
    let path = root().join(format!("tests/oopses/{set}.tsv"));
    let text = std::fs::read_to_string(&path).expect("the table can be read");
    let mut all: BTreeMap<_, Vec<Wanted>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let [case, arch, title, function, registers, stacks] =
            <[String; 6]>::try_from(cells).expect("a line has six cells");
        all.entry((arch, case)).or_default().push(Wanted { title, function, registers, stacks });
    }
    all
}

/// `tests/qemu/cases.tsv` and the expectations name the same cases.
fn every_case() -> Result<(), Failed> {
    let text = std::fs::read_to_string(root().join("tests/qemu/cases.tsv"))?;
    let mut cases = BTreeSet::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (case, archs) = (cells[0], cells[5]);
        for arch in ["amd64", "arm64"] {
            if archs == "all" || archs == arch {
                cases.insert((arch.to_owned(), case.to_owned()));
            }
        }
    }
    let expected: BTreeSet<_> = expected("qemu").into_keys().collect();
    let differ: Vec<_> = cases.symmetric_difference(&expected).collect();
    if differ.is_empty() { Ok(()) } else { Err(format!("in one table only: {differ:?}").into()) }
}

fn check(path: &Path, wanted: &[Wanted]) -> Result<(), Failed> {
    let log = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let reports: Vec<_> = ksplat::reports(&log).collect();
    let wanted: Vec<_> = wanted.iter().filter(|w| w.title != "-").collect();
    let mut wrong = Vec::new();
    for (report, wanted) in reports.iter().zip(&wanted) {
        let mut differences = differences(report, wanted);
        differences.extend(uncounted(report));
        let title = ksplat::identify(report).title;
        wrong.extend(differences.into_iter().map(|d| format!("line {}, {title}: {d}", report.span.line)));
    }
    if reports.len() != wanted.len() {
        let titles: Vec<_> = reports.iter().map(|r| ksplat::identify(r).title).collect();
        wrong.push(format!("{} reports, not {}: {titles:?}", reports.len(), wanted.len()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// What the report says otherwise than was written down.
fn differences(report: &Report<'_>, wanted: &Wanted) -> Vec<String> {
    let identity = ksplat::identify(report);
    let function = identity.function.as_deref().unwrap_or("-");
    let pairs = [
        ("title", identity.title.as_str(), &wanted.title),
        ("function", function, &wanted.function),
        ("registers", &registers(report), &wanted.registers),
    ];
    let whole = report.crash_registers().is_none_or(|dump| dump.entries.len() >= FEWEST);
    let mut wrong: Vec<String> = pairs
        .into_iter()
        .filter(|(_, got, want)| got != want)
        .map(|(what, got, want)| format!("{what} {got}, not {want}"))
        .collect();
    wrong.extend(stacks(report, &wanted.stacks));
    if !whole {
        wrong.push("registers are missing".to_owned());
    }
    if identity.corrupted && !wanted.title.ends_with(" corrupted") {
        wrong.push(format!("corrupted: {:?}", identity.defects));
    }
    wrong
}

/// `null_read,run_trigger`.
fn registers(report: &Report<'_>) -> String {
    let Some(dump) = report.crash_registers() else { return "-".to_owned() };
    let name = |symbol: &Option<Symbol<'_>>| symbol.as_ref().map(|s| s.name.to_string());
    let ip = name(&dump.ip).unwrap_or_else(|| "*".to_owned());
    name(&dump.link).map_or(ip.clone(), |link| format!("{ip},{link}"))
}

fn stacks(report: &Report<'_>, wanted: &str) -> Vec<String> {
    if wanted == "-" {
        return report.traces.iter().map(|t| format!("a stack of role {}", t.role)).collect();
    }
    let wanted: Vec<(Role, &str)> = wanted
        .split(" | ")
        .map(|stack| match stack.split_once(": ") {
            Some((role, frames)) => (Role::from_name(role).expect("a role"), frames),
            None => (Role::Crash, stack),
        })
        .collect();
    // The crash's own stands first in the table, wherever the log has it.
    let rank = |role: Role| if role == Role::Crash { 0 } else { 1 };
    let mut traces: Vec<_> = report.traces.iter().collect();
    traces.sort_by_key(|t| rank(t.role));
    let mut wrong = Vec::new();
    for (at, (role, frames)) in wanted.iter().enumerate() {
        match traces.get(at) {
            Some(trace) if trace.role == *role && holds(&trace.frames, frames) => {}
            Some(trace) => wrong.push(format!(
                "stack {at} is {}: {}, not {role}: {frames}",
                trace.role,
                shown(&trace.frames, true).join(" ")
            )),
            None => wrong.push(format!("no stack {at} of role {role}")),
        }
    }
    if traces.len() > wanted.len() {
        wrong.push(format!("{} stacks, not {}", traces.len(), wanted.len()));
    }
    wrong
}

/// The frames that have a name, as a table writes them.
fn shown(frames: &[Frame<'_>], all: bool) -> Vec<String> {
    let frames = frames.iter().filter(|f| f.symbol.is_some() && (all || f.reliable));
    frames
        .map(|f| {
            let stack = if f.stack.name() == "task" { String::new() } else { format!("{}:", f.stack) };
            let doubt = if f.reliable { "" } else { "?" };
            format!("{doubt}{stack}{}", f.symbol.as_ref().unwrap().name)
        })
        .collect()
}

/// Whether these frames stand there, runs between `..` without anything between them.
fn holds(frames: &[Frame<'_>], wanted: &str) -> bool {
    let shown = shown(frames, wanted.contains('?'));
    let mut rest = &shown[..];
    wanted.split("..").map(|run| run.split_whitespace().collect::<Vec<_>>()).all(|run| {
        let at = (0..=rest.len().saturating_sub(run.len()))
            .find(|at| rest[*at..].iter().take(run.len()).map(String::as_str).eq(run.iter().copied()));
        at.is_some_and(|at| {
            rest = &rest[at + run.len()..];
            true
        })
    })
}

/// Frames and registers by a plain scan of the lines, against those of the report.
fn uncounted(report: &Report<'_>) -> Vec<String> {
    let lines: Vec<String> = report.lines.iter().map(ToString::to_string).collect();
    let frames = lines.iter().filter(|l| is_frame(l)).count();
    let registers: usize = lines.iter().map(|l| count_registers(l)).sum();
    let read = report.traces.iter().flat_map(|t| &t.frames).filter(|f| f.symbol.is_some()).count();
    let entries: usize = report.registers.iter().map(|d| d.entries.len()).sum();
    let mut wrong = Vec::new();
    if frames != read {
        wrong.push(format!("{read} frames, the lines have {frames}"));
    }
    if registers != entries {
        wrong.push(format!("{entries} registers, the lines have {registers}"));
    }
    wrong
}

/// ` ? null_read+0xc/0x20 [oopser]`.
fn is_frame(line: &str) -> bool {
    let mut words = line.split_whitespace().filter(|w| *w != "?").peekable();
    let Some((name, offset)) = words.next().and_then(|w| w.split_once("+0x")) else { return false };
    let hex = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_hexdigit());
    let offset = offset.split_once("/0x").is_some_and(|(offset, size)| hex(offset) && hex(size));
    let name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b));
    line.starts_with(' ') && name && offset && words.all(|w| w.starts_with('[') && w.ends_with(']'))
}

/// How many values a line of x86's or arm64's dump has.
fn count_registers(line: &str) -> usize {
    const X86: [&str; 20] = [
        "RIP", "RSP", "EFLAGS", "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "FS", "GS", "knlGS", "CS",
        "DS", "ES", "CR0", "CR3", "CR4", "PKRU",
    ];
    let is_x86 = |name: &str| {
        X86.contains(&name)
            || (name == "CR2" && line.contains("CR3:"))
            || name == "ORIG_RAX"
            || name.strip_prefix('R').is_some_and(|n| n.len() == 2 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let is_arm64 = |name: &str| {
        ["pc", "lr", "sp", "pstate"].contains(&name)
            || name.strip_prefix('x').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let first = line.trim_start().split([':', ' ']).next().unwrap_or_default();
    if !is_x86(first) && !is_arm64(first) {
        return 0;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let named = |at: usize, word: &str| {
        let name = word.split(':').next().unwrap_or_default();
        let colon = word.contains(':') || words.get(at + 1) == Some(&":");
        colon && (is_x86(name) || is_arm64(name))
    };
    words.iter().enumerate().filter(|(at, word)| named(*at, word)).count()
}
