#[path = "../../../src/step_5/past_deadline.rs"]
mod exercise;

use exercise::Wheel;

#[test]
fn timers_fire_at_their_deadlines() {
    let mut wheel = Wheel::new();
    for deadline in [70, 5, 100_000, 64] {
        wheel.set(deadline);
    }
    for (now, due) in [(4, vec![]), (5, vec![5]), (99_999, vec![64, 70]), (100_000, vec![100_000])]
    {
        assert_eq!(wheel.advance(now), due, "at {now}");
    }
}

#[test]
fn a_deadline_that_has_passed_fires_at_once() {
    let mut wheel = Wheel::new();
    wheel.advance(100);
    wheel.set(50);
    assert_eq!(wheel.advance(100), [50]);
}

#[test]
fn a_deadline_that_has_passed_does_not_wait_for_another_timer() {
    let mut wheel = Wheel::new();
    wheel.advance(100);
    wheel.set(101);
    wheel.set(50);
    assert_eq!(wheel.advance(100), [50]);
    assert_eq!(wheel.advance(101), [101]);
}

#[test]
fn each_deadline_that_has_passed_fires_once() {
    let mut wheel = Wheel::new();
    wheel.advance(1 << 40);
    let mut passed = [0, 1, 64, 1 << 12, 1 << 39, (1 << 40) - 1, 1 << 40];
    wheel.set(1 << 41);
    for deadline in passed {
        wheel.set(deadline);
    }
    let mut due = wheel.advance(1 << 40);
    due.sort_unstable();
    passed.sort_unstable();
    assert_eq!(due, passed);
    assert_eq!(wheel.advance(1 << 41), [1 << 41]);
}
