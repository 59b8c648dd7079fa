//! Why a report is damaged.

use super::named::named;

/// One thing that is wrong with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// What kind of damage.
    pub code: DefectCode,
    /// The particulars, for a person.
    pub text: String,
}

named! {
    /// The kinds of damage.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum DefectCode {
        /// The title needs a function and no stack, register or header names one.
        NoFrames = "no-frames",
        /// A stack is announced, and no frame follows.
        EmptyTrace = "empty-trace",
        /// The header is there, but not the line of the report that says what happened.
        TruncatedHeader = "truncated-header",
        /// Text of another message stands inside a line of this report.
        Interleaved = "interleaved",
        /// Another crash happened while this one was being printed; both share the stack that follows.
        Nested = "nested",
        /// printk dropped messages inside the report.
        Dropped = "dropped",
        /// The message says too little to tell one bug from another.
        Vague = "vague",
        /// The transport left something out that the kernel printed.
        LossyTransport = "lossy-transport",
        /// A limit cut the report.
        Limit = "limit",
    }
}

impl DefectCode {
    /// Whether the title of a report with this defect is not to be trusted.
    #[must_use]
    pub const fn is_corruption(self) -> bool {
        !matches!(self, Self::Nested | Self::Dropped | Self::LossyTransport | Self::Limit)
    }
}
