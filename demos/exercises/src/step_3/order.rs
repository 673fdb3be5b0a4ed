//! Exercise 8, of step 3: a ready queue that takes the last task first.

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

    /// Polls tasks that are ready.
    pub fn turn(&mut self) {
        while let Some(task) = self.next() {
            self.step(task);
        }
    }

    fn next(&self) -> Option<usize> {
        self.ready.lock().unwrap().pop()
    }

    fn step(&mut self, task: usize) {
        let Some(future) = &mut self.tasks[task] else { return };
        let waker = Arc::new(TaskWaker { task, queue: Arc::clone(&self.ready) });
        if future.as_mut().poll(&mut Context::from_waker(&waker.into())).is_ready() {
            self.tasks[task] = None;
        }
    }
}
