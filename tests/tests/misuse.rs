//! What happens to those who break a rule: a panic that says which one, and
//! what to do instead.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use combinators::{FirstCompleted, TaskSet, as_completed, gather, shield, wait};
use executor::{
    Executor, JoinError, Task, Watch, Watcher, advance, block_on, catch_cancel, current_task,
    end_as_cancelled, now, sleep, sleep_until, spawn, yield_now,
};
use wheelhouse_tests::{panic_of, place_of_panic, run_until_stalled, turns, virtual_executor};

/// A message has the rule and the remedy.
#[track_caller]
fn assert_says(message: &str, rule: &str, remedy: &str) {
    assert!(message.contains(rule), "no rule in: {message}");
    assert!(message.contains(remedy), "no remedy in: {message}");
}

/// The message of a task that ended by a panic.
#[track_caller]
fn message_of<T>(outcome: Result<T, JoinError>) -> String {
    let error = outcome.err().expect("the task panicked");
    error.panic_message().expect("the task panicked").to_owned()
}

/// It would never be woken, as its executor doesn't run.
#[test]
fn a_sleep_begun_on_another_executor() {
    let other = virtual_executor();
    let mut begun = sleep(Duration::from_secs(1));
    other.block_on(async { assert!(futures_lite::future::poll_once(&mut begun).await.is_none()) });
    let message = panic_of(|| block_on(begun));
    let rule = "a sleep that had begun was polled outside of its executor";
    assert_says(&message, rule, "begin and end a sleep inside the same `block_on`");
}

/// The others move by themselves.
#[test]
fn advancing_a_clock_that_is_not_manual() {
    for executor in [Executor::new(), virtual_executor()] {
        let message = panic_of(|| executor.advance(Duration::from_secs(1)));
        assert_says(&message, "`advance` moves a manual clock", "with `Clock::Manual`");
        let message = panic_of(|| executor.block_on(async { advance(Duration::from_secs(1)) }));
        assert_says(&message, "`advance` moves a manual clock", "with `Clock::Manual`");
    }
}

mod no_executor {
    use super::*;

    #[track_caller]
    fn assert_no_executor<R>(program: impl FnOnce() -> R) {
        let message = panic_of(program);
        assert_says(&message, "no executor runs on this thread", "inside a future that `block_on`");
    }

    #[test]
    fn spawn_outside_of_an_executor() {
        assert_no_executor(|| spawn(async {}));
    }

    #[test]
    fn now_outside_of_an_executor() {
        assert_no_executor(now);
        assert_no_executor(|| advance(Duration::ZERO));
    }

    #[test]
    fn sleeping_outside_of_an_executor() {
        use futures_lite::future::block_on;
        assert_no_executor(|| block_on(sleep(Duration::from_nanos(1))));
        assert_no_executor(|| block_on(sleep(Duration::ZERO)));
        assert_no_executor(|| block_on(sleep_until(Instant::now())));
        assert_no_executor(|| block_on(yield_now()));
    }

    #[test]
    fn gathering_futures_outside_of_an_executor() {
        assert_no_executor(|| gather([async {}]));
    }

    #[test]
    fn the_current_task_outside_of_an_executor_is_none() {
        assert!(current_task().is_none());
    }

    #[test]
    fn spawn_beside_an_executor_that_does_not_run_right_now() {
        let executor = Executor::new();
        executor.block_on(async {});
        assert_no_executor(|| spawn(async {}));
    }
}

mod nested {
    use super::*;

    fn assert_nested(message: &str) {
        assert_says(message, "called inside a running executor", "await the future, or `spawn` it");
    }

    #[test]
    fn block_on_inside_block_on() {
        assert_nested(&panic_of(|| block_on(async { block_on(async {}) })));
    }

    #[test]
    fn block_on_inside_a_task() {
        block_on(async {
            assert_nested(&message_of(spawn(async { block_on(async {}) }).await));
        });
    }
}

