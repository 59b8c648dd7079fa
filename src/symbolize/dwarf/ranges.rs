//! Which unit code belongs to.

use super::TRIED;
use std::ops::Range;

/// Look-ups for which it takes longer to sort the ranges than to look at all of them.
const FEW: u32 = 64;

/// Code, and the units it belongs to.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    ranges: Vec<(Range<u64>, u64)>,
    is_sorted: bool,
    /// Look-ups so far.
    looks: u32,
}

impl Ranges {
    pub(super) fn extend(&mut self, ranges: impl IntoIterator<Item = (Range<u64>, u64)>) {
        self.ranges.extend(ranges);
        self.is_sorted = false;
    }

    /// All of them, by address.
    pub(super) fn sorted(&mut self) -> &[(Range<u64>, u64)] {
        if !self.is_sorted {
            self.ranges.sort_unstable_by_key(|(range, _)| range.start);
            self.is_sorted = true;
        }
        &self.ranges
    }

    /// The units that may have code at an address; that whose range starts last is first.
    pub(super) fn at(&mut self, address: u64) -> Vec<u64> {
        // One comparison, which nearly always says no: which side of a range an address is on nobody can foresee.
        let has = |(range, _): &&(Range<u64>, u64)| {
            address.wrapping_sub(range.start) < range.end.saturating_sub(range.start)
        };
        if self.looks < FEW && !self.is_sorted {
            self.looks += 1;
            let mut found: Vec<_> = self.ranges.iter().filter(has).collect();
            found.sort_unstable_by_key(|(range, _)| std::cmp::Reverse(range.start));
            return found.into_iter().take(TRIED).map(|(_, unit)| *unit).collect();
        }
        let ranges = self.sorted();
        let behind = ranges.partition_point(|(range, _)| range.start <= address);
        let before = ranges.get(behind.saturating_sub(TRIED)..behind).unwrap_or_default();
        before.iter().rev().filter(has).map(|(_, unit)| *unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_many_look_ups_find_what_the_first_did() {
        let mut ranges = Ranges::default();
        ranges.extend([(0x40..0x50, 3), (0x10..0x20, 1), (0x18..0x48, 2)]);
        for _ in 0..=FEW + 2 {
            assert_eq!(ranges.at(0x1c), [2, 1]);
            assert_eq!(ranges.at(0x45), [3, 2]);
            assert_eq!(ranges.at(0x48), [3]);
            assert!(ranges.at(0x50).is_empty());
        }
    }
}
