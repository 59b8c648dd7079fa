//! Reports and groups as JSON, out and back in.
//!
//! These types own their data and are what `ksplat scan`, `group` and `bisect` write; their members are fixed by the
//! version in the schema's name, and only added to. JSON is UTF-8 and logs need not be: bytes that are not UTF-8
//! become U+FFFD, so a report that comes back from JSON equals the one that went in only if its text was UTF-8.
//!
//! ```
//! use ksplat::output::json::Report;
//! let log = b"BUG: KASAN: use-after-free in foo+0x1/0x2\nRead of size 8 at addr ffff8880 by task a/1\n";
//! let report = ksplat::reports(log).next().unwrap();
//! let identity = ksplat::identify(&report);
//! let json = serde_json::to_vec(&Report::new("boot.log", &report, &identity)).unwrap();
//! let read = Report::from_json(&json, "saved.json").unwrap();
//! assert_eq!(ksplat::identify(&read.to_report()), identity);
//! ```

pub mod bisect;
mod explanation;
mod fields;
mod groups;
mod known;
mod lines;
mod near;
mod owners;
mod read;
mod report;
mod row;
mod safe;
mod saved;
mod schema;
mod time;
mod write;

pub use bisect::Bisect;
pub use explanation::{Explanation, Search, Step};
pub use fields::Fields;
pub use groups::{Exemplar, Group, Groups, Member, Near};
pub use known::{Known, Sighting, known_file, to_known_file};
pub use near::{NEAR_SCHEMA, Neighbour, Neighbours, Queried, saved_profiles};
pub use owners::{List, Owners, Person, Subsystem};
pub use report::{
    Code, Defect, Dump, Fault, Frame, Interrupt, Kernel, Lock, Module, Place, Register, Report, Source, Task,
    Trace,
};
pub use row::{Answer, Named, Record};
pub use safe::write;
pub use saved::saved_groups;
pub use schema::{Output, schema};

/// What [`Report::schema`] says.
pub const REPORT_SCHEMA: &str = "ksplat.report/1";

/// What [`Explanation::schema`] says.
pub const EXPLANATION_SCHEMA: &str = "ksplat.explanation/1";

/// What [`Groups::schema`] says.
pub const GROUPS_SCHEMA: &str = "ksplat.groups/1";

/// What [`Bisect::schema`] says.
pub const BISECT_SCHEMA: &str = "ksplat.bisect/1";
