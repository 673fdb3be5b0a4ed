//! The program that all steps run.
//!
//! It is cell 3 of the notebook, ten times as fast: ten coroutines sleep, of which
//! number 5 and number 7 fail. `wait` waits for the first that fails. The way to wait grows
//! with the steps: polls of all coroutines, tasks that put their outcomes somewhere, handles.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::poll_fn;
use std::mem::take;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::meter;

/// What a coroutine ends with.
pub type Outcome = Result<usize, String>;

/// A future that puts its output somewhere itself.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// How long each coroutine sleeps, in milliseconds.
pub const SLEEPS: [u64; 10] = [286, 106, 39, 159, 190, 109, 143, 60, 113, 90];

/// A coroutine of the program: it sleeps, and then ends with its number, or fails.
///
/// # Errors
///
/// Coroutines 5 and 7 fail.
pub async fn coroutine<S: Future>(sleep: fn(Duration) -> S, number: usize) -> Outcome {
    let duration = Duration::from_millis(SLEEPS[number]);
    let nap = Nap { deadline: Instant::now() + duration };
    sleep(duration).await;
    drop(nap);
    if number == 5 || number == 7 {
        return Err(format!("Exception on i = {number}"));
    }
    Ok(number)
}

/// Notes the end of a sleep, also of one that is given up: it may be late by then.
struct Nap {
    deadline: Instant,
}

impl Drop for Nap {
    fn drop(&mut self) {
        meter::note_end_of_sleep(self.deadline);
    }
}

/// The program, in steps without tasks.
pub async fn by_polling<S: Future>(sleep: fn(Duration) -> S) -> String {
    output(&wait_by_polling(|number| coroutine(sleep, number)).await)
}

/// The program, in steps whose tasks have no handles.
pub async fn by_tasks<S: Future + 'static>(sleep: fn(Duration) -> S, spawn: fn(Task)) -> String {
    output(&wait_for_tasks(move |number| coroutine(sleep, number), spawn).await)
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
pub async fn wait_by_polling<C>(start: impl Fn(usize) -> C) -> Vec<Outcome>
where
    C: Future<Output = Outcome>,
{
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
pub async fn wait_for_tasks<C>(start: impl Fn(usize) -> C, spawn: fn(Task)) -> Vec<Outcome>
where
    C: Future<Output = Outcome> + 'static,
{
    let done = Rc::new(RefCell::new(Vec::new()));
    let waiter = Rc::new(Cell::new(None::<Waker>));
    for number in 0..SLEEPS.len() {
        let (coroutine, done, waiter) = (start(number), Rc::clone(&done), Rc::clone(&waiter));
        spawn(Box::pin(async move {
            let outcome = coroutine.await;
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

/// Waits for the same by handles, whose `join` gives an outcome: each poll polls all of these
/// that aren't done.
pub async fn wait_by_joining<J, E>(joins: impl IntoIterator<Item = J>) -> Vec<Outcome>
where
    J: Future<Output = Result<Outcome, E>>,
    E: Debug,
{
    let joins = joins.into_iter();
    poll_each(joins.map(|it| Box::pin(async { it.await.expect("no task panics") })).collect()).await
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
