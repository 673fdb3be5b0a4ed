#[path = "../../../src/step_1/join.rs"]
mod exercise;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::tools::poll;
use exercise::join;

/// A future that is ready at its `ready_at`-th poll, and panics if it is polled after that.
async fn ready_at(ready_at: usize, output: &str) -> String {
    let mut left = ready_at;
    poll_fn(|_| {
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    output.to_owned()
}

/// Joins two futures, and returns the outputs and the number of polls.
fn joined(first: usize, second: usize) -> (String, String, usize) {
    let mut both = pin!(join(ready_at(first, "one"), ready_at(second, "two")));
    for polls in 1..100 {
        if let Poll::Ready((one, two)) = poll(both.as_mut()) {
            return (one, two, polls);
        }
    }
    panic!("it isn't ready after 99 polls");
}

#[test]
fn two_that_are_ready_together_are_joined() {
    assert_eq!(joined(3, 3), ("one".into(), "two".into(), 3));
}

#[test]
fn the_first_may_be_ready_before_the_second() {
    assert_eq!(joined(1, 3), ("one".into(), "two".into(), 3));
}

#[test]
fn the_second_may_be_ready_before_the_first() {
    assert_eq!(joined(4, 2), ("one".into(), "two".into(), 4));
}
