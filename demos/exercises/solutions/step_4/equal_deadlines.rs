//! A tuple is compared by its first part, and if that is equal by the next. Put the number of
//! the timer between the deadline and the name: a count of all timers that were ever set.
//! The number of entries in the heap doesn't do, for it falls when timers fire.
//!
//! In the executor: timers with the same deadline share a list of the wheel, which keeps
//! their order. See the head of `executor/src/time/wheel.rs`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Timers, the first deadline first.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(u64, u64, &'static str)>>,
    last: u64,
}

impl Timers {
    /// Sets a timer, which has a name.
    pub fn set(&mut self, deadline: u64, name: &'static str) {
        self.last += 1;
        self.heap.push(Reverse((deadline, self.last, name)));
    }

    /// Takes the next timer that is due, and returns its name.
    pub fn fire(&mut self, now: u64) -> Option<&'static str> {
        let Reverse((deadline, ..)) = self.heap.peek()?;
        if now < *deadline {
            return None;
        }
        self.heap.pop().map(|Reverse((.., name))| name)
    }
}
