//! Rows of logs, as `sig --stream` reads and answers them.

use super::{choice, printed};
use ksplat::input::{RowError, Rows, tsv};
use ksplat::output::json::{Answer, Named, Record};
use std::io::Read;

/// Rows are no longer.
const LIMIT: usize = 1 << 10;

/// A reader that gives a few bytes at a time, which must make no difference.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 % 13 + 1;
        let length = self.1.min(buffer.len()).min(self.0.len());
        let (piece, rest) = self.0.split_at(length);
        buffer[..length].copy_from_slice(piece);
        self.0 = rest;
        Ok(length)
    }
}

/// The first byte says what the rows are.
pub(crate) fn check(data: &[u8]) {
    let (choice, bytes) = choice(data, 4);
    let rows = match choice {
        0 | 1 => all(Rows::new(bytes, LIMIT)),
        _ => all(Rows::new(bytes, LIMIT).chunked()),
    };
    let pieces = match choice {
        0 | 1 => all(Rows::new(Pieces(bytes, 0), LIMIT)),
        _ => all(Rows::new(Pieces(bytes, 0), LIMIT).chunked()),
    };
    assert_eq!(pieces, rows, "in pieces");
    if choice < 2 {
        let lines = bytes.iter().filter(|c| **c == b'\n').count();
        assert_eq!(rows.len(), lines + usize::from(bytes.last().is_some_and(|c| *c != b'\n')));
    }
    for row in rows.iter().flatten() {
        answered(row, choice % 2 == 0);
    }
    let mut escaped = Vec::new();
    tsv::escape(bytes, &mut escaped);
    assert!(!escaped.iter().any(|c| matches!(c, b'\n' | b'\t' | b'\r' | 0)), "{escaped:?}");
    assert_eq!(*tsv::unescape(&escaped).expect("it was written so"), *bytes);
}

fn all(mut rows: Rows<impl Read>) -> Vec<Result<Vec<u8>, RowError>> {
    let mut all = Vec::new();
    loop {
        let batch = rows.batch().expect("memory can be read");
        if batch.is_empty() {
            return all;
        }
        all.extend(batch.into_iter().map(|row| row.map(<[u8]>::to_vec)));
    }
}

/// A row has an answer: one line, with its own ID, that can be written into a row again.
fn answered(row: &[u8], json: bool) {
    let record = json.then(|| Record::read(row));
    let (id, log) = match &record {
        Some(record) => {
            (Some(record.id), record.log.as_ref().map(|log| log.to_vec()).map_err(ToString::to_string))
        }
        None => (None, tsv::unescape(row).map(std::borrow::Cow::into_owned).map_err(|e| e.to_string())),
    };
    let (log, error) = log.map_or_else(|e| (Vec::new(), Some(e)), |log| (log, None));
    let reports = ksplat::reports(&log).map(|r| Named::new(&r, &ksplat::identify(&r))).collect();
    let answer = printed::written(&Answer::new(id, reports, error));
    printed::plain("answer", &answer);
    assert!(!answer.contains('\n'), "{answer:?}");
    let value: serde_json::Value = serde_json::from_str(&answer).expect("it is JSON");
    assert!(value["reports"].is_array());
}
