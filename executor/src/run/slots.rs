//! The table of tasks.

use std::cell::{Cell, RefCell};
use std::panic::{Location, resume_unwind};

use crate::above::Wait;
use crate::run::cell::{BoxedCell, Outcome, outcome_of};
use crate::run::error::{JoinError, Origin, contain, drop_each};
use crate::run::id::TaskId;
use crate::run::pages::Pages;
use crate::run::waiter::Waiter;

/// The flags of a slot.
pub(crate) mod flag {
    /// The slot has a task that hasn't ended.
    ///
    /// It is set by the spawn; for the main future, by `block_on`. A vacant slot never has
    /// it. It is cleared when the task ends, by return, panic or cancellation.
    pub(crate) const LIVE: u16 = 1;

    /// The task stands in the ready queue (I1), or in the batch of this turn.
    ///
    /// It is set by the wake that puts the task there. A task without an entry in either
    /// never has it, except once the executor has ended. It is cleared when the task's turn
    /// comes, *before* the poll: a wake during the poll is a new one and counts (I4).
    pub(crate) const QUEUED: u16 = 2;

    /// The task is marked: it is to end at its next step, whatever it waits for.
    ///
    /// It is set when a request goes no further than to this task, or comes back to it. A
    /// vacant slot never has it. It is cleared when the request is taken back; and, if the
    /// task was marked in its own poll, when the task waits, for then the request goes on.
    /// A task that has ended so keeps it, for it [counts](crate::TaskRef::cancelling).
    pub(crate) const MARKED: u16 = 4;

    /// Somebody has the right to the outcome: a `Task` or its await.
    ///
    /// It is set by the spawn, and never again for the same task; the main future's slot
    /// always has it. It is cleared when the handle is dropped.
    pub(crate) const HELD: u16 = 8;

    /// The task keeps a waker of its own, for somebody has cloned it.
    ///
    /// It is set after the poll that has shown this. A task that only uses the futures of
    /// this crate never has it. It is cleared when the task ends, unless the executor ends
    /// with it; and when a search for held wakers finds that nobody has a clone any more.
    pub(crate) const BOUND: u16 = 16;

    /// There is more about the task in the table of extras.
    ///
    /// It is set with the first entry there. A vacant slot never has it. It is cleared when
    /// the slot is released.
    pub(crate) const EXTRA: u16 = 32;

    /// The task has passed a request to end on to what it waits for, and has yet to
    /// hear what came of that.
    ///
    /// It is set by the request. It is cleared when the task hears, when it doesn't wait for
    /// that any more, and when it ends.
    pub(crate) const PASSED: u16 = 64;

    /// Somebody has seen the outcome, or has said that nobody needs to.
    ///
    /// It is set by those that look at the outcome, and at the end of a task that somebody
    /// awaits; a `glance` leaves it alone. It is cleared when the slot is released.
    pub(crate) const READ: u16 = 128;

    /// The task has ended as cancelled.
    ///
    /// It is set when the task ends so. A task that hasn't ended never has it.
    /// It is cleared when the slot is released.
    pub(crate) const CANCELLED: u16 = 256;

    /// Strangers poll scopes right in the task, or have done so.
    ///
    /// It is set by the first of them. A vacant slot never has it. It is cleared when the
    /// slot is released.
    pub(crate) const STRANGE: u16 = 512;
}

/// One task: its future or outcome, its waiter, what it waits for, and its flags.
#[derive(Default)]
pub(crate) struct Slot {
    /// The future, later the outcome. It isn't here during a poll (I2) or a `peek`, and
    /// once the outcome was taken or dropped (I8).
    task: Cell<Option<BoxedCell>>,
    /// The waiter of the task's end.
    waiter: Cell<Option<Waiter>>,
    /// What the task waits for since its last poll.
    pub(crate) wait: Cell<Wait>,
    /// The number of tenants that the slot had before this one.
    generation: Cell<u32>,
    flags: Cell<u16>,
}

#[cfg(target_pointer_width = "64")]
const _: () =
    assert!(size_of::<Slot>() == 40 + size_of::<Wait>(), "the size of a slot decides the speed");

impl Slot {
    pub(crate) fn has(&self, flag: u16) -> bool {
        self.flags.get() & flag != 0
    }

    pub(crate) fn set(&self, flag: u16) {
        self.flags.set(self.flags.get() | flag);
    }

    pub(crate) fn clear(&self, flag: u16) {
        self.flags.set(self.flags.get() & !flag);
    }

    /// Sets or clears a flag.
    pub(crate) fn put(&self, flag: u16, is_true: bool) {
        if is_true { self.set(flag) } else { self.clear(flag) }
    }

    /// Moves a task in.
    pub(crate) fn begin(&self, task: BoxedCell) {
        self.put_task(task);
        self.wait.set(Wait::default());
        self.flags.set(flag::LIVE | flag::HELD);
    }

    /// Brings the main future to life, which has no task to move in.
    pub(crate) fn begin_main(&self) {
        self.wait.set(Wait::default());
        self.clear(flag::MARKED | flag::PASSED | flag::STRANGE);
        self.set(flag::LIVE);
    }

    /// Makes the id of the present tenant stale (I3).
    pub(crate) fn end_tenancy(&self) {
        self.generation.set(self.generation.get().wrapping_add(1));
    }

