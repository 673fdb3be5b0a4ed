//! To drop a future is to call foreign code, just as to poll it. Take it out of the task, and
//! drop it within `catch_unwind`. Then decide which outcome counts: a panic of the destructor
//! replaces a value and a cancellation, but not the panic of the poll, which came first.
//!
//! In the executor: `contain` and `keep_first` in `executor/src/run/error.rs`.

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
            let dropped = self.drop_future();
            let has_panicked = outcome.is_err() && !self.is_cancelled;
            self.outcome = Some(if has_panicked { outcome } else { dropped.and(outcome) });
        }
    }

    fn drop_future(&mut self) -> Result<(), String> {
        let future = self.future.take();
        catch_unwind(AssertUnwindSafe(|| drop(future))).map_err(|panic| message_of(&*panic))
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
