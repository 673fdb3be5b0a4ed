//! Exercise 19, of step 7: a wait for some of many.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Several tasks, of which somebody waits for enough to end.
pub struct Group {
    enough: usize,
    ended: RefCell<Vec<usize>>,
    waiter: Cell<Option<Waker>>,
}

impl Group {
    /// A group of so many children, of which so many are enough.
    pub fn new(children: usize, enough: usize) -> Self {
        let enough = children.max(enough);
        Self { enough, ended: RefCell::default(), waiter: Cell::default() }
    }

    /// Counts a child that has ended.
    pub fn count(&self, child: usize) {
        self.ended.borrow_mut().push(child);
        self.waiter.take().into_iter().for_each(Waker::wake);
    }

    /// Waits for the end of enough children. Returns the numbers of those that have ended.
    pub async fn wait(&self) -> Vec<usize> {
        poll_fn(|cx| {
            if self.ended.borrow().len() >= self.enough {
                return Poll::Ready(self.ended.take());
            }
            self.waiter.set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await
    }
}
