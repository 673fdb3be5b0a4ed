//! Exercise 10, of step 4: timers with the same deadline.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Timers, the first deadline first.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(u64, &'static str)>>,
}

impl Timers {
    /// Sets a timer, which has a name.
    pub fn set(&mut self, deadline: u64, name: &'static str) {
        self.heap.push(Reverse((deadline, name)));
    }

    /// Takes the next timer that is due, and returns its name.
    pub fn fire(&mut self, now: u64) -> Option<&'static str> {
        let Reverse((deadline, _)) = self.heap.peek()?;
        if now < *deadline {
            return None;
        }
        self.heap.pop().map(|Reverse((_, name))| name)
    }
}
