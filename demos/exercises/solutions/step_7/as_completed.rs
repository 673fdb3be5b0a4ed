//! A queue of the children that have ended and weren't given keeps the order of the ends, and
//! none is lost while nobody waits. How many are left to be given tells when to return `None`.
//!
//! In the executor: `Group::next_ended` in `executor/src/watch/group.rs`, for
//! `combinators/src/as_completed.rs`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// Several tasks, each of which is given when it has ended.
pub struct Group {
    /// The children that have ended and weren't given.
    ended: RefCell<VecDeque<usize>>,
    /// How many weren't given.
    left: Cell<usize>,
    waiter: Cell<Option<Waker>>,
}

impl Group {
    pub fn new(children: usize) -> Self {
        Self { ended: RefCell::default(), left: Cell::new(children), waiter: Cell::default() }
    }

    /// Counts a child that has ended.
    pub fn count(&self, child: usize) {
        self.ended.borrow_mut().push_back(child);
        self.waiter.take().into_iter().for_each(Waker::wake);
    }

    /// Gives the next child, or `None` if all were given.
    pub async fn next(&self) -> Option<usize> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<usize>> {
        if self.left.get() == 0 {
            return Poll::Ready(None);
        }
        if let Some(child) = self.ended.borrow_mut().pop_front() {
            self.left.set(self.left.get() - 1);
            return Poll::Ready(Some(child));
        }
        self.waiter.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}
