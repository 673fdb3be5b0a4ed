//! A hierarchical timer wheel over plain ticks.
//!
//! It knows no clock, no waker and no thread: ticks are a `u64` that the
//! caller moves forward, and what a timer carries is any `T`. In the executor
//! a tick is one nanosecond.
//!
//! # Implementation
//!
//! Write a tick as eleven digits of six bits each. A timer stands on the level
//! of the *highest digit in which its deadline differs from the wheel's time*,
//! in the list of the deadline's digit on that level. So a near timer stands
//! low, where a list covers few ticks, and a far one high. As time passes, the
//! lists whose digit has come are emptied: what is due leaves the wheel, the
//! rest moves to a lower level, at most ten times in a timer's life and once
//! in most. The idea is Varghese and Lauck's (1987).
//!
//! A timer's place on a level depends on its deadline and the wheel's time alone, so
//! *equal deadlines always share a list*, in order of registration. That is why
//! a stable sort by deadline is all that exact order needs.
//!
//! # Example
//!
//! ```
//! use executor::wheel::Wheel;
//!
//! let mut wheel = Wheel::new();
//! let tea = wheel.insert(240, "tea");
//! wheel.insert(180, "egg");
//! assert_eq!(wheel.next_deadline(), Some(180));
//! assert_eq!(wheel.remove(tea), Some("tea"));
//!
//! let mut due = Vec::new();
//! wheel.advance(1_000_000, &mut due);
//! assert_eq!(due, ["egg"]);
//! ```

use std::fmt;

/// Bits of one digit, which tells the 64 lists of a level apart.
const BITS: u32 = 6;

/// Lists on a level.
const LISTS: usize = 1 << BITS;

/// Levels that it takes to cover all 64 bits of a tick.
///
/// With ticks of one nanosecond:
///
/// | level | one list spans | the level reaches |
/// |-------|----------------|-------------------|
/// | 0     | 1 ns           | 64 ns             |
/// | 1     | 64 ns          | 4.1 us            |
/// | 2     | 4.1 us         | 262 us            |
/// | 3     | 262 us         | 16.8 ms           |
/// | 4     | 16.8 ms        | 1.07 s            |
/// | 5     | 1.07 s         | 68.7 s            |
/// | 6     | 68.7 s         | 73 min            |
/// | 7     | 73 min         | 3.3 d             |
/// | 8     | 3.3 d          | 209 d             |
/// | 9     | 209 d          | 36.6 y            |
/// | 10    | 36.6 y         | 585 y             |
///
/// Deadlines keep every bit on every level: the table says where a timer
/// waits, not how exactly it fires.
const LEVELS: usize = 64_usize.div_ceil(BITS as usize);

/// The list of timers whose delay starts to count at the next `advance`.
const NURSERY: usize = LEVELS * LISTS;

/// The list of timers that are due, in the order in which they fire.
const DUE: usize = NURSERY + 1;

/// Stands for "no entry" at the ends of a list.
const NIL: u32 = u32::MAX;

/// The most timers of one list that [`Wheel::next_deadline`] looks at.
const EXACT_UP_TO: usize = 32;

/// Names one timer of one wheel; stale once the timer fired or was removed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    index: u32,
    generation: u32,
}

/// A timer wheel: timers go in in any order, and come out in order of deadline.
///
/// Every operation on one timer is O(1), whatever the number of timers.
pub struct Wheel<T> {
    /// All timers, and the places of former ones, chained by `next`.
    entries: Vec<Entry<T>>,
    /// The first free place in `entries`, or `NIL`.
    vacant: u32,
    /// `LISTS` lists per level, then the nursery, then the timers that are due. Made with
    /// the first timer, so that an executor that never sleeps doesn't pay for it.
    lists: Vec<List>,
    /// For each level, a bit for each of its lists that has a timer.
    occupied: [u64; LEVELS],
    /// The wheel's time: the latest that it was advanced to.
    elapsed: u64,
    len: usize,
    /// Deadlines and places of the timers that become due; empty between calls.
    leaving: Vec<(u64, u32)>,
}

/// A timer (then `value` is there) or a vacant place.
struct Entry<T> {
    /// The deadline; in the nursery, the delay.
    deadline: u64,
    value: Option<T>,
    prev: u32,
    next: u32,
    generation: u32,
    list: u16,
}

#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
}

const EMPTY: List = List { head: NIL, tail: NIL };

