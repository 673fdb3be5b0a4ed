#[path = "../../../src/step_7/as_completed.rs"]
mod exercise;

use std::pin::pin;
use std::task::Poll;

use crate::tools::{Wakes, poll, poll_with};
use exercise::Group;

fn next(group: &Group) -> Poll<Option<usize>> {
    poll(pin!(group.next()))
}

#[test]
fn each_child_is_given_when_it_has_ended() {
    let group = Group::new(3);
    for child in [2, 0, 1] {
        assert_eq!(next(&group), Poll::Pending);
        group.count(child);
        assert_eq!(next(&group), Poll::Ready(Some(child)));
    }
    assert_eq!(next(&group), Poll::Ready(None));
}

#[test]
fn children_that_end_while_nobody_waits_are_given_in_the_order_of_their_ends() {
    let group = Group::new(4);
    for child in [3, 1, 2] {
        group.count(child);
    }
    assert_eq!([next(&group), next(&group)], [Poll::Ready(Some(3)), Poll::Ready(Some(1))]);
    group.count(0);
    assert_eq!([next(&group), next(&group)], [Poll::Ready(Some(2)), Poll::Ready(Some(0))]);
    assert_eq!([next(&group), next(&group)], [Poll::Ready(None), Poll::Ready(None)]);
}

#[test]
fn the_end_of_a_child_wakes_whoever_waits() {
    let (group, (wakes, waker)) = (Group::new(3), Wakes::new());
    let mut waiting = pin!(group.next());
    assert!(poll_with(waiting.as_mut(), &waker).is_pending());
    group.count(2);
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll(waiting), Poll::Ready(Some(2)));
}

#[test]
fn of_no_children_none_is_given() {
    assert_eq!(next(&Group::new(0)), Poll::Ready(None));
}
