//! Exercise 12, of step 4: a heap that sorts out cancelled timers.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// Timers, the first deadline first. A cancelled one stays in the heap.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(u64, u64)>>,
    /// The numbers of the timers that have neither fired nor been cancelled.
    live: HashSet<u64>,
    last: u64,
}

impl Timers {
    /// Sets a timer, and returns its number.
    pub fn set(&mut self, deadline: u64) -> u64 {
        self.last += 1;
        self.heap.push(Reverse((deadline, self.last)));
        self.live.insert(self.last);
        self.last
    }

    /// Cancels a timer.
    pub fn cancel(&mut self, timer: u64) {
        self.live.remove(&timer);
    }

    /// Takes the next timer that is due, and returns its number.
    pub fn fire(&mut self, now: u64) -> Option<u64> {
        while self.heap.peek().is_some_and(|Reverse((deadline, _))| *deadline <= now) {
            let Reverse((_, timer)) = self.heap.pop()?;
            if self.live.remove(&timer) {
                return Some(timer);
            }
        }
        None
    }

    /// Returns the number of entries that the heap has, of cancelled timers too.
    pub fn entries(&self) -> usize {
        self.heap.len()
    }
}