/// A panic is at the line of the call that breaks the rule, not at one of ours.
mod is_told_at_the_callers_line {
    use super::*;

    /// The line is that on which `program` begins.
    #[track_caller]
    fn assert_here<R>(program: impl FnOnce() -> R) {
        let caller = Location::caller();
        assert_eq!(place_of_panic(program), format!("{}:{}", caller.file(), caller.line()));
    }

    #[test]
    fn of_a_nested_block_on() {
        assert_here(|| block_on(async { block_on(async {}) }));
    }

    #[test]
    fn of_an_executor_that_is_run_while_it_runs() {
        let executor = Executor::new();
        assert_here(|| executor.block_on(async { executor.block_on(async {}) }));
        assert_here(|| executor.block_on(async { executor.try_block_on(async {}).is_ok() }));
        assert_here(|| executor.block_on(async { executor.turn() }));
    }

    #[test]
    fn of_a_task_that_is_awaited_elsewhere() {
        let executor = Executor::new();
        let task = || executor.spawn(pending::<()>());
        assert_here(|| block_on(async { task().await.is_ok() }));
        assert_here(|| block_on(task()).is_ok());
        assert_here(|| block_on(task().shared()).is_ok());
        assert_here(|| block_on(&mut task()).is_ok());
        assert_here(|| Executor::new().block_on(task()).is_ok());
        assert_here(|| Executor::new().try_block_on(task()).is_ok());
    }

    #[test]
    fn of_a_task_whose_outcome_was_taken() {
        let executor = Executor::new();
        let task = || {
            let mut task = executor.spawn(async {});
            executor.block_on(turns(2));
            assert!(task.take_outcome().is_some());
            task
        };
        assert_here(|| block_on(async { task().await.is_ok() }));
        assert_here(|| block_on(task()).is_ok());
        assert_here(|| executor.block_on(task().shared()).is_ok());
        assert_here(|| executor.block_on(&mut task()).is_ok());
    }

    #[test]
    fn of_a_wait_for_tasks_elsewhere() {
        let executor = Executor::new();
        let tasks = || [executor.spawn(pending::<()>())];
        assert_here(|| block_on(async { gather(tasks()).await.is_ok() }));
        assert_here(|| block_on(gather(tasks())).is_ok());
        assert_here(|| block_on(wait(tasks())).done.is_empty());
        let set = TaskSet::from_iter(tasks());
        assert_here(|| block_on(set.next()).is_some());
        assert_here(|| block_on(async { drop(set.ended().await) }));
        assert_here(|| block_on(async { shield(executor.spawn(pending::<()>())).await.is_ok() }));
    }

    #[test]
    fn of_a_wait_for_tasks_of_two_executors() {
        let executors = [Executor::new(), Executor::new()];
        let tasks = || executors.each_ref().map(|it| it.spawn(pending::<()>()));
        assert_here(|| block_on(async { drop(wait(tasks()).await) }));
        assert_here(|| drop(as_completed(tasks())));
        let [first, second] = tasks();
        let set = TaskSet::from_iter([first]);
        assert_here(|| set.insert(second));
    }

    #[test]
    fn of_a_scope_that_is_polled_again() {
        let mut scope = pin!(catch_cancel(async {}));
        assert!(block_on(scope.as_mut()).is_ok());
        assert_here(|| block_on(poll_fn(|cx| scope.as_mut().poll(cx))).is_ok());
    }

    #[test]
    fn of_a_main_future_that_ends_as_cancelled() {
        assert_here(|| block_on(async { end_as_cancelled().await }));
    }

    #[test]
    fn of_a_run_that_can_not_go_on() {
        assert_here(|| block_on(pending::<()>()));
        assert_here(|| Executor::new().block_on(pending::<()>()));
    }
}

mod reentered {
    use super::*;

    fn assert_reentered(message: &str) {
        let remedy = "await the future, or `spawn` it, instead of";
        assert_says(message, "an executor was asked to run while it runs", remedy);
    }

