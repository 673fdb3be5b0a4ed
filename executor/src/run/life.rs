//! The life of a task.
//!
//! ```text
//!               ┌───────────── 7 ────────────┐
//!               │                            ▼
//!  ─── 1 ──► queued ──── 2 ──► polled ─ 6 ► ended ─── 9 ──► vacant
//!             ▲  ▲              │  │         ▲
//!             │  └───── 5 ──────┘  3         │
//!             │                    ▼         │
//!             └──────── 4 ────── waiting ─ 8 ┘
//! ```
//!
//! 1. [`Core::spawn`] claims a slot, and queues the first poll.
//! 2. `Reactor::step` takes the task out of its slot, and polls it.
//! 3. If the future isn't ready, `step` puts the task back: it waits.
//! 4. [`Core::wake`] queues the task again. A request that marks it does so, too
//!    (`Core::wake_marked`).
//! 5. A wake during the poll queues the task at once (I4). It is in the queue when
//!    `step` puts it back.
//! 6. If the future is ready, has panicked or ends as cancelled, `step` puts the
//!    outcome into the slot, and [`Core::finish`] notifies the task's waiters.
//! 7. A marked task isn't polled: `step` drops its future, and `finish` follows. At the
//!    end of the executor [`Core::abort`] ends each queued task without a poll, too.
//! 8. [`Core::close`], at the end of the executor, ends each task that waits by `abort`.
//!    From then on [`Core::spawn`] ends its task in the same way.
//! 9. [`Slot::take_outcome`] takes the outcome. Once nobody holds the task, and the
//!    ready queue has no entry of it, [`Core::release_unused`] makes the slot vacant.
//!
//! The main future goes the same way, by 1 to 6, but is never in its slot: `Reactor::step_main`
//! polls it where `block_on` has it, and the slot is never vacant.

use std::panic::resume_unwind;
use std::thread::panicking;

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
    /// Gives a task a slot and queues its first poll. On a closed executor the task is
    /// cancelled at birth; or, while the executor drops something, right after that.
    pub(crate) fn spawn(&self, task: BoxedCell) -> TaskId {
        let (id, slot) = self.slots.claim();
        self.record(|| Event::Spawn { task: id, at: Some(task.spawned_at()) });
        slot.begin(task);
        if self.closed.get() {
            // Its destructor may spawn the next, and so on: `unheld` needs no recursion.
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
        self.extras.remove(MAIN, slot); // They were the former main future's.
        slot.begin_main();
        self.record(|| Event::Spawn { task: self.slots.tenant(MAIN).0, at: None });
        self.enqueue(MAIN, slot);
    }

    pub(crate) fn has_ended(&self, id: TaskId) -> bool {
        self.slots.get(id).is_none_or(|slot| !slot.has(flag::LIVE))
    }

    /// Ends a task as cancelled at once, which only the end of the executor may do. Fails
    /// with the panic of a destructor.
    pub(crate) fn abort(&self, id: TaskId, slot: &Slot) -> Result<(), Payload> {
        let Some(mut task) = slot.take_task() else { return Ok(()) };
        let result = contain(|| task.as_mut().end(None));
        slot.put_task(task);
        self.record_end(id, Ended::Cancelled);
        self.finish(id, slot, Ended::Cancelled);
        result
    }

    /// Completes the end of a task whose outcome stands in the slot: notifies its waiters,
    /// and empties the slot if nobody holds the task.
    #[inline(always)]
    pub(crate) fn finish(&self, id: TaskId, slot: &Slot, end: Ended) {
        slot.clear(flag::LIVE | flag::PASSED);
        if end == Ended::Cancelled {
            slot.set(flag::CANCELLED);
        }
        // This is read before the waiters are notified: the holder may then drop the handle,
        // which empties the slot. If nobody holds the task, the slot is emptied here.
        let (held, returned) = (slot.has(flag::HELD), end == Ended::Returned);
        match slot.take_waiter() {
            None => {}
            // The last arm would do the same, with 3 % more instructions for a gather.
            Some(Waiter::Group(group, child)) => self.notify_group(group, child, returned),
            Some(waiter) => {
                if waiter.awaits() {
                    slot.set(flag::READ); // That holds even if the awaiter never resumes.
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
        // This comes first, for dropping the outcome is foreign code, which may spawn.
        self.release_unused(index, slot);
        self.drop_unheld(Thing::Outcome(outcome?, read))
    }

    /// Drops a thing that nobody holds. Returns the first panic of a destructor.
    #[inline(always)]
    fn drop_unheld(&self, thing: Thing) -> Option<Payload> {
        self.unheld.drop_by(|thing| self.drop_thing(thing), thing)
    }

    /// Drops a thing that nobody holds. The panic of a destructor goes nowhere.
    pub(crate) fn drop_quietly(&self, thing: Thing) {
        self.drop_unheld(thing).into_iter().for_each(discard);
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
            Thing::Group(group) => contain(|| drop(group)),
        }
    }

    /// Calls the function for panics that nobody has seen (F25), if there is one.
    fn report_unread(&self, task: &mut BoxedCell) {
        if let Some(on_unread) = &self.on_unread
            && let Some(error) = task.as_mut().panic()
        {
            contain_quietly(|| on_unread(&error));
        }
    }

    /// Gives up the right to a task's outcome. If the outcome's destructor panics so does
    /// this, unless the thread is panicking already.
    pub(crate) fn let_go(&self, id: TaskId) {
        let (tenant, slot) = self.slots.tenant(id.index);
        debug_assert_eq!(tenant, id, "a slot isn't released while its task is held");
        slot.clear(flag::HELD);
        self.record(|| Event::Detach { task: id });
        if slot.has(flag::LIVE) {
            return; // The task runs on, detached: `finish` will empty the slot.
        }
        match self.clear_out(id.index, slot) {
            Some(panic) if panicking() => discard(panic), // A second panic would abort.
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

    /// Ends all tasks, and from now on each that is spawned. Returns the first panic of a
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
        // The destructors of wakers may set further timers.
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
