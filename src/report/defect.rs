//! Why a report is damaged.

use std::fmt;

/// One thing that is wrong with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// What kind of damage.
    pub code: DefectCode,
    /// The particulars, for a person.
    pub text: String,
}

/// The kinds of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DefectCode {
    /// The title needs a function and no stack, register or header names one.
    NoFrames,
    /// A stack is announced, and no frame follows.
    EmptyTrace,
    /// The header is there, but not the line of the report that says what happened.
    TruncatedHeader,
    /// The report shows the kernel's fault injection at work in the guilty stack.
    FaultInjection,
    /// Text of another message stands inside a line of this report.
    Interleaved,
    /// printk dropped messages inside the report.
    Dropped,
    /// The message says too little to tell one bug from another.
    Vague,
    /// The transport left something out that the kernel printed.
    LossyTransport,
    /// A limit cut the report.
    Limit,
}

impl DefectCode {
    /// The name that outputs use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoFrames => "no-frames",
            Self::EmptyTrace => "empty-trace",
            Self::TruncatedHeader => "truncated-header",
            Self::FaultInjection => "fault-injection",
            Self::Interleaved => "interleaved",
            Self::Dropped => "dropped",
            Self::Vague => "vague",
            Self::LossyTransport => "lossy-transport",
            Self::Limit => "limit",
        }
    }

    /// Whether the title of a report with this defect is not to be trusted.
    #[must_use]
    pub const fn is_corruption(self) -> bool {
        !matches!(self, Self::Dropped | Self::LossyTransport | Self::Limit)
    }
}

impl fmt::Display for DefectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