    #[test]
    fn an_executors_block_on_inside_itself() {
        let executor = Executor::new();
        let program = async { executor.block_on(async {}) };
        assert_reentered(&panic_of(|| executor.block_on(program)));
    }

    /// I2: so no poll can begin within another.
    #[test]
    fn an_executors_turn_inside_one_of_its_tasks() {
        let executor = Rc::new(Executor::new());
        let inner = Rc::clone(&executor);
        let task = executor.spawn(async move { inner.turn() });
        let outcome = executor.block_on(task);
        assert_reentered(&message_of(outcome));
    }

    #[test]
    fn leaves_the_executor_usable() {
        let executor = Executor::new();
        panic_of(|| executor.block_on(async { executor.block_on(async {}) }));
        assert_eq!(executor.block_on(async { 7 }), 7);
    }
}

#[test]
fn a_task_that_awaits_itself() {
    let executor = Executor::new();
    let shelf = Rc::new(RefCell::new(None::<Task<String>>));
    let own = Rc::clone(&shelf);
    let awaiting = poll_fn(move |cx| {
        let mut itself = own.take().expect("the handle is on the shelf");
        let message = panic_of(|| pin!(&mut itself).poll(cx).is_ready());
        own.replace(Some(itself));
        Poll::Ready(message)
    });
    shelf.replace(Some(executor.spawn(awaiting)));
    run_until_stalled(&executor);
    let message = shelf.take().unwrap().take_outcome().unwrap().unwrap();
    assert_says(&message, "a task awaits itself", "await it from another task");
}

mod foreign_handle {
    use super::*;

    fn assert_foreign(message: &str) {
        let rule = "awaited outside of the executor that it was spawned on";
        assert_says(message, rule, "await it inside that executor's `block_on`");
    }

    #[test]
    fn awaited_on_another_executor() {
        let other = Executor::new();
        let task = other.spawn(pending::<()>());
        assert_foreign(&panic_of(|| block_on(async { drop(task.await) })));
    }

    #[test]
    fn awaited_on_an_executor_inside_its_own() {
        let (inner, outer) = (Executor::new(), Executor::new());
        let program = async { inner.block_on(async { drop(spawn_pending_on(&outer).await) }) };
        assert_foreign(&panic_of(|| outer.block_on(program)));
    }

    fn spawn_pending_on(executor: &Executor) -> Task<()> {
        executor.spawn(pending())
    }

    #[test]
    fn awaited_under_a_foreign_block_on() {
        let executor = Executor::new();
        let task = spawn_pending_on(&executor);
        assert_foreign(&panic_of(|| {
            futures_lite::future::block_on(async { drop(task.await) });
        }));
    }

    #[test]
    fn of_a_task_that_has_ended_is_no_misuse() {
        let executor = Executor::new();
        let task = executor.spawn(async { 7 });
        executor.block_on(yield_now());
        assert_eq!(block_on(async { task.await.unwrap() }), 7);
    }
}

mod outcome_taken {
    use super::*;

    fn assert_taken(message: &str) {
        let rule = "outcome was asked for again after it was taken";
        assert_says(message, rule, "await a task once, or read its outcome with `peek`");
    }

    #[test]
    fn awaited_twice() {
        block_on(async {
            let mut task = spawn(async { 7 });
            assert_eq!((&mut task).await.unwrap(), 7);
            let twice = spawn(async move { task.await.is_ok() });
            assert_taken(&message_of(twice.await));
        });
    }

    #[test]
    fn awaited_after_it_was_taken_otherwise() {
        let executor = Executor::new();
        let mut task = executor.spawn(async { 7 });
        executor.block_on(yield_now());
        assert!(task.take_outcome().is_some());
        assert_taken(&panic_of(|| executor.block_on(task)));
    }
}

mod foreign_child {
    use super::*;

    struct Never;

    impl Watcher for Never {
        fn ended(&self, _child: u32) -> bool {
            false
        }
    }

