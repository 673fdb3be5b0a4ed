//! What the executor and everything that belongs to it share; the life of a
//! task.
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

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem::swap;
use std::panic::resume_unwind;
use std::ptr::null;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::thread::panicking;

use crate::cell::BoxedCell;
use crate::clock::Ticks;
use crate::error::{
    JoinError, Name, Origin, Payload, contain, contain_quietly, discard, drop_each, keep_first,
};
use crate::extras::Extras;
use crate::group::{Callback, Group, Other, Waiter, once_each};
use crate::id::{MAIN, TaskId};
use crate::inbox::{Heard, Inbox};
use crate::points::Points;
use crate::probe::{Ended, Event, On, Place, Probe, Text};
use crate::slots::{Slot, Slots, code, flag};
use crate::wheel::{Key, Wheel};

/// An entry of the ready queue.
#[derive(Clone, Copy)]
pub(crate) enum Ready {
    /// The task in this slot wants a poll.
    Poll(u32),
    /// The first of the notices wants to be given.
    Notice,
}

const _: () = assert!(size_of::<Ready>() == 8, "an entry takes one word");

/// Instead of a panic's payload: the poll ended in a cancellation.
pub(crate) struct EndsCancelled;

/// The state behind an executor and its handles.
///
/// All of it is cells: everybody has it by shared reference, and nobody keeps
/// a borrow while foreign code runs (I7).
pub(crate) struct Core {
    pub(crate) slots: Slots,
    pub(crate) timers: RefCell<Wheel<Waiter>>,
    pub(crate) clock: Ticks,
    /// Whether a timer was set that is due already, so that the next turn must look.
    due_at_once: Cell<bool>,
    /// Where other threads' messages come in; its door tells whose waker a waker is.
    pub(crate) inbox: Inbox,
    /// First in, first out. A turn takes all of it (see `Reactor::turn`).
    ready: RefCell<Vec<Ready>>,
    /// Groups of which a child ended, and that child's number. For each there
    /// is an entry in the ready queue, in the same order.
    notices: RefCell<VecDeque<(Rc<Group>, u32)>>,
    pub(crate) extras: Extras,
    /// The task that is being polled, if `lent` isn't null.
    pub(crate) polled: Cell<TaskId>,
    /// [`Waker::data`](std::task::Waker::data) of the waker that it is polled
    /// with: the address of an allocation of ours, which no other waker can
    /// have for its own.
    lent: Cell<*const ()>,
    pub(crate) points: Points,
    /// Set when the executor is dropped: no new tasks from here on.
    pub(crate) closed: Cell<bool>,
    /// Tasks that were spawned since, while another such task was ended.
    born_late: RefCell<Vec<TaskId>>,
    /// Whether a task that was spawned since is being ended.
    ending_late: Cell<bool>,
    /// What was let go while something else is being dropped.
    unheld: RefCell<Vec<Unheld>>,
    /// Whether something that nobody holds is being dropped.
    dropping: Cell<bool>,
    /// Who is told of panics that nobody has seen.
    on_unread: Option<OnUnread>,
    pub(crate) probe: Probe,
}

pub(crate) type OnUnread = Rc<dyn Fn(&JoinError)>;

