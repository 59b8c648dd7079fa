//! Colours.

use std::fmt::{self, Display};

/// Whether text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Never,
    /// With the ANSI sequences that every terminal knows: bold, dim, the eight colours.
    Always,
}

/// What a stretch of text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// The name of a crash.
    Title,
    /// The frame to blame.
    Guilty,
    /// What is there but does not matter.
    Faint,
    /// What is wrong with the report itself.
    Defect,
    /// A heading.
    Heading,
}

impl Tone {
    const fn start(self) -> &'static str {
        match self {
            Self::Title => "\x1b[1;31m",
            Self::Guilty => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Defect => "\x1b[33m",
            Self::Heading => "\x1b[36m",
        }
    }
}

impl Colour {
    /// `text` in `tone`.
    pub(super) const fn paint<T: Display>(self, tone: Tone, text: T) -> Painted<T> {
        Painted { colour: self, tone, text }
    }
}

/// Text in a tone.
pub(super) struct Painted<T> {
    colour: Colour,
    tone: Tone,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.colour {
            Colour::Never => self.text.fmt(f),
            Colour::Always => {
                f.write_str(self.tone.start())?;
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_colour_is_only_there_when_asked_for() {
        assert_eq!(Colour::Never.paint(Tone::Faint, "x").to_string(), "x");
        assert_eq!(Colour::Always.paint(Tone::Faint, "x").to_string(), "\x1b[2mx\x1b[0m");
    }
}
