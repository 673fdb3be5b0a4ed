#[path = "../../../src/step_6/scoped.rs"]
mod exercise;

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use exercise::{Executor, Scoped};

/// Sets its cell when it is dropped.
struct Dropped(Rc<Cell<bool>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

/// A future that never ends, and tells when it is dropped.
fn endless() -> (Rc<Cell<bool>>, impl Future<Output = ()>) {
    let is_dropped = Rc::default();
    let dropped = Dropped(Rc::clone(&is_dropped));
    (is_dropped, async move {
        let _dropped = dropped;
        pending::<()>().await;
    })
}

#[test]
fn a_scoped_handle_cancels_its_task_when_it_is_dropped() {
    let (mut executor, (is_dropped, future)) = (Executor::default(), endless());
    let scoped = Scoped::new(executor.spawn(future));
    executor.turn();
    assert!(!is_dropped.get(), "the task was cancelled too soon");
    drop(scoped);
    executor.turn();
    assert!(is_dropped.get(), "the task still lives, after a turn");
}

#[test]
fn a_detached_task_runs_on() {
    let (mut executor, (is_dropped, future)) = (Executor::default(), endless());
    drop(Scoped::new(executor.spawn(future)).detach());
    executor.turn();
    assert!(!is_dropped.get());
}

#[test]
fn a_detached_task_can_still_be_cancelled() {
    let (mut executor, (is_dropped, future)) = (Executor::default(), endless());
    Scoped::new(executor.spawn(future)).detach().cancel();
    executor.turn();
    assert!(is_dropped.get());
}

#[test]
fn a_task_that_is_cancelled_takes_its_scoped_child_along() {
    let (mut executor, (is_dropped, future)) = (Executor::default(), endless());
    let child = Scoped::new(executor.spawn(future));
    let parent = executor.spawn(async move {
        pending::<()>().await;
        drop(child);
    });
    executor.turn();
    parent.cancel();
    executor.turn();
    executor.turn();
    assert!(is_dropped.get(), "the child still lives");
}
