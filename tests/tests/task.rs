//! Handles, names, ids, errors.

use std::error::Error;
use std::future::pending;
use std::io;
use std::panic::resume_unwind;
use std::thread;

use executor::{
    Executor, IntoHandle, Join, JoinError, Task, TaskId, TaskRef, catch_cancel, current_task,
    spawn, yield_now,
};
use wheelhouse_tests::{Counting, panic_of, run, run_until_stalled, virtual_executor};

/// The error of a task named `egg` that is expected to fail, and the line of
/// its spawn.
fn failed<T: 'static>(future: impl Future<Output = T> + 'static) -> (JoinError, u32) {
    let executor = virtual_executor();
    let (mut task, line) = (executor.spawn(future).named("egg"), line!());
    run_until_stalled(&executor);
    (task.take_outcome().expect("it has ended").err().expect("it failed"), line)
}

fn panicked() -> (JoinError, u32) {
    failed(async { panic!("too {}", "hot") })
}

fn cancelled() -> (JoinError, u32) {
    failed(async {
        current_task().unwrap().cancel();
        pending::<()>().await;
    })
}

// Names ----------------------------------------------------------------------

#[test]
fn a_task_is_named_by_its_number_unless_given_a_name() {
    let executor = Executor::new();
    let tasks = [0; 3].map(|_| executor.spawn(async {}));
    assert_eq!(tasks.each_ref().map(Task::name), ["Task-1", "Task-2", "Task-3"]);
    let named = executor.spawn(async {}).named("egg");
    assert_eq!(named.name(), "egg");
    named.set_name(String::from("omelette"));
    assert_eq!(named.name(), "omelette");
}

#[test]
fn names_need_not_be_unique() {
    let executor = Executor::new();
    let tasks = [0; 2].map(|_| executor.spawn(async {}).named("egg"));
    assert_eq!(tasks.each_ref().map(Task::name), ["egg", "egg"]);
    assert_ne!(tasks[0].id(), tasks[1].id());
}

#[test]
fn a_name_stays_after_the_end_and_after_the_outcome_is_taken() {
    let executor = virtual_executor();
    let mut task = executor.spawn(async {}).named("egg");
    run_until_stalled(&executor);
    assert_eq!(task.name(), "egg");
    assert!(task.take_outcome().is_some());
    assert_eq!(task.name(), "egg");
}

#[test]
fn a_name_goes_with_its_task_and_not_to_the_slots_next_tenant() {
    let executor = virtual_executor();
    let former = executor.spawn(async {}).named("egg");
    let reference = former.reference();
    drop(former);
    run_until_stalled(&executor);
    let tenant = executor.spawn(async {});
    assert_eq!(tenant.name(), "Task-1.2");
    assert_eq!(reference.name(), "Task-1");
}

#[test]
fn the_future_of_block_on_is_named_main() {
    virtual_executor().block_on(async {
        let main = current_task().unwrap();
        assert_eq!(main.name(), "main");
        assert!(!main.is_finished());
        assert!(!main.cancel(), "it can't be cancelled");
        yield_now().await;
    });
}

// Ids ------------------------------------------------------------------------

#[test]
fn an_id_displays_as_slot_and_tenancy() {
    let executor = virtual_executor();
    let ids = [0; 3].map(|_| {
        let id = executor.spawn(async {}).id();
        run_until_stalled(&executor);
        id
    });
    assert_eq!(ids.map(|id| id.to_string()), ["1", "1.2", "1.3"]);
}

