//! Many strings in one piece of memory.

/// Strings one behind the other, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Strings {
    pub(super) text: String,
    /// Where each string ends in `text`.
    pub(super) ends: Vec<u32>,
}

impl Strings {
    pub(super) fn push(&mut self, string: &str) {
        // 4 GiB of names are more than any collection has; behind them all names are empty.
        if u32::try_from(self.text.len() + string.len()).is_ok() {
            self.text.push_str(string);
        }
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The string of that number; empty for one that is not there.
    pub(super) fn get(&self, at: usize) -> &str {
        let end = |i: usize| self.ends.get(i).map_or(0, |end| *end as usize);
        let start = if at == 0 { 0 } else { end(at - 1) };
        self.text.get(start..end(at)).unwrap_or_default()
    }

    /// The number of `string`, if the strings are sorted.
    pub(super) fn find(&self, string: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(string) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return u32::try_from(middle).ok(),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_strings_by_number_and_back() {
        let mut strings = Strings::default();
        ["", "a", "abc", "b"].iter().for_each(|s| strings.push(s));
        assert_eq!((strings.get(0), strings.get(2), strings.get(3), strings.get(4)), ("", "abc", "b", ""));
        assert_eq!((strings.find("abc"), strings.find("ab"), strings.find("")), (Some(2), None, Some(0)));
    }
}
