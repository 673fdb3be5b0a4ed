//! Exercise 13, of step 5: a deadline that has passed before the timer is set.

use std::mem::take;

/// A timer wheel whose lists stand in a vector. The 64 lists of a digit are a *level*, and a
/// bit for each says whether it has timers. The timers are nothing but deadlines.
pub struct Wheel {
    now: u64,
    lists: Vec<Vec<u64>>,
    occupied: [u64; 11],
}

impl Wheel {
    pub fn new() -> Self {
        Self { now: 0, lists: vec![Vec::new(); 11 * 64], occupied: [0; 11] }
    }

    /// Puts a timer into the list of the highest digit in which it differs from now.
    pub fn set(&mut self, deadline: u64) {
        let level = ((deadline ^ self.now) | 1).ilog2() as usize / 6;
        let digit = (deadline >> (6 * level)) as usize % 64;
        self.lists[64 * level + digit].push(deadline);
        self.occupied[level] |= 1 << digit;
    }

    /// Returns the first list that isn't empty, and the time at which it begins.
    fn next(&self) -> Option<(usize, u64)> {
        let level = self.occupied.iter().position(|lists| *lists != 0)?;
        let digit = self.occupied[level].trailing_zeros() as usize;
        let digits_above = self.now >> (6 * level) >> 6 << 6;
        Some((64 * level + digit, (digits_above | digit as u64) << (6 * level)))
    }

    /// Moves the time on, and returns the deadlines of the timers that are due.
    pub fn advance(&mut self, now: u64) -> Vec<u64> {
        let mut due = Vec::new();
        while let Some((list, time)) = self.next().filter(|(_, time)| *time <= now) {
            self.now = time;
            self.occupied[list / 64] &= !(1 << (list % 64));
            for deadline in take(&mut self.lists[list]) {
                if deadline <= time { due.push(deadline) } else { self.set(deadline) }
            }
        }
        self.now = now;
        due
    }
}