impl<T> Wheel<T> {
    /// Creates an empty wheel at tick 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            vacant: NIL,
            lists: Vec::new(),
            occupied: [0; LEVELS],
            elapsed: 0,
            len: 0,
            leaving: Vec::new(),
        }
    }

    /// Returns the number of timers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no timer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the wheel's time: the latest tick that it was advanced to.
    #[must_use]
    pub fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// Adds a timer that is due at `deadline`.
    ///
    /// A deadline that has passed is due at the next [`advance`](Self::advance).
    ///
    /// # Panics
    ///
    /// Panics beyond 2^32 - 1 timers at once.
    pub fn insert(&mut self, deadline: u64, value: T) -> Key {
        let index = self.occupy(deadline, value);
        self.place(index);
        self.key(index)
    }

    /// Adds a timer that is due `delay` ticks after the next
    /// [`advance`](Self::advance).
    ///
    /// This is for a caller that doesn't read the clock for every timer, but once,
    /// later, so that the timer is never early. Among equal deadlines the timer
    /// counts as registered at that `advance`.
    ///
    /// # Panics
    ///
    /// Panics beyond 2^32 - 1 timers at once.
    pub fn insert_in(&mut self, delay: u64, value: T) -> Key {
        let index = self.occupy(delay, value);
        self.append(NURSERY, index);
        self.key(index)
    }

    /// Takes a timer out, also if it is [due](Self::next_due). Returns `None` if it fired
    /// or was removed before.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        self.get_mut(key)?;
        self.unlink(key.index);
        Some(self.vacate(key.index))
    }

    /// Gives all timers away, in no particular order.
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.entries.into_iter().filter_map(|entry| entry.value)
    }

    /// Gives access to what a timer carries, while it is still to fire.
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let entry = self.entries.get_mut(key.index as usize)?;
        entry.value.as_mut().filter(|_| entry.generation == key.generation)
    }

    /// Returns the tick by which to advance next, so that no timer is late.
    ///
    /// If the first list that has timers has at most 32, this is the earliest
    /// deadline; if it has more, this is the first tick of that list, which isn't
    /// later. It is no later than the wheel's time if a deadline has passed, and
    /// while a delay from [`insert_in`](Self::insert_in) waits for the next
    /// `advance` to start it, or a timer that is due hasn't been taken.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        if [NURSERY, DUE].iter().any(|&list| self.has_timers(list)) {
            return Some(self.elapsed);
        }
        let level = self.occupied.iter().position(|&lists| lists != 0)?;
        let digit = self.occupied[level].trailing_zeros();
        let list = self.lists[level * LISTS + digit as usize];
        let mut deadlines = self.walk(list).map(|index| self.entry(index).deadline);
        let earliest = deadlines.by_ref().take(EXACT_UP_TO).min();
        match deadlines.next() {
            None => earliest,
            Some(_) => Some(self.first_tick(level, digit)),
        }
    }

    /// Goes through the timers, list by list, and gives each one's key, deadline and
    /// [`spot`]. A timer whose delay hasn't started comes with the delay, and no spot.
    /// Those that are due are left out.
    pub fn timers(&self) -> impl Iterator<Item = (Key, u64, Option<(usize, usize)>)> + '_ {
        let lists = self.lists.iter().take(DUE);
        (0..).zip(lists).flat_map(move |(number, list)| {
            let spot = (number != NURSERY).then_some((number / LISTS, number % LISTS));
            self.walk(*list).map(move |index| (self.key(index), self.entry(index).deadline, spot))
        })
    }

    /// Moves the wheel's time to `now` and appends the values of all timers
    /// due by then to `due`, by deadline and, where equal, by registration.
    ///
    /// Time doesn't run backwards: an earlier `now` than before counts as the
    /// wheel's time.
    pub fn advance(&mut self, now: u64, due: &mut Vec<T>) {
        self.collect_due(now);
        due.extend(std::iter::from_fn(|| self.next_due()));
    }

    /// Moves the wheel's time to `now` as [`advance`](Self::advance) does, but leaves the
    /// timers that are due for [`next_due`](Self::next_due) to take one by one. Until then
    /// they can still be removed.
    pub fn collect_due(&mut self, now: u64) {
        let now = now.max(self.elapsed);
        let before = std::mem::replace(&mut self.elapsed, now);
        self.take_passed(before, now);
        self.leaving.sort_by_key(|&(deadline, _)| deadline);
        for at in 0..self.leaving.len() {
            self.append(DUE, self.leaving[at].1);
        }
        self.leaving.clear();
        self.bind_nursery(now);
    }

    /// Takes the first of the timers that are due, by deadline and, where equal, by
    /// registration.
    pub fn next_due(&mut self) -> Option<T> {
        let due = self.lists.get_mut(DUE)?;
        let first = due.head;
        let next = self.entries.get(first as usize)?.next;
        due.head = next;
        match self.entries.get_mut(next as usize) {
            Some(after) => after.prev = NIL,
            None => due.tail = NIL,
        }
        Some(self.vacate(first))
    }

    /// Empties the lists that time has passed between `before` and `now`.
    ///
    /// Only the highest digit that changed needs thought. Below it every timer
    /// is due, since its deadline agrees with `before` in that digit. On its
    /// level all lists up to the new digit have come; timers of the last may
    /// still be ahead and move down. Everything else keeps its place, for its
    /// highest differing digit is the same as ever.
    fn take_passed(&mut self, before: u64, now: u64) {
        let top = level_of(before ^ now);
        for level in 0..top {
            self.take_lists(level, self.occupied[level], now);
        }
        let come = u64::MAX >> (LISTS - 1 - digit_of(now, top));
        self.take_lists(top, self.occupied[top] & come, now);
    }

    /// Empties those lists of a level whose bits are set.
    fn take_lists(&mut self, level: usize, mut lists: u64, now: u64) {
        self.occupied[level] &= !lists;
        while lists != 0 {
            let list = level * LISTS + lists.trailing_zeros() as usize;
            lists &= lists - 1;
            self.take_list(list, now);
        }
    }

    /// Empties one list: timers that are due leave, the others get a new place.
    fn take_list(&mut self, list: usize, now: u64) {
        let mut index = std::mem::replace(&mut self.lists[list], EMPTY).head;
        while index != NIL {
            let &Entry { deadline, next, .. } = self.entry(index);
            if deadline <= now {
                self.leaving.push((deadline, index));
            } else {
                self.place(index);
            }
            index = next;
        }
    }

    /// Turns the nursery's delays into deadlines, counted from `now`.
    fn bind_nursery(&mut self, now: u64) {
        let Some(nursery) = self.lists.get_mut(NURSERY) else {
            return;
        };
        let mut index = std::mem::replace(nursery, EMPTY).head;
        while index != NIL {
            let entry = &mut self.entries[index as usize];
            entry.deadline = entry.deadline.saturating_add(now);
            let next = entry.next;
            self.place(index);
            index = next;
        }
    }

    /// Puts an unlinked entry where its deadline belongs. A deadline that has
    /// passed stands where the wheel's time does.
    fn place(&mut self, index: u32) {
        let (level, digit) = spot(self.elapsed, self.entry(index).deadline);
        self.occupied[level] |= 1 << digit;
        self.append(level * LISTS + digit, index);
    }

    /// Returns the first tick of the list of `digit` on `level`.
    fn first_tick(&self, level: usize, digit: u32) -> u64 {
        let below = BITS * u32::try_from(level).expect("there are eleven levels");
        let above = self.elapsed.checked_shr(below + BITS).unwrap_or(0);
        let above = above.checked_shl(below + BITS).unwrap_or(0);
        above | u64::from(digit) << below
    }

    // Lists ------------------------------------------------------------------

    fn append(&mut self, list: usize, index: u32) {
        if self.lists.is_empty() {
            self.lists = vec![EMPTY; DUE + 1];
        }
        let tail = std::mem::replace(&mut self.lists[list].tail, index);
        match self.entries.get_mut(tail as usize) {
            Some(before) => before.next = index,
            None => self.lists[list].head = index,
        }
        let entry = &mut self.entries[index as usize];
        entry.prev = tail;
        entry.next = NIL;
        entry.list = u16::try_from(list).expect("there are 706 lists");
    }

    fn has_timers(&self, list: usize) -> bool {
        self.lists.get(list).is_some_and(|list| list.head != NIL)
    }

    fn unlink(&mut self, index: u32) {
        let &Entry { prev, next, list, .. } = self.entry(index);
        let list = usize::from(list);
        match self.entries.get_mut(prev as usize) {
            Some(before) => before.next = next,
            None => self.lists[list].head = next,
        }
        match self.entries.get_mut(next as usize) {
            Some(after) => after.prev = prev,
            None => self.lists[list].tail = prev,
        }
        if self.lists[list].head == NIL && list < NURSERY {
            self.occupied[list / LISTS] &= !(1 << (list % LISTS));
        }
    }

    fn walk(&self, list: List) -> impl Iterator<Item = u32> + '_ {
        let some = |index| (index != NIL).then_some(index);
        std::iter::successors(some(list.head), move |&index| some(self.entry(index).next))
    }

    // Entries ----------------------------------------------------------------

    fn entry(&self, index: u32) -> &Entry<T> {
        &self.entries[index as usize]
    }

    fn key(&self, index: u32) -> Key {
        Key { index, generation: self.entry(index).generation }
    }

    /// Finds a place for a timer, in no list yet.
    fn occupy(&mut self, deadline: u64, value: T) -> u32 {
        let index = self.vacant;
        if let Some(entry) = self.entries.get_mut(index as usize) {
            self.len += 1;
            self.vacant = entry.next;
            entry.deadline = deadline;
            entry.value = Some(value);
            return index;
        }
        let index = u32::try_from(self.entries.len()).ok().filter(|&index| index != NIL);
        let index = index.expect("a timer wheel holds at most 2^32 - 1 timers at once");
        let value = Some(value);
        self.len += 1;
        self.entries.push(Entry { deadline, value, prev: NIL, next: NIL, generation: 0, list: 0 });
        index
    }

    /// Frees a timer's place; its keys are stale from here on.
    fn vacate(&mut self, index: u32) -> T {
        self.len -= 1;
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = std::mem::replace(&mut self.vacant, index);
        entry.value.take().expect("only occupied places are vacated")
    }
}

