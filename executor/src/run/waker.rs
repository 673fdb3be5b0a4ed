//! Wakers: one is lent to task after task, and a task that clones it keeps it.
//!
//! Most futures never keep the waker that they are polled with; ours store the
//! task's id instead. So there is one waker, and each poll gets it on loan,
//! made out to the task polled. Only if a poll leaves a clone behind does the
//! task keep this waker from then on, and a new one is made for the others.
//! The reference count tells that. The task keeps it until it ends, or until a
//! search for deadlocks finds that nobody has a clone any more.
//!
//! A waker for each task would cost 48 bytes, and make a spawn half as
//! expensive again. One made of an integer would be a little faster, but takes
//! `unsafe`.

use std::mem::replace;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::task::{Wake, Waker};

use crate::run::context;
use crate::run::id::{MAIN, TaskId};
use crate::run::inbox::{Door, TaskWaker};
use crate::run::slots::{Slot, flag};

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !context::wake_here(self) {
            self.send();
        }
    }
}

/// The wakers of an executor.
pub(crate) struct Wakers {
    door: Arc<Door>,
    /// The waker on loan.
    lent: OurWaker,
    /// Wakers that tasks keep, by slot.
    bound: Vec<Bound>,
    /// The slots in which there may be such a waker, each once.
    slots: Vec<u32>,
}

#[derive(Default)]
struct Bound {
    waker: Option<OurWaker>,
    /// True if the slot is in the list.
    is_listed: bool,
}

/// A waker whose clones are counted.
struct OurWaker {
    inner: Arc<TaskWaker>,
    /// `inner` as the futures see it.
    waker: Waker,
}

impl Wakers {
    pub(crate) fn new(door: Arc<Door>) -> Self {
        let lent = OurWaker::new(&door);
        Self { door, lent, bound: Vec::new(), slots: Vec::new() }
    }

    /// Returns the waker for a poll of a task: its own if it has one.
    #[inline(always)]
    pub(crate) fn lend(&mut self, task: TaskId, slot: &Slot) -> &Waker {
        if slot.has(flag::BOUND) {
            let bound = self.bound[task.index as usize].waker.as_ref();
            return &bound.expect("a task that has the flag has a waker").waker;
        }
        self.lent.inner.set_task(task);
        &self.lent.waker
    }

    /// Looks at the waker after a poll. If the poll has left a clone of it behind, the
    /// task keeps it from now on. Returns whether that has happened.
    pub(crate) fn keep_if_cloned(&mut self, task: TaskId, slot: &Slot) -> bool {
        let kept = !slot.has(flag::BOUND) && self.lent.is_shared();
        if kept {
            self.bind(task);
            slot.set(flag::BOUND);
        }
        kept
    }

    /// Returns whether somebody holds the waker of a task that lives. If nobody does,
    /// nobody can get one: a waker is only ever cloned from a waker.
    ///
    /// A waker that nobody holds any more is dropped on the way, and `unbound` is called
    /// with its slot. So each is passed over once, and the search takes O(1) on average.
    pub(crate) fn any_is_held(&mut self, unbound: impl Fn(u32)) -> bool {
        while let Some(&slot) = self.slots.last() {
            let Bound { waker, is_listed } = &mut self.bound[slot as usize];
            if waker.as_ref().is_some_and(OurWaker::is_shared) {
                return true;
            }
            *is_listed = false;
            if waker.take().is_some() {
                unbound(slot);
            }
            self.slots.pop();
        }
        false
    }

    #[cold]
    fn bind(&mut self, task: TaskId) {
        let index = task.index as usize;
        if self.bound.len() <= index {
            self.bound.resize_with(index + 1, Bound::default);
        }
        let next = OurWaker::new(&self.door);
        let bound = &mut self.bound[index];
        bound.waker = Some(replace(&mut self.lent, next));
        if !replace(&mut bound.is_listed, true) {
            self.slots.push(task.index);
        }
    }

    /// Drops the waker of a task that has ended. Those who have clones keep it, made out
    /// to a task that is gone.
    #[inline(always)]
    pub(crate) fn unbind(&mut self, task: TaskId, slot: &Slot) {
        if slot.has(flag::BOUND) {
            slot.clear(flag::BOUND);
            self.bound[task.index as usize].waker = None;
        }
    }
}

impl OurWaker {
    fn new(door: &Arc<Door>) -> Self {
        let until_lent = TaskId { index: MAIN, generation: 0 };
        let inner = Arc::new(TaskWaker::new(Arc::clone(door), until_lent));
        Self { waker: Waker::from(Arc::clone(&inner)), inner }
    }

    /// Returns whether anyone else holds the waker, as a message on its way does. The
    /// fence pairs with the release in `Arc`'s drop: former holders have read the
    /// waker before it is made out to another task.
    fn is_shared(&self) -> bool {
        let shared = Arc::strong_count(&self.inner) > 2;
        fence(Ordering::Acquire);
        shared
    }
}
