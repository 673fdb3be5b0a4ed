//! asyncio's page "Coroutines and Tasks", row by row as the guide has it.
//!
//! Each test is one row of the table there: its doc comment is what asyncio
//! calls it. The last test sees to it that there is one for each.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use combinators::{
    Elapsed, FirstException, TaskSet, Timeout, as_completed, gather, limited, raising, remote,
    shield, task_group, timeout, timeout_at, to_thread, wait, wait_for,
};
use executor::{
    Alarm, Executor, all_tasks, block_on, catch_cancel, courier, current_task, end_as_cancelled,
    now, sleep, spawn, yield_now,
};
use wheelhouse_tests::{ms, run, sleeps};

const HOUR: Duration = Duration::from_hours(1);

async fn even(number: u32) -> Result<u32, String> {
    if number.is_multiple_of(2) { Ok(number) } else { Err(format!("{number} is odd")) }
}

/// `asyncio.run(main())`
#[test]
fn block_on_runs_a_main_future() {
    assert_eq!(block_on(async { 7 }), 7);
}

/// `loop.run_until_complete(main())`
#[test]
fn an_executor_keeps_its_tasks_between_calls() {
    let executor = Executor::new();
    let task = executor.spawn(async { 7 });
    executor.block_on(async {});
    assert_eq!(executor.block_on(task).unwrap(), 7);
}

/// `asyncio.create_task(coro, name=..)`
#[test]
fn spawn_creates_a_task() {
    run(async {
        let task = spawn(async { 7 }).named("seven");
        assert_eq!(task.name(), "seven");
    });
}

/// `await task`
#[test]
fn a_task_is_awaited() {
    run(async {
        assert_eq!(spawn(async { 7 }).await.unwrap(), 7);
        let shared = spawn(async { 7 }).shared();
        assert_eq!(shared.clone().await.unwrap() + shared.await.unwrap(), 14);
    });
}

