//! After `swap_remove` there is another timer at `place`, unless the one that was taken out
//! was the last of its list. `lists[list].get(place)` tells which. And if the list is empty now
//! its bit has to go.
//!
//! In the executor: `Wheel::unlink` in `executor/src/time/wheel.rs`. Its lists are linked, so
//! no timer moves, and the order stays.

use std::collections::HashMap;

/// One level of a wheel: the 64 lists of a digit. The timers in them have numbers.
pub struct Level {
    lists: [Vec<u32>; 64],
    /// A bit for each list that isn't empty.
    occupied: u64,
    /// The list of each timer, and its place there.
    places: HashMap<u32, (usize, usize)>,
}

impl Level {
    pub fn new() -> Self {
        Self { lists: [const { Vec::new() }; 64], occupied: 0, places: HashMap::new() }
    }

    /// Puts a timer into a list.
    pub fn set(&mut self, timer: u32, list: usize) {
        self.places.insert(timer, (list, self.lists[list].len()));
        self.lists[list].push(timer);
        self.occupied |= 1 << list;
    }

    /// Takes a timer out of its list.
    pub fn cancel(&mut self, timer: u32) {
        let Some((list, place)) = self.places.remove(&timer) else { return };
        self.lists[list].swap_remove(place);
        if let Some(moved) = self.lists[list].get(place) {
            self.places.insert(*moved, (list, place));
        }
        if self.lists[list].is_empty() {
            self.occupied &= !(1 << list);
        }
    }

    /// Returns the first list that isn't empty.
    pub fn first(&self) -> Option<usize> {
        (self.occupied != 0).then(|| self.occupied.trailing_zeros() as usize)
    }

    /// Returns the timers in a list.
    pub fn timers(&self, list: usize) -> &[u32] {
        &self.lists[list]
    }
}
