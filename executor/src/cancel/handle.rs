//! Handles by which combinators wait for tasks.

use crate::cancel::join::{Join, Shared, SharedJoin};
use crate::run::cell::Outcome;
use crate::run::error::JoinError;
use crate::run::task::{Task, spawn};

/// A handle by which a combinator waits for a task: the [`Task`] itself, or a
/// [`Shared`] one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handle of a task",
    note = "give tasks by value, not by reference; spawn futures first, as in `futures.map(spawn)`"
)]
pub trait Handle: Unpin + 'static {
    /// The value that the task returns.
    type Output: 'static;

    /// The future of the outcome.
    type Join: Future<Output = Result<Self::Output, JoinError>>;

    /// Returns the task.
    fn task(&self) -> &Task<Self::Output>;

    /// Returns the outcome: the task's own, or a clone if it is shared.
    ///
    /// It is `None` while the task runs, and once the outcome was taken.
    fn into_outcome(self) -> Option<Result<Self::Output, JoinError>>;

    /// Returns the future that awaiting the handle polls.
    fn into_join(self) -> Self::Join;
}

impl<T> Handle for Task<T> {
    type Output = T;
    type Join = Join<T>;

    fn task(&self) -> &Task<T> {
        self
    }

    fn into_outcome(mut self) -> Option<Outcome<T>> {
        self.take_outcome()
    }

    fn into_join(self) -> Join<T> {
        self.into_future()
    }
}

impl<T: Clone> Handle for Shared<T> {
    type Output = T;
    type Join = SharedJoin<T>;

    fn task(&self) -> &Task<T> {
        self
    }

    fn into_outcome(self) -> Option<Outcome<T>> {
        self.outcome()
    }

    fn into_join(self) -> SharedJoin<T> {
        self.into_future()
    }
}

/// A value from which a handle can be made: a handle, or any future, which is then spawned.
///
/// It is for functions that take children of either kind, as `gather` does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a handle of a task nor a future",
    note = "give a `Task`, a `Shared` one, or a future, by value"
)]
pub trait IntoHandle {
    /// The handle.
    type Handle: Handle;

    /// Returns the handle, of a task that is spawned now if it wasn't before.
    ///
    /// # Panics
    ///
    /// Panics for a future, outside of a running executor.
    fn into_handle(self) -> Self::Handle;
}

impl<T> IntoHandle for Task<T> {
    type Handle = Self;

    fn into_handle(self) -> Self {
        self
    }
}

impl<T: Clone> IntoHandle for Shared<T> {
    type Handle = Self;

    fn into_handle(self) -> Self {
        self
    }
}

impl<F: Future + 'static> IntoHandle for F {
    type Handle = Task<F::Output>;

    #[track_caller]
    fn into_handle(self) -> Task<F::Output> {
        spawn(self)
    }
}
