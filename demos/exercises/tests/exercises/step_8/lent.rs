#[path = "../../../src/step_8/lent.rs"]
mod exercise;

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::mpsc::{Receiver, channel};
use std::task::{Context, Poll, Waker};

use exercise::Executor;

fn executor() -> (Executor, Receiver<usize>) {
    let (ready, woken) = channel();
    (Executor::new(ready), woken)
}

/// A future that leaves a clone of its waker in each poll.
fn cloning(clones: &RefCell<Vec<Waker>>) -> impl Future<Output = ()> + use<'_> {
    poll_fn(|cx| {
        clones.borrow_mut().push(cx.waker().clone());
        Poll::Pending
    })
}

#[test]
fn tasks_that_keep_no_clone_share_one_waker() {
    let (mut executor, _woken) = executor();
    for task in 0..100 {
        assert!(executor.step(task, pin!(pending::<()>())).is_pending());
    }
    assert_eq!(executor.made(), 1);
}

#[test]
fn a_clone_wakes_the_task_that_has_made_it() {
    let ((mut executor, woken), clones) = (executor(), RefCell::default());
    for task in 0..3 {
        assert!(executor.step(task, pin!(cloning(&clones))).is_pending());
    }
    assert!(executor.step(3, pin!(pending::<()>())).is_pending());
    clones.take().into_iter().for_each(Waker::wake);
    assert_eq!(woken.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn a_clone_that_is_dropped_within_the_poll_does_not_count() {
    let (mut executor, _woken) = executor();
    let clones = |cx: &mut Context<'_>| {
        drop(cx.waker().clone());
        Poll::<()>::Pending
    };
    for task in 0..100 {
        assert!(executor.step(task, pin!(poll_fn(clones))).is_pending());
    }
    assert_eq!(executor.made(), 1);
}

#[test]
fn a_wake_within_the_poll_is_for_the_task_that_is_polled() {
    let (mut executor, woken) = executor();
    let wakes = |cx: &mut Context<'_>| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    };
    for task in [5, 7] {
        assert!(executor.step(task, pin!(poll_fn(wakes))).is_pending());
    }
    assert_eq!(woken.try_iter().collect::<Vec<_>>(), [5, 7]);
}