/// Returns the place of a timer that is due at `deadline`, in a wheel whose time
/// is `elapsed`: the level, and the list on it.
#[must_use]
pub fn spot(elapsed: u64, deadline: u64) -> (usize, usize) {
    let deadline = deadline.max(elapsed);
    let level = level_of(elapsed ^ deadline);
    (level, digit_of(deadline, level))
}

/// The level of the highest digit that is set in `difference`.
fn level_of(difference: u64) -> usize {
    ((difference | 1).ilog2() / BITS) as usize
}

/// The digit of `tick` on `level`.
#[expect(clippy::cast_possible_truncation, reason = "only the lowest digit is kept")]
fn digit_of(tick: u64, level: usize) -> usize {
    (tick >> (level * BITS as usize)) as usize & (LISTS - 1)
}

/// Shows the number of the timer's place, followed by its number among the timers
/// of that place when it isn't the first: `7`, later `7.2`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            0 => write!(f, "{}", self.index),
            reused => write!(f, "{}.{}", self.index, u64::from(reused) + 1),
        }
    }
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("elapsed", &self.elapsed)
            .field("len", &self.len)
            .field("next_deadline", &self.next_deadline())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table on [`LEVELS`], computed: span of a list, reach of the level.
    #[test]
    fn the_table_of_levels_is_right() {
        let spans: Vec<u128> = (0..=LEVELS).map(|level| 1 << (level * BITS as usize)).collect();
        let (us, ms, s) = (1_000, 1_000_000, 1_000_000_000_u128);
        assert_eq!(spans[..3], [1, 64, 4_096]);
        assert_eq!(spans[3] / us, 262);
        assert_eq!(spans[4] / (ms / 10), 167);
        assert_eq!(spans[5] / (s / 100), 107);
        assert_eq!(spans[6] / (s / 10), 687);
        assert_eq!(spans[7] / (60 * s), 73);
        assert_eq!(spans[8] / (3_600 * s), 78);
        assert_eq!(spans[9] / (86_400 * s), 208);
        assert_eq!(spans[10] / (86_400 * s) / 365, 36);
        assert_eq!(u128::from(u64::MAX) / (86_400 * s) / 365, 584);
        assert_eq!(level_of(u64::MAX) + 1, LEVELS);
    }

    #[test]
    fn a_level_begins_at_each_power_of_sixty_four() {
        for level in 1..LEVELS {
            let first = 1 << (level * BITS as usize);
            assert_eq!(level_of(first), level);
            assert_eq!(level_of(first - 1), level - 1);
        }
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn an_entry_with_a_two_word_value_takes_forty_bytes() {
        assert_eq!(size_of::<Entry<std::task::Waker>>(), 40);
    }
}
