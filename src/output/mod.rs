//! What is written about reports and groups: one file per format.
//!
//! Everything here turns data into text and does no I/O.

#[cfg(feature = "json")]
pub mod json;
mod summary;
pub mod text;

pub use summary::{Row, Summary};
