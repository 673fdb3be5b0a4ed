//! A table whose keys go stale once their entries are vacated.

use std::cell::{Cell, OnceCell};
use std::num::NonZeroU64;
use std::ops::Deref;

use crate::run::pages::{self, Pages};

/// Names an entry of a table. It is stale once the entry was vacated, until that was taken
/// 2^31 times more. The index is the lower half of the word, less its two highest bits, and
/// the generation the upper one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(NonZeroU64);

/// The lowest bit of the generation. It is set while the entry is taken, so no key is zero.
const TAKEN: NonZeroU64 = NonZeroU64::new(1 << 32).unwrap();

impl Key {
    #[inline(always)]
    fn new(index: u32, generation: u32) -> Self {
        Self(TAKEN | u64::from(generation) << 32 | u64::from(index))
    }

    pub(crate) fn pack(self) -> u64 {
        self.0.get()
    }

    /// Takes a word for the key that it was.
    pub(crate) fn unpack(word: u64) -> Self {
        Self(TAKEN | word)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half of a word")]
    fn index(self) -> u32 {
        self.0.get() as u32
    }

    #[inline(always)]
    fn generation(self) -> u32 {
        (self.0.get() >> 32) as u32
    }
}

/// Values by key. They never move, and they are used again, so each tenant finds what the one
/// before has left.
#[derive(Default)]
pub(crate) struct Table<T>(OnceCell<Box<Entries<T>>>);

#[derive(Default)]
struct Entries<T> {
    pages: Pages<Entry<T>>,
    /// The number of entries, vacant ones included.
    len: Cell<u32>,
    /// The index of the entry that was vacated last, plus one; 0 for none.
    vacant: Cell<u32>,
}

/// An entry, which dereferences to its value.
#[derive(Default)]
pub(crate) struct Entry<T> {
    /// The number of times that it was taken or vacated. It is odd while it is taken.
    generation: Cell<u32>,
    /// While it is vacant: the entry that was vacated before it, as in `vacant`.
    next_vacant: Cell<u32>,
    value: T,
}

impl<T: Default> Table<T> {
    /// Takes a vacant entry, or makes one.
    #[inline(always)]
    pub(crate) fn claim(&self) -> (Key, &Entry<T>) {
        let entries = self.0.get_or_init(Box::default);
        if entries.vacant.get() == 0 {
            entries.add();
        }
        let index = entries.vacant.get() - 1;
        let entry = entries.pages.at(index);
        entries.vacant.set(entry.next_vacant.get());
        (Key::new(index, entry.next_generation()), entry)
    }

    /// Vacates an entry.
    #[inline(always)]
    pub(crate) fn release(&self, key: Key, entry: &Entry<T>) {
        if let Some(entries) = self.0.get() {
            entry.next_generation();
            entry.next_vacant.set(entries.vacant.replace(key.index() + 1));
        }
    }

    /// Returns an entry, if it wasn't vacated.
    #[inline(always)]
    pub(crate) fn get(&self, key: Key) -> Option<&Entry<T>> {
        let entry = self.0.get()?.pages.at(key.index());
        (entry.generation.get() == key.generation()).then_some(entry)
    }
}

impl<T: Default> Entries<T> {
    /// Adds an entry, which is vacant.
    #[cold]
    fn add(&self) {
        let index = self.len.get();
        assert!(index < pages::MOST, "there are fewer than 2^26 at once");
        self.pages.make(index);
        self.len.set(index + 1);
        self.vacant.set(index + 1);
    }
}

impl<T> Entry<T> {
    /// Begins the next generation, and returns it.
    fn next_generation(&self) -> u32 {
        let next = self.generation.get().wrapping_add(1);
        self.generation.set(next);
        next
    }
}

impl<T> Deref for Entry<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
