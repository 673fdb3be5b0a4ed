//! Exercise 15, of step 5: a timer that is never early.

use std::time::Duration;

/// Returns the tick at which a timer is due. All times are since the start, and a tick is a
/// millisecond.
pub fn tick_of_deadline(deadline: Duration) -> u64 {
    ticks(deadline)
}

/// Returns the tick that the wheel has reached.
pub fn tick_of_now(now: Duration) -> u64 {
    ticks(now)
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
