//! `Cell::take` leaves `None`, so whoever asks takes the outcome away. And if the outcome was
//! taken before, nothing in the place tells a task that has ended from one that runs. So let
//! the task note its end in a cell of its own.
//!
//! In the executor: the flags of a slot in `executor/src/run/slots.rs`, and `Core::has_ended`
//! in `executor/src/run/life.rs`.

use std::cell::Cell;
use std::rc::Rc;

/// The place for a task's outcome.
struct End<T> {
    outcome: Cell<Option<T>>,
    has_ended: Cell<bool>,
}

/// A task's handle.
pub struct Handle<T> {
    end: Rc<End<T>>,
}

/// Makes a task of a future, for an executor to poll, and the task's handle.
pub fn task<F: Future>(future: F) -> (impl Future<Output = ()>, Handle<F::Output>) {
    let end = Rc::new(End { outcome: Cell::new(None), has_ended: Cell::new(false) });
    let ends = Rc::clone(&end);
    let task = async move {
        let outcome = future.await;
        ends.outcome.set(Some(outcome));
        ends.has_ended.set(true);
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
        self.end.has_ended.get()
    }
}
