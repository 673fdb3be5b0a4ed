//! Exercise 17, of step 6: a question that changes nothing.

use std::cell::Cell;
use std::rc::Rc;

/// The place for a task's outcome.
struct End<T> {
    outcome: Cell<Option<T>>,
}

/// A task's handle.
pub struct Handle<T> {
    end: Rc<End<T>>,
}

/// Makes a task of a future, for an executor to poll, and the task's handle.
pub fn task<F: Future>(future: F) -> (impl Future<Output = ()>, Handle<F::Output>) {
    let end = Rc::new(End { outcome: Cell::new(None) });
    let ends = Rc::clone(&end);
    let task = async move {
        let outcome = future.await;
        ends.outcome.set(Some(outcome));
    };
    (task, Handle { end })
}

impl<T> Handle<T> {
    /// Takes the outcome, if it is there.
    pub fn take_outcome(&self) -> Option<T> {
        self.end.outcome.take()
    }

    /// Returns whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.take_outcome().is_some()
    }
}
