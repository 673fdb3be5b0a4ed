//! The one allocation of a task: its future, then its outcome in the same
//! place.

use std::any::Any;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::run::error::JoinError;

/// The outcome of a task: its value, or the error that it ended with.
pub(crate) type Outcome<T> = Result<T, JoinError>;

/// A task of any type, as its slot holds it.
pub(crate) trait TaskCell {
    /// Polls the future; once it is ready, its value is the outcome.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops the future, if it is still there; the outcome is the error, if any.
    fn end(self: Pin<&mut Self>, error: Option<JoinError>);

    /// Gives access to the outcome, an `Option<Outcome<T>>`. It is `None` once it was taken,
    /// and if the task has ended as cancelled: that error is made for who asks.
    fn outcome(self: Pin<&mut Self>) -> &mut dyn Any;

    /// Returns the error, if the task has ended by a panic and the outcome is there.
    fn panic(self: Pin<&mut Self>) -> Option<JoinError>;

    fn spawned_at(&self) -> &'static Location<'static>;
}

/// A boxed task.
pub(crate) type BoxedCell = Pin<Box<dyn TaskCell>>;

pin_project! {
    struct Typed<F: Future> {
        spawned_at: &'static Location<'static>,
        #[pin]
        stage: Stage<F>,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<F: Future> {
        Running { #[pin] future: F },
        Ended { outcome: Option<Outcome<F::Output>> },
    }
}

/// Boxes a future as a task.
pub(crate) fn boxed<F: Future + 'static>(
    future: F,
    spawned_at: &'static Location<'static>,
) -> BoxedCell {
    Box::pin(Typed { spawned_at, stage: Stage::Running { future } })
}

/// Gives access to the outcome of an ended task, as [`TaskCell::outcome`] does.
pub(crate) fn outcome_of<T: 'static>(cell: &mut BoxedCell) -> &mut Option<Outcome<T>> {
    let outcome = cell.as_mut().outcome().downcast_mut();
    outcome.expect("a handle has the type of its task, and asks once the task ended")
}

impl<F: Future + 'static> TaskCell for Typed<F> {
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut stage = self.project().stage;
        if let StageProj::Running { future } = stage.as_mut().project() {
            let value = ready!(future.poll(cx));
            stage.set(Stage::Ended { outcome: Some(Ok(value)) });
        }
        Poll::Ready(())
    }

    fn end(self: Pin<&mut Self>, error: Option<JoinError>) {
        self.project().stage.set(Stage::Ended { outcome: error.map(Err) });
    }

    fn outcome(self: Pin<&mut Self>) -> &mut dyn Any {
        match self.project().stage.project() {
            StageProj::Ended { outcome } => outcome,
            StageProj::Running { .. } => unreachable!("the outcome of a running task"),
        }
    }

    fn panic(self: Pin<&mut Self>) -> Option<JoinError> {
        match self.project().stage.project() {
            StageProj::Ended { outcome: Some(Err(error)) } if error.is_panic() => {
                Some(error.clone())
            }
            _ => None,
        }
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }
}
