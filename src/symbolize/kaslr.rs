//! How far the running kernel was moved.
//!
//! A panic prints it (`Kernel Offset: 0x1a000000 from 0xffffffff81000000`), an oops does not. Where a line has both a
//! name and an address, as kernels before 4.11 print them, it can be solved.

use super::address::{KaslrOffset, LinkAddress};

/// Kernels are moved by whole pages.
const PAGE: u64 = 4096;
/// More different offsets than this are no evidence any more.
const MOST_OFFSETS: usize = 8;

/// Evidence of the offset: each pair of one address says one, and the most frequent is believed.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    offsets: Vec<(KaslrOffset, u32)>,
}

impl Evidence {
    /// No evidence.
    #[must_use]
    pub const fn new() -> Self {
        Self { offsets: Vec::new() }
    }

    /// The same instruction, linked at `linked`, ran at `run`.
    pub fn add(&mut self, linked: LinkAddress, run: u64) {
        let offset = KaslrOffset(run.wrapping_sub(linked.0));
        if !offset.0.is_multiple_of(PAGE) {
            return;
        }
        if let Some((_, count)) = self.offsets.iter_mut().find(|(known, _)| *known == offset) {
            *count += 1;
        } else if self.offsets.len() < MOST_OFFSETS {
            self.offsets.push((offset, 1));
        }
    }

    /// The offset that most of the evidence says.
    #[must_use]
    pub fn offset(&self) -> Option<KaslrOffset> {
        let best = self.offsets.iter().max_by_key(|(_, count)| *count)?;
        let alone = self.offsets.iter().filter(|(_, count)| *count == best.1).count() == 1;
        alone.then_some(best.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_the_majority_is_believed() {
        let mut evidence = Evidence::new();
        evidence.add(LinkAddress(0x1000_0010), 0x1300_0010);
        evidence.add(LinkAddress(0x1000_0020), 0x1300_0020);
        evidence.add(LinkAddress(0x1000_0020), 0x1400_0020);
        assert_eq!(evidence.offset(), Some(KaslrOffset(0x300_0000)));
    }

    #[test]
    fn err_a_contradiction_says_nothing() {
        let mut evidence = Evidence::new();
        assert_eq!(evidence.offset(), None);
        evidence.add(LinkAddress(0x1000), 0x3001);
        assert_eq!(evidence.offset(), None);
        evidence.add(LinkAddress(0x1000), 0x3000);
        evidence.add(LinkAddress(0x1000), 0x4000);
        assert_eq!(evidence.offset(), None);
    }
}
