//! Bisections of a crash: read the log, replay its verdicts, say whether to believe the result.

pub mod audit;
mod commit;
mod git;
mod line;
mod log;
mod model;
pub mod oracle;
mod outcome;
mod same;
mod sought;
mod verdict;

pub use model::{
    Bisection, Commit, Date, Ending, Goal, Outcome, Program, Recipients, Revision, Run, Stage, Totals,
    Unknown, Verdict,
};
pub use oracle::{Answer, Match};
pub use same::{Crash, Likeness, same_crash};
pub use sought::Sought;
pub use verdict::{Counts, USUAL_RUNS, verdict};
