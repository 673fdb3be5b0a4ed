//! What can happen to a task, at every moment of its life.
//!
//! Each cell names its tests, without the name of the row's module. Polls,
//! drops of the future and drops of its output are counted in all of them.
//!
//! | action            | before the first poll | during a poll | between polls | during the last poll | after the end |
//! |-------------------|-----------------------|---------------|---------------|----------------------|---------------|
//! | wake              | (1)                   | `during_a_poll` | `between_polls` | `during_the_last_poll` | `after_the_end` |
//! | wake twice        | (1)                   | `twice_during_a_poll` | `twice_between_polls` | `twice_during_the_last_poll` | `twice_after_the_end` |
//! | wake by an old clone | (1)                | `by_an_old_clone_during_a_poll` | `by_an_old_clone_between_polls` | `by_an_old_clone_during_the_last_poll` | `by_an_old_clone_after_the_end` |
//! | cancel            | `before_the_first_poll` | `during_a_poll` | `between_polls` | `during_the_last_poll` | `after_the_end` |
//! | drop the handle   | `before_the_first_poll` | `during_a_poll` | `between_polls` | `during_the_last_poll` | `after_the_end` |
//! | drop the executor | `before_the_first_poll` | (2)         | `between_polls` | (2)                  | `after_the_end` |
//! | panic             | (3)                   | `in_the_first_poll` | (3)     | `in_a_later_poll`    | (3)           |
//! | panic in the future's destructor | `cancelled_before_the_first_poll` | (4) | `cancelled_between_polls` | `when_ready`, `when_panicking` | (4) |
//! | panic in the output's destructor | (5)    | (5)           | (5)           | `detached`           | `held`        |
//! | await             | `before_the_first_poll` | (6)         | `between_polls` | `during_the_last_poll` | `after_the_end` |
//! | give up the await | `before_the_first_poll` | (6)         | `between_polls` | (6)                  | `after_the_end` |
//! | peek              | `before_the_first_poll` | `during_a_poll` | `between_polls` | `during_the_last_poll` | `after_the_end` |
//! | take the outcome  | `before_the_first_poll` | `during_a_poll` | `between_polls` | `during_the_last_poll` | `after_the_end` |
//!
//! 1. Nobody has a waker of the task yet.
//! 2. Running borrows the executor, so no one can drop it then.
//! 3. A future panics in its polls and its destructor, and nowhere else. The
//!    poll that panics is the last.
//! 4. The future isn't dropped while a poll goes on, nor after the end. When
//!    the executor drops it: see `teardown.rs`.
//! 5. There is no output yet.
//! 6. A task that awaits itself panics: see `misuse.rs`. Anyone else awaits it
//!    between its polls.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;
use std::thread;

use executor::{Executor, JoinError, Next, Task, spawn, yield_now};
use wheelhouse_tests::{
    Counting, Counts, Gate, Output, Trace, next_when_stalled, run_until_stalled, virtual_executor,
};

/// Spawns a future; settles the executor, so that it was polled.
fn started(future: Counting) -> (Executor, Task<Output>, Counts) {
    let (executor, task, counts) = fresh(future);
    assert_eq!(next_when_stalled(&executor), Next::Woken);
    (executor, task, counts)
}

/// Spawns a future, which isn't polled yet.
fn fresh(future: Counting) -> (Executor, Task<Output>, Counts) {
    let counts = future.counts();
    let executor = virtual_executor();
    let task = executor.spawn(future);
    counts.assert(0, 0, 0);
    (executor, task, counts)
}

/// A place where a task finds its own handle.
type Shelf = Rc<RefCell<Option<Task<Output>>>>;

/// Runs a future that is given its own handle, until it is ready or waits.
fn run_reaching_itself(make: impl FnOnce(Shelf) -> Counting) -> (Executor, Shelf, Counts) {
    let shelf = Shelf::default();
    let (executor, task, counts) = fresh(make(Rc::clone(&shelf)));
    *shelf.borrow_mut() = Some(task);
    run_until_stalled(&executor);
    (executor, shelf, counts)
}

fn on_handle<R>(shelf: &Shelf, act: impl FnOnce(&mut Task<Output>) -> R) -> R {
    act(shelf.borrow_mut().as_mut().expect("the handle is on the shelf"))
}

