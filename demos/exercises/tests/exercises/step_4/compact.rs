#[path = "../../../src/step_4/compact.rs"]
mod exercise;

use std::iter::from_fn;

use exercise::Timers;

/// Sets so many timers, the last deadline first.
fn set(count: u64) -> (Timers, Vec<u64>) {
    let mut timers = Timers::default();
    let numbers = (0..count).map(|number| timers.set(count - number)).collect();
    (timers, numbers)
}

fn fired(timers: &mut Timers) -> Vec<u64> {
    from_fn(|| timers.fire(u64::MAX)).collect()
}

#[test]
fn cancelled_timers_leave_no_more_than_half_of_the_entries_or_a_hundred() {
    let (mut timers, numbers) = set(1_000);
    for (cancelled, number) in (1..).zip(&numbers) {
        timers.cancel(*number);
        let (entries, live) = (timers.entries(), 1_000 - cancelled);
        assert!(entries <= (2 * live).max(100), "{entries} entries, of which {live} are live");
    }
}

#[test]
fn up_to_half_of_the_entries_or_a_hundred_stay() {
    for (count, cancelled) in [(1_000, 500), (100, 100)] {
        let (mut timers, numbers) = set(count);
        numbers[..cancelled].iter().for_each(|number| timers.cancel(*number));
        assert_eq!(timers.entries() as u64, count, "after {cancelled} of {count}");
    }
}

#[test]
fn the_timers_that_are_left_fire_in_the_order_of_their_deadlines() {
    let (mut timers, mut numbers) = set(1_000);
    numbers.split_off(50).into_iter().for_each(|number| timers.cancel(number));
    numbers.reverse();
    assert_eq!(fired(&mut timers), numbers);
    assert_eq!(timers.entries(), 0);
}

#[test]
fn a_timer_that_was_cancelled_twice_or_has_fired_counts_for_nothing() {
    let (mut timers, numbers) = set(200);
    let first = timers.fire(1);
    assert_eq!(first, numbers.last().copied());
    for _ in 0..1_000 {
        timers.cancel(numbers[0]);
        timers.cancel(numbers[199]);
    }
    assert_eq!(timers.entries(), 199);
    assert_eq!(fired(&mut timers).len(), 198);
}
