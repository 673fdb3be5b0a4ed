#[path = "../../../src/step_6/destructor.rs"]
mod exercise;

use std::future::{pending, poll_fn, ready};
use std::task::Poll;

use exercise::Task;

/// Panics when it is dropped.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("a panic of the destructor");
    }
}

/// A task whose future panics when it is dropped, and that polls this function.
fn with_panic_on_drop(poll: fn() -> Poll<()>) -> Task {
    let panics = PanicsOnDrop;
    Task::new(poll_fn(move |_| {
        let _panics = &panics;
        poll()
    }))
}

#[test]
fn a_task_ends_with_its_value_or_its_panic_or_as_cancelled() {
    let mut task = Task::new(ready(()));
    task.step();
    assert_eq!(task.outcome, Some(Ok(())));
    let mut task = Task::new(async { panic!("a panic of the poll") });
    task.step();
    assert_eq!(task.outcome, Some(Err("a panic of the poll".into())));
    let mut task = Task::new(pending());
    task.step();
    assert_eq!(task.outcome, None);
    task.is_cancelled = true;
    task.step();
    assert_eq!(task.outcome, Some(Err("cancelled".into())));
}

#[test]
fn a_panic_of_the_destructor_is_the_outcome_of_a_cancelled_task() {
    let mut task = with_panic_on_drop(|| Poll::Pending);
    task.is_cancelled = true;
    task.step();
    assert_eq!(task.outcome, Some(Err("a panic of the destructor".into())));
}

#[test]
fn a_panic_of_the_destructor_is_the_outcome_of_a_task_that_has_a_value() {
    let mut task = with_panic_on_drop(|| Poll::Ready(()));
    task.step();
    assert_eq!(task.outcome, Some(Err("a panic of the destructor".into())));
}

#[test]
fn the_first_panic_is_the_outcome_if_there_are_two() {
    let mut task = with_panic_on_drop(|| panic!("a panic of the poll"));
    task.step();
    assert_eq!(task.outcome, Some(Err("a panic of the poll".into())));
}

#[test]
fn a_task_that_has_ended_is_not_polled_again() {
    let mut task = with_panic_on_drop(|| Poll::Ready(()));
    for _ in 0..3 {
        task.step();
    }
    assert_eq!(task.outcome, Some(Err("a panic of the destructor".into())));
}
