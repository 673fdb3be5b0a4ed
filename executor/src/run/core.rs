//! The core, which an executor and all that belongs to it share: queue, waking, polling.

use std::cell::{Cell, RefCell};
use std::mem::swap;
use std::ptr::null;
use std::rc::Rc;
use std::task::{Context, Waker};

use crate::above::{Couriers, Notices, Points};
use crate::probe::{Event, Probe};
use crate::run::error::{JoinError, contain_quietly, drop_each};
use crate::run::extras::Extras;
use crate::run::id::{MAIN, TaskId};
use crate::run::inbox::{Heard, Inbox};
use crate::run::slots::{Slot, Slots, flag};
use crate::run::unheld::Unheld;
use crate::run::waiter::{Other, Waiter, once_each};
use crate::time::clock::Ticks;
use crate::time::wheel::Wheel;

/// An entry of the ready queue.
#[derive(Clone, Copy)]
pub(crate) enum Ready {
    /// The task in this slot is to be polled.
    Poll(u32),
    /// The first of the notices is to be given.
    Notice,
}

const _: () = assert!(size_of::<Ready>() == 8, "an entry takes one word");

/// Stands in the place of a panic's payload if a task ends as cancelled.
pub(crate) struct EndsCancelled;

/// The state behind an executor and its handles.
///
/// All of it is cells: everybody has it by shared reference, and nobody keeps
/// a borrow while foreign code runs (I7).
pub(crate) struct Core {
    pub(crate) slots: Slots,
    pub(crate) timers: RefCell<Wheel<Waiter>>,
    pub(crate) clock: Ticks,
    /// The slack, in ticks.
    pub(crate) slack: u64,
    /// True if a timer was due already when it was set, on a real clock: then the next turn
    /// must look.
    pub(crate) due_at_once: Cell<bool>,
    /// The messages of other threads. A waker is of this executor if it has this inbox's
    /// door.
    pub(crate) inbox: Inbox,
    /// The ready queue: first in, first out. A turn takes all of it (see `Reactor::turn`).
    pub(crate) ready: RefCell<Vec<Ready>>,
    /// The notices. Each has an entry in the ready queue, in the same order.
    pub(crate) notices: Notices,
    pub(crate) couriers: Couriers,
    pub(crate) extras: Extras,
    /// The task that is being polled, if `lent` isn't null.
    pub(crate) polled: Cell<TaskId>,
    /// The [`Waker::data`](std::task::Waker::data) of the waker that this task is polled
    /// with; null between polls. It is the address of an allocation of ours, so no waker
    /// of anybody else has the same.
    lent: Cell<*const ()>,
    /// The state of cancellations.
    pub(crate) points: Points,
    /// True once the executor is being dropped. A task that is spawned then is cancelled
    /// at birth.
    pub(crate) closed: Cell<bool>,
    pub(crate) unheld: Unheld,
    /// The function that is called with panics that nobody has seen.
    pub(crate) on_unread: Option<OnUnread>,
    pub(crate) probe: Probe,
}

pub(crate) type OnUnread = Rc<dyn Fn(&JoinError)>;

impl Core {
    pub(crate) fn new(
        clock: Ticks,
        slack: u64,
        inbox: Inbox,
        on_unread: Option<OnUnread>,
        probe: Probe,
    ) -> Rc<Self> {
        let core = Rc::new(Self {
            slots: Slots::default(),
            timers: RefCell::default(),
            clock,
            slack,
            due_at_once: Cell::new(false),
            inbox,
            ready: RefCell::default(),
            notices: Notices::default(),
            couriers: Couriers::default(),
            extras: Extras::default(),
            polled: Cell::new(TaskId { index: MAIN, generation: 0 }),
            lent: Cell::new(null()),
            points: Points::default(),
            closed: Cell::new(false),
            unheld: Unheld::default(),
            on_unread,
            probe,
        });
        let (main, slot) = core.slots.claim();
        debug_assert_eq!(main.index, MAIN);
        slot.set(flag::HELD); // The slot is never released.
        core
    }

    /// Queues a task for a poll, unless it is queued, has ended, or is gone.
    #[inline(always)]
    pub(crate) fn wake(&self, id: TaskId) {
        if let Some(slot) = self.slots.get(id) {
            self.enqueue(id.index, slot);
        }
    }

