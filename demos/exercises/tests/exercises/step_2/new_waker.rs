#[path = "../../../src/step_2/new_waker.rs"]
mod exercise;

use std::pin::pin;
use std::task::Poll;

use crate::tools::{Wakes, poll, poll_with};
use exercise::Alarm;

#[test]
fn a_sleep_wakes_the_waker_of_its_last_poll_only() {
    let alarm = Alarm::default();
    let ((first, first_waker), (last, last_waker)) = (Wakes::new(), Wakes::new());
    let mut sleep = pin!(alarm.sleep());
    assert!(poll_with(sleep.as_mut(), &first_waker).is_pending());
    assert!(poll_with(sleep.as_mut(), &last_waker).is_pending());
    alarm.ring();
    assert_eq!((first.count(), last.count()), (0, 1));
    assert_eq!(poll(sleep), Poll::Ready(()));
}

#[test]
fn a_sleep_that_is_polled_again_with_the_same_waker_wakes_it_once() {
    let alarm = Alarm::default();
    let (wakes, waker) = Wakes::new();
    let mut sleep = pin!(alarm.sleep());
    assert!(poll_with(sleep.as_mut(), &waker).is_pending());
    assert!(poll_with(sleep.as_mut(), &waker).is_pending());
    alarm.ring();
    assert_eq!(wakes.count(), 1);
}

#[test]
fn a_sleep_whose_alarm_has_rung_before_is_ready_at_once() {
    let alarm = Alarm::default();
    alarm.ring();
    assert_eq!(poll(pin!(alarm.sleep())), Poll::Ready(()));
}
