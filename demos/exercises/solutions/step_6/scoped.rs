//! Implement `Drop` for `Scoped`. Then the compiler lets nobody move a field out of it, as
//! `detach` does, for the destructor still needs it. With an `Option` in it `detach` can take
//! the handle out, and the destructor finds none.
//!
//! In the executor: to drop a handle lets its task run on, but to drop `task.await` before
//! its end cancels the task. See the table in `executor/src/run/task.rs`.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Runs tasks. As wakers don't matter here, each turn polls all of them.
#[derive(Default)]
pub struct Executor {
    tasks: Vec<(Rc<Cell<bool>>, Task)>,
}

impl Executor {
    /// Spawns a task.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + 'static) -> Handle {
        let is_cancelled = Rc::new(Cell::new(false));
        self.tasks.push((Rc::clone(&is_cancelled), Box::pin(future)));
        Handle { is_cancelled }
    }

    /// Takes each task a step further: drops it if it is cancelled, or polls it.
    pub fn turn(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        self.tasks.retain_mut(|(is_cancelled, task)| {
            !is_cancelled.get() && task.as_mut().poll(&mut cx).is_pending()
        });
    }
}

/// A task's handle. If it is dropped the task runs on.
pub struct Handle {
    is_cancelled: Rc<Cell<bool>>,
}

impl Handle {
    /// Ends the task in its next step, without a poll.
    pub fn cancel(&self) {
        self.is_cancelled.set(true);
    }
}

/// A task's handle. If it is dropped the task is cancelled.
pub struct Scoped(Option<Handle>);

impl Scoped {
    pub fn new(handle: Handle) -> Self {
        Self(Some(handle))
    }

    /// Returns the handle, and lets the task run on if that is dropped.
    pub fn detach(mut self) -> Handle {
        self.0.take().expect("only this takes it, and only once")
    }
}

impl Drop for Scoped {
    fn drop(&mut self) {
        self.0.iter().for_each(Handle::cancel);
    }
}