#[track_caller]
fn error_of(mut task: Task<Output>) -> JoinError {
    task.take_outcome().expect("the task has ended").expect_err("it failed")
}

mod wake {
    use super::*;

    #[test]
    fn during_a_poll_polls_once_more_next_turn() {
        let (executor, _task, counts) = fresh(Counting::yielding(1));
        assert_eq!(executor.turn(), Next::Now);
        counts.assert(1, 0, 0);
        assert_eq!(executor.turn(), Next::Woken);
        counts.assert(2, 1, 0);
    }

    #[test]
    fn between_polls_polls_once_more() {
        let (executor, _task, counts) = started(Counting::pending(1).keeping_waker());
        counts.waker().wake();
        run_until_stalled(&executor);
        counts.assert(2, 1, 0);
    }

    #[test]
    fn during_the_last_poll_does_nothing() {
        let waking = Counting::ready().on_poll(|_, cx| cx.waker().wake_by_ref());
        let (_executor, task, counts) = started(waking);
        assert!(task.is_finished());
        counts.assert(1, 1, 0);
    }

    #[test]
    fn after_the_end_does_nothing() {
        let (executor, task, counts) = started(Counting::ready().keeping_waker());
        counts.waker().wake();
        assert_eq!(next_when_stalled(&executor), Next::Woken);
        counts.assert(1, 1, 0);
        drop(task);
        counts.assert(1, 1, 1);
    }

    #[test]
    fn twice_during_a_poll_polls_once_more() {
        let waking = Counting::pending(3).on_poll(|poll, cx| {
            if poll == 1 {
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
            }
        });
        let (_executor, _task, counts) = started(waking);
        counts.assert(2, 0, 0);
    }

    /// Also invariant I1.
    #[test]
    fn during_a_poll_and_again_after_it_polls_once_more() {
        let future = Counting::pending(3).keeping_waker().on_poll(|poll, cx| {
            if poll == 1 {
                cx.waker().wake_by_ref();
            }
        });
        let (executor, _task, counts) = fresh(future);
        assert_eq!(executor.turn(), Next::Now);
        counts.waker().wake();
        run_until_stalled(&executor);
        counts.assert(2, 0, 0);
    }

    #[test]
    fn twice_between_polls_polls_once_more() {
        let (executor, _task, counts) = started(Counting::forever().keeping_waker());
        counts.waker().wake();
        counts.waker().wake();
        run_until_stalled(&executor);
        counts.assert(2, 0, 0);
    }

    #[test]
    fn twice_during_the_last_poll_does_nothing() {
        let waking = Counting::ready().on_poll(|_, cx| {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
        });
        let (_executor, task, counts) = started(waking);
        drop(task);
        counts.assert(1, 1, 1);
    }

    #[test]
    fn twice_after_the_end_does_nothing() {
        let (executor, _task, counts) = started(Counting::ready().keeping_waker());
        counts.waker().wake();
        counts.waker().wake();
        assert_eq!(next_when_stalled(&executor), Next::Woken);
        counts.assert(1, 1, 0);
    }

    /// Keeps a clone of the first poll's waker and wakes it in the poll of
    /// that number.
    fn waking_an_old_clone_in(future: Counting, number: usize) -> Counting {
        let mut old = None::<Waker>;
        future.on_poll(move |poll, cx| {
            let old = old.get_or_insert_with(|| cx.waker().clone());
            if poll == number {
                old.wake_by_ref();
            }
        })
    }

    #[test]
    fn by_an_old_clone_during_a_poll_polls_once_more() {
        let future = waking_an_old_clone_in(Counting::forever().keeping_waker(), 2);
        let (executor, _task, counts) = started(future);
        counts.waker().wake();
        run_until_stalled(&executor);
        counts.assert(3, 0, 0);
    }

    #[test]
    fn by_an_old_clone_between_polls_polls_once_more() {
        let (executor, _task, counts) = started(Counting::forever().keeping_waker());
        let old = counts.waker();
        old.wake_by_ref();
        run_until_stalled(&executor);
        old.wake();
        run_until_stalled(&executor);
        counts.assert(3, 0, 0);
    }

