//! What keeps a log from painting the terminal, and its text from breaking out of a line.

pub(super) use crate::report::is_harmful;

use std::fmt::{self, Display, Write as _};

/// Anything that came from a log, in one line and harmless to a terminal.
///
/// Control characters and those that turn the direction of writing are shown as escapes; a tab is a blank.
///
/// ```
/// use ksplat::output::Clean;
/// assert_eq!(Clean("a\x1b[31mb\n").to_string(), "a\\u{1b}[31mb\\n");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Clean<T>(pub T);

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

/// The lines of a text, each harmless.
pub(super) fn clean_lines(text: &str) -> impl Iterator<Item = Clean<&str>> {
    text.lines().map(Clean)
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
}
