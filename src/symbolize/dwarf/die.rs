//! The attributes of an entry that symbolizing needs.

use gimli::{Abbreviation, AttributeValue as Value, EndianSlice, EntriesRaw, Result, RunTimeEndian};

pub(super) type Slice<'b> = EndianSlice<'b, RunTimeEndian>;
pub(super) type Entries<'b, 'a> = EntriesRaw<'a, Slice<'b>>;

/// What an entry (DIE) says.
#[derive(Debug, Default, Clone)]
pub(super) struct Attributes {
    pub(super) low_pc: Option<Address>,
    pub(super) high_pc: Option<HighPc>,
    pub(super) ranges: Option<Ranges>,
    pub(super) name: Option<Text>,
    pub(super) linkage_name: Option<Text>,
    /// Another entry that has the name.
    pub(super) origin: Option<Reference>,
    /// Where the next entry of the same level stands, from the start of the unit.
    pub(super) sibling: Option<u64>,
    pub(super) call_file: Option<u64>,
    pub(super) call_line: Option<u64>,
    pub(super) comp_dir: Option<Text>,
    pub(super) dwo_name: Option<Text>,
    pub(super) dwo_id: Option<u64>,
    pub(super) stmt_list: Option<u64>,
    pub(super) addr_base: Option<u64>,
    pub(super) str_offsets_base: Option<u64>,
    pub(super) rnglists_base: Option<u64>,
}

/// An address, or where to find it in `.debug_addr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Is(u64),
    Index(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HighPc {
    Is(Address),
    /// Bytes behind the low one.
    Size(u64),
}

/// A list of ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ranges {
    Offset(u64),
    /// Which one of the unit's table.
    Index(u64),
}

/// A string, or where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    Here(Vec<u8>),
    Str(u64),
    LineStr(u64),
    /// Which one of the unit's table.
    Index(u64),
}

/// Another entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    /// From the start of the unit.
    Unit(u64),
    /// From the start of `.debug_info`.
    Info(u64),
}

impl Text {
    pub(super) fn of(value: &Value<Slice<'_>>) -> Option<Self> {
        Some(match value {
            Value::String(bytes) => Self::Here(bytes.slice().to_vec()),
            Value::DebugStrRef(offset) => Self::Str(offset.0 as u64),
            Value::DebugLineStrRef(offset) => Self::LineStr(offset.0 as u64),
            Value::DebugStrOffsetsIndex(index) => Self::Index(index.0 as u64),
            _ => return None,
        })
    }
}

impl Address {
    fn of(value: &Value<Slice<'_>>) -> Option<Self> {
        match value {
            Value::Addr(address) => Some(Self::Is(*address)),
            Value::DebugAddrIndex(index) => Some(Self::Index(index.0 as u64)),
            _ => None,
        }
    }
}

/// Attributes that most functions have and nobody asks for: to pass over them costs less than to read them.
fn is_passed(name: gimli::DwAt) -> bool {
    matches!(
        name,
        gimli::DW_AT_external
            | gimli::DW_AT_decl_file
            | gimli::DW_AT_decl_line
            | gimli::DW_AT_decl_column
            | gimli::DW_AT_prototyped
            | gimli::DW_AT_type
            | gimli::DW_AT_frame_base
            | gimli::DW_AT_call_all_calls
            | gimli::DW_AT_entry_pc
            | gimli::DW_AT_GNU_entry_view
            | gimli::DW_AT_call_column
    )
}

impl Attributes {
    /// Reads the attributes of the entry whose abbreviation was just read.
    pub(super) fn read(entries: &mut Entries<'_, '_>, abbreviation: &Abbreviation) -> Result<Self> {
        let mut attributes = Self::default();
        for spec in abbreviation.attributes() {
            if is_passed(spec.name()) {
                entries.skip_attributes(std::slice::from_ref(spec))?;
            } else {
                let attribute = entries.read_attribute(*spec)?;
                attributes.take(attribute.name(), &attribute.value());
            }
        }
        Ok(attributes)
    }

    fn take(&mut self, name: gimli::DwAt, value: &Value<Slice<'_>>) {
        match name {
            gimli::DW_AT_low_pc => self.low_pc = Address::of(value),
            gimli::DW_AT_high_pc => {
                self.high_pc =
                    Address::of(value).map(HighPc::Is).or_else(|| value.udata_value().map(HighPc::Size));
            }
            gimli::DW_AT_ranges => {
                self.ranges = match value {
                    Value::RangeListsRef(offset) => Some(Ranges::Offset(offset.0 as u64)),
                    Value::DebugRngListsIndex(index) => Some(Ranges::Index(index.0 as u64)),
                    _ => None,
                };
            }
            gimli::DW_AT_name => self.name = Text::of(value),
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => self.linkage_name = Text::of(value),
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                self.origin = match value {
                    Value::UnitRef(offset) => Some(Reference::Unit(offset.0 as u64)),
                    Value::DebugInfoRef(offset) => Some(Reference::Info(offset.0 as u64)),
                    _ => None,
                };
            }
            gimli::DW_AT_sibling => {
                if let Value::UnitRef(offset) = value {
                    self.sibling = Some(offset.0 as u64);
                }
            }
            gimli::DW_AT_call_file => {
                self.call_file = match value {
                    Value::FileIndex(index) => Some(*index),
                    other => other.udata_value(),
                };
            }
            gimli::DW_AT_call_line => self.call_line = value.udata_value(),
            _ => self.take_of_unit(name, value),
        }
    }

    /// What only the entry of a unit says.
    fn take_of_unit(&mut self, name: gimli::DwAt, value: &Value<Slice<'_>>) {
        match name {
            gimli::DW_AT_comp_dir => self.comp_dir = Text::of(value),
            gimli::DW_AT_dwo_name | gimli::DW_AT_GNU_dwo_name => self.dwo_name = Text::of(value),
            gimli::DW_AT_GNU_dwo_id => {
                self.dwo_id = match value {
                    Value::DwoId(id) => Some(id.0),
                    other => other.udata_value(),
                };
            }
            gimli::DW_AT_stmt_list => {
                if let Value::DebugLineRef(offset) = value {
                    self.stmt_list = Some(offset.0 as u64);
                }
            }
            gimli::DW_AT_addr_base | gimli::DW_AT_GNU_addr_base => {
                if let Value::DebugAddrBase(base) = value {
                    self.addr_base = Some(base.0 as u64);
                }
            }
            gimli::DW_AT_str_offsets_base => {
                if let Value::DebugStrOffsetsBase(base) = value {
                    self.str_offsets_base = Some(base.0 as u64);
                }
            }
            gimli::DW_AT_rnglists_base | gimli::DW_AT_GNU_ranges_base => {
                if let Value::DebugRngListsBase(base) = value {
                    self.rnglists_base = Some(base.0 as u64);
                }
            }
            _ => {}
        }
    }
}
