//! A turn has to know which tasks were ready when it began. If it takes the whole vector out
//! of the queue by `take`, and leaves an empty one, then a wake during the turn goes into the
//! new one, and the order of the old one is that of the wakes.
//!
//! In the executor: `Reactor::take_batch` in `executor/src/run/reactor.rs`.

use std::mem::take;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake};

type Task = Pin<Box<dyn Future<Output = ()>>>;
type Queue = Arc<Mutex<Vec<usize>>>;

/// A waker that queues a task.
struct TaskWaker {
    task: usize,
    queue: Queue,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.queue.lock().unwrap().push(self.task);
    }
}

/// Runs tasks.
#[derive(Default)]
pub struct Executor {
    tasks: Vec<Option<Task>>,
    ready: Queue,
}

impl Executor {
    /// Spawns a task, which is ready at once.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) {
        self.ready.lock().unwrap().push(self.tasks.len());
        self.tasks.push(Some(Box::pin(future)));
    }

    /// Polls the tasks that are in the queue now, in the order of the wakes.
    pub fn turn(&mut self) {
        let batch = take(&mut *self.ready.lock().unwrap());
        for task in batch {
            self.step(task);
        }
    }

    fn step(&mut self, task: usize) {
        let Some(future) = &mut self.tasks[task] else { return };
        let waker = Arc::new(TaskWaker { task, queue: Arc::clone(&self.ready) });
        if future.as_mut().poll(&mut Context::from_waker(&waker.into())).is_ready() {
            self.tasks[task] = None;
        }
    }
}