    fn assert_foreign(message: &str) {
        let rule = "a watch has tasks of one executor only";
        assert_says(message, rule, "inside that executor's `block_on`");
    }

    #[test]
    fn tasks_of_two_executors_in_a_watch() {
        let executors = [Executor::new(), Executor::new()];
        let tasks = executors.each_ref().map(|executor| executor.spawn(async {}));
        let watch = Watch::new(Rc::new(Never));
        watch.add(&tasks[0], 0);
        assert_foreign(&panic_of(|| watch.add(&tasks[1], 1)));
    }

    #[test]
    fn tasks_of_two_executors_in_a_wait() {
        let (here, there) = (Executor::new(), Executor::new());
        let tasks = [here.spawn(async {}), there.spawn(async {})];
        assert_foreign(&panic_of(|| here.block_on(wait(tasks))));
    }

    #[test]
    fn a_wait_on_another_executor() {
        let executor = Executor::new();
        let tasks = [executor.spawn(pending::<()>())];
        assert_foreign(&panic_of(|| block_on(wait(tasks))));
    }

    #[test]
    fn a_gather_on_another_executor() {
        let executor = Executor::new();
        let tasks = [executor.spawn(pending::<()>())];
        assert_foreign(&panic_of(|| block_on(gather(tasks)).is_ok()));
    }
}

mod combinators_ {
    use super::*;

    #[test]
    fn a_wait_for_nothing() {
        let message = panic_of(|| wait(Vec::<Task<()>>::new()));
        assert_says(&message, "`wait` was given no tasks", "give it one at least");
    }

    #[test]
    fn a_wait_for_an_empty_rest() {
        block_on(async {
            let waited = wait([spawn(async {})]).return_when(FirstCompleted).await;
            let message = panic_of(|| wait(waited.pending));
            assert_says(&message, "no condition could ever be met", "ask `is_empty` before");
        });
    }

    #[test]
    fn a_wait_polled_again() {
        let message = panic_of(|| {
            block_on(async {
                let mut waiting = pin!(wait([spawn(async {})]).into_future());
                drop(waiting.as_mut().await);
                drop(waiting.as_mut().await);
            });
        });
        assert_says(&message, "`wait` was polled again after it had returned", "await it once");
    }

    #[test]
    fn a_gather_polled_again() {
        let message = panic_of(|| {
            block_on(async {
                let mut gathering = pin!(gather([async {}]).into_future());
                drop(gathering.as_mut().await);
                drop(gathering.as_mut().await);
            });
        });
        assert_says(&message, "`gather` was polled again after it had returned", "await it once");
    }

    #[test]
    fn a_gather_with_exceptions_polled_again() {
        let message = panic_of(|| {
            block_on(async {
                let mut gathering = pin!(gather([async {}]).return_exceptions().into_future());
                drop(gathering.as_mut().await);
                drop(gathering.as_mut().await);
            });
        });
        assert_says(&message, "`gather` was polled again after it had returned", "await it once");
    }

    #[test]
    fn a_gather_of_a_task_whose_outcome_was_taken() {
        block_on(async {
            let mut task = spawn(async {});
            yield_now().await;
            assert!(task.take_outcome().is_some());
            let gathering = spawn(async { gather([task]).await.is_ok() });
            let message = message_of(gathering.await);
            let rule = "a task whose outcome had been taken was given to `wait` or `gather`";
            assert_says(&message, rule, "give tasks that still have theirs");
        });
    }

    /// A wait has no outcome to show to its condition.
    #[test]
    fn a_wait_for_a_task_whose_outcome_was_taken() {
        block_on(async {
            let mut task = spawn(async {});
            yield_now().await;
            assert!(task.take_outcome().is_some());
            let message = panic_of(|| drop(wait([task])));
            let rule = "a task whose outcome had been taken was given to `wait` or `gather`";
            assert_says(&message, rule, "give tasks that still have theirs");
        });
    }
}
