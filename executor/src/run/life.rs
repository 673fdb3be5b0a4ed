//! The life of a task.
//!
//! ```text
//!      1            2            4           5
//!  ──────► queued ────► polled ─────► ended ────► vacant
//!            ▲            │             ▲
//!            │ 3          │ 2           │ 6
//!            │            ▼             │
//!            └──────── waiting ─────────┘
//! ```
//!
//! 1. [`Core::spawn`] claims a slot, and queues the first poll.
//! 2. `Reactor::step` takes the task out of its slot and polls it. If the
//!    future isn't ready, the task goes back and waits.
//! 3. [`Core::wake`] queues it again; a wake during the poll does so before it is back.
//!    [`Core::cancel`] queues it too: its next step is its last, and no poll,
//!    unless a scope in it catches the cancellation.
//! 4. [`Core::finish`] tells who waits, once the outcome is in the slot.
//! 5. [`Slot::take_outcome`] and [`Core::let_go`] empty the slot, or `finish`
//!    if nobody holds the task; [`Core::release_unused`] makes it vacant.
//! 6. [`Core::close`], at the end of the executor, ends all tasks by
//!    [`Core::abort`], those that are queued as well.

use std::any::Any;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::thread::panicking;

use crate::above::Callback;
use crate::probe::{Ended, Event};
use crate::run::cell::BoxedCell;
use crate::run::core::Core;
use crate::run::error::{
    Name, Origin, Payload, contain, contain_quietly, discard, drop_each, keep_first,
};
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, flag};
use crate::run::unheld::Thing;
use crate::run::waiter::Waiter;

impl Core {
    /// Gives a task a slot and queues its first poll. On a closed executor the
    /// task is cancelled at birth.
    pub(crate) fn spawn(&self, task: BoxedCell) -> TaskId {
        let (id, slot) = self.slots.claim();
        self.record(|| Event::Spawn { task: id, at: Some(task.spawned_at()) });
        slot.begin(task);
        if self.closed.get() {
            if let Some(panic) = self.drop_unheld(Thing::Late(id)) {
                resume_unwind(panic);
            }
        } else {
            self.enqueue(id.index, slot);
        }
        id
    }

    /// Brings the main future to life and queues its first poll.
    pub(crate) fn start_main(&self) {
        let slot = self.slots.at(MAIN);
        self.extras.remove(MAIN, slot);
        slot.begin_main();
        self.record(|| Event::Spawn { task: self.slots.tenant(MAIN).0, at: None });
        self.enqueue(MAIN, slot);
    }

    pub(crate) fn has_ended(&self, id: TaskId) -> bool {
        self.slots.get(id).is_none_or(|slot| !slot.has(flag::LIVE))
    }

    /// Ends a task as cancelled here and now, which only the end of the
    /// executor may do. Fails with the panic of a destructor.
    pub(crate) fn abort(&self, id: TaskId, slot: &Slot) -> Result<(), Payload> {
        let Some(mut task) = slot.take_task() else { return Ok(()) };
        let result = Self::end_cancelled(slot, &mut task);
        slot.put_task(task);
        self.record(|| Event::Done { task: id, outcome: Ended::Cancelled, text: None });
        self.finish(id, slot, Ended::Cancelled);
        result
    }

    /// Drops the future of a cancelled task. Fails with the destructor's panic.
    pub(crate) fn end_cancelled(slot: &Slot, task: &mut BoxedCell) -> Result<(), Payload> {
        slot.end_cancelled();
        contain(|| task.as_mut().end(None))
    }

    /// Does what is to be done when a task has ended and its outcome stands
    /// in the slot: tells who waits, drops what nobody will ask for.
    #[inline(always)]
    pub(crate) fn finish(&self, id: TaskId, slot: &Slot, end: Ended) {
        slot.clear(flag::LIVE | flag::PASSED);
        // Whoever holds the task may drop the handle when told, and with it the
        // slot. If nobody does, the slot is ours to empty.
        let (held, returned) = (slot.has(flag::HELD), end == Ended::Returned);
        match slot.take_waiter() {
            None => {}
            Some(Waiter::Group(group, child)) => self.notify_group(group, child, returned),
            Some(waiter) => {
                if waiter.awaits() {
                    slot.set(flag::READ); // Even if it is cancelled before it resumes.
                }
                self.notify_of_end(waiter, returned);
            }
        }
        if !held {
            self.clear_out(id.index, slot).into_iter().for_each(discard);
        }
    }

