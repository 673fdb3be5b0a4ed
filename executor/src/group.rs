//! Who waits: a task, a stranger's waker, or a group that watches several tasks.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::error::{Payload, contain, contain_quietly};
use crate::id::TaskId;

/// Who is to be told when a task ends or a timer fires.
pub(crate) enum Waiter {
    /// A task of this executor: waking it takes no waker.
    Task(TaskId),
    /// Anyone else. Boxed, for it is rare and bytes per task count.
    Waker(Box<Waker>),
    /// A group, and the number by which it knows the task that ends.
    Group(Rc<Group>, u32),
}

impl Waiter {
    pub(crate) fn is_of(&self, group: &Rc<Group>) -> bool {
        matches!(self, Waiter::Group(own, _) if Rc::ptr_eq(own, group))
    }
}

const _: () = assert!(size_of::<Option<Waiter>>() == 16, "the size of a slot decides the speed");

/// Decides when a future that watches several tasks has seen enough.
///
/// The condition of a [`Watch`](crate::Watch). It is asked once for each task
/// that ends, one turn after the end, in the order in which they ended.
pub trait Watcher {
    /// Returns whether the future is to be woken, now that the task which was
    /// added as number `child` has ended.
    ///
    /// Once it has said yes it isn't asked again, unless the watch is
    /// [rearmed](crate::Watch::rearm). Should it panic, the future that
    /// watches panics with the same payload.
    fn ended(&self, child: u32) -> bool;
}

/// Several watched tasks and their parent, the future that waits for them.
///
/// Shared by the watch and by the slots of the tasks. When the watch goes it
/// *closes* the group, which is O(1): the slots keep their share, but there is
/// nobody left to tell.
pub(crate) struct Group {
    /// `None` once closed.
    watcher: RefCell<Option<Rc<dyn Watcher>>>,
    /// Numbers of the tasks that ended and that the parent hasn't taken note
    /// of, in order of their ends.
    ended: RefCell<VecDeque<u32>>,
    parent: Cell<Option<Waiter>>,
    met: Cell<bool>,
    /// Notices that stand in the ready queue, in the order of the log.
    notices: Cell<usize>,
    /// How many of them, the first ones, are void.
    void: Cell<usize>,
    lost_child: Cell<bool>,
    /// The watcher's panic on its way to the parent.
    panic: Cell<Option<Payload>>,
}

impl Group {
    pub(crate) fn new(watcher: Rc<dyn Watcher>, children: usize) -> Rc<Self> {
        Rc::new(Self {
            watcher: RefCell::new(Some(watcher)),
            ended: RefCell::new(VecDeque::with_capacity(children)),
            parent: Cell::default(),
            met: Cell::new(false),
            notices: Cell::new(0),
            void: Cell::new(0),
            lost_child: Cell::new(false),
            panic: Cell::default(),
        })
    }

    /// Logs a child's end. Returns whether a notice of it is to be queued.
    #[must_use]
    pub(crate) fn log_end(&self, child: u32) -> bool {
        let open = self.watcher.borrow().is_some();
        if open {
            self.ended.borrow_mut().push_back(child);
            self.notices.set(self.notices.get() + 1);
        }
        open
    }

    /// Takes the first entry of the log.
    pub(crate) fn next_ended(&self) -> Option<u32> {
        self.ended.borrow_mut().pop_front()
    }

    /// Asks the watcher about a child that ended; returns the parent if it is
    /// to be woken.
    #[must_use]
    pub(crate) fn notice(&self, child: u32) -> Option<Waiter> {
        self.notices.set(self.notices.get() - 1);
        if self.void.get() > 0 {
            self.void.set(self.void.get() - 1);
            return None;
        }
        if self.met.get() {
            return None;
        }
        let watcher = self.watcher.borrow().clone()?;
        let met = contain(|| watcher.ended(child)).unwrap_or_else(|panic| {
            self.panic.set(Some(panic));
            true
        });
        contain_quietly(|| drop(watcher)); // Maybe the last: it may drop its own watch.
        self.met.set(met);
        if met { self.parent.take() } else { None }
    }

    /// Ready when the watcher was content; else `parent` will be woken then.
    pub(crate) fn poll_met(&self, parent: impl FnOnce() -> Waiter) -> Poll<()> {
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        if self.met.get() {
            return Poll::Ready(());
        }
        self.parent.set(Some(parent()));
        Poll::Pending
    }

    /// Starts afresh; notices on their way belong to the past. Returns whether
    /// no child was lost.
    pub(crate) fn rearm(&self) -> bool {
        self.met.set(false);
        self.void.set(self.notices.get());
        !self.lost_child.take()
    }

    /// A child that was registered here is registered elsewhere now.
    pub(crate) fn lose_child(&self) {
        self.lost_child.set(true);
    }

    /// Forgets watcher and parent. They are handed out, since dropping them is
    /// not ours to do under a borrow (I7).
    pub(crate) fn close(&self) -> impl Sized + use<> {
        (self.watcher.take(), self.parent.take())
    }
}
