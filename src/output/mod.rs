//! What is written about reports, groups and bisections: one file per format.
//!
//! Everything here turns data into text and does no I/O. Whatever came from a log is escaped as the format asks, and
//! control characters are shown, not sent: whoever prints any of this to a terminal is safe.

pub mod bisect;
mod clean;
pub mod github;
#[cfg(feature = "ci")]
pub mod html;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "ci")]
pub mod junit;
#[cfg(feature = "ci")]
pub mod kcidb;
pub mod ktap;
pub mod markdown;
mod summary;
pub mod text;

pub use clean::Clean;
pub use summary::{Row, Summary};