    #[inline(always)]
    pub(crate) fn enqueue(&self, index: u32, slot: &Slot) {
        let task = || self.slots.tenant(index).0;
        if !slot.has(flag::LIVE) {
            return;
        }
        if slot.has(flag::QUEUED) {
            // The poll to come is for this wake, too: it sees all that was done before.
            return self.record(|| Event::Again { task: task() });
        }
        slot.set(flag::QUEUED); // (I1)
        self.ready.borrow_mut().push(Ready::Poll(index));
        self.record(|| Event::Ready { task: task() });
    }

    /// Returns whether the task lives and isn't queued, so that a wake has an effect.
    pub(crate) fn waits(&self, id: TaskId) -> bool {
        let slot = self.slots.get(id);
        slot.is_some_and(|slot| slot.has(flag::LIVE) && !slot.has(flag::QUEUED))
    }

    /// Notifies a waiter of something else than the end of a task, as a timer that fires, or of
    /// an end of which the caller doesn't know how it came. A group counts it as the end of a
    /// task that hasn't returned.
    pub(crate) fn notify(&self, waiter: Waiter) {
        self.notify_of_end(waiter, false);
    }

    /// Notifies a waiter of the end of a task. `returned` is false if the task has panicked or
    /// was cancelled.
    pub(crate) fn notify_of_end(&self, waiter: Waiter, returned: bool) {
        match waiter {
            Waiter::Task(id) => self.wake(id),
            Waiter::Group(group, child) => self.notify_group(group, child, returned),
            Waiter::Other(other) => self.notify_other(*other, returned),
        }
    }

    fn notify_other(&self, other: Other, returned: bool) {
        match other {
            Other::Waker(waker) => contain_quietly(|| waker.wake()),
            Other::Call(call) => contain_quietly(|| call.call()),
            Other::Several(all) => {
                let all: Box<Vec<Waiter>> = all.downcast().expect("it is made so");
                let (waiters, surplus) = once_each(*all);
                for waiter in waiters {
                    self.notify_of_end(waiter, returned);
                }
                drop_each(surplus); // Foreign wakers may be among them (I7).
            }
        }
    }

    /// Hears what has come into the inbox by now, in its order.
    pub(crate) fn hear_all(&self) {
        self.inbox.drain().for_each(|heard| self.hear(heard));
    }

    /// Wakes a task for another thread, or queues what a courier has brought.
    pub(crate) fn hear(&self, heard: Heard) {
        match heard {
            Heard::Wake(task) => {
                self.record(|| Event::Heard { task });
                self.wake(task);
            }
            Heard::Errand(errand) => self.queue_errand(errand),
        }
    }

    /// Returns the waiter that stands for this context. If the context has the waker that
    /// the task now polled was lent, that task's id is enough; else it is a stranger's.
    pub(crate) fn waiter(&self, cx: &Context<'_>) -> Waiter {
        let stranger = || Other::Waker(cx.waker().clone()).into();
        self.recognise(cx).map_or_else(stranger, Waiter::Task)
    }

    /// Returns the task now polled, if this is the context that it is polled with.
    pub(crate) fn recognise(&self, cx: &Context<'_>) -> Option<TaskId> {
        // A waker with this address, the one on loan or a clone of it, wakes this task and
        // does nothing else. A stranger's has another.
        self.polling().filter(|_| self.lent.get() == cx.waker().data())
    }

    /// Returns the task now polled.
    pub(crate) fn polling(&self) -> Option<TaskId> {
        (!self.lent.get().is_null()).then(|| self.polled.get())
    }

    /// Notes which task is polled from now on, and with which waker.
    pub(crate) fn begin_poll(&self, task: TaskId, waker: &Waker) {
        self.record(|| Event::Poll { task });
        self.polled.set(task);
        self.lent.set(waker.data());
    }

    pub(crate) fn end_poll(&self) {
        self.lent.set(null());
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.borrow().is_empty()
    }

    /// Queues a notice.
    pub(crate) fn enqueue_notice(&self) {
        self.ready.borrow_mut().push(Ready::Notice);
    }

    /// Returns the task of a queue entry whose turn has come. It isn't queued any more.
    pub(crate) fn dequeue(&self, index: u32) -> (TaskId, &Slot) {
        let (id, slot) = self.slots.tenant(index);
        slot.clear(flag::QUEUED); // (I4)
        (id, slot)
    }

    /// Exchanges the ready queue, which is a turn's batch from now on, for an
    /// empty one.
    pub(crate) fn take_batch(&self, batch: &mut Vec<Ready>) {
        // A swap lets both vectors keep their memory from turn to turn.
        swap(&mut *self.ready.borrow_mut(), batch);
        self.record(|| Event::Turn { batch: batch.len() });
        self.probe.reorder(&self.clock, batch);
    }
}