    #[test]
    fn by_an_old_clone_during_the_last_poll_does_nothing() {
        let (_executor, _task, counts) = started(waking_an_old_clone_in(Counting::yielding(1), 2));
        counts.assert(2, 1, 0);
    }

    #[test]
    fn by_an_old_clone_after_the_end_does_nothing() {
        let (executor, _task, counts) = started(Counting::pending(1).keeping_waker());
        let old = counts.waker();
        old.wake_by_ref();
        run_until_stalled(&executor);
        counts.assert(2, 1, 0);
        old.wake();
        run_until_stalled(&executor);
        counts.assert(2, 1, 0);
    }

    #[test]
    fn on_another_thread_polls_once_more() {
        let (executor, _task, counts) = started(Counting::forever().keeping_waker());
        let waker = counts.waker();
        thread::spawn(move || waker.wake()).join().unwrap();
        run_until_stalled(&executor);
        counts.assert(2, 0, 0);
    }

    #[test]
    fn after_the_executor_is_gone_does_nothing_here_or_on_another_thread() {
        let (executor, _task, counts) = started(Counting::forever().keeping_waker());
        let waker = counts.waker();
        counts.forget_waker();
        drop(executor);
        waker.wake_by_ref();
        thread::spawn(move || waker.wake()).join().unwrap();
        counts.assert(1, 1, 0);
    }

    /// The slot of a task that has ended, with a waker that was made for it.
    fn reused_slot() -> (Executor, Waker, Task<Output>, Counts) {
        let (executor, former, former_counts) = started(Counting::ready().keeping_waker());
        let stale = former_counts.waker();
        let former_id = former.id().to_string();
        drop(former);
        let tenant = Counting::forever().keeping_waker();
        let counts = tenant.counts();
        let task = executor.spawn(tenant);
        assert_eq!(task.id().to_string(), format!("{former_id}.2"));
        run_until_stalled(&executor);
        counts.assert(1, 0, 0);
        (executor, stale, task, counts)
    }

    /// Also invariant I3.
    #[test]
    fn by_a_stale_waker_never_polls_the_slots_new_tenant() {
        let (executor, stale, task, counts) = reused_slot();
        stale.wake_by_ref();
        run_until_stalled(&executor);
        thread::spawn(move || stale.wake()).join().unwrap();
        run_until_stalled(&executor);
        counts.assert(1, 0, 0);
        assert!(!task.is_finished());
    }

    #[test]
    fn by_a_stale_waker_leaves_the_new_tenants_own_waker_alone() {
        let (executor, stale, _task, counts) = reused_slot();
        stale.wake();
        counts.waker().wake();
        run_until_stalled(&executor);
        counts.assert(2, 0, 0);
    }

    #[test]
    fn of_one_task_polls_no_other() {
        let executor = virtual_executor();
        let futures = [0; 3].map(|_| Counting::forever().keeping_waker());
        let counts = futures.each_ref().map(Counting::counts);
        let _tasks = futures.map(|future| executor.spawn(future));
        run_until_stalled(&executor);
        counts[1].waker().wake();
        run_until_stalled(&executor);
        assert_eq!(counts.each_ref().map(Counts::polls), [1, 2, 1]);
    }
}

mod cancel {
    use super::*;

