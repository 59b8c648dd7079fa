//! Frames → source lines, from vmlinux, modules and their DWARF.
//!
//! ```text
//! report ─► symbolizer ─► object ─► symbols          name, size → address; address → name
//!                │           │         (picked: of some names; table: all)
//!                │           ├────► dwarf            address → line, inlined functions
//!            debuginfo       └────► index            both, laid out to be looked up
//!         (which file?)   elf, relocation: the bytes that the three above ask for
//! ```
//!
//! [`Symbolizer`] is the way in: [`Symbolizer::report`] fills a report, [`Symbolizer::symbol`] and
//! [`Symbolizer::address`] answer single questions. It sees [`crate::report`] and no log; logs as text are
//! [`crate::filter`]'s. How lines, files and names are chosen is told in [`crate::doc::symbolize`].
//!
//! [`kernel_signature`] says whether two kernels are the same.
//!
//! Files are not trusted. Lengths are checked before memory is taken, nothing recurses, every list is bounded, and
//! what is broken costs its answer only.

mod address;
mod build_id;
mod debuginfo;
mod dwarf;
mod elf;
mod index;
mod kaslr;
pub mod kernel_signature;
mod path;
mod picked;
mod relocation;
mod report;
mod search;
mod symbolizer;
mod symbols;
mod table;

pub use address::{CodeAddress, KaslrOffset, LinkAddress, Position};
pub use build_id::BuildId;
pub use index::cache_folder;
pub use kaslr::Evidence;
pub use symbolizer::{Settings, Symbolizer, write_index};
mod object;
pub use object::{Answer, SourceFrame, Unknown};
