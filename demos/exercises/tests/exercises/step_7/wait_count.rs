#[path = "../../../src/step_7/wait_count.rs"]
mod exercise;

use std::pin::pin;
use std::task::Poll;

use crate::tools::{Wakes, poll, poll_with};
use exercise::Group;

#[test]
fn the_parent_is_woken_once_when_enough_children_have_ended() {
    let (group, (wakes, waker)) = (Group::new(5, 3), Wakes::new());
    let mut wait = pin!(group.wait());
    assert!(poll_with(wait.as_mut(), &waker).is_pending());
    let expected = [(4, 0), (0, 0), (2, 1), (1, 1)];
    for (ended, (child, count)) in (1..).zip(expected) {
        group.count(child);
        assert_eq!(wakes.count(), count, "wakes after {ended} have ended");
    }
    assert_eq!(poll(wait), Poll::Ready(vec![4, 0, 2, 1]));
}

#[test]
fn a_wait_is_ready_at_once_if_enough_children_have_ended_before() {
    let group = Group::new(5, 2);
    group.count(3);
    group.count(1);
    assert_eq!(poll(pin!(group.wait())), Poll::Ready(vec![3, 1]));
}

#[test]
fn of_none_nobody_has_to_end() {
    assert_eq!(poll(pin!(Group::new(5, 0).wait())), Poll::Ready(vec![]));
}

#[test]
fn no_more_children_have_to_end_than_there_are() {
    let group = Group::new(2, 9);
    let mut wait = pin!(group.wait());
    group.count(1);
    assert!(poll(wait.as_mut()).is_pending());
    group.count(0);
    assert_eq!(poll(wait), Poll::Ready(vec![1, 0]));
}
