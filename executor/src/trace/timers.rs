//! The timer wheel, as it follows from the events.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::probe::Event;
use crate::run::id::TaskId;
use crate::time::wheel::{Key, spot};

/// A level of the wheel, and a list on it.
pub(crate) type Spot = (usize, usize);

#[derive(Clone, Default, Debug)]
pub(crate) struct Timers {
    /// The wheel's time.
    pub(crate) elapsed: u64,
    by_key: HashMap<Key, Timer>,
    /// The timers by deadline and then by registration.
    order: BTreeMap<(u64, u64), Key>,
    /// Delays that start at the next advance, by registration.
    nursery: BTreeMap<u64, Key>,
    /// The timers that have left the wheel to fire.
    due: VecDeque<(Key, Timer)>,
    registered: u64,
}

#[derive(Clone, Copy, Debug)]
struct Timer {
    task: Option<TaskId>,
    /// The deadline; in the nursery, the delay.
    deadline: u64,
    registered: u64,
    /// `None` in the nursery.
    spot: Option<Spot>,
}

/// The moves of timers when the wheel advances.
#[derive(Default)]
pub(crate) struct Moves {
    /// Those that leave the nursery, with deadline and place.
    pub(crate) started: Vec<(Key, u64, Spot)>,
    /// Those that go to a lower level, with the places that they have now and had before.
    pub(crate) moved: Vec<(Key, Spot, Spot)>,
    /// Those that leave the wheel, in the order in which they will fire.
    pub(crate) due: Vec<Key>,
}

impl Timers {
    pub(crate) fn set(&mut self, key: Key, task: Option<TaskId>, deadline: u64) -> Spot {
        let place = spot(self.elapsed, deadline);
        let registered = self.register();
        self.order.insert((deadline, registered), key);
        self.by_key.insert(key, Timer { task, deadline, registered, spot: Some(place) });
        place
    }

    pub(crate) fn set_in(&mut self, key: Key, task: Option<TaskId>, delay: u64) {
        let registered = self.register();
        self.nursery.insert(registered, key);
        self.by_key.insert(key, Timer { task, deadline: delay, registered, spot: None });
    }

    fn register(&mut self) -> u64 {
        self.registered += 1;
        self.registered
    }

    pub(crate) fn redirect(&mut self, key: Key, task: TaskId) {
        if let Some(timer) = self.by_key.get_mut(&key) {
            timer.task = Some(task);
        }
    }

    pub(crate) fn remove(&mut self, key: Key) {
        let Some(timer) = self.by_key.remove(&key) else {
            return self.due.retain(|(due, _)| *due != key);
        };
        match timer.spot {
            Some(_) => drop(self.order.remove(&(timer.deadline, timer.registered))),
            None => drop(self.nursery.remove(&timer.registered)),
        }
    }

    /// Moves the wheel's time. The only timers that move are those whose deadline agrees
    /// with the new time down to the highest digit that has changed.
    pub(crate) fn advance(&mut self, now: u64) -> Moves {
        let now = now.max(self.elapsed);
        let before = std::mem::replace(&mut self.elapsed, now);
        let mut moves = Moves { due: self.take_due(now), ..Moves::default() };
        let same = spot(before, now).0 * 6;
        let last = now | ((1_u64 << same.min(63)) - 1);
        for &key in self.order.range((now, 0)..=(last, u64::MAX)).map(|(_, key)| key) {
            let timer = self.by_key.get_mut(&key).expect("ordered timers are there");
            let to = spot(now, timer.deadline);
            if let Some(from) = timer.spot.replace(to).filter(|from| *from != to) {
                moves.moved.push((key, to, from));
            }
        }
        for key in std::mem::take(&mut self.nursery).into_values() {
            let Timer { task, deadline: delay, .. } = self.by_key[&key];
            let deadline = delay.saturating_add(now);
            moves.started.push((key, deadline, self.set(key, task, deadline)));
        }
        moves
    }

    fn take_due(&mut self, now: u64) -> Vec<Key> {
        let mut due = Vec::new();
        while let Some(first) = self.order.first_entry()
            && first.key().0 <= now
        {
            let key = first.remove();
            let timer = self.by_key.remove(&key).expect("ordered timers are there");
            self.due.push_back((key, timer));
            due.push(key);
        }
        due
    }

    /// Returns the timer that fires, if it wakes this task, or none: the first of those that
    /// are due.
    pub(crate) fn first_due(&self, task: Option<TaskId>) -> Option<Key> {
        self.due.iter().find(|(_, timer)| timer.task == task).map(|it| it.0)
    }

    /// Takes the timer that fires, with its deadline.
    pub(crate) fn fire(&mut self, task: Option<TaskId>) -> Option<(Key, u64)> {
        let place = self.due.iter().position(|(_, timer)| timer.task == task)?;
        self.due.remove(place).map(|(key, timer)| (key, timer.deadline))
    }

    /// Returns the deadline of a timer, once that is known.
    pub(crate) fn deadline(&self, key: Key) -> Option<u64> {
        self.by_key.get(&key).filter(|it| it.spot.is_some()).map(|it| it.deadline)
    }

    /// Returns the timers, with their deadlines (or delays) and places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, u64, Option<Spot>)> {
        self.by_key.iter().map(|(key, it)| (*key, it.deadline, it.spot))
    }

    /// Returns events from which the same timers follow.
    pub(crate) fn retold(&self) -> Vec<Event> {
        let set = |(&timer, it): (&Key, &Timer)| match it {
            Timer { task, deadline, spot: Some(_), .. } => {
                Event::TimerAt { timer, task: *task, deadline: *deadline }
            }
            Timer { task, deadline: delay, .. } => {
                Event::TimerIn { timer, task: *task, delay: *delay }
            }
        };
        let of_key = |key| self.by_key.get_key_value(key).map(set);
        let due = self.due.iter().map(|(timer, it)| set((timer, it)));
        let advance = Event::Advance { now: self.elapsed };
        let waiting = self.order.values().chain(self.nursery.values()).filter_map(of_key);
        due.chain([advance]).chain(waiting).collect()
    }
}
