//! Exercise 9, of step 3: a table that uses its places again.

/// A table of tasks, or of anything else.
pub struct Table<T> {
    places: Vec<Option<T>>,
}

impl<T> Table<T> {
    pub fn new() -> Self {
        Self { places: Vec::new() }
    }

    /// Puts a value into a place, and returns the number of the place.
    pub fn insert(&mut self, value: T) -> usize {
        self.places.push(Some(value));
        self.places.len() - 1
    }

    /// Takes a value out. Returns `None` if there is none in this place.
    pub fn remove(&mut self, place: usize) -> Option<T> {
        self.places.get_mut(place)?.take()
    }

    /// Returns the number of places, vacant ones too.
    pub fn places(&self) -> usize {
        self.places.len()
    }
}
