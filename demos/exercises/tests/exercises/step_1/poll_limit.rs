#[path = "../../../src/step_1/poll_limit.rs"]
mod exercise;

use std::cell::Cell;
use std::future::poll_fn;
use std::task::Poll;

use exercise::block_on_within;

/// Returns what `block_on_within` returns for a future that is ready at its `ready_at`-th
/// poll, and the number of polls.
fn run(limit: usize, ready_at: usize) -> (Option<(char, usize)>, usize) {
    let polls = Cell::new(0);
    let returned = block_on_within(
        limit,
        poll_fn(|_| {
            polls.set(polls.get() + 1);
            if polls.get() == ready_at { Poll::Ready('x') } else { Poll::Pending }
        }),
    );
    (returned, polls.get())
}

#[test]
fn the_number_of_polls_is_returned_with_the_output() {
    assert_eq!(run(10, 1), (Some(('x', 1)), 1));
    assert_eq!(run(10, 7), (Some(('x', 7)), 7));
}

#[test]
fn the_last_poll_that_the_limit_allows_counts() {
    assert_eq!(run(7, 7), (Some(('x', 7)), 7));
}

#[test]
fn after_the_limit_there_is_no_poll_and_no_output() {
    assert_eq!(run(6, 7), (None, 6));
    assert_eq!(run(0, 1), (None, 0));
}
