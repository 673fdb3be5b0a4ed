//! Exercise 18, of step 6: a destructor that panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A task: its future until it has ended, and its outcome from then on.
pub struct Task {
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    pub is_cancelled: bool,
    pub outcome: Option<Result<(), String>>,
}

impl Task {
    pub fn new(future: impl Future<Output = ()> + 'static) -> Self {
        Self { future: Some(Box::pin(future)), is_cancelled: false, outcome: None }
    }

    /// Takes the task a step further: ends it if it is cancelled, or polls it.
    pub fn step(&mut self) {
        if let Poll::Ready(outcome) = self.poll() {
            self.future = None; // Here its destructors run.
            self.outcome = Some(outcome);
        }
    }

    fn poll(&mut self) -> Poll<Result<(), String>> {
        let Some(future) = &mut self.future else { return Poll::Pending };
        if self.is_cancelled {
            return Poll::Ready(Err("cancelled".into()));
        }
        let mut cx = Context::from_waker(Waker::noop());
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(message_of(&*panic))),
        }
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    panic.downcast_ref::<&str>().map_or_else(|| "a panic".into(), ToString::to_string)
}
