//! The wire types of a report, member by member in the order in which they are written.
//!
//! Absent is `null`, an empty list is `[]`: every member is always written. Reading is lenient: a missing member is
//! taken as absent and an unknown one is passed over, so that old and new versions read each other's reports.

use super::{Fields, Owners};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One report: a line of `ksplat scan --format ndjson`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Report {
    /// `ksplat.report/1`.
    pub schema: String,
    /// Where the report was found.
    pub source: Source,
    /// The title in syzbot's words.
    pub title: String,
    /// Titles under which other detectors report the same bug.
    pub alt_titles: Vec<String>,
    /// `family/row` of the table of kinds.
    pub kind: String,
    /// The coarse class, of a closed list.
    pub class: String,
    /// syzbot's word for the type; empty where it has none.
    #[serde(rename = "type")]
    pub crash_type: String,
    /// The guilty function, without compiler suffixes.
    pub function: Option<String>,
    /// Source file of the guilty frame, where the text is symbolized.
    pub file: Option<String>,
    /// `v1:` and 16 hex digits: equal for reports of one bug.
    pub signature: String,
    /// The lines whose newline-joined bytes were hashed into the signature.
    pub canonical: Vec<String>,
    /// Why the report is damaged.
    pub defects: Vec<Defect>,
    /// Whether title and signature are not to be trusted.
    pub corrupted: bool,
    /// Seconds since boot, where the log says them.
    pub time: Option<f64>,
    /// Who called printk: `T81` a task, `C0` a CPU.
    pub caller: Option<String>,
    /// The kernel that crashed.
    pub kernel: Kernel,
    /// The task that was running.
    pub task: Task,
    /// Every stack, in the order of the log.
    pub traces: Vec<Trace>,
    /// The registers of the crash, by name, in the order of print.
    pub registers: Fields<Register>,
    /// The machine code around the instruction pointer.
    pub code: Option<Code>,
    /// `Modules linked in:`, by name.
    pub modules: Vec<String>,
    /// Run-time minus link-time address of the kernel, where a panic printed it: `0x…`.
    pub kaslr_offset: Option<String>,
    /// What the kind's formats captured from the text.
    pub captures: Fields<String>,
    /// Identifiers and path parts of the text, sorted: what similar reports have in common.
    pub terms: Vec<String>,
    /// What is known of the bad access.
    pub fault: Fault,
    /// Locks named as held.
    pub locks_held: Vec<Lock>,
    /// Where the crash's instruction pointer stood.
    pub instruction_pointer: Option<Place>,
    /// Where the crash's link register points.
    pub link_register: Option<Place>,
    /// Register dumps other than the crash's.
    pub other_registers: Vec<Dump>,
    /// `Code:` lines other than the first.
    pub other_code: Vec<Code>,
    /// What is known of some modules besides their names, in the order of `modules`.
    pub module_details: Vec<Module>,
    /// The lines of the report without their printk prefixes.
    pub lines: Vec<String>,
    /// Index in `lines` of the header.
    pub header: usize,
    /// Who looks after the file to blame.
    pub owners: Option<Owners>,
}

/// Where a report was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Source {
    /// The log's path; `-` is standard input.
    pub path: String,
    /// Bytes from the start of the log to the report's first line.
    pub offset: usize,
    /// Bytes from there to the end of its last line.
    pub length: usize,
    /// Number of the first line, from 1.
    pub line: usize,
}

/// One thing that is wrong with a report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Defect {
    /// The kind of damage.
    pub code: String,
    /// The particulars.
    pub text: String,
}

/// The kernel that crashed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Kernel {
    /// `uname -r`.
    pub release: Option<String>,
    /// Build number with its `#` and what follows.
    pub build: Option<String>,
    /// Architecture, where the log gives it away.
    pub arch: Option<String>,
    /// `Hardware name:`.
    pub hardware: Option<String>,
    /// Taint letters, `G` (which says that there is no `P`) left out; `[]` not tainted, `null` unknown.
    pub taint: Option<Vec<String>>,
    /// The same in the kernel's words: `OOT_MODULE`, `WARN`, …
    pub taint_names: Vec<String>,
    /// The build ID of vmlinux.
    pub build_id: Option<String>,
}

/// The task that was running.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Task {
    /// CPU number.
    pub cpu: Option<u32>,
    /// Process ID.
    pub pid: Option<u32>,
    /// User ID.
    pub uid: Option<u32>,
    /// Command name.
    pub comm: Option<String>,
    /// Workqueue and work function.
    pub workqueue: Option<String>,
}