    /// Returns where the task was spawned; `None` while it is out of the slot.
    pub(crate) fn spawned_at(&self) -> Option<&'static Location<'static>> {
        let task = self.take_task()?;
        let spawned_at = task.spawned_at();
        self.put_task(task);
        Some(spawned_at)
    }

    pub(crate) fn take_task(&self) -> Option<BoxedCell> {
        self.task.take()
    }

    pub(crate) fn put_task(&self, task: BoxedCell) {
        self.task.set(Some(task));
    }

    /// Takes the outcome of a task that has ended and still has it.
    #[inline(always)]
    pub(crate) fn take_outcome<T: 'static>(
        &self,
        origin: impl FnOnce(&BoxedCell) -> Origin,
    ) -> Option<Outcome<T>> {
        if self.has(flag::LIVE) {
            return None;
        }
        let mut task = self.take_task()?;
        let outcome = outcome_of(&mut task).take();
        outcome.or_else(|| self.cancellation(|| origin(&task)))
    }

    /// Makes the outcome of a task that has ended as cancelled. It isn't made before
    /// somebody asks, for few do.
    #[cold]
    fn cancellation<T>(&self, origin: impl FnOnce() -> Origin) -> Option<Outcome<T>> {
        self.has(flag::CANCELLED).then(|| Err(JoinError::cancelled(origin())))
    }

    /// Shows the outcome of a task that has ended and still has it. `look` is foreign
    /// code, so the task is out of the slot meanwhile (I7).
    pub(crate) fn peek_outcome<T: 'static, R>(
        &self,
        origin: impl FnOnce(&BoxedCell) -> Origin,
        look: impl FnOnce(&Outcome<T>) -> R,
    ) -> Option<R> {
        if self.has(flag::LIVE) {
            return None;
        }
        let mut task = self.take_task()?;
        if outcome_of::<T>(&mut task).is_none() {
            let cancellation = self.cancellation(|| origin(&task));
            *outcome_of::<T>(&mut task) = cancellation;
        }
        let seen = contain(|| outcome_of(&mut task).as_ref().map(look));
        self.put_task(task);
        seen.unwrap_or_else(|panic| resume_unwind(panic))
    }

    pub(crate) fn take_waiter(&self) -> Option<Waiter> {
        self.waiter.take()
    }

    /// Adds a waiter of the task's end.
    #[inline(always)]
    pub(crate) fn add_waiter(&self, waiter: Waiter) {
        match self.waiter.replace(Some(waiter)) {
            None => {}
            Some(before) => self.put_waiter_before(before),
        }
    }

    #[cold]
    fn put_waiter_before(&self, before: Waiter) {
        let Some(waiter) = self.take_waiter() else { return };
        let (waiters, surplus) = before.and(waiter);
        self.waiter.set(Some(waiters));
        drop_each(surplus); // This is foreign code (I7).
    }
}

/// The greatest number of slots. One is the main future's. The tasks in so many would take
/// 2 GB at least.
const MOST: u32 = 1 << 24;

const TOO_MANY: &str = "an executor has room for 2^24 - 1 tasks at once, ended ones whose handles \
    are held among them: spawn the next ones when others have gone, or on another executor";

/// All slots of an executor. Their memory is freed with the core.
///
/// It is the idea of the crate slab, and a generation for each slot, by which a
/// stale id is recognised.
#[derive(Default)]
pub(crate) struct Slots {
    pages: Pages<Slot>,
    len: Cell<u32>,
    vacant: RefCell<Vec<u32>>,
}

impl Slots {
    /// Returns the number of slots, vacant ones included.
    pub(crate) fn len(&self) -> u32 {
        self.len.get()
    }

    /// Returns the slot at an index below `len`, whichever task is in it.
    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &Slot {
        self.pages.at(index)
    }

    /// Returns the slot at an index below `len`, and the id of its present tenant.
    pub(crate) fn tenant(&self, index: u32) -> (TaskId, &Slot) {
        let slot = self.at(index);
        (TaskId { index, generation: slot.generation.get() }, slot)
    }

    /// Returns the slot of a task; `None` if the task has left it (I3).
    pub(crate) fn get(&self, id: TaskId) -> Option<&Slot> {
        Some(self.at(id.index)).filter(|slot| slot.generation.get() == id.generation)
    }

    /// Takes a vacant slot, or makes one.
    #[inline(always)]
    pub(crate) fn claim(&self) -> (TaskId, &Slot) {
        let vacant = self.vacant.borrow_mut().pop();
        let index = vacant.unwrap_or_else(|| {
            let index = self.len.get();
            assert!(index < MOST, "{TOO_MANY}");
            self.len.set(index + 1);
            self.pages.make(index);
            index
        });
        self.tenant(index)
    }

    /// Makes a slot vacant.
    pub(crate) fn release(&self, index: u32, slot: &Slot) {
        slot.end_tenancy();
        slot.flags.set(0);
        self.vacant.borrow_mut().push(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_released_slot_is_reused_under_another_id() {
        let slots = Slots::default();
        let (first, slot) = slots.claim();
        slots.release(first.index, slot);
        let (second, _) = slots.claim();
        assert_eq!(first.index, second.index);
        assert!(slots.get(first).is_none());
        assert!(slots.get(second).is_some());
    }
}
