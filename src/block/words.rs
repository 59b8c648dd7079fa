//! Dumps of raw memory, which hold nothing that is kept but tell that the report goes on.

/// arm's and old arm64's dumps of memory: `fe20: 811b9fa8 82c92ca8 …`, words that could not be read as `????????`.
pub(super) fn memory_words(text: &[u8]) -> bool {
    let Some((address, words)) = text.split_at_checked(4) else { return false };
    let word = |w: &[u8]| {
        matches!(w.len(), 8 | 16) && w.iter().all(|c| c.is_ascii_hexdigit() || matches!(c, b'?' | b'*'))
    };
    let Some(words) = words.strip_prefix(b":").unwrap_or(words).strip_prefix(b" ") else { return false };
    let mut words = words.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).peekable();
    address.iter().all(u8::is_ascii_hexdigit) && words.peek().is_some() && words.all(word)
}

/// What arm's frame-pointer unwinder prints of the registers that a frame saved: ` r10:84a90360 r9:82fe5410 …`.
pub(super) fn saved_registers(text: &[u8]) -> bool {
    let saved = |w: &[u8]| {
        let Some((digits, value)) =
            w.strip_prefix(b"r").and_then(|w| Some((w.get(..w.len().checked_sub(9)?)?, w)))
        else {
            return false;
        };
        let value = value.get(digits.len()..).and_then(|v| v.strip_prefix(b":"));
        matches!(digits.len(), 1 | 2)
            && digits.iter().all(u8::is_ascii_digit)
            && value.is_some_and(|v| v.iter().all(u8::is_ascii_hexdigit))
    };
    let mut words = text.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty()).peekable();
    words.peek().is_some() && words.all(saved)
}

/// The words of a raw stack dump: ` ffff8801dab07c50 ffffffff816efb87 …`.
pub(super) fn stack_words(text: &[u8]) -> bool {
    let mut words = text.split(|c| *c == b' ').filter(|w| !w.is_empty() && *w != b"...");
    let mut count = 0;
    words.all(|w| {
        count += 1;
        (8..=17).contains(&w.len()) && w.iter().all(|c| c.is_ascii_hexdigit() || *c == b':')
    }) && count >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_memory_words() {
        assert!(memory_words(b"fe00:                   811b9fa8 00000000"));
        assert!(memory_words(b"fd80: ffffffc016113990 ????????????????"));
        assert!(!memory_words(b"dead: beef"));
        assert!(!memory_words(b"fe00:"));
    }

    #[test]
    fn ok_saved_registers() {
        assert!(saved_registers(b"  r10:84a90360 r9:82fe5410 r8:00000100"));
        assert!(!saved_registers(b"  r10 is free"));
        assert!(!saved_registers(b""));
    }

    #[test]
    fn ok_stack_words() {
        assert!(stack_words(b" ffff8801dab07c50 ffffffff816efb87 0000000000000000"));
        assert!(stack_words(b"        80123456 00000000 00000001 ..."));
        assert!(!stack_words(b" 12 34"));
    }
}
