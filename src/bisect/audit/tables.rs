//! What bisections with known truth looked like: the tables behind the confidence, and how they are fitted.
//!
//! Naive Bayes over three hypotheses: the result is right; a verdict `bad` is wrong, because of another crash; a verdict
//! `good` is wrong, because the crash did not show. The four facts are not independent, so each log-likelihood is
//! tempered. `examples/fit_bisect.rs` fits the tables anew and says how well they do on logs they were not fitted on.

use super::facts::{Facts, Reach, Releases, Share};
use crate::bisect::Likeness;
use crate::report::named::named;

named! {
    /// What may be wrong with a bisection.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Suspect {
        /// Nothing.
        None = "none",
        /// A revision without the bug was called bad: it crashed in another way.
        BadVerdict = "bad-verdict",
        /// A revision with the bug was called good: it did not crash.
        GoodVerdict = "good-verdict",
    }
}

/// How many bisections, by what was wrong with them, in the order of [`Suspect`].
pub type Seen = [u32; 3];

/// How often each value of each fact was seen, in the order of the values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tables {
    /// By [`Facts::crash`].
    pub crash: [Seen; 4],
    /// By [`Facts::bad`].
    pub bad: [Seen; 4],
    /// By [`Facts::commit`].
    pub commit: [Seen; 7],
    /// By [`Facts::releases`].
    pub releases: [Seen; 3],
}

/// How much of a log-likelihood counts.
const TEMPER: f64 = 0.6;

/// What is added to every count, so that nothing is impossible.
const PSEUDO: f64 = 2.0;

/// No confidence is higher: of the bisections that look best, one in six is wrong.
pub const MAX_CONFIDENCE: f64 = 0.85;

/// Counted on 312 bisections of syzbot, 2019 to 2023, that named a culprit, against the `Fixes:` tags of the fixes that
/// landed later.
pub const BUILT_IN: Tables = Tables {
    crash: [
        [142, 2, 65], // same
        [8, 3, 4],    // near
        [1, 14, 1],   // kind
        [5, 38, 29],  // unrelated
    ],
    bad: [
        [121, 10, 49], // all
        [19, 4, 17],   // most
        [11, 7, 6],    // some
        [5, 36, 27],   // few
    ],
    commit: [
        [71, 5, 23],  // guilty-file
        [28, 0, 13],  // file
        [22, 15, 16], // name
        [23, 3, 8],   // directory
        [12, 17, 20], // elsewhere
        [0, 0, 0],    // unknown
        [0, 17, 19],  // impossible
    ],
    releases: [
        [115, 23, 40], // 1
        [21, 7, 15],   // 2-3
        [20, 27, 44],  // 4+
    ],
};

/// Probabilities of the three hypotheses; they add up to 1.
pub type Odds = [f64; 3];

impl Tables {
    /// Counts bisections of which the truth is known.
    #[must_use]
    pub fn fit<'a>(rows: impl IntoIterator<Item = &'a (Facts, Suspect)>) -> Self {
        let mut tables = Self::default();
        for (facts, truth) in rows {
            for row in tables.rows_mut(facts) {
                if let Some(count) = row.get_mut(*truth as usize) {
                    *count += 1;
                }
            }
        }
        tables
    }

    /// How probable each hypothesis is, given the facts.
    #[must_use]
    pub fn odds(&self, facts: &Facts) -> Odds {
        let total = sum(&self.releases);
        let mut log = total.map(|n| (f64::from(n) + PSEUDO).ln());
        for (row, values) in self.rows(facts) {
            for ((log, seen), total) in log.iter_mut().zip(row).zip(total) {
                *log += TEMPER * likelihood(seen, total, values).ln();
            }
        }
        let highest = log.into_iter().fold(f64::MIN, f64::max);
        let odds = log.map(|l| (l - highest).exp());
        let whole: f64 = odds.iter().sum();
        odds.map(|o| o / whole)
    }

    /// How much each fact speaks for the result, and on how many bisections that rests: of which so many were right.
    #[must_use]
    pub fn ratios(&self, facts: &Facts) -> [Ratio; 4] {
        let [right, bad, good] = sum(&self.releases);
        self.rows(facts).map(|([r, b, g], values)| Ratio {
            ratio: (likelihood(r, right, values) / likelihood(b + g, bad + good, values)).powf(TEMPER),
            right: r,
            seen: r + b + g,
        })
    }

    /// The row of each fact's value, and how many values the fact has.
    fn rows(&self, facts: &Facts) -> [(Seen, usize); 4] {
        let row = |table: &[Seen], at: usize| (table.get(at).copied().unwrap_or_default(), table.len());
        [
            row(&self.crash, facts.crash as usize),
            row(&self.bad, facts.bad as usize),
            row(&self.commit, facts.commit as usize),
            row(&self.releases, facts.releases as usize),
        ]
    }

    fn rows_mut(&mut self, facts: &Facts) -> impl Iterator<Item = &mut Seen> {
        let rows = [
            self.crash.get_mut(facts.crash as usize),
            self.bad.get_mut(facts.bad as usize),
            self.commit.get_mut(facts.commit as usize),
            self.releases.get_mut(facts.releases as usize),
        ];
        rows.into_iter().flatten()
    }
}

