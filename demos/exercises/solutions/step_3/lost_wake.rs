//! Follow a wake that comes during the poll. The flag still says that the task is queued, but
//! the queue's entry has been taken out already, so nothing is queued. Clear the flag when the
//! entry is taken, which is before the poll.
//!
//! In the executor: `Core::wake` in `executor/src/run/core.rs`, and arrow 5 of
//! `executor/src/run/life.rs`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Wake, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A waker that queues a task.
struct TaskWaker {
    task: usize,
    queued: AtomicBool,
    queue: Sender<Arc<TaskWaker>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::SeqCst) {
            drop(self.queue.send(Arc::clone(&self)));
        }
    }
}

/// Runs tasks, as the executor of step 3 does.
pub struct Executor {
    tasks: Vec<Option<Task>>,
    ready: Receiver<Arc<TaskWaker>>,
    queue: Sender<Arc<TaskWaker>>,
}

impl Executor {
    pub fn new() -> Self {
        let (queue, ready) = channel();
        Self { tasks: Vec::new(), ready, queue }
    }

    /// Spawns a task, and returns its waker.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) -> Waker {
        let (task, queue) = (self.tasks.len(), self.queue.clone());
        self.tasks.push(Some(Box::pin(future)));
        let waker =
            Waker::from(Arc::new(TaskWaker { task, queued: AtomicBool::new(false), queue }));
        waker.wake_by_ref();
        waker
    }

    /// Polls tasks until none is ready. Returns how many haven't ended.
    pub fn run(&mut self) -> usize {
        while let Ok(waker) = self.ready.try_recv() {
            self.step(&waker);
        }
        self.tasks.iter().flatten().count()
    }

    fn step(&mut self, waker: &Arc<TaskWaker>) {
        let Some(future) = &mut self.tasks[waker.task] else { return };
        waker.queued.store(false, Ordering::SeqCst);
        let polled = future.as_mut().poll(&mut Context::from_waker(&Arc::clone(waker).into()));
        if polled.is_ready() {
            self.tasks[waker.task] = None;
        }
    }
}
