//! Dumps: who may ask, when, and what there is to see. More of what they say is in
//! `recording.rs`.

use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use combinators::to_thread;
use executor::trace::{DumpHandle, NoDump, dump_handle};
use executor::{Executor, sleep, spawn};
use wheelhouse_tests::{Gate, ms, virtual_executor};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_mins(1);

/// Asks from another thread.
async fn asked(handle: DumpHandle) -> Result<String, NoDump> {
    to_thread(move || handle.dump(LONG)).await
}

/// The text after each name.
fn conditions(dump: &str) -> Vec<&str> {
    dump.lines().map(|line| line.rsplit(": ").next().unwrap()).collect()
}

#[test]
fn a_thread_dumps_an_executor_that_waits() {
    let executor = Executor::new();
    let handle = executor.dump_handle();
    let _stuck = executor.spawn(pending::<()>()).named("stuck");
    let dump = executor.block_on(asked(handle)).unwrap();
    let lines: Vec<_> = dump.lines().map(|line| line.split([',', ':']).next().unwrap()).collect();
    assert_eq!(lines, ["main", "stuck"]);
}

/// Without a recording, lines and times aren't known, and none are made up.
#[test]
fn without_a_recording_it_says_who_waits_for_whom_and_no_more() {
    let dump = Executor::new().block_on(async {
        let handle = dump_handle();
        let inner = spawn(sleep(LONG)).named("inner");
        let _outer = spawn(async { inner.await.unwrap() }).named("outer");
        let asking = spawn(asked(handle)).named("asking");
        asking.await.unwrap().unwrap()
    });
    let [main, asking, outer, inner] = conditions(&dump)[..] else { panic!("{dump}") };
    assert_eq!((main, asking), ("waits for `asking`", "waits for something else"));
    assert_eq!(outer, "waits for `inner`");
    assert!(inner.starts_with("waits for its timer"), "{dump}");
    assert!(!dump.contains(", for ") && !dump.contains("is new"), "{dump}");
}

#[test]
fn in_the_middle_of_a_turn_it_says_who_is_polled_and_who_is_ready() {
    for recorded in [false, true] {
        let executor = Rc::new(virtual_executor());
        let dumping = Rc::clone(&executor);
        if recorded {
            executor.start_recording();
        }
        let dump = executor.block_on(async move {
            let first = spawn(async move { dumping.dump() }).named("first");
            let _second = spawn(async {}).named("second");
            first.await.unwrap()
        });
        let [main, first, second] = conditions(&dump)[..] else { panic!("{dump}") };
        assert!(main.starts_with("waits for `first`"), "{dump}");
        assert_eq!((first, second), ("is polled", "is ready"), "{dump}");
    }
}

#[test]
fn with_a_recording_it_says_where_and_for_how_long() {
    let executor = virtual_executor();
    executor.start_recording();
    let handle = executor.dump_handle();
    let dump = executor.block_on(async move {
        let gate = Gate::new();
        let closed = gate.clone();
        let _waiter = spawn(async move { closed.wait().await }).named("waiter");
        sleep(ms(3)).await;
        asked(handle).await.unwrap()
    });
    let waiter = dump.lines().find(|line| line.starts_with("waiter, spawned at ")).unwrap();
    assert!(waiter.ends_with("waits for something else, for 3ms"), "{dump}");
}

/// It gets no answer, and says why not.
#[test]
fn a_poll_that_does_not_return_keeps_the_loop_from_answering() {
    let executor = Executor::new();
    let handle = executor.dump_handle();
    // The thread asks once the poll has begun, and the poll lasts until it has given up.
    let error = executor.block_on(poll_fn(move |_| {
        let handle = handle.clone();
        Poll::Ready(thread::spawn(move || handle.dump(ms(1))).join().unwrap().unwrap_err())
    }));
    assert_eq!(error, NoDump::Busy);
    assert!(error.to_string().contains("a poll doesn't return"), "{error}");
}

#[test]
fn an_executor_that_is_gone_is_not_waited_for() {
    let executor = Executor::new();
    let handle = executor.dump_handle();
    let early = handle.clone();
    let (say, hear) = channel();
    let thread = thread::spawn(move || {
        say.send(()).unwrap();
        early.dump(LONG)
    });
    hear.recv().unwrap();
    drop(executor);
    assert_eq!(thread.join().unwrap(), Err(NoDump::Gone));
    assert_eq!(handle.dump(LONG), Err(NoDump::Gone));
}

/// Nobody could wake a task by it.
#[test]
fn a_handle_does_not_hide_a_deadlock() {
    let executor = Executor::new();
    let handle = executor.dump_handle();
    assert!(executor.try_block_on(pending::<()>()).is_err());
    drop(handle);
}

#[test]
fn a_host_is_told_that_somebody_has_asked() {
    let (told, tell) = channel();
    let tell_host = move || told.send(()).unwrap_or_default();
    let executor = Rc::new(Executor::builder().on_wake(tell_host).build());
    let _stuck = executor.spawn(pending::<()>()).named("stuck");
    let handle = executor.dump_handle();
    let thread = thread::spawn(move || handle.dump(LONG));
    tell.recv().unwrap();
    while !thread.is_finished() {
        let _ = executor.turn();
    }
    assert!(thread.join().unwrap().unwrap().starts_with("stuck, spawned at "));
}
