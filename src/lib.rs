//! ksplat reads Linux kernel logs, finds every crash report in them, and gives each a title and a signature.

#![forbid(unsafe_code)]

mod block;
mod bytes;
pub mod dedup;
mod error;
mod family;
pub mod input;
pub mod log;
pub mod output;
mod parse;
mod printk;
pub mod report;
mod splat;
mod stream;

pub use dedup::{Identity, Signature, identify};
pub use error::{Error, ErrorKind, Result};
pub use log::{Line, Log, Transport};
pub use parse::{KindRow, kind, kinds};
pub use report::{Report, Text};
pub use stream::{Reports, Stream, reports};