/// `task.cancel()`
#[test]
fn a_task_is_cancelled() {
    run(async {
        let task = spawn(sleep(HOUR));
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// `try: .. except CancelledError:`
#[test]
fn a_scope_catches_a_cancellation() {
    run(async {
        let task = spawn(async { catch_cancel(sleep(HOUR)).await.is_err() });
        yield_now().await;
        task.cancel();
        assert!(task.await.unwrap());
    });
}

/// `raise CancelledError`
#[test]
fn a_task_ends_as_cancelled() {
    run(async {
        let task = spawn(async { end_as_cancelled().await });
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// `task.cancelling()`, `uncancel()`
#[test]
fn cancellations_are_counted_and_taken_back() {
    run(async {
        let task = spawn(async { 7 });
        task.cancel();
        assert_eq!(task.reference().cancelling(), 1);
        assert_eq!(task.reference().uncancel(), 0);
        assert_eq!(task.await.unwrap(), 7);
    });
}

/// `task.done()`, `cancelled()`, `result()`
#[test]
fn an_outcome_is_looked_at() {
    run(async {
        let mut task = spawn(async { 7 });
        assert!(!task.is_finished());
        yield_now().await;
        assert!(task.is_finished() && !task.is_cancelled());
        assert_eq!(task.outcome().unwrap().unwrap(), 7);
        assert_eq!(task.peek(|outcome| *outcome.as_ref().unwrap()), Some(7));
        assert_eq!(task.take_outcome().unwrap().unwrap(), 7);
    });
}

/// `task.add_done_callback(f)`
#[test]
fn a_function_is_called_at_the_end() {
    run(async {
        let called = Rc::new(Cell::new(false));
        let call = Rc::clone(&called);
        let task = spawn(async {});
        task.on_done(move || call.set(true));
        task.await.unwrap();
        yield_now().await;
        assert!(called.get());
    });
}

/// `task.get_name()`, `set_name`
#[test]
fn a_task_has_a_name() {
    run(async {
        let task = spawn(async {});
        assert_eq!(task.name(), "Task-1");
        task.set_name("one");
        assert_eq!(task.name(), "one");
    });
}

/// `asyncio.current_task()`, `all_tasks()`
#[test]
fn tasks_are_found() {
    run(async {
        let task = spawn(async { current_task().unwrap().id() });
        assert_eq!(all_tasks().len(), 2);
        let id = task.id();
        assert_eq!(task.await.unwrap(), id);
    });
}

/// "Task exception was never retrieved"
#[test]
fn a_panic_that_nobody_sees_is_told_of() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let tell = Rc::clone(&told);
    let on_unread = move |error: &executor::JoinError| {
        tell.borrow_mut().push(error.panic_message().unwrap().to_owned());
    };
    let executor = Executor::builder().on_unread_panic(on_unread).build();
    executor.block_on(async {
        drop(spawn(async { panic!("unseen") }));
        spawn(async { panic!("seen") }).await.unwrap_err();
    });
    assert_eq!(*told.borrow(), ["unseen"]);
}

/// `asyncio.sleep(d)`
#[test]
fn a_task_sleeps() {
    run(async {
        let start = now();
        sleep(ms(10)).await;
        assert_eq!(now() - start, ms(10));
    });
}

/// `asyncio.sleep(0)`
#[test]
fn a_task_yields() {
    run(async {
        let task = spawn(async {});
        yield_now().await;
        assert!(task.is_finished());
    });
}

/// `loop.time()`
#[test]
fn there_is_a_clock() {
    run(async { assert_eq!(now(), now()) });
}

/// `loop.call_later(d, f)`, `call_at`
#[test]
fn an_alarm_calls_a_function() {
    run(async {
        let calls = Rc::new(Cell::new(0));
        let call = |calls: &Rc<Cell<u32>>| {
            let calls = Rc::clone(calls);
            move || calls.set(calls.get() + 1)
        };
        let _after = Alarm::after(ms(1), call(&calls));
        let _at = Alarm::at(now() + ms(1), call(&calls));
        drop(Alarm::after(ms(1), call(&calls)));
        sleep(ms(2)).await;
        assert_eq!(calls.get(), 2);
    });
}

/// `asyncio.wait(tasks)`
#[test]
fn wait_parts_the_done_from_the_pending() {
    run(async {
        let waited = wait([2, 1].map(sleeps).map(spawn)).await;
        assert_eq!(waited.done[0].outcome().unwrap().unwrap(), 1);
        assert!(waited.pending.is_empty());
    });
}

/// `wait(.., return_when=FIRST_EXCEPTION)`
#[test]
fn wait_returns_when_told() {
    run(async {
        let waited = wait([4, 5, 6].map(even).map(spawn)).return_when(FirstException).await;
        assert!(waited.done[1].peek(|it| it.as_ref().unwrap().is_err()).unwrap());
    });
}

/// `wait(.., timeout=d)`
#[test]
fn wait_has_a_time_limit() {
    run(async {
        let waited = wait([1, 3].map(sleeps).map(spawn)).timeout(ms(2)).await;
        assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
    });
}

/// `asyncio.gather(*coros)`
#[test]
fn gather_gives_all_values_or_the_first_error() {
    run(async {
        assert_eq!(gather([4, 6].map(even)).await.unwrap(), [4, 6]);
        assert_eq!(gather([4, 5].map(even)).await.unwrap_err().index, 1);
    });
}

/// `gather(.., return_exceptions=True)`
#[test]
fn gather_gives_errors_like_values() {
    run(async {
        let results = gather([4, 5].map(even)).return_exceptions().await;
        assert_eq!(*results[0].as_ref().unwrap(), 4);
        assert_eq!(results[1].as_ref().unwrap_err().to_string(), "5 is odd");
    });
}

/// `asyncio.Semaphore(n)` around each child of a `gather`
#[test]
fn so_many_children_run_at_once() {
    run(async {
        let start = now();
        assert_eq!(gather(limited(2, [3, 3, 3].map(sleeps))).await.unwrap(), [3, 3, 3]);
        assert_eq!(now() - start, ms(6));
    });
}

/// `asyncio.as_completed(aws, timeout=d)`
#[test]
fn tasks_come_as_they_end() {
    run(async {
        let mut completed = as_completed([3, 1, 99].map(sleeps)).timeout(ms(10));
        let mut values = Vec::new();
        while let Some(task) = completed.next().await {
            values.push(task.await.unwrap());
        }
        assert_eq!(values, [1, 3]);
        assert!(completed.timed_out());
    });
}

/// `raise error`
#[test]
fn an_error_is_returned() {
    run(async {
        assert_eq!(spawn(even(5)).await.unwrap().unwrap_err(), "5 is odd");
        let fails_cancelled = async || {
            current_task().unwrap().cancel();
            even(5).await
        };
        assert!(spawn(fails_cancelled()).await.unwrap_err().is_cancelled());
        assert_eq!(spawn(raising(fails_cancelled())).await.unwrap().unwrap_err(), "5 is odd");
    });
}

/// `tasks.add(task)`, `task.add_done_callback(tasks.discard)`
#[test]
fn a_set_has_the_tasks_that_have_not_ended() {
    run(async {
        let set = TaskSet::new();
        set.spawn(even(5));
        set.spawn(even(4));
        assert_eq!(set.next().await.unwrap().await.unwrap().unwrap_err(), "5 is odd");
        assert_eq!(set.next().await.unwrap().await.unwrap(), Ok(4));
        let slow = set.spawn(async {
            sleep(HOUR).await;
            even(6).await
        });
        drop(set);
        yield_now().await;
        assert!(slow.is_finished());
    });
}

/// `asyncio.shield(aw)`
#[test]
fn a_shielded_task_outlives_its_await() {
    run(async {
        let task = spawn(sleeps(5)).shared();
        let hasty = spawn(shield(task.clone()));
        yield_now().await;
        hasty.cancel();
        assert!(hasty.await.is_err());
        assert_eq!(task.await.unwrap(), 5);
    });
}

/// `asyncio.wait_for(coro, d)`
#[test]
fn a_future_has_a_time_limit() {
    run(async {
        assert_eq!(timeout(ms(2), sleeps(1)).await, Ok(1));
        assert_eq!(timeout(ms(2), sleeps(3)).await, Err(Elapsed));
    });
}

/// `asyncio.wait_for(task, d)`
#[test]
fn a_task_has_a_time_limit() {
    run(async {
        assert_eq!(wait_for(spawn(sleeps(1)), ms(2)).await.unwrap(), 1);
        let slow = spawn(sleeps(3)).shared();
        assert!(wait_for(slow.clone(), ms(2)).await.unwrap_err().is_elapsed());
        assert!(slow.await.unwrap_err().is_cancelled());
    });
}

/// `async with asyncio.timeout(d):`
#[test]
fn a_time_limit_is_moved() {
    run(async {
        let limit = Timeout::after(ms(2));
        let longer = limit.clone();
        let moved = limit.run(async move {
            assert_eq!(longer.when(), Some(now() + ms(2)));
            longer.reschedule(Some(now() + ms(5))).unwrap();
            sleeps(3).await
        });
        assert_eq!(moved.await, Ok(3));
        assert_eq!(timeout_at(now() + ms(2), sleeps(3)).await, Err(Elapsed));
        assert_eq!(timeout(None, sleeps(3)).await, Ok(3));
    });
}

/// `async with asyncio.TaskGroup() as g:`
#[test]
fn a_group_ends_together() {
    run(async {
        let sum = task_group(async |group| {
            let tasks = [4, 6].map(|number| group.spawn(even(number)));
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap().unwrap();
            }
            sum
        });
        assert_eq!(sum.await.unwrap(), 10);
        let failed = task_group(async |group| {
            group.spawn(even(5));
            sleep(HOUR).await;
        });
        assert_eq!(failed.await.unwrap_err().failures.len(), 1);
    });
}

/// `asyncio.to_thread(f)`
#[test]
fn a_blocking_function_runs_on_a_thread() {
    assert_eq!(block_on(to_thread(|| 7)), 7);
}

/// `run_coroutine_threadsafe(coro, loop)`
#[test]
fn another_thread_spawns() {
    let value = block_on(async {
        let remote = remote();
        to_thread(move || remote.spawn(|| async { 7 }).unwrap().join()).await
    });
    assert_eq!(value.unwrap(), 7);
}

/// `loop.call_soon_threadsafe(f)`
#[test]
fn another_thread_hands_a_function_over() {
    let (say, hear) = std::sync::mpsc::channel();
    block_on(async {
        let courier = courier();
        to_thread(move || courier.send(move || say.send(7).unwrap()).is_ok()).await
    });
    assert_eq!(hear.recv(), Ok(7));
}

/// What isn't here has a dash.
#[test]
fn the_guide_has_a_row_for_each_test_and_no_other() {
    let guide = include_str!("../../combinators/src/guide/asyncio.md");
    let table = guide.split("| asyncio | here | what differs |").nth(1).unwrap();
    let table = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let cells = table.map(|row| row.split(" | ").map(str::trim).collect::<Vec<_>>());
    let there = cells.filter(|cells| cells[1] != "-");
    let rows: BTreeSet<_> =
        there.map(|cells| cells[0].trim_start_matches("| ").to_owned()).collect();
    let comments = include_str!("page.rs").lines().filter_map(|line| line.strip_prefix("/// "));
    let tests: BTreeSet<_> = comments.map(str::to_owned).filter(|it| !it.ends_with('.')).collect();
    assert_eq!(rows, tests);
}
