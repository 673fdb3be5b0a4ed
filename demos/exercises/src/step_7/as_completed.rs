//! Exercise 21, of step 7: children in the order of their ends.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// Several tasks, each of which is given when it has ended.
pub struct Group {
    /// For each child, whether it has ended.
    ended: RefCell<Vec<bool>>,
    /// How many were given.
    given: Cell<usize>,
    waiter: Cell<Option<Waker>>,
}

impl Group {
    pub fn new(children: usize) -> Self {
        let ended = RefCell::new(vec![false; children]);
        Self { ended, given: Cell::default(), waiter: Cell::default() }
    }

    /// Counts a child that has ended.
    pub fn count(&self, child: usize) {
        self.ended.borrow_mut()[child] = true;
        self.waiter.take().into_iter().for_each(Waker::wake);
    }

    /// Gives the next child, or `None` if all were given.
    pub async fn next(&self) -> Option<usize> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<usize>> {
        let next = self.given.get();
        match self.ended.borrow().get(next) {
            None => return Poll::Ready(None),
            Some(true) => {
                self.given.set(next + 1);
                return Poll::Ready(Some(next));
            }
            Some(false) => {}
        }
        self.waiter.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}