/// What nobody holds any more, and whose destructor is foreign code.
enum Unheld {
    /// The outcome of a task that has ended, and whether somebody has seen it.
    Outcome(BoxedCell, bool),
    /// A function that won't be called.
    Call(#[expect(dead_code, reason = "it is dropped")] Box<dyn FnOnce()>),
    /// A group that won't be asked, maybe with such a function in it.
    Group(#[expect(dead_code, reason = "it is dropped")] Rc<Group>),
}

impl Core {
    pub(crate) fn new(
        clock: Ticks,
        inbox: Inbox,
        on_unread: Option<OnUnread>,
        probe: Probe,
    ) -> Rc<Self> {
        let core = Rc::new(Self {
            slots: Slots::new(),
            timers: RefCell::default(),
            clock,
            due_at_once: Cell::new(false),
            inbox,
            ready: RefCell::default(),
            notices: RefCell::default(),
            extras: Extras::default(),
            polled: Cell::new(TaskId { index: MAIN, generation: 0 }),
            lent: Cell::new(null()),
            points: Points::default(),
            closed: Cell::new(false),
            born_late: RefCell::default(),
            ending_late: Cell::new(false),
            unheld: RefCell::default(),
            dropping: Cell::new(false),
            on_unread,
            probe,
        });
        let (main, slot) = core.slots.claim();
        debug_assert_eq!(main.index, MAIN);
        slot.set(flag::HELD); // The slot is never released.
        core
    }

    /// Tells whoever records this run of an event.
    #[inline(always)]
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        self.probe.tell(&self.clock, event);
    }

    /// Tells of an event that has a text.
    #[inline(always)]
    pub(crate) fn tell_text(
        &self,
        text: impl FnOnce() -> String,
        event: impl FnOnce(Text) -> Event,
    ) {
        self.probe.tell_text(&self.clock, text, event);
    }

    /// Tells of a function that is called when a task has ended, or soon.
    pub(crate) fn tell_callback(&self, watch: u32, task: Option<TaskId>) {
        self.tell(|| Event::Watch { watch });
        self.tell_text(|| "call a function".into(), |text| Event::What { watch, text });
        if let Some(task) = task {
            self.tell(|| Event::Child { watch, child: 0, task });
        }
    }

    /// Tells what the task now polled waits for, and at which line.
    #[inline(always)]
    pub(crate) fn tell_await(&self, on: On, at: Place, made_at: Place) {
        if let Some(task) = self.polling() {
            self.tell(|| Event::Awaits { task, on, at: at.or(made_at) });
        }
    }

    // Waking -----------------------------------------------------------------

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
            return self.tell(|| Event::Again { task: task() });
        }
        slot.set(flag::QUEUED); // (I1)
        self.ready.borrow_mut().push(Ready::Poll(index));
        self.tell(|| Event::Ready { task: task() });
    }

    /// Whether the task lives and isn't queued, so that a wake has an effect.
    pub(crate) fn waits(&self, id: TaskId) -> bool {
        let slot = self.slots.get(id);
        slot.is_some_and(|slot| slot.has(flag::LIVE) && !slot.has(flag::QUEUED))
    }

    pub(crate) fn notify(&self, waiter: Waiter) {
        match waiter {
            Waiter::Task(id) => self.wake(id),
            Waiter::Group(group, child) => self.tell_group(group, child, false),
            Waiter::Other(other) => self.notify_other(*other),
        }
    }

    fn notify_other(&self, other: Other) {
        match other {
            Other::Waker(waker) => contain_quietly(|| waker.wake()),
            Other::Call(call) => contain_quietly(|| call.call()),
            Other::Several(all) => {
                let all: Box<Vec<Waiter>> = all.downcast().expect("it is made so");
                let (waiters, surplus) = once_each(*all);
                for waiter in waiters {
                    self.notify(waiter);
                }
                drop_each(surplus);
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
                self.tell(|| Event::Heard { task });
                self.wake(task);
            }
            Heard::Errand(errand) => {
                let group = Callback::group(|| errand.call());
                self.tell_callback(group.number(), None);
                self.tell_group(group, 0, false);
            }
        }
    }

    /// Whoever polls with this context, as a waiter. If that is the task now
    /// polled, with the waker that it was lent, its id will do.
    pub(crate) fn waiter(&self, cx: &Context<'_>) -> Waiter {
        let stranger = || Other::Waker(cx.waker().clone()).into();
        self.recognise(cx).map_or_else(stranger, Waiter::Task)
    }

    /// The task now polled, if this is the context that it is polled with.
    pub(crate) fn recognise(&self, cx: &Context<'_>) -> Option<TaskId> {
        self.polling().filter(|_| self.lent.get() == cx.waker().data())
    }

    /// The task now polled.
    pub(crate) fn polling(&self) -> Option<TaskId> {
        (!self.lent.get().is_null()).then(|| self.polled.get())
    }

    /// Says which task is polled from now on, and with which waker.
    pub(crate) fn begin_poll(&self, task: TaskId, waker: &Waker) {
        self.tell(|| Event::Poll { task });
        self.polled.set(task);
        self.lent.set(waker.data());
    }

    pub(crate) fn end_poll(&self) {
        self.lent.set(null());
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.borrow().is_empty()
    }

    /// A copy of the ready queue.
    #[cfg(feature = "trace")]
    pub(crate) fn ready(&self) -> Vec<Ready> {
        self.ready.borrow().clone()
    }

    /// Tells of the ready queue as if it had come about now.
    #[cfg(feature = "trace")]
    pub(crate) fn tell_ready(&self) {
        let notices = self.notices.borrow();
        let mut notices = notices.iter().map(|(group, child)| (group.number(), *child));
        for entry in self.ready() {
            self.tell(|| match entry {
                Ready::Poll(index) => Event::Ready { task: self.slots.tenant(index).0 },
                Ready::Notice => {
                    let notice = notices.next();
                    let (watch, child) = notice.expect("there is a notice for each entry");
                    Event::Notice { watch, child }
                }
            });
        }
    }

    /// Exchanges the ready queue, which is a turn's batch from now on, for an
    /// empty one.
    pub(crate) fn take_batch(&self, batch: &mut Vec<Ready>) {
        swap(&mut *self.ready.borrow_mut(), batch);
        self.tell(|| Event::Turn { batch: batch.len() });
        self.probe.reorder(&self.clock, batch);
    }

    // Timers -----------------------------------------------------------------

    /// Sets a timer after a delay. A virtual clock tells the time for nothing, so
    /// there the delay counts from now; else from the next look.
    pub(crate) fn set_timer(&self, delay: u64, waiter: Waiter) -> Key {
        if self.clock.is_virtual() {
            return self.set_timer_at(self.clock.now().saturating_add(delay), waiter);
        }
        let task = waiter.task();
        let timer = self.timers.borrow_mut().insert_in(delay, waiter);
        self.tell(|| Event::TimerIn { timer, task, delay });
        timer
    }

    /// Sets a timer at a deadline. One that has come is due next turn, however busy
    /// the loop is.
    pub(crate) fn set_timer_at(&self, deadline: u64, waiter: Waiter) -> Key {
        if !self.clock.is_virtual() && deadline <= self.clock.now() {
            self.due_at_once.set(true);
        }
        let task = waiter.task();
        let timer = self.timers.borrow_mut().insert(deadline, waiter);
        self.tell(|| Event::TimerAt { timer, task, deadline });
        timer
    }

    /// Has another than before told when a timer fires; `false` if it has fired.
    pub(crate) fn redirect_timer(&self, timer: Key, mut waiter: Waiter) -> bool {
        let mut timers = self.timers.borrow_mut();
        let redirected = timers.get_mut(timer).map(|it| swap(it, &mut waiter)).is_some();
        drop(timers);
        contain_quietly(|| drop(waiter)); // Maybe a foreign waker: after the borrow (I7).
        redirected
    }

    pub(crate) fn remove_timer(&self, timer: Key) {
        let waiter = self.timers.borrow_mut().remove(timer);
        if waiter.is_some() {
            self.tell(|| Event::Untimer { timer });
        }
        contain_quietly(|| drop(waiter)); // Maybe foreign: after the borrow (I7).
    }

    /// Whether a timer was due when it was set, and hasn't been collected yet.
    pub(crate) fn is_due_at_once(&self) -> bool {
        self.due_at_once.get()
    }

    /// Moves the time of the timers forward, and collects those that are due.
    pub(crate) fn advance_timers(&self, now: u64, due: &mut Vec<Waiter>) {
        self.due_at_once.set(false);
        self.timers.borrow_mut().advance(now, due);
        self.tell(|| Event::Advance { now });
    }

    pub(crate) fn fire(&self, waiter: Waiter) {
        self.tell(|| Event::Fire { task: waiter.task() });
        self.notify(waiter);
    }

    // Turns ------------------------------------------------------------------

    /// The task of a ready-queue entry whose turn has come.
    pub(crate) fn dequeue(&self, index: u32) -> (TaskId, &Slot) {
        let (id, slot) = self.slots.tenant(index);
        slot.clear(flag::QUEUED); // (I4)
        (id, slot)
    }

    /// Gives the first notice: asks its group whether the child's end was
    /// enough, and if so wakes the parent.
    pub(crate) fn give_notice(&self) {
        let notice = self.notices.borrow_mut().pop_front();
        let (group, child) = notice.expect("there is a notice for each entry");
        let watch = group.number();
        self.tell(|| Event::Ask { watch, child });
        if let Some(parent) = group.notice(child) {
            self.tell(|| Event::Met { watch });
            self.notify(parent);
        }
        if Rc::strong_count(&group) == 1 {
            self.tell(|| Event::Unwatch { watch });
        }
        contain_quietly(|| drop(group));
    }

    // The life of a task -----------------------------------------------------

    /// Gives a task a slot and queues its first poll. On a closed executor the
    /// task is cancelled at birth.
    pub(crate) fn spawn(&self, task: BoxedCell) -> TaskId {
        let (id, slot) = self.slots.claim();
        self.tell(|| Event::Spawn { task: id, at: Some(task.spawned_at()) });
        slot.begin(task);
        if self.closed.get() {
            self.end_at_birth(id);
        } else {
            self.enqueue(id.index, slot);
        }
        id
    }

    /// Ends a task that a destructor has spawned on the closed executor. Its own
    /// destructor may spawn the next, and so on: each of these is ended after the
    /// one before, not within, so the stack stays short.
    fn end_at_birth(&self, id: TaskId) {
        self.born_late.borrow_mut().push(id);
        if self.ending_late.replace(true) {
            return;
        }
        let mut first_panic = None;
        while let Some(id) = self.next_born_late() {
            let (id, slot) = self.slots.tenant(id.index);
            keep_first(&mut first_panic, self.abort(id, slot));
        }
        self.ending_late.set(false);
        if let Some(panic) = first_panic {
            resume_unwind(panic);
        }
    }

    fn next_born_late(&self) -> Option<TaskId> {
        self.born_late.borrow_mut().pop()
    }

    /// Brings the main future to life and queues its first poll.
    pub(crate) fn start_main(&self) {
        let slot = self.slots.at(MAIN);
        self.extras.remove(MAIN, slot);
        slot.clear(flag::CANCELLED | flag::PASSED);
        slot.set(flag::LIVE);
        slot.set_wait_code(code::NOTHING);
        self.tell(|| Event::Spawn { task: self.slots.tenant(MAIN).0, at: None });
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
        self.tell(|| Event::Done { task: id, outcome: Ended::Cancelled, text: None });
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
        let held = slot.has(flag::HELD);
        match slot.take_waiter() {
            None => {}
            Some(Waiter::Group(group, child)) => {
                self.tell_group(group, child, end == Ended::Returned);
            }
            Some(waiter) => {
                if waiter.awaits() {
                    slot.set(flag::READ); // Even if it is cancelled before it resumes.
                }
                self.notify(waiter);
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
        self.drop_unheld(Unheld::Outcome(outcome?, read))
    }

    /// Drops what nobody holds. Returns the first panic of a destructor.
    ///
    /// An outcome may hold the handle of another task, whose outcome holds the
    /// next handle, and so on; so may functions. So what is let go meanwhile waits
    /// in a list: nothing is dropped within the drop of another, and the stack stays
    /// short.
    #[inline(always)]
    fn drop_unheld(&self, unheld: Unheld) -> Option<Payload> {
        if self.dropping.replace(true) {
            self.unheld.borrow_mut().push(unheld);
            return None;
        }
        let mut first_panic = None;
        let mut next = Some(unheld);
        while let Some(mut unheld) = next {
            self.tell_unread(&mut unheld);
            keep_first(&mut first_panic, contain(|| drop(unheld)));
            next = self.unheld.borrow_mut().pop();
        }
        self.dropping.set(false);
        first_panic
    }

    /// Drops a function that won't be called.
    pub(crate) fn drop_call(&self, call: Box<dyn FnOnce()>) {
        self.drop_unheld(Unheld::Call(call)).into_iter().for_each(discard);
    }

    #[cold]
    fn drop_group(&self, group: Rc<Group>) {
        self.drop_unheld(Unheld::Group(group)).into_iter().for_each(discard);
    }

    /// Tells of a panic that nobody has seen (F25).
    fn tell_unread(&self, unheld: &mut Unheld) {
        if let Some(tell) = &self.on_unread
            && let Unheld::Outcome(task, false) = unheld
            && let Some(error) = task.as_mut().panic()
        {
            contain_quietly(|| tell(&error));
        }
    }

    /// Counts a child's end at once, and has the group asked about it next turn, if
    /// it matters. A closed executor has no next turn, and asks nobody.
    #[inline(always)]
    fn tell_group(&self, group: Rc<Group>, child: u32, returned: bool) {
        if group.count_end(child, returned) {
            self.note_end(group, child);
        }
    }

    #[inline(never)]
    fn note_end(&self, group: Rc<Group>, child: u32) {
        if self.closed.get() {
            self.drop_group(group);
        } else if group.note_end(child) {
            let watch = group.number();
            self.notices.borrow_mut().push_back((group, child));
            self.ready.borrow_mut().push(Ready::Notice);
            self.tell(|| Event::Notice { watch, child });
        }
    }

    /// Gives up the right to a task's outcome. If its destructor panics so does
    /// this, unless it is a panic that drops the handle.
    pub(crate) fn let_go(&self, id: TaskId) {
        let (tenant, slot) = self.slots.tenant(id.index);
        debug_assert_eq!(tenant, id, "a slot isn't released while its task is held");
        slot.clear(flag::HELD);
        self.tell(|| Event::Detach { task: id });
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
        self.tell(|| Event::Gone { task: self.slots.tenant(index).0 });
        self.slots.release(index, slot);
    }

    /// Ends all tasks and refuses new ones. Returns the first panic of a
    /// destructor.
    pub(crate) fn close(&self) -> Option<Payload> {
        self.closed.set(true);
        self.tell(|| Event::Close);
        let mut first_panic = None;
        for index in MAIN + 1..self.slots.len() {
            let (id, slot) = self.slots.tenant(index);
            if slot.has(flag::LIVE) {
                keep_first(&mut first_panic, self.abort(id, slot));
            }
        }
        self.inbox.close();
        drop_each(self.notices.take());
        // Destructors may set further timers.
        while !self.timers.borrow().is_empty() {
            let timers = self.timers.take();
            drop_each(timers.into_values());
        }
        first_panic
    }

    // Names ------------------------------------------------------------------

    pub(crate) fn name(&self, id: TaskId) -> Name {
        let slot = self.slots.get(id);
        let given = slot.and_then(|it| self.extras.get(id.index, it, |extra| extra.name.clone()));
        given.flatten().map_or(Name::Numbered(id), Name::Given)
    }

    pub(crate) fn set_name(&self, id: TaskId, name: &str) {
        if let Some(slot) = self.slots.get(id) {
            self.extras.of(id.index, slot, |extra| extra.name = Some(name.into()));
            self.tell_text(|| name.into(), |name| Event::Name { task: id, name });
        }
    }

    pub(crate) fn origin(&self, id: TaskId, task: &BoxedCell) -> Origin {
        Origin { name: self.name(id), spawned_at: task.spawned_at() }
    }
}