    #[test]
    fn before_the_first_poll_runs_none_of_the_code() {
        let (executor, task, counts) = fresh(Counting::ready());
        assert!(task.cancel());
        counts.assert(0, 0, 0);
        run_until_stalled(&executor);
        counts.assert(0, 1, 0);
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn during_a_poll_drops_the_future_next_turn() {
        let (_executor, shelf, counts) = run_reaching_itself(|shelf| {
            let mut drops = None::<Counts>;
            let future = Counting::forever();
            let counts = future.counts();
            future.on_poll(move |_, _| {
                assert!(on_handle(&shelf, |task| task.cancel()));
                let counts = drops.get_or_insert(counts.clone());
                assert_eq!(counts.future_drops(), 0, "never inside `cancel`");
            })
        });
        counts.assert(1, 1, 0);
        let task = shelf.take().unwrap();
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn between_polls_drops_the_future_next_turn() {
        let (executor, task, counts) = started(Counting::forever());
        assert!(task.cancel());
        counts.assert(1, 0, 0);
        assert!(!task.is_finished(), "the cancellation is only asked for");
        assert_eq!(executor.turn(), Next::Woken);
        counts.assert(1, 1, 0);
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn of_itself_in_the_last_poll_loses_the_value() {
        // (F44)
        let (_executor, shelf, counts) = run_reaching_itself(|shelf| {
            Counting::ready().on_poll(move |_, _| assert!(on_handle(&shelf, |task| task.cancel())))
        });
        counts.assert(1, 1, 1);
        let task = shelf.take().unwrap();
        assert!(!task.cancel());
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn after_the_end_says_so_and_does_nothing() {
        let (executor, mut task, counts) = started(Counting::ready());
        assert!(!task.cancel());
        assert_eq!(next_when_stalled(&executor), Next::Woken);
        assert!(task.take_outcome().unwrap().is_ok());
        counts.assert(1, 1, 1);
    }

    #[test]
    fn twice_is_as_good_as_once() {
        let (executor, task, counts) = started(Counting::forever());
        assert!(task.cancel());
        assert!(task.cancel(), "it hasn't ended yet");
        run_until_stalled(&executor);
        assert!(!task.cancel());
        counts.assert(1, 1, 0);
    }

    #[test]
    fn of_a_task_that_is_woken_as_well_wins() {
        let (executor, task, counts) = started(Counting::pending(1).keeping_waker());
        counts.waker().wake();
        task.cancel();
        run_until_stalled(&executor);
        counts.assert(1, 1, 0);
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn of_a_task_whose_handle_is_dropped_still_ends_it() {
        let (executor, task, counts) = started(Counting::forever());
        task.cancel();
        drop(task);
        run_until_stalled(&executor);
        counts.assert(1, 1, 0);
    }
}

mod drop_the_handle {
    use super::*;

    #[test]
    fn before_the_first_poll_lets_the_task_run() {
        let (executor, task, counts) = fresh(Counting::ready());
        drop(task);
        run_until_stalled(&executor);
        counts.assert(1, 1, 1);
    }

    #[test]
    fn during_a_poll_lets_the_task_run() {
        let (_executor, _shelf, counts) = run_reaching_itself(|shelf| {
            Counting::yielding(2).on_poll(move |_, _| drop(shelf.take()))
        });
        counts.assert(3, 1, 1);
    }

    #[test]
    fn between_polls_lets_the_task_run() {
        let gate = Gate::new();
        let (executor, task, counts) = started(Counting::until(&gate));
        drop(task);
        gate.open();
        run_until_stalled(&executor);
        counts.assert(2, 1, 1);
    }

    #[test]
    fn during_the_last_poll_drops_the_output_at_once() {
        let (_executor, _shelf, counts) =
            run_reaching_itself(|shelf| Counting::ready().on_poll(move |_, _| drop(shelf.take())));
        counts.assert(1, 1, 1);
    }

    #[test]
    fn after_the_end_drops_the_output() {
        let (_executor, task, counts) = started(Counting::ready());
        counts.assert(1, 1, 0);
        drop(task);
        counts.assert(1, 1, 1);
    }
}

mod drop_the_executor {
    use super::*;

    #[test]
    fn before_the_first_poll_drops_the_future() {
        let (executor, task, counts) = fresh(Counting::ready());
        drop(executor);
        counts.assert(0, 1, 0);
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn between_polls_drops_the_future() {
        let (executor, task, counts) = started(Counting::forever());
        drop(executor);
        counts.assert(1, 1, 0);
        assert!(error_of(task).is_cancelled());
    }

    #[test]
    fn after_the_end_leaves_the_outcome_to_the_handle() {
        let (executor, mut task, counts) = started(Counting::ready());
        drop(executor);
        counts.assert(1, 1, 0);
        assert!(task.take_outcome().unwrap().is_ok());
        counts.assert(1, 1, 1);
    }

    #[test]
    fn with_a_detached_task_drops_its_future() {
        let (executor, task, counts) = started(Counting::forever());
        drop(task);
        drop(executor);
        counts.assert(1, 1, 0);
    }
}

mod panic {
    use super::*;

    #[test]
    fn in_the_first_poll_is_the_outcome() {
        let (_executor, task, counts) = started(Counting::ready().panicking_in(1));
        counts.assert(1, 1, 0);
        assert_eq!(error_of(task).panic_message(), Some("panic in poll 1"));
    }

    #[test]
    fn in_a_later_poll_is_the_outcome() {
        let (_executor, task, counts) = started(Counting::yielding(5).panicking_in(3));
        counts.assert(3, 1, 0);
        assert_eq!(error_of(task).panic_message(), Some("panic in poll 3"));
    }

    #[test]
    fn of_one_task_is_nothing_to_the_others() {
        let (executor, _panics, _) = fresh(Counting::ready().panicking_in(1));
        let other = executor.spawn(async { "fine" });
        run_until_stalled(&executor);
        assert_eq!(other.outcome().unwrap().unwrap(), "fine");
    }

    #[test]
    fn of_a_task_that_cancelled_itself_is_the_outcome() {
        let (_executor, shelf, counts) = run_reaching_itself(|shelf| {
            Counting::forever().on_poll(move |_, _| {
                on_handle(&shelf, |task| task.cancel());
                panic!("after all");
            })
        });
        counts.assert(1, 1, 0);
        let task = shelf.take().unwrap();
        assert_eq!(error_of(task).panic_message(), Some("after all"));
    }
}

mod panic_in_the_futures_destructor {
    use super::*;

    fn fragile(future: Counting) -> Counting {
        future.on_drop(|| panic!("panic in the destructor"))
    }

    #[track_caller]
    fn assert_destructor_panicked(task: Task<Output>) {
        assert_eq!(error_of(task).panic_message(), Some("panic in the destructor"));
    }

    #[test]
    fn cancelled_before_the_first_poll_is_the_outcome() {
        let (executor, task, counts) = fresh(fragile(Counting::ready()));
        task.cancel();
        run_until_stalled(&executor);
        counts.assert(0, 1, 0);
        assert_destructor_panicked(task);
    }

    #[test]
    fn cancelled_between_polls_is_the_outcome() {
        let (executor, task, counts) = started(fragile(Counting::forever()));
        task.cancel();
        run_until_stalled(&executor);
        counts.assert(1, 1, 0);
        assert_destructor_panicked(task);
    }

    #[test]
    fn when_ready_is_the_outcome_and_the_value_is_dropped() {
        let (_executor, task, counts) = started(fragile(Counting::ready()));
        counts.assert(1, 1, 1);
        assert_destructor_panicked(task);
    }

    #[test]
    fn when_panicking_leaves_the_first_panic_the_outcome() {
        let (_executor, task, counts) = started(fragile(Counting::ready().panicking_in(1)));
        counts.assert(1, 1, 0);
        assert_eq!(error_of(task).panic_message(), Some("panic in poll 1"));
    }

    #[test]
    fn and_in_the_outputs_leaves_the_first_panic_the_outcome() {
        let both = fragile(Counting::ready()).on_output_drop(|| panic!("panic in the output"));
        let (_executor, task, counts) = started(both);
        counts.assert(1, 1, 1);
        assert_destructor_panicked(task);
    }

    #[test]
    fn of_a_detached_task_is_nothing_to_the_others() {
        let (executor, task, counts) = fresh(fragile(Counting::ready()));
        drop(task);
        let other = executor.spawn(async { "fine" });
        run_until_stalled(&executor);
        counts.assert(1, 1, 1);
        assert_eq!(other.outcome().unwrap().unwrap(), "fine");
    }
}

mod panic_in_the_outputs_destructor {
    use super::*;

    fn fragile() -> Counting {
        Counting::ready().on_output_drop(|| panic!("panic in the output"))
    }

    #[test]
    fn detached_is_nothing_to_the_executor() {
        let (executor, task, counts) = fresh(fragile());
        drop(task);
        let other = executor.spawn(async { "fine" });
        run_until_stalled(&executor);
        counts.assert(1, 1, 1);
        assert_eq!(other.outcome().unwrap().unwrap(), "fine");
    }

    #[test]
    #[should_panic(expected = "panic in the output")]
    fn held_is_for_whoever_drops_the_handle() {
        let (_executor, task, counts) = started(fragile());
        counts.assert(1, 1, 0);
        drop(task);
    }

    #[test]
    fn held_leaves_the_slot_usable() {
        let (executor, task, counts) = started(fragile());
        wheelhouse_tests::panic_of(|| drop(task));
        counts.assert(1, 1, 1);
        let next = executor.spawn(async { "fine" });
        run_until_stalled(&executor);
        assert_eq!(next.outcome().unwrap().unwrap(), "fine");
    }
}

mod await_ {
    use super::*;

    #[test]
    fn before_the_first_poll_gives_the_value() {
        let (executor, task, counts) = fresh(Counting::yielding(1));
        drop(executor.block_on(task).unwrap());
        counts.assert(2, 1, 1);
    }

    #[test]
    fn between_polls_gives_the_value() {
        let gate = Gate::new();
        let (executor, task, counts) = started(Counting::until(&gate));
        let opener = executor.spawn(async move { gate.open() });
        drop(executor.block_on(task).unwrap());
        assert!(opener.is_finished());
        counts.assert(2, 1, 1);
    }

    #[test]
    fn during_the_last_poll_is_woken_once() {
        let gate = Gate::new();
        let (executor, task, counts) = started(Counting::until(&gate));
        let mut task = task.into_future();
        let mut polls = 0;
        let awaiting = std::future::poll_fn(move |cx| {
            polls += 1;
            std::pin::Pin::new(&mut task).poll(cx).map(|outcome| (outcome.is_ok(), polls))
        });
        let awaiting = executor.spawn(awaiting);
        run_until_stalled(&executor);
        gate.open();
        run_until_stalled(&executor);
        assert_eq!(awaiting.outcome().unwrap().unwrap(), (true, 2));
        counts.assert(2, 1, 1);
    }

    #[test]
    fn after_the_end_is_ready_at_the_first_poll() {
        let (executor, mut task, counts) = started(Counting::ready());
        let first_poll = async { futures_lite::future::poll_once(&mut task).await };
        assert!(executor.block_on(first_poll).unwrap().is_ok());
        counts.assert(1, 1, 1);
    }

    #[test]
    fn of_a_cancelled_task_gives_the_error() {
        let (executor, task, counts) = started(Counting::forever());
        task.cancel();
        let error = executor.block_on(task).unwrap_err();
        assert!(error.is_cancelled());
        counts.assert(1, 1, 0);
    }
}

mod give_up_the_await {
    use super::*;

    /// Awaits a task for one poll, then gives up.
    async fn one_poll<F: Future + Unpin>(mut join: F) {
        assert!(futures_lite::future::poll_once(&mut join).await.is_none());
    }

    #[test]
    fn before_the_first_poll_cancels() {
        let (executor, task, counts) = fresh(Counting::ready());
        drop(task.into_future());
        run_until_stalled(&executor);
        counts.assert(0, 1, 0);
    }

    #[test]
    fn between_polls_cancels() {
        let (executor, task, counts) = started(Counting::forever());
        executor.block_on(one_poll(task.into_future()));
        run_until_stalled(&executor);
        counts.assert(1, 1, 0);
    }

    #[test]
    fn after_the_end_drops_the_output() {
        let (_executor, task, counts) = started(Counting::ready());
        drop(task.into_future());
        counts.assert(1, 1, 1);
    }

    #[test]
    fn of_a_borrowed_handle_leaves_the_task_alone() {
        let gate = Gate::new();
        let (executor, mut task, counts) = started(Counting::until(&gate));
        executor.block_on(one_poll(&mut task));
        gate.open();
        run_until_stalled(&executor);
        assert!(task.take_outcome().unwrap().is_ok());
        counts.assert(2, 1, 1);
    }

    #[test]
    fn by_cancelling_the_awaiting_task_cancels_the_awaited() {
        let (executor, task, counts) = started(Counting::forever());
        let parent = executor.spawn(async move { task.await.is_ok() });
        run_until_stalled(&executor);
        parent.cancel();
        run_until_stalled(&executor);
        counts.assert(1, 1, 0);
    }
}

mod peek {
    use super::*;

    fn is_ok(task: &mut Task<Output>) -> Option<bool> {
        task.peek(Result::is_ok)
    }

    #[test]
    fn before_the_first_poll_shows_nothing() {
        let (_executor, mut task, counts) = fresh(Counting::ready());
        assert_eq!(is_ok(&mut task), None);
        counts.assert(0, 0, 0);
    }

    #[test]
    fn during_a_poll_and_during_the_last_poll_shows_nothing() {
        let (_executor, shelf, counts) = run_reaching_itself(|shelf| {
            Counting::yielding(1).on_poll(move |_, _| assert_eq!(on_handle(&shelf, is_ok), None))
        });
        counts.assert(2, 1, 0);
        assert_eq!(on_handle(&shelf, is_ok), Some(true));
    }

    #[test]
    fn between_polls_shows_nothing() {
        let (_executor, mut task, counts) = started(Counting::forever());
        assert_eq!(is_ok(&mut task), None);
        counts.assert(1, 0, 0);
    }

    #[test]
    fn after_the_end_shows_the_outcome_as_often_as_asked() {
        let (_executor, mut task, counts) = started(Counting::ready());
        assert_eq!(is_ok(&mut task), Some(true));
        assert_eq!(is_ok(&mut task), Some(true));
        counts.assert(1, 1, 0);
    }

    #[test]
    fn that_panics_leaves_the_outcome_in_place() {
        let (_executor, mut task, counts) = started(Counting::ready());
        wheelhouse_tests::panic_of(|| task.peek(|_| panic!("in the closure")));
        assert!(task.take_outcome().unwrap().is_ok());
        counts.assert(1, 1, 1);
    }

    #[test]
    fn inside_a_peek_shows_nothing() {
        let (_executor, task, _) = started(Counting::ready());
        assert_eq!(task.peek(|_| task.peek(|_| ())), Some(None));
    }
}

mod take_the_outcome {
    use super::*;

    #[test]
    fn before_the_first_poll_gives_nothing() {
        let (_executor, mut task, counts) = fresh(Counting::ready());
        assert!(task.take_outcome().is_none());
        counts.assert(0, 0, 0);
    }

    #[test]
    fn during_a_poll_and_during_the_last_poll_gives_nothing() {
        let (_executor, shelf, counts) = run_reaching_itself(|shelf| {
            Counting::yielding(1)
                .on_poll(move |_, _| assert!(on_handle(&shelf, Task::take_outcome).is_none()))
        });
        counts.assert(2, 1, 0);
        assert!(on_handle(&shelf, Task::take_outcome).unwrap().is_ok());
        counts.assert(2, 1, 1);
    }

    #[test]
    fn between_polls_gives_nothing_and_the_task_runs_on() {
        let gate = Gate::new();
        let (executor, mut task, counts) = started(Counting::until(&gate));
        assert!(task.take_outcome().is_none());
        gate.open();
        run_until_stalled(&executor);
        counts.assert(2, 1, 0);
    }

    #[test]
    fn after_the_end_gives_the_outcome_once() {
        let (_executor, mut task, counts) = started(Counting::ready());
        let output = task.take_outcome().unwrap().unwrap();
        counts.assert(1, 1, 0);
        assert!(task.take_outcome().is_none());
        assert_eq!(task.peek(|_| ()), None);
        drop((output, task));
        counts.assert(1, 1, 1);
    }
}

/// A spawn is an action on no task: what matters is when the child runs.
mod spawn_inside_a_poll {
    use super::*;

    #[test]
    fn runs_the_child_next_turn() {
        let trace = Trace::new();
        let log = trace.clone();
        let executor = virtual_executor();
        let _parent = executor.spawn(async move {
            let child = log.clone();
            spawn(async move { child.push("child") });
            log.push("parent");
        });
        assert_eq!(executor.turn(), Next::Now);
        trace.assert(&["parent"]);
        assert_eq!(executor.turn(), Next::Woken);
        trace.assert(&["parent", "child"]);
    }

    #[test]
    fn queues_the_child_behind_what_is_ready() {
        let trace = Trace::new();
        let executor = virtual_executor();
        for name in ["first", "second"] {
            let log = trace.clone();
            executor.spawn(async move {
                log.push(name);
                let child = log.clone();
                spawn(async move { child.push(format!("child of {name}")) });
                yield_now().await;
                log.push(format!("{name} again"));
            });
        }
        run_until_stalled(&executor);
        trace.assert(&[
            "first",
            "second",
            "child of first",
            "first again",
            "child of second",
            "second again",
        ]);
    }
}
