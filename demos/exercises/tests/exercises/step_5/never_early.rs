#[path = "../../../src/step_5/never_early.rs"]
mod exercise;

use std::time::Duration;

use exercise::{tick_of_deadline, tick_of_now};

/// Some times, from zero to 5 ms, among them full ticks and their neighbours.
fn times() -> impl Iterator<Item = Duration> {
    (0..50).map(|tenth| Duration::from_micros(100 * tenth)).flat_map(|time| {
        let nanosecond = Duration::from_nanos(1);
        [time.saturating_sub(nanosecond), time, time + nanosecond]
    })
}

fn is_due(deadline: Duration, now: Duration) -> bool {
    tick_of_deadline(deadline) <= tick_of_now(now)
}

#[test]
fn no_timer_is_due_before_its_deadline() {
    for deadline in times() {
        for now in times().filter(|now| *now < deadline) {
            assert!(!is_due(deadline, now), "{deadline:?} is due at {now:?}");
        }
    }
}

#[test]
fn each_timer_is_due_a_millisecond_after_its_deadline() {
    for deadline in times() {
        let now = deadline + Duration::from_millis(1);
        assert!(is_due(deadline, now), "{deadline:?} isn't due at {now:?}");
    }
}

#[test]
fn a_deadline_that_is_a_full_tick_is_due_at_that_tick() {
    for deadline in (0..5).map(Duration::from_millis) {
        assert!(is_due(deadline, deadline), "{deadline:?} isn't due when it has come");
    }
}

#[test]
fn the_longest_time_has_a_tick() {
    assert_eq!(tick_of_deadline(Duration::MAX), u64::MAX);
}
