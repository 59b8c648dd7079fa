//! `ksplat sig --stream`: a record in, an answer out.

use super::Owners;
use crate::Identity;
use crate::report as model;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// A row of `--stream jsonl`, read: `{"id":…,"log":"…"}`. Other members are passed over.
#[derive(Debug)]
#[non_exhaustive]
pub struct Record<'row> {
    /// Any value, as it stands there; `None` for `null`, and where there is none before the row breaks off.
    pub id: Option<&'row RawValue>,
    /// The log: a string, whose bytes need not be UTF-8. `null` is a log without lines.
    pub log: Result<Cow<'row, [u8]>, serde_json::Error>,
}

impl<'row> Record<'row> {
    /// Reads a row. Any bytes are one.
    ///
    /// ```
    /// use ksplat::output::json::Record;
    /// let record = Record::read(br#"{"id":[7.0],"log":"a\nb"}"#);
    /// assert_eq!(record.id.unwrap().get(), "[7.0]");
    /// assert_eq!(&*record.log.unwrap(), b"a\nb");
    ///
    /// let record = Record::read(br#"{"id":7,"log":"a"#);
    /// assert_eq!(record.id.unwrap().get(), "7");
    /// assert!(record.log.is_err());
    /// ```
    #[must_use]
    pub fn read(row: &'row [u8]) -> Self {
        let mut id = None;
        let mut json = serde_json::Deserializer::from_slice(row);
        let log = json.deserialize_map(Members { id: &mut id }).and_then(|log| json.end().map(|()| log));
        Self { id, log }
    }
}

struct Members<'a, 'row> {
    /// Kept although the row is broken behind it.
    id: &'a mut Option<&'row RawValue>,
}

impl<'row> Visitor<'row> for Members<'_, 'row> {
    type Value = Cow<'row, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a member `log`")
    }

    fn visit_map<A: MapAccess<'row>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut log = None;
        while let Some(name) = members.next_key::<Cow<'row, str>>()? {
            match &*name {
                "id" => *self.id = members.next_value()?,
                "log" => log = Some(members.next_value_seed(Text)?),
                _ => _ = members.next_value::<IgnoredAny>()?,
            }
        }
        log.ok_or_else(|| de::Error::missing_field("log"))
    }
}

/// A string or `null`.
struct Text;

impl<'row> DeserializeSeed<'row> for Text {
    type Value = Cow<'row, [u8]>;

    fn deserialize<D: Deserializer<'row>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_option(self)
    }
}

impl<'row> Visitor<'row> for Text {
    type Value = Cow<'row, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a log as a string")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(b""))
    }

    fn visit_some<D: Deserializer<'row>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_bytes(self)
    }

    fn visit_borrowed_bytes<E>(self, text: &'row [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_bytes<E>(self, text: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_vec()))
    }
}

/// The answer to a row: a line of what `ksplat sig --stream` writes.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Answer<'row> {
    /// What the record has, or `null`. Rows that have no ids have no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub id: Option<Option<&'row RawValue>>,
    /// The reports of the log, in the order of their headers.
    pub reports: Vec<Named>,
    /// Why the row could not be read, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a report is called.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Named {
    /// What reports of the same bug share.
    pub signature: String,
    /// The title.
    pub title: String,
    /// The coarse class.
    pub class: String,
    /// Who looks after the file to blame, if somebody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners: Option<Owners>,
}

impl<'row> Answer<'row> {
    /// An answer; to a row that has an id, if only `null`, or to one of a format that has none.
    #[must_use]
    pub const fn new(id: Option<Option<&'row RawValue>>, reports: Vec<Named>, error: Option<String>) -> Self {
        Self { id, reports, error }
    }
}

impl Named {
    /// The wire form.
    #[must_use]
    pub fn new(report: &model::Report<'_>, identity: &Identity) -> Self {
        Self {
            signature: identity.signature.to_string(),
            title: identity.title.clone(),
            class: report.kind.class().name().to_owned(),
            owners: None,
        }
    }

    /// The same, with those who look after the file to blame.
    #[must_use]
    pub fn owned_by(self, owners: Option<&crate::owners::Owners>) -> Self {
        Self { owners: owners.map(Owners::new), ..self }
    }
}
