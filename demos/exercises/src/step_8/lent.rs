//! Exercise 23, of step 8: a waker that is lent twice.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::task::{Context, Poll, Wake, Waker};

/// A waker: made out to a task, and then to another.
struct TaskWaker {
    task: AtomicUsize,
    ready: Sender<usize>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let task = self.task.load(Ordering::Relaxed);
        self.ready.send(task).expect("the receiver lives as long as all wakers");
    }
}

/// Polls tasks with a waker on loan.
pub struct Executor {
    ready: Sender<usize>,
    /// The waker on loan, between polls.
    lent: Option<Arc<TaskWaker>>,
    made: usize,
}

impl Executor {
    /// An executor that sends there the numbers of the tasks that are woken.
    pub fn new(ready: Sender<usize>) -> Self {
        Self { ready, lent: None, made: 0 }
    }

    /// Returns how many wakers were made.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Polls a task.
    pub fn step<F: Future>(&mut self, task: usize, future: Pin<&mut F>) -> Poll<F::Output> {
        let lent = self.lent.take().unwrap_or_else(|| self.make());
        lent.task.store(task, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&lent));
        let polled = future.poll(&mut Context::from_waker(&waker));
        self.lent = Some(lent);
        polled
    }

    fn make(&mut self) -> Arc<TaskWaker> {
        self.made += 1;
        Arc::new(TaskWaker { task: AtomicUsize::new(0), ready: self.ready.clone() })
    }
}
