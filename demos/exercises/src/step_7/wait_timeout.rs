//! Exercise 20, of step 7: a wait with a limit of time.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// Several tasks, for all of which somebody waits.
pub struct Group {
    children: usize,
    ended: RefCell<Vec<usize>>,
    waiter: Cell<Option<Waker>>,
}

impl Group {
    pub fn new(children: usize) -> Self {
        Self { children, ended: RefCell::default(), waiter: Cell::default() }
    }

    /// Counts a child that has ended. The last one wakes the parent.
    pub fn count(&self, child: usize) {
        self.ended.borrow_mut().push(child);
        if self.ended.borrow().len() == self.children {
            self.waiter.take().into_iter().for_each(Waker::wake);
        }
    }

    fn poll_all(&self, cx: &Context<'_>) -> Poll<()> {
        if self.ended.borrow().len() == self.children {
            return Poll::Ready(());
        }
        self.waiter.set(Some(cx.waker().clone()));
        Poll::Pending
    }

    /// Waits until all children have ended, or the limit is ready. Returns the numbers of the
    /// children that have ended.
    pub async fn wait(&self, limit: impl Future<Output = ()>) -> Vec<usize> {
        poll_fn(|cx| self.poll_all(cx)).await;
        drop(limit);
        self.ended.take()
    }
}
