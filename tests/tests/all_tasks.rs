//! The list of all tasks, and a task that is found by its id (facts F30, F157).

use std::collections::BTreeSet;
use std::future::pending;

use executor::{TaskRef, all_tasks, current_task, find_task, spawn, yield_now};
use wheelhouse_tests::{is_cancelled, panic_of, run, run_until_stalled, virtual_executor};

fn names_of_all() -> BTreeSet<String> {
    all_tasks().iter().map(TaskRef::name).collect()
}

/// F30: all tasks that haven't ended: the one that asks, those that have not begun,
/// and those that are to end.
#[test]
fn all_tasks_are_those_that_have_not_ended() {
    run(async {
        assert_eq!(names_of_all(), ["main".into()].into());
        let waiting = spawn(pending::<()>()).named("waiting");
        let ended = spawn(async {}).named("ended");
        drop(spawn(pending::<()>()).named("detached"));
        let cancelled = spawn(pending::<()>()).named("cancelled");
        yield_now().await;
        cancelled.cancel();
        let _unstarted = spawn(async {}).named("not begun");
        let expected = ["main", "waiting", "detached", "cancelled", "not begun"];
        assert_eq!(names_of_all(), expected.map(String::from).into());
        let inside = spawn(async { names_of_all() }).named("itself").await.unwrap();
        let expected = ["main", "waiting", "detached", "itself"];
        assert_eq!(inside, expected.map(String::from).into());
        drop((waiting, ended));
    });
}

/// They may be used like other references, as `run` does at the end in asyncio
/// (F157).
#[test]
fn all_tasks_may_be_cancelled() {
    let executor = virtual_executor();
    let tasks = [0; 3].map(|_| executor.spawn(pending::<()>()));
    executor.block_on(async {
        let main = current_task().unwrap().id();
        for task in all_tasks() {
            assert_eq!(task.cancel(), task.id() != main);
        }
        yield_now().await;
        assert_eq!(all_tasks().len(), 1);
    });
    assert!(tasks.iter().all(is_cancelled));
}

/// The list is that of the running executor, with its main future only while that runs.
#[test]
fn all_tasks_are_of_the_running_executor() {
    let outer = virtual_executor();
    let _task = outer.spawn(pending::<()>());
    outer.block_on(async {
        let inner = virtual_executor();
        assert_eq!(inner.block_on(async { all_tasks().len() }), 1);
        assert_eq!(all_tasks().len(), 2);
    });
    let counted = outer.spawn(async { all_tasks().len() });
    run_until_stalled(&outer);
    assert_eq!(counted.outcome().unwrap().unwrap(), 2, "there is no main future now");
}

/// Misuse: there is no executor whose tasks these would be.
#[test]
fn all_tasks_outside_of_an_executor_is_an_error() {
    let message = panic_of(all_tasks);
    assert!(message.contains("no executor runs on this thread"), "{message}");
}

/// An id names a task of its own executor. In another one it may name a task that has the
/// same place there, or none.
#[test]
fn no_task_is_found_by_an_id_that_is_beyond_all_others() {
    let ids = run(async {
        let tasks = [(); 100].map(|()| spawn(pending::<()>()));
        tasks.map(|task| task.id())
    });
    run(async move {
        let task = spawn(pending::<()>());
        let found: Vec<_> = ids.into_iter().filter_map(find_task).collect();
        assert_eq!(found.iter().map(TaskRef::id).collect::<Vec<_>>(), [task.id()]);
    });
}
