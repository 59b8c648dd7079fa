//! Fits the tables of the bisection audit anew, and says how well they do on logs that they were not fitted on.
//!
//! `cargo run --release --example fit_bisect -- LOGS TRUTH.tsv`
//!
//! LOGS is a folder of bisection logs. TRUTH.tsv has a header line, and then for each log a line with tabs: the log's
//! name without its suffix; `correct` or `incorrect` (anything else is passed over); and for an incorrect one a reason
//! that ends in `T3` if a verdict `bad` was wrong, and in anything else if a verdict `good` was.
//!
//! What is printed first belongs into `src/bisect/audit/tables.rs`. The last lines say how often such a confidence was
//! right, by cross-validation too. The figure between them is the area under the ROC
//! curve by 5-fold cross-validation, the mean over many ways of cutting the logs in five: the probability that a right
//! bisection gets more confidence than a wrong one.

#![allow(clippy::print_stdout, reason = "an example prints")]

use ksplat::bisect::Bisection;
use ksplat::bisect::audit::{Facts, Suspect, Tables};
use std::error::Error;
use std::path::Path;

/// Parts that the logs are cut into: each is judged by tables fitted on the others.
const FOLDS: usize = 5;

/// Ways in which the logs are cut.
const SHUFFLES: u64 = 100;

type Row = (Facts, Suspect);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(logs), Some(truth)) = (arguments.next(), arguments.next()) else {
        return Err("usage: fit_bisect LOGS TRUTH.tsv".into());
    };
    let rows = rows(Path::new(&logs), &std::fs::read_to_string(truth)?)?;
    println!("{}", Tables::fit(&rows));
    let aucs: Vec<f64> = (1..=SHUFFLES).map(|seed| cross_validated(&rows, seed)).collect();
    let spread = aucs.iter().fold((1.0f64, 0.0f64), |(low, high), a| (low.min(*a), high.max(*a)));
    println!("bisections          {}", rows.len());
    println!("AUC, where fitted   {:.3}", auc(rows.iter().map(|r| (right(&Tables::fit(&rows), r), r.1))));
    println!("AUC, {FOLDS}-fold         {:.3} ({:.3} to {:.3})", mean(&aucs), spread.0, spread.1);
    let judged: Vec<_> = (1..=SHUFFLES).flat_map(|seed| judged(&rows, seed)).collect();
    for low in (0..10).map(|n| f64::from(n) / 10.0) {
        let within = judged.iter().filter(|(confidence, _)| (low..low + 0.1).contains(confidence));
        let right: Vec<f64> = within.map(|(_, truth)| f64::from(u8::from(*truth == Suspect::None))).collect();
        if right.is_empty() {
            continue;
        }
        println!(
            "confidence from {low:.1}: {:>5.1} % of the bisections, {:>5.1} % of them right",
            share(right.len(), judged.len()),
            mean(&right) * 100.0
        );
    }
    Ok(())
}

/// Facts and truth of every log that has both.
fn rows(logs: &Path, truth: &str) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in truth.lines().skip(1) {
        let mut fields = line.split('\t');
        let (name, category, reason) = (fields.next(), fields.next(), fields.next().unwrap_or_default());
        let suspect = match category {
            Some("correct") => Suspect::None,
            Some("incorrect") if reason.ends_with("T3") => Suspect::BadVerdict,
            Some("incorrect") => Suspect::GoodVerdict,
            _ => continue,
        };
        let log = std::fs::read(logs.join(format!("{}.txt", name.unwrap_or_default())))?;
        if let Some(facts) = Bisection::parse(&log).and_then(|b| Facts::of(&b)) {
            rows.push((facts, suspect));
        }
    }
    Ok(rows)
}

fn right(tables: &Tables, row: &Row) -> f64 {
    let [right, _, _] = tables.odds(&row.0);
    right
}

/// The AUC of all rows, each judged by tables that were fitted without it.
fn cross_validated(rows: &[Row], seed: u64) -> f64 {
    auc(judged(rows, seed).into_iter())
}

/// Confidence and truth of all rows, each judged by tables that were fitted without it.
fn judged(rows: &[Row], seed: u64) -> Vec<(f64, Suspect)> {
    let mut rows = rows.to_vec();
    shuffle(&mut rows, seed);
    let of_fold = |fold: usize, own: bool| {
        rows.iter().enumerate().filter(move |(at, _)| (at % FOLDS == fold) == own).map(|(_, row)| row)
    };
    let fold = |fold| {
        let tables = Tables::fit(of_fold(fold, false));
        of_fold(fold, true).map(move |row| (right(&tables, row), row.1)).collect::<Vec<_>>()
    };
    (0..FOLDS).flat_map(fold).collect()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}

/// The probability that a right bisection gets more confidence than a wrong one; half if both get the same.
fn auc(judged: impl Iterator<Item = (f64, Suspect)>) -> f64 {
    let (right, wrong): (Vec<_>, Vec<_>) = judged.partition(|(_, truth)| *truth == Suspect::None);
    let pairs = right.iter().flat_map(|(r, _)| wrong.iter().map(move |(w, _)| (r, w)));
    mean(
        &pairs
            .map(|(r, w)| {
                if r > w {
                    1.0
                } else if r < w {
                    0.0
                } else {
                    0.5
                }
            })
            .collect::<Vec<_>>(),
    )
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.iter().map(|_| 1.0).sum::<f64>()
}

/// Fisher and Yates, with Marsaglia's xorshift for dice.
fn shuffle(rows: &mut [Row], mut seed: u64) {
    for end in (1..rows.len()).rev() {
        for (left, shift) in [(true, 13), (false, 7), (true, 17)] {
            seed ^= if left { seed << shift } else { seed >> shift };
        }
        rows.swap(end, (seed % (end as u64 + 1)) as usize);
    }
}
