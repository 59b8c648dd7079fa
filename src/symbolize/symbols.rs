//! The symbols of a file, read when somebody asks, and as few of them as will do.

use super::elf::Elf;
use super::picked::{MOST_NAMES, Picked};
use super::table::{Found, Table};
use std::collections::BTreeSet;

/// By which function the kernel's source tree is found, if that is asked for.
pub(crate) const START_KERNEL: &[u8] = b"start_kernel";

/// The symbols of one file.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    /// Names that will be asked for.
    expected: Vec<Vec<u8>>,
    picked: Option<Picked>,
    /// Once somebody asked for what was not picked. Who asks twice asks often.
    all: Option<Table>,
}

impl Symbols {
    /// Says which names will be asked for, so that a look at their symbols is enough. It changes no answer.
    pub(crate) fn expect<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        if self.picked.is_some() || self.all.is_some() {
            return;
        }
        let mut expected = BTreeSet::from([START_KERNEL]);
        for name in names.filter(|name| !name.is_empty()) {
            expected.insert(name);
            if expected.len() > MOST_NAMES {
                return;
            }
        }
        self.expected = expected.into_iter().map(<[u8]>::to_vec).collect();
    }

    /// Reads the symbols that are expected, unless some were read already. It is known then where the banner stands.
    pub(crate) fn pick(&mut self, elf: &mut Elf) {
        if self.picked.is_none() && self.all.is_none() {
            self.picked = Picked::read(elf, std::mem::take(&mut self.expected));
            if self.picked.is_none() {
                self.all(elf);
            }
        }
    }

    /// All symbols.
    pub(crate) fn all(&mut self, elf: &mut Elf) -> &Table {
        self.all.get_or_insert_with(|| Table::read(elf))
    }

    /// The function that a trace calls `name`, `size` bytes long.
    pub(crate) fn find(&mut self, elf: &mut Elf, name: &[u8], size: Option<u64>) -> Found {
        if !self.expected.is_empty() {
            self.pick(elf);
        }
        let picked = self.picked.as_ref().filter(|_| self.all.is_none());
        let found = picked.and_then(|picked| picked.find(name, size));
        found.unwrap_or_else(|| self.all(elf).find(name, size))
    }

    /// The function that an address stands in, where it starts, and how far it is from there to the next.
    pub(crate) fn at(&mut self, elf: &mut Elf, address: u64) -> Option<(String, u64, u64)> {
        let picked = self.picked.as_ref().filter(|_| self.all.is_none());
        if let Some((name, start, size)) = picked.and_then(|picked| picked.at(address)) {
            return Some((String::from_utf8_lossy(&elf.name(name)?).into_owned(), start, size));
        }
        self.all(elf).function(address)
    }
}
