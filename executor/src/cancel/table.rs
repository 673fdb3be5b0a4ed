//! A table whose entries have keys that are never used again.

use std::cell::RefCell;

/// Names an entry of a table; stale once the entry was removed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    pub(crate) fn index(self) -> u32 {
        self.index
    }
}

/// Values by key. Nothing is borrowed between two calls. In a call only code of ours runs:
/// the functions that look at entries are ours.
pub(crate) struct Table<T>(RefCell<Entries<T>>);

struct Entries<T> {
    entries: Vec<Entry<T>>,
    vacant: Vec<u32>,
}

struct Entry<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Table<T> {
    pub(crate) fn insert(&self, value: T) -> Key {
        let Entries { entries, vacant } = &mut *self.0.borrow_mut();
        if let Some(index) = vacant.pop() {
            let entry = &mut entries[index as usize];
            entry.value = Some(value);
            return Key { index, generation: entry.generation };
        }
        let index = u32::try_from(entries.len()).expect("there are fewer than 2^32 at once");
        entries.push(Entry { generation: 0, value: Some(value) });
        Key { index, generation: 0 }
    }

    /// Looks at an entry, if it is still there.
    pub(crate) fn with<R>(&self, key: Key, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        let Entries { entries, .. } = &mut *self.0.borrow_mut();
        let entry = &mut entries[key.index as usize];
        if entry.generation == key.generation { entry.value.as_mut().map(look) } else { None }
    }

    /// Returns the key of the entry that stands at an index now.
    pub(crate) fn key_at(&self, index: u32) -> Option<Key> {
        let Entries { entries, .. } = &*self.0.borrow();
        let Entry { generation, value } = entries.get(index as usize)?;
        value.as_ref().map(|_| Key { index, generation: *generation })
    }

    /// Takes an entry out. The caller drops it, after the borrow, as it may be foreign.
    pub(crate) fn remove(&self, key: Key) -> Option<T> {
        let Entries { entries, vacant } = &mut *self.0.borrow_mut();
        let entry = &mut entries[key.index as usize];
        if entry.generation != key.generation {
            return None;
        }
        entry.generation = entry.generation.wrapping_add(1);
        vacant.push(key.index);
        entry.value.take()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(RefCell::new(Entries { entries: Vec::new(), vacant: Vec::new() }))
    }
}
