#[path = "../../../src/step_6/is_finished.rs"]
mod exercise;

use std::future::ready;
use std::pin::pin;

use crate::tools::poll;
use exercise::task;

#[test]
fn a_task_is_finished_once_it_was_polled_to_its_end() {
    let (task, handle) = task(ready(7));
    assert!(!handle.is_finished());
    assert!(poll(pin!(task)).is_ready());
    assert!(handle.is_finished());
}

#[test]
fn to_ask_leaves_the_outcome_where_it_is() {
    let (task, handle) = task(ready(7));
    assert!(poll(pin!(task)).is_ready());
    assert!(handle.is_finished() && handle.is_finished(), "the second answer is another");
    assert_eq!(handle.take_outcome(), Some(7));
}

#[test]
fn a_task_stays_finished_when_its_outcome_is_taken() {
    let (task, handle) = task(ready(7));
    assert!(poll(pin!(task)).is_ready());
    assert_eq!(handle.take_outcome(), Some(7));
    assert!(handle.is_finished());
    assert_eq!(handle.take_outcome(), None);
}
