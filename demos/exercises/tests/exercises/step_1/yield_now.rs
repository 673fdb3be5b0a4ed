#[path = "../../../src/step_1/yield_now.rs"]
mod exercise;

use std::cell::RefCell;
use std::pin::pin;
use std::task::Poll;

use crate::tools::{Wakes, poll, poll_with};
use exercise::yield_now;

#[test]
fn the_first_poll_is_pending_and_the_second_ready() {
    let mut future = pin!(yield_now());
    assert_eq!(poll(future.as_mut()), Poll::Pending);
    assert_eq!(poll(future.as_mut()), Poll::Ready(()));
}

#[test]
fn the_waker_is_called_once_in_the_first_poll() {
    let (wakes, waker) = Wakes::new();
    let mut future = pin!(yield_now());
    assert!(poll_with(future.as_mut(), &waker).is_pending());
    assert_eq!(wakes.count(), 1);
}

#[test]
fn two_futures_that_yield_take_turns() {
    let polled = RefCell::new(String::new());
    let writer = async |letter| {
        for _ in 0..3 {
            polled.borrow_mut().push(letter);
            yield_now().await;
        }
    };
    let (mut one, mut two) = (pin!(writer('a')), pin!(writer('b')));
    for _ in 0..10 {
        if poll(one.as_mut()).is_ready() || poll(two.as_mut()).is_ready() {
            break;
        }
    }
    assert_eq!(*polled.borrow(), "ababab");
}
