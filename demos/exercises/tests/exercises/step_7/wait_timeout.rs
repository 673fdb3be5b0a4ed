#[path = "../../../src/step_7/wait_timeout.rs"]
mod exercise;

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::mem::replace;
use std::pin::pin;
use std::task::{Poll, Waker};

use crate::tools::{Wakes, poll, poll_with};
use exercise::Group;

#[test]
fn all_children_end_the_wait_whatever_the_limit() {
    let (group, (wakes, waker)) = (Group::new(2), Wakes::new());
    let mut wait = pin!(group.wait(pending()));
    assert!(poll_with(wait.as_mut(), &waker).is_pending());
    group.count(1);
    group.count(0);
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll(wait), Poll::Ready(vec![1, 0]));
}

#[test]
fn the_limit_ends_the_wait_with_the_children_that_have_ended() {
    let (group, has_passed, limit_waker) = (Group::new(3), Cell::new(false), Cell::new(None));
    let limit = poll_fn(|cx| {
        limit_waker.set(Some(cx.waker().clone()));
        if has_passed.get() { Poll::Ready(()) } else { Poll::Pending }
    });
    let (wakes, waker) = Wakes::new();
    let mut wait = pin!(group.wait(limit));
    assert!(poll_with(wait.as_mut(), &waker).is_pending());
    group.count(1);
    has_passed.set(true);
    limit_waker.take().into_iter().for_each(Waker::wake);
    assert_eq!(wakes.count(), 1, "the limit has the waker of the wait");
    assert_eq!(poll(wait), Poll::Ready(vec![1]));
}

#[test]
fn a_limit_that_has_passed_before_ends_the_wait_at_once() {
    assert_eq!(poll(pin!(Group::new(3).wait(ready(())))), Poll::Ready(vec![]));
}

#[test]
fn a_wait_that_has_ended_is_not_woken_any_more() {
    let (group, (wakes, waker)) = (Group::new(1), Wakes::new());
    let mut has_passed = false;
    let limit =
        poll_fn(|_| if replace(&mut has_passed, true) { Poll::Ready(()) } else { Poll::Pending });
    let mut wait = pin!(group.wait(limit));
    assert!(poll_with(wait.as_mut(), &waker).is_pending());
    assert!(poll_with(wait.as_mut(), &waker).is_ready());
    group.count(0);
    assert_eq!(wakes.count(), 0, "the group still has the waker of a wait that has ended");
}
