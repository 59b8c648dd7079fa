//! Colours, and what keeps a log from making its own.

use std::fmt::{self, Display, Write as _};

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

/// Anything that came from a log, harmless to a terminal.
pub(super) struct Clean<T>(pub(super) T);

impl<T: Display> Display for Clean<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(f), "{}", self.0)
    }
}

struct Escape<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl fmt::Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(is_harmful) {
            let harmless = part.trim_end_matches(is_harmful);
            self.0.write_str(harmless)?;
            for c in part.chars().rev().take_while(|c| is_harmful(*c)) {
                match c {
                    '\t' => self.0.write_char(' ')?,
                    c => write!(self.0, "{}", c.escape_default())?,
                }
            }
        }
        Ok(())
    }
}

/// Control characters, and those that reverse or reorder what stands around them.
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_control_characters_are_shown_and_not_sent() {
        for (text, clean) in [
            ("plain ü", "plain ü"),
            ("a\x1b[31mb", "a\\u{1b}[31mb"),
            ("tab\tnul\0\u{9b}31m", "tab nul\\u{0}\\u{9b}31m"),
            ("\r\n", "\\r\\n"),
            ("\u{202e}txt", "\\u{202e}txt"),
        ] {
            assert_eq!(Clean(text).to_string(), clean);
        }
    }

    #[test]
    fn ok_colour_is_only_there_when_asked_for() {
        assert_eq!(Colour::Never.paint(Tone::Faint, "x").to_string(), "x");
        assert_eq!(Colour::Always.paint(Tone::Faint, "x").to_string(), "\x1b[2mx\x1b[0m");
    }
}