#[test]
fn ids_are_never_the_same() {
    let executor = virtual_executor();
    let mut ids: Vec<TaskId> = Vec::new();
    for _ in 0..10 {
        let tasks: Vec<_> = (0..20).map(|_| executor.spawn(async {})).collect();
        ids.extend(tasks.iter().map(Task::id));
        run_until_stalled(&executor);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

/// The number of the slot that a task lives in.
fn slot_of(id: TaskId) -> usize {
    id.to_string().split('.').next().unwrap().parse().unwrap()
}

#[test]
fn a_hundred_thousand_tasks_one_by_one_share_few_slots() {
    let executor = virtual_executor();
    let slots = executor.block_on(async {
        let mut highest = 0;
        for _ in 0..100_000 {
            let task = spawn(async {});
            highest = highest.max(slot_of(task.id()));
            task.await.unwrap();
        }
        highest
    });
    assert!(slots <= 2, "{slots} slots");
}

#[test]
fn detached_and_cancelled_tasks_leave_their_slots_too() {
    let executor = virtual_executor();
    for _ in 0..1_000 {
        drop(executor.spawn(async {}));
        executor.spawn(pending::<()>()).cancel();
        drop(executor.spawn(Counting::yielding(2).panicking_in(2)));
        run_until_stalled(&executor);
    }
    assert!(slot_of(executor.spawn(async {}).id()) <= 3);
}

#[test]
fn a_task_whose_outcome_was_taken_leaves_its_slot_though_its_join_is_kept() {
    run(async {
        let task = spawn(async {});
        let slot = slot_of(task.id());
        let mut join = task.into_future();
        (&mut join).await.unwrap();
        assert_eq!(slot_of(spawn(async {}).id()), slot);
        drop(join);
    });
}

#[test]
fn a_task_that_ends_with_a_wake_under_way_leaves_its_slot_too() {
    let executor = virtual_executor();
    for _ in 0..100 {
        drop(executor.spawn(Counting::ready().on_poll(|_, cx| cx.waker().wake_by_ref())));
        run_until_stalled(&executor);
    }
    assert_eq!(slot_of(executor.spawn(async {}).id()), 1);
}

// The current task -----------------------------------------------------------

#[test]
fn current_task_is_the_task_that_is_polled() {
    let executor = virtual_executor();
    let task = executor.spawn(async { current_task().map(|task| task.id()) });
    let other = executor.spawn(async { current_task().map(|task| task.id()) });
    run_until_stalled(&executor);
    assert_eq!(task.outcome().unwrap().unwrap(), Some(task.id()));
    assert_eq!(other.outcome().unwrap().unwrap(), Some(other.id()));
    assert!(current_task().is_none());
}

#[test]
fn current_task_is_the_innermost_executors() {
    let outer = virtual_executor();
    outer.block_on(async {
        let task = spawn(async {
            virtual_executor().block_on(async {
                assert_eq!(current_task().unwrap().name(), "main");
            });
            current_task().unwrap().name()
        });
        assert_eq!(task.named("outer").await.unwrap(), "outer");
    });
}

/// It runs to its end, but is cancelled all the same (F44).
#[test]
fn a_task_that_cancels_itself_and_returns_is_cancelled() {
    let executor = virtual_executor();
    let task = executor.spawn(async {
        current_task().unwrap().cancel();
        7
    });
    run_until_stalled(&executor);
    assert!(task.outcome().unwrap().unwrap_err().is_cancelled());
}

#[test]
fn a_task_that_cancels_itself_and_awaits_goes_no_further() {
    let (error, _) = cancelled();
    assert!(error.is_cancelled());
}

// The end as cancelled -------------------------------------------------------

#[test]
fn a_task_that_runs_is_not_cancelled_even_if_it_was_asked_to_end() {
    let executor = virtual_executor();
    let task = executor.spawn(async { catch_cancel(pending::<()>()).await.is_err() });
    run_until_stalled(&executor);
    task.cancel();
    assert!(!task.is_cancelled());
    run_until_stalled(&executor);
    assert!(task.is_finished());
    assert!(!task.is_cancelled(), "it has returned a value");
}

#[test]
fn a_task_that_has_ended_as_cancelled_says_so_also_once_its_outcome_was_taken() {
    let executor = virtual_executor();
    let mut task = executor.spawn(pending::<()>());
    task.cancel();
    run_until_stalled(&executor);
    assert!(task.is_cancelled());
    assert!(!task.is_read(), "to ask is not to see");
    assert!(task.take_outcome().is_some());
    assert!(task.is_cancelled());
}

#[test]
fn a_task_that_has_returned_or_panicked_was_not_cancelled() {
    let executor = virtual_executor();
    let returns = executor.spawn(async {});
    let panics = executor.spawn(async { panic!("too hot") });
    run_until_stalled(&executor);
    assert!(!returns.is_cancelled() && !panics.is_cancelled());
}

/// The panic is the outcome, before it is taken and after.
#[test]
fn nor_was_a_task_whose_future_panics_when_the_cancellation_drops_it() {
    let executor = virtual_executor();
    let future = Counting::forever().on_drop(|| panic!("in the destructor"));
    let mut task = executor.spawn(future);
    run_until_stalled(&executor);
    task.cancel();
    run_until_stalled(&executor);
    assert!(!task.is_cancelled());
    assert!(task.take_outcome().unwrap().unwrap_err().is_panic());
    assert!(!task.is_cancelled());
}

#[test]
fn a_task_that_ended_with_its_executor_was_cancelled() {
    let executor = virtual_executor();
    let task = executor.spawn(pending::<()>());
    drop(executor);
    assert!(task.is_cancelled());
}

// References -----------------------------------------------------------------

#[test]
fn a_reference_cancels_and_tells_the_end() {
    let executor = virtual_executor();
    let task = executor.spawn(pending::<()>()).named("egg");
    let reference: TaskRef = task.reference();
    assert_eq!((reference.id(), reference.name()), (task.id(), task.name()));
    assert!(!reference.is_finished());
    assert!(reference.cancel());
    run_until_stalled(&executor);
    assert!(reference.is_finished());
    assert!(!reference.cancel());
}

/// Also invariant I3.
#[test]
fn a_reference_to_a_task_long_gone_is_harmless() {
    let executor = virtual_executor();
    let reference = executor.spawn(async {}).reference();
    run_until_stalled(&executor);
    let tenant = executor.spawn(pending::<()>());
    assert!(reference.is_finished());
    assert!(!reference.cancel());
    run_until_stalled(&executor);
    assert!(!tenant.is_finished());
}

/// Also invariant I3.
#[test]
fn a_reference_to_a_former_main_future_is_to_that_one_only() {
    let executor = virtual_executor();
    let former = executor.block_on(async { current_task().unwrap() });
    assert!(former.is_finished());
    let finished = executor.block_on(async { former.is_finished() });
    assert!(finished, "another one runs, under another id");
}

#[test]
fn a_reference_does_not_keep_the_outcome() {
    let executor = virtual_executor();
    let future = Counting::ready();
    let counts = future.counts();
    let task = executor.spawn(future);
    let _reference = task.reference();
    run_until_stalled(&executor);
    drop(task);
    counts.assert(1, 1, 1);
}

// Errors ---------------------------------------------------------------------

#[test]
fn the_error_of_a_panic_says_which_task_and_why() {
    let (error, line) = panicked();
    assert!(error.is_panic() && !error.is_cancelled());
    assert_eq!(error.panic_message(), Some("too hot"));
    assert_eq!(error.task_name(), "egg");
    assert_eq!((error.spawned_at().file(), error.spawned_at().line()), (file!(), line));
    let text = error.to_string();
    let start = format!("task `egg` (spawned at {}:{line}:", file!());
    assert!(text.starts_with(&start), "{text}");
    assert!(text.ends_with(") panicked: too hot"), "{text}");
}

#[test]
fn the_error_of_a_cancelled_task_says_which_task() {
    let (error, line) = cancelled();
    assert!(error.is_cancelled() && !error.is_panic());
    assert_eq!(error.panic_message(), None);
    let text = error.to_string();
    let start = format!("task `egg` (spawned at {}:{line}:", file!());
    assert!(text.starts_with(&start), "{text}");
    assert!(text.ends_with(") was cancelled"), "{text}");
}

#[test]
fn a_free_spawn_is_located_where_it_is_called() {
    virtual_executor().block_on(async {
        let (task, line) = (spawn(async { panic!("too hot") }), line!());
        let error = task.await.unwrap_err();
        assert_eq!((error.spawned_at().file(), error.spawned_at().line()), (file!(), line));
    });
}

#[test]
fn an_error_debugs_as_its_text_and_is_an_error_of_std() {
    let (error, _) = panicked();
    assert_eq!(format!("{error:?}"), format!("JoinError({error})"));
    let boxed: Box<dyn Error + Send + Sync> = error.into();
    assert!(boxed.to_string().contains("too hot"));
}

#[test]
fn an_error_has_the_name_that_the_task_had_at_its_end() {
    let executor = virtual_executor();
    let task = executor.spawn(async { panic!("too hot") }).named("before");
    run_until_stalled(&executor);
    task.set_name("after");
    assert_eq!(task.outcome().unwrap().unwrap_err().task_name(), "before");
}

#[test]
fn a_panics_payload_can_be_taken_once() {
    let (error, _) = failed(async { std::panic::panic_any(42_u64) });
    assert_eq!(error.panic_message(), Some("(the panic's payload is not a text)"));
    let clone = error.clone();
    let payload = error.into_panic().unwrap();
    assert_eq!(*payload.downcast::<u64>().unwrap(), 42);
    assert!(clone.into_panic().is_none());
}

#[test]
fn a_panic_can_be_resumed() {
    let (error, _) = panicked();
    assert_eq!(panic_of(|| resume_unwind(error.into_panic().unwrap())), "too hot");
}

#[test]
fn a_cancelled_task_has_no_payload() {
    let (error, _) = cancelled();
    assert!(error.into_panic().is_none());
}

#[test]
fn an_error_goes_to_other_threads() {
    let (error, _) = panicked();
    let text = error.to_string();
    assert_eq!(thread::spawn(move || error.to_string()).join().unwrap(), text);
}

/// `?` makes an error of I/O of that of a task, where such are returned.
#[test]
fn an_error_of_a_task_goes_into_one_of_io() {
    async fn awaits() -> io::Result<()> {
        Ok(spawn(async { panic!("on purpose") }).named("worker").await?)
    }
    let error = run(awaits()).unwrap_err();
    assert!(error.get_ref().unwrap().is::<JoinError>());
    assert!(error.to_string().contains("worker"), "{error}");
}

// Handles --------------------------------------------------------------------

#[test]
fn a_handle_debugs_as_name_and_state() {
    let executor = virtual_executor();
    let task = executor.spawn(async {}).named("egg");
    assert_eq!(format!("{task:?}"), "Task(`egg`, running)");
    assert_eq!(format!("{:?}", task.reference()), "Task(`egg`, running)");
    run_until_stalled(&executor);
    assert_eq!(format!("{task:?}"), "Task(`egg`, finished)");
    let join: Join<()> = task.into_future();
    assert_eq!(format!("{join:?}"), "Join(Task(`egg`, finished))");
}

#[test]
fn an_executor_debugs_as_running_or_not() {
    let executor = virtual_executor();
    assert_eq!(format!("{executor:?}"), "Executor { running: false, .. }");
    let inside = executor.block_on(async { format!("{executor:?}") });
    assert_eq!(inside, "Executor { running: true, .. }");
}

/// What takes tasks and futures alike.
async fn await_any<C: IntoHandle<Handle = Task<u32>>>(child: C) -> u32 {
    child.into_handle().await.unwrap()
}

#[test]
fn into_handle_spawns_a_future_and_leaves_a_task_as_it_is() {
    virtual_executor().block_on(async {
        assert_eq!(await_any(async { 7 }).await, 7);
        let task = spawn(async { 8 });
        let id = task.id();
        let task = task.into_handle();
        assert_eq!(task.id(), id);
        assert_eq!(await_any(task).await, 8);
    });
}

#[test]
fn into_handle_is_located_where_it_is_called() {
    virtual_executor().block_on(async {
        let (task, line) = (async { panic!("too hot") }.into_handle(), line!());
        let error = task.await.unwrap_err();
        assert_eq!((error.spawned_at().file(), error.spawned_at().line()), (file!(), line));
    });
}

#[test]
fn an_outcome_can_be_copied_as_often_as_one_likes() {
    let executor = virtual_executor();
    let task = executor.spawn(async { String::from("ready") });
    assert!(task.outcome().is_none());
    run_until_stalled(&executor);
    for _ in 0..2 {
        assert_eq!(task.outcome().unwrap().unwrap(), "ready");
    }
}

#[test]
fn a_borrowed_await_can_be_taken_up_again() {
    virtual_executor().block_on(async {
        let mut task = spawn(async {
            yield_now().await;
            7
        });
        assert!(futures_lite::future::poll_once(&mut task).await.is_none());
        assert_eq!((&mut task).await.unwrap(), 7);
    });
}
