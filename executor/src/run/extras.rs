//! Extras: data that few tasks have, and that therefore isn't in their slots.

use std::cell::RefCell;
use std::sync::Arc;

use crate::above::OfTask;
use crate::run::slots::{Slot, flag};

/// The extra data of one task.
#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) name: Option<Arc<str>>,
    /// The state of its cancellations.
    pub(crate) cancel: OfTask,
}

/// The extras of an executor's tasks. A slot has one if it has the flag `EXTRA`.
#[derive(Default)]
pub(crate) struct Extras(RefCell<Places>);

#[derive(Default)]
struct Places {
    /// For each slot, the place of its extra in `extras`, plus one; 0 for none.
    of_slots: Vec<u32>,
    extras: Vec<Extra>,
    vacant: Vec<u32>,
}

impl Extras {
    /// Looks at a task's extra, which is made now if there is none.
    pub(crate) fn of<R>(&self, index: u32, slot: &Slot, look: impl FnOnce(&mut Extra) -> R) -> R {
        let places = &mut *self.0.borrow_mut();
        if !slot.has(flag::EXTRA) {
            slot.set(flag::EXTRA);
            places.make(index as usize);
        }
        look(&mut places.extras[places.of_slots[index as usize] as usize - 1])
    }

    /// Looks at a task's extra, if there is one.
    pub(crate) fn get<R>(
        &self,
        index: u32,
        slot: &Slot,
        look: impl FnOnce(&mut Extra) -> R,
    ) -> Option<R> {
        slot.has(flag::EXTRA).then(|| self.of(index, slot, look))
    }

    /// Forgets a slot's extra, if it has one.
    #[inline(always)]
    pub(crate) fn remove(&self, index: u32, slot: &Slot) {
        if slot.has(flag::EXTRA) {
            slot.clear(flag::EXTRA);
            self.0.borrow_mut().remove(index as usize);
        }
    }
}

impl Places {
    fn remove(&mut self, index: usize) {
        let place = std::mem::take(&mut self.of_slots[index]) - 1;
        self.extras[place as usize] = Extra::default();
        self.vacant.push(place);
    }

    fn make(&mut self, index: usize) {
        if self.of_slots.len() <= index {
            self.of_slots.resize(index + 1, 0);
        }
        let place = self.vacant.pop().unwrap_or_else(|| {
            self.extras.push(Extra::default());
            u32::try_from(self.extras.len() - 1).expect("there are fewer than 2^24 slots")
        });
        self.of_slots[index] = place + 1;
    }
}
