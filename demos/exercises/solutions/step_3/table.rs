//! Keep the numbers of the vacant places in a second vector: `remove` pushes one there, and
//! `insert` pops it. Push it only if the place had a value.
//!
//! In the executor: `Slots::claim` and `Slots::release` in `executor/src/run/slots.rs`.

/// A table of tasks, or of anything else.
pub struct Table<T> {
    places: Vec<Option<T>>,
    vacant: Vec<usize>,
}

impl<T> Table<T> {
    pub fn new() -> Self {
        Self { places: Vec::new(), vacant: Vec::new() }
    }

    /// Puts a value into a place, and returns the number of the place.
    pub fn insert(&mut self, value: T) -> usize {
        let place = self.vacant.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[place] = Some(value);
        place
    }

    /// Takes a value out. Returns `None` if there is none in this place.
    pub fn remove(&mut self, place: usize) -> Option<T> {
        let value = self.places.get_mut(place)?.take()?;
        self.vacant.push(place);
        Some(value)
    }

    /// Returns the number of places, vacant ones too.
    pub fn places(&self) -> usize {
        self.places.len()
    }
}