/// How much one fact speaks for a result.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Ratio {
    /// How much more probable the value is if the result is right, tempered; under 1 it speaks against.
    pub ratio: f64,
    /// Bisections with this value that were right.
    pub right: u32,
    /// All bisections with this value.
    pub seen: u32,
}

/// How probable a value is that was seen so often among `total`, where a fact has so many values.
fn likelihood(seen: u32, total: u32, values: usize) -> f64 {
    let values = u32::try_from(values).unwrap_or(u32::MAX);
    (f64::from(seen) + PSEUDO) / (f64::from(total) + PSEUDO * f64::from(values))
}

fn sum(table: &[Seen]) -> Seen {
    table.iter().fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z])
}

/// As Rust: what [`BUILT_IN`] is to be made of.
impl std::fmt::Display for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut table = |name: &str, values: Vec<&str>, rows: &[Seen]| {
            writeln!(f, "    {name}: [")?;
            for (value, row) in values.iter().zip(rows) {
                writeln!(f, "        {row:?}, // {value}")?;
            }
            writeln!(f, "    ],")
        };
        table("crash", Likeness::ALL.iter().map(|v| v.name()).collect(), &self.crash)?;
        table("bad", Share::ALL.iter().map(|v| v.name()).collect(), &self.bad)?;
        table("commit", Reach::ALL.iter().map(|v| v.name()).collect(), &self.commit)?;
        table("releases", Releases::ALL.iter().map(|v| v.name()).collect(), &self.releases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEST: Facts =
        Facts { crash: Likeness::Same, bad: Share::All, commit: Reach::Guilty, releases: Releases::One };
    const WORST: Facts = Facts {
        crash: Likeness::Unrelated,
        bad: Share::Few,
        commit: Reach::Impossible,
        releases: Releases::Many,
    };

    #[test]
    fn ok_every_fact_of_a_bisection_is_counted_once() {
        let total = sum(&BUILT_IN.releases);
        for table in [sum(&BUILT_IN.crash), sum(&BUILT_IN.bad), sum(&BUILT_IN.commit)] {
            assert_eq!(table, total);
        }
        assert!(total.iter().all(|n| *n > 50));
    }

    #[test]
    fn ok_facts_move_the_odds_the_way_they_point() {
        let right = |facts: &Facts| BUILT_IN.odds(facts)[0];
        assert!(right(&BEST) > 0.7 && right(&WORST) < 0.05);
        assert!(BUILT_IN.ratios(&BEST).iter().all(|r| r.ratio > 1.0));
        assert!(BUILT_IN.ratios(&WORST).iter().all(|r| r.ratio < 1.0));
        assert!((BUILT_IN.odds(&BEST).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn ok_tables_without_data_know_nothing() {
        let [right, bad, good] = Tables::default().odds(&BEST);
        assert!((right - bad).abs() < 1e-9 && (bad - good).abs() < 1e-9);
    }

    #[test]
    fn ok_fitting_counts() {
        let tables = Tables::fit(&[(BEST, Suspect::None), (WORST, Suspect::BadVerdict)]);
        assert_eq!((tables.crash[0], tables.crash[3]), ([1, 0, 0], [0, 1, 0]));
    }
}
