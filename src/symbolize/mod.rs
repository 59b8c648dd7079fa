//! Frames → source lines.

mod address;
mod build_id;
mod debuginfo;
mod dwarf;
mod elf;
mod index;
mod kaslr;
mod path;
mod relocation;
mod report;
mod symbolizer;
mod table;

pub use address::{CodeAddress, KaslrOffset, LinkAddress, Position};
pub use build_id::BuildId;
pub use index::cache_folder;
pub use kaslr::Evidence;
pub use symbolizer::{Settings, Symbolizer, write_index};
mod object;
pub use object::{Answer, SourceFrame, Unknown};
