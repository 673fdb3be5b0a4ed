//! The program that all steps run, as far as it is the same in each.
//!
//! It is cell 3 of the notebook, ten times as fast: ten coroutines sleep, of which
//! number 5 and number 7 fail. `wait` waits for the first that fails.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem::take;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::meter;

/// What a coroutine ends with.
pub type Outcome = Result<usize, String>;

/// A future that puts its output somewhere itself.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// How long each coroutine sleeps, in milliseconds.
pub const SLEEPS: [u64; 10] = [286, 106, 39, 159, 190, 109, 143, 60, 113, 90];

/// Returns how long a coroutine sleeps.
#[must_use]
pub fn nap(number: usize) -> Duration {
    Duration::from_millis(SLEEPS[number])
}

/// Returns what a coroutine ends with once it has slept.
///
/// # Errors
///
/// Coroutines 5 and 7 fail.
pub fn outcome(number: usize) -> Outcome {
    if number == 5 || number == 7 {
        return Err(format!("Exception on i = {number}"));
    }
    Ok(number)
}

/// Returns whether these outcomes are enough for `wait`: one of them is a failure, or no
/// coroutine is left.
#[must_use]
pub fn is_enough(done: &[Outcome], left: usize) -> bool {
    left == 0 || done.iter().any(Result::is_err)
}

/// Waits until a coroutine has failed, or all are done, in the way that everybody writes
/// first: each poll polls all that aren't done. Returns the outcomes in the order in which
/// they came.
pub async fn wait_by_polling<C: Future<Output = Outcome>>(start: fn(usize) -> C) -> Vec<Outcome> {
    poll_each((0..SLEEPS.len()).map(|number| Box::pin(start(number))).collect()).await
}

/// Polls each of these whenever it is polled, until they are enough.
pub async fn poll_each<C: Future<Output = Outcome> + Unpin>(mut left: Vec<C>) -> Vec<Outcome> {
    let mut done = Vec::new();
    poll_fn(|cx| {
        left.retain_mut(|coroutine| {
            meter::count_poll();
            match Pin::new(coroutine).poll(cx) {
                Poll::Ready(outcome) => done.push(outcome),
                Poll::Pending => return true,
            }
            false
        });
        if is_enough(&done, left.len()) { Poll::Ready(take(&mut done)) } else { Poll::Pending }
    })
    .await
}

/// Waits for the same by tasks, as long as there are no handles: each task puts its outcome
/// into a list that `wait` can see, and wakes it. `spawn` makes a task of a future.
pub async fn wait_for_tasks<C>(start: fn(usize) -> C, spawn: fn(Task)) -> Vec<Outcome>
where
    C: Future<Output = Outcome> + 'static,
{
    let done = Rc::new(RefCell::new(Vec::new()));
    let waiter = Rc::new(Cell::new(None::<Waker>));
    for number in 0..SLEEPS.len() {
        let (done, waiter) = (Rc::clone(&done), Rc::clone(&waiter));
        spawn(Box::pin(async move {
            let outcome = start(number).await;
            done.borrow_mut().push(outcome);
            waiter.take().into_iter().for_each(Waker::wake);
        }));
    }
    poll_fn(|cx| {
        waiter.set(Some(cx.waker().clone()));
        let left = SLEEPS.len() - done.borrow().len();
        if is_enough(&done.borrow(), left) { Poll::Ready(done.take()) } else { Poll::Pending }
    })
    .await
}

/// Returns the program's output: the same lines as the notebook's cell.
#[must_use]
pub fn output(done: &[Outcome]) -> String {
    let head =
        format!("Completed size: {}, pending size {}", done.len(), SLEEPS.len() - done.len());
    let lines = done.iter().map(|outcome| match outcome {
        Ok(number) => format!("\n{number}"),
        Err(error) => format!("\n{error}"),
    });
    head + &lines.collect::<String>()
}
