//! Exercise 11, of step 4: wakers that are called under a borrow.

use std::cell::RefCell;
use std::collections::BTreeMap;
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
    TIMERS.with_borrow_mut(|timers| {
        while let Some(first) = timers.wakers.first_entry() {
            if first.key().0 > now {
                return;
            }
            first.remove().wake();
        }
    });
}
