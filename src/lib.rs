//! ksplat reads Linux kernel logs, finds every crash report ("splat") in them, and gives each a title and a
//! signature that stay the same for the same bug.
//!
//! ```
//! let log = b"[   12.000001] BUG: kernel NULL pointer dereference, address: 0000000000000010\n\
//!             [   12.000002] RIP: 0010:ring_poll.isra.0+0x1a/0x90 [ring]\n\
//!             [   12.000003] Call Trace:\n\
//!             [   12.000004]  ring_ioctl+0x44/0xa0 [ring]\n";
//! let report = ksplat::reports(log).next().unwrap();
//! assert_eq!(report.kind.name(), "fault/null-deref");
//! assert_eq!(report.fault.address, Some(0x10));
//!
//! let identity = ksplat::identify(&report);
//! assert_eq!(identity.title, "BUG: unable to handle kernel NULL pointer dereference in ring_poll");
//! assert_eq!(identity.signature.canonical(), ["fault/access", "ring_poll"]);
//! ```
//!
//! # The way of a log
//!
//! ```text
//! log bytes ─► log ─► splat ─► report ─► dedup ─► output
//!             lines   extent   typed     title, signature, groups
//! ```
//!
//! * [`reports`] iterates over the reports of bytes in memory; a [`Report`] borrows from them. [`Stream`] takes a log
//!   piece by piece. [`Log`] says how a log was carried ([`Transport`]) or is told.
//! * Parsing never fails: a report that is damaged says so in [`Report::defects`]. [`Error`] is for files and saved
//!   groups.
//! * [`identify`] names a report; [`dedup::Groups`] puts reports of one [`Signature`] together,
//!   [`dedup::Baseline`] knows those that are known, and [`dedup::Naming`] names by rules of one's own and explains.
//! * `symbolize::Symbolizer` gives frames their source lines; `filter` does so in the text of a log.
//! * [`bisect`] reads bisection logs, says whether to believe them, and answers `git bisect run`.
//! * [`owners`] knows whose code it is.
//! * [`output`] prints: for a person, for CI systems, and as JSON that can be read back. [`input`] walks folders,
//!   decompresses, and cuts streams of logs into rows.
//!
//! # Features
//!
//! Without any, the crate parses and names. `json` adds the wire forms, `ci` HTML, JUnit and KCIDB, `owners` the
//! kernel's MAINTAINERS, `compress` gzip, xz and zstd, `cli` the program. `symbolize`, the default, adds source lines and
//! signatures of kernel images, `disasm` the instructions of `Code:` lines.
//!
//! # Chapters
//!
//! [`doc::architecture`], [`doc::formats`], [`doc::adding_a_family`], [`doc::signature`], [`doc::ci`],
//! [`doc::bisect`], [`doc::scaling`], [`doc::security`], `doc::symbolize`.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod bisect;
mod block;
mod bytes;
mod decompress;
pub mod dedup;
#[cfg(feature = "disasm")]
pub mod disasm;
mod error;
mod family;
#[cfg(feature = "symbolize")]
pub mod filter;
pub mod input;
mod limits;
pub mod log;
pub mod output;
pub mod owners;
mod parse;
mod printk;
pub mod report;
mod splat;
mod stream;
#[cfg(feature = "symbolize")]
pub mod symbolize;

/// The long chapters.
pub mod doc {
    #[doc = include_str!("doc/adding_a_family.md")]
    pub mod adding_a_family {}
    #[doc = include_str!("doc/architecture.md")]
    pub mod architecture {}
    #[doc = include_str!("doc/ci.md")]
    pub mod ci {}
    #[doc = include_str!("doc/bisect.md")]
    pub mod bisect {}
    #[doc = include_str!("doc/formats.md")]
    pub mod formats {}
    #[doc = include_str!("doc/scaling.md")]
    pub mod scaling {}
    #[doc = include_str!("doc/security.md")]
    pub mod security {}
    #[doc = include_str!("doc/signature.md")]
    pub mod signature {}
    #[cfg(feature = "symbolize")]
    #[doc = include_str!("doc/symbolize.md")]
    pub mod symbolize {}
    #[doc = include_str!("../README.md")]
    #[cfg(doctest)]
    pub mod readme {}
}

pub use dedup::{Identity, Signature, identify};
pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
pub use log::{Line, Log, Transport};
pub use parse::{KindRow, formats, kind, kinds};
pub use report::{Report, Text};
pub use stream::{Reports, Stream, reports};
