#[path = "../../../src/step_5/cancel.rs"]
mod exercise;

use exercise::Level;

/// A level with the timers 1 to 4 in list 7, and 5 in list 9.
fn level() -> Level {
    let mut level = Level::new();
    for timer in 1..=4 {
        level.set(timer, 7);
    }
    level.set(5, 9);
    level
}

fn left(level: &Level) -> Vec<u32> {
    let mut timers = level.timers(7).to_vec();
    timers.sort_unstable();
    timers
}

#[test]
fn a_timer_that_another_cancel_has_moved_can_be_cancelled() {
    let mut level = level();
    level.cancel(1);
    level.cancel(4);
    assert_eq!(left(&level), [2, 3]);
    level.cancel(3);
    level.cancel(2);
    assert!(left(&level).is_empty());
}

#[test]
fn timers_can_be_cancelled_in_any_order() {
    for order in [[1, 2, 3, 4], [4, 3, 2, 1], [2, 4, 1, 3], [3, 1, 4, 2]] {
        let mut level = level();
        for (cancelled, timer) in (1..).zip(order) {
            level.cancel(timer);
            assert_eq!(left(&level).len(), 4 - cancelled, "of {order:?}");
            assert!(!left(&level).contains(&timer), "of {order:?}");
        }
    }
}

#[test]
fn a_list_counts_as_empty_when_its_last_timer_is_cancelled_and_not_before() {
    let mut level = level();
    for timer in [1, 2, 3] {
        level.cancel(timer);
        assert_eq!(level.first(), Some(7), "there are timers left");
    }
    level.cancel(4);
    assert_eq!(level.first(), Some(9), "list 7 is empty");
    level.cancel(5);
    assert_eq!(level.first(), None, "all lists are empty");
}

#[test]
fn a_timer_that_is_cancelled_twice_takes_no_other_along() {
    let mut level = level();
    level.cancel(1);
    level.cancel(1);
    assert_eq!(left(&level), [2, 3, 4]);
}
