//! `ksplat sig --stream`: a row in, an answer out, for engines that pipe the rows of a table through a program.

use crate::Outcome;
use crate::args::{RowFormat, SigArgs};
use crate::console::Console;
use crate::rules::Rules;
use ksplat::input::{RowError, Source, tsv};
use ksplat::output::json::{self, Answer, Named, Record};
use ksplat::{Error, ErrorKind, Log, Transport};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How rows are answered.
struct Clerk<'a> {
    format: RowFormat,
    transport: Option<Transport>,
    rules: &'a Rules,
}

/// The answer as a row, and what was left out of it.
#[derive(Default)]
struct Answered {
    row: Vec<u8>,
    ignored: Vec<String>,
}

pub(crate) fn run(args: &SigArgs, console: &mut Console) -> io::Result<Outcome> {
    let Some(rules) = Rules::load(&args.rules, console) else { return Ok(Outcome::Nothing) };
    let source = Source::of(args.path.as_deref());
    let Some(rows) = console.value(source.rows(args.max_size)) else { return Ok(Outcome::Nothing) };
    let mut rows = if args.chunked { rows.chunked() } else { rows };
    let clerk = Clerk { format: args.stream, transport: args.transport(), rules: &rules };
    loop {
        let batch = match rows.batch() {
            Ok(batch) if batch.is_empty() => break,
            Ok(batch) => batch,
            Err(error) => {
                console.error(&Error::new(ErrorKind::Read(source.name().into()), error));
                break;
            }
        };
        let answers: Vec<Answered> = batch.into_par_iter().map(|row| clerk.answer(row)).collect();
        for answer in answers {
            console.out.write_all(&answer.row)?;
            answer.ignored.iter().for_each(|text| console.ignored(text));
        }
        // Whoever sent these rows may wait for the answers before sending more.
        console.out.flush()?;
    }
    if rows.missing() > 0 {
        console.fail(&format!("{} rows of the last chunk did not come", rows.missing()));
    }
    console.tell_ignored();
    Ok(Outcome::Nothing)
}

impl Clerk<'_> {
    /// The answer to a row, line feed included.
    fn answer(&self, row: Result<&[u8], RowError>) -> Answered {
        let mut ignored = Vec::new();
        let (id, reports) = match (self.format, row) {
            (RowFormat::Tsv, row) => (None, row.and_then(tsv::unescape).map_err(|e| e.to_string())),
            (RowFormat::Jsonl, Ok(row)) => {
                let record = Record::read(row);
                (Some(record.id), record.log.map_err(|e| e.to_string()))
            }
            (RowFormat::Jsonl, Err(error)) => (Some(None), Err(error.to_string())),
        };
        let reports = reports.and_then(|log| unless_panics(|| self.reports(&log, &mut ignored)));
        let (reports, error) = match reports {
            Ok(reports) => (reports, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let mut row = to_json(&Answer::new(id, reports, error));
        if self.format == RowFormat::Tsv {
            let json = std::mem::take(&mut row);
            tsv::escape(&json, &mut row);
        }
        row.push(b'\n');
        Answered { row, ignored }
    }

    /// What the reports of a log are called.
    fn reports(&self, log: &[u8], ignored: &mut Vec<String>) -> Vec<Named> {
        let log = self.transport.map_or_else(|| Log::from_bytes(log), |t| Log::carried_by(t, log));
        let mut named = Vec::new();
        for report in log.reports() {
            let identity = self.rules.naming.identify(&report);
            match self.rules.ignore.reason(&report, &identity) {
                Some(reason) => ignored.push(format!("{}: ignored: {reason}", identity.title)),
                None => {
                    let owners = self.rules.owners(identity.file.as_deref());
                    named.push(Named::new(&report, &identity).owned_by(owners.as_ref()));
                }
            }
        }
        named
    }
}

fn to_json(answer: &Answer<'_>) -> Vec<u8> {
    let mut json = Vec::new();
    // Strings and a value that was read: there is nothing that JSON could not say, nor memory refuse.
    let _ = json::write(&mut json, answer);
    json
}

/// One log in a hundred million must not end the run: if it finds a mistake of ours, its own answer says so.
fn unless_panics<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "ksplat has a bug: it panicked at this log".to_owned())
}

#[cfg(test)]
mod tests {
    use super::unless_panics;

    #[test]
    fn err_a_panic_is_an_answer() {
        assert_eq!(unless_panics(|| 7), Ok(7));
        let answer = unless_panics(|| std::hint::black_box(None::<u8>).unwrap());
        assert!(answer.unwrap_err().contains("panicked"));
    }
}
