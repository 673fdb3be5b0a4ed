//! Each poll polls the group first, and then the limit, so both have the waker. If the limit
//! ends the wait the group still has it: take it away.
//!
//! In the executor: `Watch::give_up` in `executor/src/watch/seam.rs`.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
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
        let mut limit = pin!(limit);
        poll_fn(|cx| match self.poll_all(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => limit.as_mut().poll(cx),
        })
        .await;
        drop(self.waiter.take());
        self.ended.take()
    }
}
