#[path = "../../../src/step_4/equal_deadlines.rs"]
mod exercise;

use std::iter::from_fn;

use exercise::Timers;

fn fired(timers: &mut Timers, now: u64) -> Vec<&'static str> {
    from_fn(|| timers.fire(now)).collect()
}

#[test]
fn timers_fire_at_their_deadlines_and_not_before() {
    let mut timers = Timers::default();
    timers.set(20, "late");
    timers.set(10, "soon");
    assert!(fired(&mut timers, 9).is_empty());
    assert_eq!(fired(&mut timers, 10), ["soon"]);
    assert_eq!(fired(&mut timers, 30), ["late"]);
}

#[test]
fn equal_deadlines_fire_in_the_order_in_which_they_were_set() {
    let mut timers = Timers::default();
    for name in ["write", "read", "accept", "close", "read"] {
        timers.set(10, name);
    }
    timers.set(5, "first");
    assert_eq!(fired(&mut timers, 10), ["first", "write", "read", "accept", "close", "read"]);
}

#[test]
fn timers_that_have_fired_do_not_change_the_order_of_the_others() {
    let mut timers = Timers::default();
    timers.set(1, "first");
    timers.set(10, "write");
    assert_eq!(fired(&mut timers, 1), ["first"]);
    timers.set(10, "read");
    assert_eq!(fired(&mut timers, 10), ["write", "read"]);
}
