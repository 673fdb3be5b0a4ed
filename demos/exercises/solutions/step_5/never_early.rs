//! A tick is reached when all of its millisecond has passed, so the time now is rounded down.
//! The deadline has to be rounded the other way: `as_nanos` and `div_ceil` do that.
//!
//! In the executor: a tick is a nanosecond, so nothing is rounded. See `ticks` in
//! `executor/src/time/clock.rs`.

use std::time::Duration;

/// Returns the tick at which a timer is due. All times are since the start, and a tick is a
/// millisecond.
pub fn tick_of_deadline(deadline: Duration) -> u64 {
    saturate(deadline.as_nanos().div_ceil(1_000_000))
}

/// Returns the tick that the wheel has reached.
pub fn tick_of_now(now: Duration) -> u64 {
    saturate(now.as_millis())
}

fn saturate(ticks: u128) -> u64 {
    u64::try_from(ticks).unwrap_or(u64::MAX)
}