    /// Empties the slot of a task that has ended and that nobody holds. Returns the
    /// panic of the outcome's destructor.
    #[inline(always)]
    fn clear_out(&self, index: u32, slot: &Slot) -> Option<Payload> {
        let read = slot.has(flag::READ);
        let outcome = slot.take_task();
        // First, for dropping the outcome is foreign code.
        self.release_unused(index, slot);
        self.drop_unheld(Thing::Outcome(outcome?, read))
    }

    /// Drops what nobody holds. Returns the first panic of a destructor.
    #[inline(always)]
    fn drop_unheld(&self, thing: Thing) -> Option<Payload> {
        self.unheld.drop_by(|thing| self.drop_thing(thing), thing)
    }

    /// Drops a function that won't be called.
    pub(crate) fn give_up_call(&self, call: Rc<dyn Callback>) {
        self.drop_unheld(Thing::Call(call)).into_iter().for_each(discard);
    }

    /// Drops any other foreign thing in that way.
    #[cold]
    pub(crate) fn drop_foreign(&self, foreign: impl Any) {
        self.drop_unheld(Thing::Other(Box::new(foreign))).into_iter().for_each(discard);
    }

    fn drop_thing(&self, thing: Thing) -> Result<(), Payload> {
        match thing {
            Thing::Outcome(mut task, read) => {
                if !read {
                    self.report_unread(&mut task);
                }
                contain(|| drop(task))
            }
            Thing::Late(id) => self.abort(id, self.slots.at(id.index)),
            Thing::Call(call) => contain(|| call.give_up()),
            Thing::Other(foreign) => contain(|| drop(foreign)),
        }
    }

    /// Tells of a panic that nobody has seen (F25).
    fn report_unread(&self, task: &mut BoxedCell) {
        if let Some(on_unread) = &self.on_unread
            && let Some(error) = task.as_mut().panic()
        {
            contain_quietly(|| on_unread(&error));
        }
    }

    /// Gives up the right to a task's outcome. If its destructor panics so does
    /// this, unless it is a panic that drops the handle.
    pub(crate) fn let_go(&self, id: TaskId) {
        let (tenant, slot) = self.slots.tenant(id.index);
        debug_assert_eq!(tenant, id, "a slot isn't released while its task is held");
        slot.clear(flag::HELD);
        self.record(|| Event::Detach { task: id });
        if slot.has(flag::LIVE) {
            return;
        }
        match self.clear_out(id.index, slot) {
            Some(panic) if panicking() => discard(panic),
            Some(panic) => resume_unwind(panic),
            None => {}
        }
    }

    /// Makes a slot vacant if its task has ended, nobody may ask for the
    /// outcome, and no entry of the ready queue still points at it.
    #[inline(always)]
    pub(crate) fn release_unused(&self, index: u32, slot: &Slot) {
        if slot.has(flag::LIVE | flag::HELD | flag::QUEUED) {
            return;
        }
        self.extras.remove(index, slot);
        self.record(|| Event::Gone { task: self.slots.tenant(index).0 });
        self.slots.release(index, slot);
    }

    /// Ends all tasks and refuses new ones. Returns the first panic of a
    /// destructor.
    pub(crate) fn close(&self) -> Option<Payload> {
        self.closed.set(true);
        self.record(|| Event::Close);
        let mut first_panic = None;
        for index in MAIN + 1..self.slots.len() {
            let (id, slot) = self.slots.tenant(index);
            if slot.has(flag::LIVE) {
                keep_first(&mut first_panic, self.abort(id, slot));
            }
        }
        self.inbox.close();
        self.notices.drop_all();
        // Destructors may set further timers.
        while !self.timers.borrow().is_empty() {
            let timers = self.timers.take();
            drop_each(timers.into_values());
        }
        first_panic
    }

    pub(crate) fn name(&self, id: TaskId) -> Name {
        let slot = self.slots.get(id);
        let given = slot.and_then(|it| self.extras.get(id.index, it, |extra| extra.name.clone()));
        given.flatten().map_or(Name::Numbered(id), Name::Given)
    }

    pub(crate) fn set_name(&self, id: TaskId, name: &str) {
        if let Some(slot) = self.slots.get(id) {
            self.extras.of(id.index, slot, |extra| extra.name = Some(name.into()));
            self.record_text(|| name.into(), |name| Event::Name { task: id, name });
        }
    }

    pub(crate) fn origin(&self, id: TaskId, task: &BoxedCell) -> Origin {
        Origin { name: self.name(id), spawned_at: task.spawned_at() }
    }
}
