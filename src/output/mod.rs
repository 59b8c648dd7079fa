//! What is written about reports, groups and bisections: one file per format.
//!
//! Everything here turns data into text and does no I/O.

pub mod bisect;
#[cfg(feature = "json")]
pub mod json;
pub mod text;