/// One stack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Trace {
    /// What the stack is of: `crash`, `allocated`, `freed`, …
    pub role: String,
    /// The PID that the line above the stack names.
    pub task: Option<u32>,
    /// The frames, innermost first.
    pub frames: Vec<Frame>,
    /// What the line above the stack says besides the role.
    pub label: Option<String>,
    /// Number of the register dump that stands right before the stack, from 0 in the order of the log.
    pub dump: Option<usize>,
    /// Exceptions and interrupts taken on this stack.
    pub interrupts: Vec<Interrupt>,
}

/// An exception or interrupt taken on a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Interrupt {
    /// Index of the frame before which it stands.
    pub frame: usize,
    /// Number of its register dump, from 0 in the order of the log.
    pub dump: usize,
}

/// One line of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Frame {
    /// The symbol as printed.
    pub function: Option<String>,
    /// Bytes from the start of the function.
    pub offset: Option<u64>,
    /// Bytes to the next symbol.
    pub size: Option<u64>,
    /// The module; `null` for the kernel itself.
    pub module: Option<String>,
    /// The module's build ID.
    pub build_id: Option<String>,
    /// The run-time return address, `0x…`.
    pub address: Option<String>,
    /// `false` for a word found on the stack but not by unwinding.
    pub reliable: bool,
    /// Whether a symbolizer added it for an inlined function.
    pub inlined: bool,
    /// Source file.
    pub file: Option<String>,
    /// Line in `file`, from 1.
    pub line: Option<u32>,
    /// The CPU's stack it stands on: `task`, `irq`, `softirq`, `nmi`, `exception`.
    pub stack: String,
}

/// One register. A number has a `value`; what is not only a number has its `text`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Register {
    /// As printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The number, `0x…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A place in the code that a register points to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Place {
    /// The symbol as printed.
    pub function: Option<String>,
    /// Bytes from the start of the function.
    pub offset: Option<u64>,
    /// Bytes to the next symbol.
    pub size: Option<u64>,
    /// The module; `null` for the kernel itself.
    pub module: Option<String>,
    /// The module's build ID.
    pub build_id: Option<String>,
    /// The run-time address, `0x…`.
    pub address: Option<String>,
    /// Source file.
    pub file: Option<String>,
    /// Line in `file`, from 1.
    pub line: Option<u32>,
    /// The functions inlined there, innermost first.
    pub inlined: Vec<Frame>,
}

/// A register dump that is not the crash's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Dump {
    /// Its number, from 0 in the order of the log; the crash's own dump has the number that is missing.
    pub dump: usize,
    /// Whether user code was running.
    pub user: bool,
    /// The registers.
    pub registers: Fields<Register>,
    /// Where the instruction pointer stood.
    pub instruction_pointer: Option<Place>,
    /// Where the link register points.
    pub link_register: Option<Place>,
}

/// Machine code around an instruction pointer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Code {
    /// The units as printed, in hex: bytes on x86, instruction words elsewhere.
    pub bytes: String,
    /// Index of the unit at which the instruction pointer stood.
    pub at: Option<usize>,
    /// The instructions, where they were decoded.
    pub disassembly: Option<Vec<String>>,
}

/// A module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its taint letters and load state.
    pub taint: Option<String>,
    /// Its build ID.
    pub build_id: Option<String>,
}

/// A bad access to memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Fault {
    /// The address that was accessed, run-time, `0x…`.
    pub address: Option<String>,
    /// `Read`, `Write`, … as printed.
    pub access: Option<String>,
    /// Bytes accessed.
    pub size: Option<u64>,
    /// The hardware's error code as printed.
    pub error_code: Option<String>,
    /// The page-table walk as printed.
    pub walk: Option<String>,
    /// The slab cache of the object.
    pub cache: Option<String>,
    /// Bytes of the object.
    pub object_size: Option<u64>,
    /// The address the object starts at, `0x…`.
    pub object: Option<String>,
    /// Lines of the shadow memory dump.
    pub shadow: Vec<String>,
}

/// A lock that was held.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Lock {
    /// The lock class.
    pub name: String,
    /// lockdep's usage letters.
    pub usage: Option<String>,
    /// Where it was taken.
    pub at: Option<Place>,
    /// Whether it is held; the lock being acquired is not.
    pub held: bool,
}
