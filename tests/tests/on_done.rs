//! `on_done`: functions that are called when a task has ended (facts F16 to F18, F29).
//!
//! Lines of a trace are what the same program writes in asyncio of `CPython` 3.13.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use executor::{Task, TaskRef, current_task, spawn, yield_now};
use wheelhouse_tests::{
    Trace, ends, is_cancelled, run, run_until_stalled, say, trace, turns, virtual_executor,
};

fn says(text: &'static str) -> impl FnOnce() {
    move || say(text)
}

/// F16, F17: functions are called in the turn after the end, and those who await
/// resume in it, all in the order in which they came.
#[test]
fn functions_and_joins_are_told_in_the_order_in_which_they_came() {
    let program = async {
        let task = spawn(ends("task", 3)).shared();
        let joins = |name: &'static str| {
            let task = task.clone();
            drop(spawn(async move {
                task.await.unwrap();
                say(name);
            }));
        };
        task.on_done(says("call 1"));
        joins("join 1");
        turns(1).await;
        task.on_done(says("call 2"));
        joins("join 2");
        turns(1).await;
        task.on_done(says("call 3"));
        turns(4).await;
        task.on_done(says("late"));
        say("main");
        drop(spawn(ends("other", 1)));
        turns(2).await;
    };
    trace(program).assert(&[
        "0+0 task ends",
        "0+1 call 1",
        "0+1 join 1",
        "0+1 call 2",
        "0+1 join 2",
        "0+1 call 3",
        "0+3 main",
        "0+4 late",
        "0+4 other ends",
    ]);
}

/// F17: functions are called however the task ends, also if nobody holds it any more.
#[test]
fn functions_are_called_however_the_task_ends() {
    run(async {
        let trace = Trace::new();
        let tell = |task: Task<()>, text: &'static str| {
            let log = trace.clone();
            task.on_done(move || log.push(text));
            task
        };
        drop(tell(spawn(async {}), "returned"));
        drop(tell(spawn(async { panic!("on purpose") }), "panicked"));
        let cancelled = tell(spawn(pending()), "cancelled");
        cancelled.cancel();
        let unstarted = tell(spawn(async {}), "unstarted");
        unstarted.cancel();
        turns(2).await;
        trace.assert(&["returned", "panicked", "cancelled", "unstarted"]);
    });
}

/// F18: a panic in one function is nothing to the others.
#[test]
fn a_function_that_panics_is_nothing_to_the_others() {
    run(async {
        let task = spawn(async { 7 });
        let called = Rc::new(Cell::new(0));
        for number in 0..3 {
            let count = Rc::clone(&called);
            task.on_done(move || {
                assert!(number != 1, "in a function called at the end");
                count.set(count.get() + 1);
            });
        }
        assert_eq!(task.await.unwrap(), 7);
        yield_now().await;
        assert_eq!(called.get(), 2);
    });
}

/// F29, I7: functions are called between polls, and may do what tasks may.
#[test]
fn a_function_may_spawn_cancel_and_add_another() {
    run(async {
        let trace = Trace::new();
        let (log, task) = (trace.clone(), spawn(async {}).shared());
        let (itself, victim) = (task.clone(), spawn(pending::<()>()));
        let cancelled = victim.reference();
        task.on_done(move || {
            assert!(current_task().is_none());
            assert!(cancelled.cancel());
            log.push("first");
            let (spawned, second) = (log.clone(), log.clone());
            drop(spawn(async move { spawned.push("spawned") }));
            itself.on_done(move || second.push("second"));
        });
        turns(2).await;
        trace.assert(&["first"]);
        turns(1).await;
        trace.assert(&["first", "spawned", "second"]);
        assert!(is_cancelled(&victim));
    });
}

/// F38: cancelling, at its end, who waits for the task: it is ready by then, and
/// cancelled all the same (F41).
#[test]
fn a_function_may_cancel_who_awaits_the_task() {
    run(async {
        let task = spawn(turns(2)).shared();
        let awaiting = Rc::new(RefCell::new(None::<TaskRef>));
        let victim = Rc::clone(&awaiting);
        task.on_done(move || assert!(victim.borrow().as_ref().unwrap().cancel()));
        let waits = spawn(task.clone().into_future());
        awaiting.replace(Some(waits.reference()));
        assert!(waits.await.unwrap_err().is_cancelled());
        assert_eq!(task.reference().cancelling(), 0);
    });
}

/// I8: with the executor go the functions that weren't called, once each.
#[test]
fn functions_that_were_not_called_are_dropped_with_the_executor() {
    for turn_count in 0..3 {
        let (executor, counting) = (virtual_executor(), Rc::new(()));
        let called = Rc::new(Cell::new(0));
        for future in [0, 1, 9].map(turns) {
            let task = executor.spawn(future).shared();
            let (kept, itself, call) = (Rc::clone(&counting), task.clone(), Rc::clone(&called));
            task.on_done(move || {
                drop((kept, itself));
                call.set(call.get() + 1);
            });
        }
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop(executor);
        assert_eq!(called.get(), [0, 0, 1][turn_count]);
        assert_eq!(Rc::strong_count(&counting), 1, "after {turn_count} turns");
    }
}

/// F17: a function that is added between two runs of the executor waits for the next.
#[test]
fn a_function_may_be_added_while_the_executor_does_not_run() {
    let executor = virtual_executor();
    let called = Rc::new(Cell::new(0));
    let task = executor.spawn(async {});
    let count = |count: &Rc<Cell<u32>>| {
        let count = Rc::clone(count);
        move || count.set(count.get() + 1)
    };
    task.on_done(count(&called));
    run_until_stalled(&executor);
    assert_eq!(called.get(), 1);
    task.on_done(count(&called));
    assert_eq!(called.get(), 1);
    run_until_stalled(&executor);
    assert_eq!(called.get(), 2);
}
