//! Collect first, and call later. While the timers are borrowed take the wakers of all that
//! are due out of the map, into a vector; `BTreeMap::split_off` is one way. Call them when the
//! borrow has ended.
//!
//! In the executor: `Core::fire_due` in `executor/src/run/timers.rs`, which takes one due
//! timer at a time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem::replace;
use std::task::Waker;

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

/// Timers by their deadlines and numbers.
#[derive(Default)]
struct Timers {
    wakers: BTreeMap<(u64, u64), Waker>,
    last: u64,
}

/// Sets a timer.
pub fn set(deadline: u64, waker: Waker) {
    TIMERS.with_borrow_mut(|timers| {
        timers.last += 1;
        timers.wakers.insert((deadline, timers.last), waker);
    });
}

/// Wakes all whose timers are due.
pub fn wake_due(now: u64) {
    let due = TIMERS.with_borrow_mut(|timers| {
        let later = timers.wakers.split_off(&(now + 1, 0));
        replace(&mut timers.wakers, later)
    });
    due.into_values().for_each(Waker::wake);
}
