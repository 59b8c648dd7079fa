//! The known file: NDJSON, one known bug a line, sorted by signature, made to be kept in a repository.

use super::lines;
use super::time::{microseconds, seconds};
use crate::dedup::{self, Baseline};
use crate::{Result, Signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One line of a known file.
///
/// Members that this version does not know are kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Known {
    /// What the reports of the bug share.
    pub signature: String,
    /// What it is called.
    #[serde(default)]
    pub title: String,
    /// The coarse class.
    #[serde(default)]
    pub class: String,
    /// What its owner has to say of it; an update leaves it alone.
    #[serde(default)]
    pub note: Option<String>,
    /// Where it is tracked; an update leaves it alone.
    #[serde(default)]
    pub link: Option<String>,
    /// Where it was seen first, in the order of paths and offsets.
    #[serde(default)]
    pub first: Option<Sighting>,
    /// Where it was seen last.
    #[serde(default)]
    pub last: Option<Sighting>,
    /// The most reports that one run saw of it.
    #[serde(default)]
    pub count: usize,
    /// What similar reports have in common with it.
    #[serde(default)]
    pub terms: Vec<String>,
    /// Whatever else its owner wrote.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// Where a bug was seen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Sighting {
    /// The log's path.
    pub path: String,
    /// Bytes from the start of the log.
    pub offset: usize,
    /// Seconds since boot, where the log says them.
    pub time: Option<f64>,
}

/// Reads a known file. `at` says where the text stands, for the error.
///
/// A bug that stands in two lines, as after a merge of two branches, is known once.
///
/// ```
/// use ksplat::output::json::known_file;
/// let text = br#"{"signature":"v1:0123456789abcdef","title":"WARNING in f","note":"harmless","link":null}"#;
/// let baseline = known_file(text, "known.ndjson").unwrap();
/// assert_eq!(baseline.iter().next().unwrap().note.as_deref(), Some("harmless"));
///
/// let error = known_file(b"\nnot JSON\n", "known.ndjson").unwrap_err();
/// assert_eq!(error.to_string(), "not a saved known bug: known.ndjson:2");
/// ```
///
/// # Errors
///
/// [`crate::ErrorKind::Saved`], with the number of the line, if a line is not a known bug.
pub fn known_file(text: &[u8], at: &str) -> Result<Baseline> {
    let mut baseline = Baseline::new();
    let read = |known: Known| {
        let fits = Signature::is_well_formed(&known.signature);
        if fits { Ok(known.to_known()) } else { Err(format!("no signature: {:?}", known.signature)) }
    };
    lines::each(text, at, "known bug", read)?.into_iter().for_each(|known| baseline.insert(known));
    Ok(baseline)
}

/// What is known as the text of a known file: a line each, by signature.
#[must_use]
pub fn to_known_file(baseline: &Baseline) -> String {
    let mut text = Vec::new();
    for known in baseline.iter() {
        // Strings, numbers and lists of them: there is nothing that JSON could not say, nor memory refuse.
        if super::write(&mut text, &Known::new(known)).is_ok() {
            text.push(b'\n');
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

impl Known {
    /// The wire form.
    #[must_use]
    pub fn new(known: &dedup::Known) -> Self {
        let sighting = |s: &dedup::Sighting| Sighting {
            path: s.path.clone(),
            offset: s.offset,
            time: s.time.map(seconds),
        };
        let other = |(name, json): (&String, &String)| {
            (name.clone(), serde_json::from_str(json).unwrap_or_else(|_| json.clone().into()))
        };
        Self {
            signature: known.signature.clone(),
            title: known.title.clone(),
            class: known.class.clone(),
            note: known.note.clone(),
            link: known.link.clone(),
            first: known.first.as_ref().map(sighting),
            last: known.last.as_ref().map(sighting),
            count: known.count,
            terms: known.terms.clone(),
            others: known.others.iter().map(other).collect(),
        }
    }

    /// What is known of the bug.
    #[must_use]
    pub fn to_known(&self) -> dedup::Known {
        let sighting = |s: &Sighting| dedup::Sighting {
            path: s.path.clone(),
            offset: s.offset,
            time: s.time.map(microseconds),
        };
        dedup::Known {
            signature: self.signature.clone(),
            title: self.title.clone(),
            class: self.class.clone(),
            note: self.note.clone().filter(|n| !n.is_empty()),
            link: self.link.clone().filter(|l| !l.is_empty()),
            first: self.first.as_ref().map(sighting),
            last: self.last.as_ref().map(sighting),
            count: self.count,
            terms: self.terms.clone(),
            others: self.others.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"signature":"v1:00000000000000aa","title":"WARNING in f","class":"warning","note":"ours","link":"https://bugs.example/7","first":{"path":"a.log","offset":3,"time":1.5},"last":{"path":"b.log","offset":0,"time":null},"count":2,"terms":["f"],"mood":{"bad":[1,2]}}"#;

    #[test]
    fn ok_a_known_file_comes_back_as_it_was_sorted() {
        let other = LINE.replace("00aa", "0001");
        let text = format!("{LINE}\r\n\n{other}\n");
        let baseline = known_file(text.as_bytes(), "x").unwrap();
        assert_eq!(to_known_file(&baseline), format!("{other}\n{LINE}\n"));
    }

    #[test]
    fn ok_a_line_needs_a_signature_only_and_two_lines_are_one_bug() {
        let text = format!("{{\"signature\":\"v1:00000000000000aa\",\"note\":\"\"}}\n{LINE}\n");
        let baseline = known_file(text.as_bytes(), "x").unwrap();
        assert_eq!(to_known_file(&baseline), format!("{LINE}\n"));
    }

    #[test]
    fn err_what_is_no_known_bug_says_where() {
        let deep = format!("{{\"signature\":{}", "[".repeat(100_000));
        for bad in [
            "null",
            "[]",
            "{}",
            "{\"signature\":7}",
            "{\"signature\":\"\"}",
            "{\"signature\":\"v1:xyz\"}",
            "{\"signature\":\"v1:00000000000000AA\"}",
            "{\"signature\":\"v1+a b:00000000000000aa\"}",
            "{\"signature\":\"v1:00000000000000aa\",\"count\":-1}",
            "{\"signature\":\"v1:00000000000000aa\",\"count\":1e99}",
            "{\"signature\":\"v1:00000000000000aa\"} {}",
            "{\"signature\":\"v1:00000000000000aa\"",
            "<<<<<<< HEAD",
            "\u{feff}{}",
            &deep,
        ] {
            let error = known_file(format!("{LINE}\n{bad}\n").as_bytes(), "x").unwrap_err();
            assert_eq!(error.to_string(), "not a saved known bug: x:2", "{bad:.80}");
        }
        assert!(known_file(b"{\"signature\":\"v1:00000000000000aa\",\"note\":\"\xff\"}", "x").is_err());
    }
}
