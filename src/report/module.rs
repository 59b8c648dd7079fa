//! Modules.

use super::Text;

/// One entry of `Modules linked in:`.
///
/// Source: `print_modules` in `kernel/module/main.c`. Example: `Modules linked in: nft_masq(E) xfs [last unloaded: dummy]`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Module<'log> {
    /// Its name.
    pub name: Text<'log>,
    /// Its taint letters and load state as printed between the parentheses.
    pub taint: Option<Text<'log>>,
    /// Its build ID.
    pub build_id: Option<Text<'log>>,
}

impl Module<'_> {
    pub(crate) fn into_owned(self) -> Module<'static> {
        Module {
            name: self.name.into_owned(),
            taint: self.taint.map(Text::into_owned),
            build_id: self.build_id.map(Text::into_owned),
        }
    }
}
