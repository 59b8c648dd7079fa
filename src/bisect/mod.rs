//! Bisections of a crash: read the log, replay its verdicts, say whether to believe the result.

mod commit;
mod git;
mod line;
mod log;
mod model;
mod outcome;
mod verdict;

pub use model::{
    Bisection, Commit, Date, Ending, Goal, Outcome, Program, Recipients, Revision, Run, Stage, Totals, Unknown,
    Verdict,
};
pub use verdict::{Counts, USUAL_RUNS, verdict};
