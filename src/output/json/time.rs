//! Times: microseconds in the model, seconds on the wire.

use crate::report::Microseconds;

/// Microseconds as seconds. Exact: 53 bits hold every count of microseconds of 285 years.
#[expect(clippy::cast_precision_loss, reason = "said above")]
pub(super) fn seconds(time: Microseconds) -> f64 {
    time as f64 / 1e6
}

/// Seconds as microseconds; what is negative or no number is 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
pub(super) fn microseconds(seconds: f64) -> Microseconds {
    (seconds * 1e6).round() as u64
}
