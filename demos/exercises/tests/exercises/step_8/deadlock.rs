#[path = "../../../src/step_8/deadlock.rs"]
mod exercise;

use std::future::{pending, poll_fn, ready};
use std::sync::mpsc::channel;
use std::task::{Poll, Waker};
use std::thread;

use crate::tools::in_time;
use exercise::{Deadlock, try_block_on};

const HANGS: &str = "the thread is parked, and nobody has a waker that could end that";

/// Runs a future that is ready at its second poll, and does this with its waker in the first.
fn run(first: impl FnOnce(&Waker)) -> Result<(), Deadlock> {
    let mut first = Some(first);
    try_block_on(poll_fn(|cx| match first.take() {
        None => Poll::Ready(()),
        Some(first) => {
            first(cx.waker());
            Poll::Pending
        }
    }))
}

#[test]
fn a_future_that_keeps_no_waker_and_is_not_ready_is_a_deadlock() {
    in_time(HANGS, || assert_eq!(try_block_on(pending::<()>()), Err(Deadlock)));
}

#[test]
fn a_waker_that_is_cloned_and_dropped_without_a_wake_is_a_deadlock() {
    in_time(HANGS, || assert_eq!(run(|waker| drop(waker.clone())), Err(Deadlock)));
}

#[test]
fn a_future_that_is_ready_or_wakes_itself_is_none() {
    in_time(HANGS, || {
        assert_eq!(try_block_on(ready(7)), Ok(7));
        assert_eq!(run(Waker::wake_by_ref), Ok(()));
        assert_eq!(run(|waker| Waker::wake(waker.clone())), Ok(()));
    });
}

#[test]
fn as_long_as_a_thread_has_the_waker_there_is_none() {
    in_time("the loop parks, although its future was woken", || {
        let (sender, wakers) = channel::<Waker>();
        let waking = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
        for _ in 0..500 {
            assert_eq!(run(|waker| sender.send(waker.clone()).unwrap()), Ok(()));
        }
        drop(sender);
        waking.join().unwrap();
    });
}
