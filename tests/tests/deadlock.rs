//! A run that can't go on says so, and only such a run.

use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use combinators::{
    FirstCompleted, Group, Timeout, as_completed, gather, remote, shield, task_group, timeout,
    to_thread, wait,
};
use executor::{
    Clock, Executor, Scope, Task, advance, catch_cancel, courier, find_task, sleep, spawn,
    yield_now,
};
use futures_lite::future::or;
use wheelhouse_tests::{
    Counting, HOUR, manual_executor, ms, panic_of, run_until_stalled, virtual_executor,
    with_time_limit,
};

const LIMIT: Duration = Duration::from_secs(10);

const SAYS: &str = "no task can ever go on: none is ready, no timer is set, nobody holds a waker";

/// What is said of a program that can't go on.
fn report<F: Future<Output: std::fmt::Debug>>(program: F) -> Vec<String> {
    let report = virtual_executor().try_block_on(program).unwrap_err().to_string();
    let mut lines = report.lines().map(String::from);
    assert_eq!(lines.next().as_deref(), Some(SAYS));
    lines.map(|line| line.trim_start().into()).collect()
}

// What is said -----------------------------------------------------------------------

#[test]
fn a_task_that_waits_for_nothing_is_named() {
    assert_eq!(report(pending::<()>()), ["main: waits for what nobody is left to bring"]);
}

/// Nobody is left to do so while the thread waits, so the timers don't count.
#[test]
fn sleeps_on_a_manual_clock_that_nobody_advances_are_stuck() {
    let executor = manual_executor();
    let deadlock = executor.try_block_on(sleep(ms(1))).unwrap_err().to_string();
    assert!(deadlock.contains("a manual clock, which nobody is left to move"), "{deadlock}");
    assert!(deadlock.contains("call `advance` in a task, or drive the executor by `turn`"));
    assert!(
        deadlock.ends_with("\n  main: sleeps, and `advance` by 1ms would wake it"),
        "{deadlock}"
    );
    let other = executor.spawn(sleep(ms(1)));
    assert_eq!(executor.try_block_on(async { 7 }).unwrap(), 7, "others may wait");
    assert!(!other.is_finished());
}

/// The first timer of a task counts, and how far the clock is already. Who doesn't sleep isn't
/// said to.
#[test]
fn who_sleeps_on_a_manual_clock_is_told_apart_from_who_waits() {
    let executor = manual_executor();
    let sleeper = executor.spawn(or(sleep(HOUR), sleep(ms(5)))).named("sleeper").shared();
    let waiter = executor.spawn(pending::<()>()).named("waiter");
    run_until_stalled(&executor);
    executor.advance(ms(2));
    let deadlock = executor.try_block_on(sleeper.clone()).unwrap_err().to_string();
    let lines: Vec<_> = deadlock.lines().map(|line| line.rsplit(": ").next().unwrap()).collect();
    let waits = "waits for what nobody is left to bring";
    assert_eq!(
        lines[1..],
        ["waits for sleeper", "sleeps, and `advance` by 3ms would wake it", waits]
    );
    executor.advance(ms(3));
    run_until_stalled(&executor);
    assert!(sleeper.is_finished() && !waiter.is_finished());
}

/// A limit isn't the sleep of its task, so all that can be said is that there are timers.
#[test]
fn who_waits_within_a_limit_on_a_manual_clock_may_wait_for_a_timer() {
    let deadlock = manual_executor().try_block_on(timeout(ms(5), pending::<()>()));
    let deadlock = deadlock.unwrap_err().to_string();
    assert!(deadlock.ends_with("nobody is left to bring, or for a timer"), "{deadlock}");
}

/// For its await is given up. Others stay.
#[test]
fn a_task_that_is_given_to_a_run_that_is_stuck_is_cancelled() {
    let executor = virtual_executor();
    let [given, other] = [(); 2].map(|()| executor.spawn(pending::<()>()));
    let reference = given.reference();
    assert!(executor.try_block_on(given).is_err());
    run_until_stalled(&executor);
    assert!(reference.is_finished() && !other.is_finished());
}

/// A thread wakes a task, and that advances the clock.
#[test]
fn a_thread_may_have_a_manual_clock_advanced() {
    with_time_limit(LIMIT, || {
        manual_executor().block_on(async {
            let sleeper = spawn(sleep(HOUR));
            to_thread(|| thread::sleep(ms(1))).await;
            advance(HOUR);
            sleeper.await.unwrap();
        });
    });
}

#[test]
fn tasks_that_await_each_other_are_named_with_their_lines() {
    let line = line!();
    let report = report(async {
        let inner = spawn(pending::<()>()).named("inner");
        let outer = spawn(async { inner.await.unwrap() }).named("outer");
        outer.await.unwrap();
    });
    let (inner, outer) = (line + 2, line + 3);
    let start = |name: &str, line: u32| format!("{name}, spawned at {}:{line}:", file!());
    assert_eq!(report[0], "main: waits for outer");
    assert!(report[1].starts_with(&start("inner", inner)), "{report:?}");
    assert!(report[1].ends_with(": waits for what nobody is left to bring"), "{report:?}");
    assert!(report[2].starts_with(&start("outer", outer)), "{report:?}");
    assert!(report[2].ends_with(": waits for inner"), "{report:?}");
    assert_eq!(report.len(), 3);
}

#[test]
fn a_combinator_whose_children_are_stuck_is_stuck() {
    assert_eq!(
        report(async { gather([pending::<()>()]).await.is_ok() })[0],
        "main: waits for several tasks"
    );
    let waits = report(async { wait([spawn(pending::<()>())]).await });
    assert_eq!(waits.len(), 2);
}

type Program = Pin<Box<dyn Future<Output = ()>>>;

fn program(program: impl Future + 'static) -> Program {
    Box::pin(async { drop(program.await) })
}

/// A task that never ends, in each way in which one may be waited for.
fn ways_to_wait() -> [(&'static str, Program); 15] {
    fn stuck() -> Task<()> {
        spawn(pending())
    }
    [
        ("a task", program(async { stuck().await })),
        ("a shared task", program(async { stuck().shared().await })),
        ("wait", program(async { wait([stuck(), stuck()]).await })),
        ("wait for one", program(async { wait([stuck()]).return_when(FirstCompleted).await })),
        ("gather", program(async { gather([stuck(), stuck()]).await })),
        ("gather of outcomes", program(async { gather([stuck()]).return_exceptions().await })),
        ("as_completed", program(async { as_completed([stuck()]).next().await.is_some() })),
        (
            "as_completed, after the first",
            program(async {
                let mut completed = as_completed([spawn(async {}), stuck()]);
                while completed.next().await.is_some() {}
            }),
        ),
        ("shield", program(async { shield(stuck()).await })),
        ("a timeout that never ends", program(Timeout::never().run(async { stuck().await }))),
        (
            "a timeout that was switched off",
            program(async {
                let limit = Timeout::after(ms(1));
                let inside = limit.clone();
                limit.run(async move { (inside.reschedule(None), stuck().await) }).await
            }),
        ),
        ("catch_cancel", program(catch_cancel(pending::<()>()))),
        ("a scope", program(Scope::default().catch(async { stuck().await }))),
        ("a group's block", program(task_group(async |_| pending::<()>().await))),
        (
            "a group's tasks, which wait for a group's",
            program(async {
                let inner = async |group: Group| drop(group.spawn(pending::<()>()));
                let outer = async |group: Group| {
                    drop(group.spawn(async move { task_group(inner).await.unwrap() }));
                };
                task_group(outer).await
            }),
        ),
    ]
}

/// No combinator has a waker of its own, by which a wake might come.
#[test]
fn tasks_that_are_stuck_are_found_whichever_way_they_are_waited_for() {
    with_time_limit(LIMIT, || {
        for (way, program) in ways_to_wait() {
            assert!(virtual_executor().try_block_on(program).is_err(), "{way}");
        }
        for (way, program) in ways_to_wait() {
            let result = virtual_executor().try_block_on(async { spawn(program).await });
            assert!(result.is_err(), "{way}, in a task");
        }
    });
}

#[test]
fn block_on_panics_with_the_report() {
    let message = panic_of(|| executor::block_on(pending::<()>()));
    assert!(message.starts_with(SAYS), "{message}");
    assert!(message.contains("main: waits"), "{message}");
}

/// Also on a real clock, and with tasks that woke each other before.
#[test]
fn it_is_found_whenever_it_comes_about() {
    let executor = Executor::new();
    let result = executor.try_block_on(async {
        executor::sleep(ms(1)).await;
        yield_now().await;
        timeout(ms(1), pending::<()>()).await.unwrap_err();
        pending::<()>().await;
    });
    assert!(result.is_err());
}

// What becomes of it -------------------------------------------------------------------

#[test]
fn the_main_future_is_dropped_and_the_others_stay() {
    let executor = virtual_executor();
    let (main, other) = (Counting::forever(), Counting::forever());
    let (of_main, of_other) = (main.counts(), other.counts());
    let other = executor.spawn(other);
    assert!(executor.try_block_on(main).is_err());
    assert_eq!((of_main.future_drops(), of_other.future_drops()), (1, 0));
    assert!(!other.is_finished());
    assert_eq!(executor.block_on(async { spawn(async { 7 }).await.unwrap() }), 7);
}

/// An embedder's loop isn't blocked, so it can't be stuck.
#[test]
fn turn_says_that_it_waits_for_a_wake() {
    let executor = virtual_executor();
    let _task = executor.spawn(pending::<()>());
    run_until_stalled(&executor);
    assert_eq!(executor.turn(), executor::Next::Woken);
}

// No false alarms -------------------------------------------------------------------------

/// Nothing is ready and no timer is set; but there is somebody who may wake.
fn goes_on<T: Send + 'static>(program: impl FnOnce() -> T + Send + 'static) -> T {
    with_time_limit(LIMIT, program)
}

#[test]
fn a_thread_that_holds_a_waker_may_wake() {
    for clock in [Clock::Real, Clock::Virtual] {
        goes_on(move || {
            let (wakers, held) = mpsc::channel::<Waker>();
            let thread = thread::spawn(move || {
                let waker = held.recv().unwrap();
                thread::sleep(ms(20));
                waker.wake();
            });
            let mut sent = false;
            let woken = poll_fn(move |cx| {
                if std::mem::replace(&mut sent, true) {
                    return Poll::Ready(());
                }
                wakers.send(cx.waker().clone()).unwrap();
                Poll::Pending
            });
            Executor::builder().clock(clock).build().block_on(woken);
            thread.join().unwrap();
        });
    }
}

/// The waker is of another task than the one that `block_on` waits for.
#[test]
fn whichever_task_is_woken() {
    goes_on(|| {
        let (sender, receiver) = async_channel::bounded(1);
        let thread = thread::spawn(move || {
            thread::sleep(ms(20));
            sender.send_blocking(7).unwrap();
        });
        let got = executor::block_on(async move {
            let idle: Vec<_> = (0..100).map(|_| spawn(pending::<()>())).collect();
            let task = spawn(async move { receiver.recv().await.unwrap() });
            let got = spawn(async { task.await.unwrap() }).await.unwrap();
            drop(idle);
            got
        });
        assert_eq!(got, 7);
        thread.join().unwrap();
    });
}

#[test]
fn a_blocking_function_may_end() {
    goes_on(|| {
        let slow = || thread::sleep(ms(20));
        executor::block_on(async { to_thread(slow).await });
    });
}

#[test]
fn a_remote_handle_may_spawn() {
    goes_on(|| {
        let thread = executor::block_on(async {
            let (remote, (sender, receiver)) = (remote(), async_channel::bounded(1));
            let thread = thread::spawn(move || {
                thread::sleep(ms(20));
                drop(remote.spawn(|| async move { sender.send(7).await.unwrap() }).unwrap());
            });
            assert_eq!(receiver.recv().await, Ok(7));
            thread
        });
        thread.join().unwrap();
    });
}

/// Waits for a task that another thread has cancelled; after so long.
fn cancelled_from_elsewhere(after: Duration) {
    let error = executor::block_on(async {
        let (courier, task) = (courier(), spawn(pending::<()>()));
        let id = task.id();
        thread::spawn(move || {
            thread::sleep(after);
            courier.send(move || _ = find_task(id).unwrap().cancel()).unwrap();
        });
        task.await.unwrap_err()
    });
    assert!(error.is_cancelled());
}

#[test]
fn a_courier_may_bring_a_function() {
    goes_on(|| cancelled_from_elsewhere(ms(20)));
}

/// The thread sends, and then gives its courier back.
#[test]
fn a_function_on_its_way_is_waited_for() {
    goes_on(|| (0..500).for_each(|_| cancelled_from_elsewhere(Duration::ZERO)));
}

/// A flood of wakes that come and go, and an end that depends on the last.
#[test]
fn a_wake_on_its_way_is_waited_for() {
    goes_on(|| {
        for _ in 0..200 {
            executor::block_on(async {
                let (sender, receiver) = async_channel::bounded(1);
                let thread = thread::spawn(move || sender.send_blocking(()).unwrap());
                receiver.recv().await.unwrap();
                thread.join().unwrap();
            });
        }
    });
}

/// Then nobody is left who could hand a function over or cancel a remote task.
#[test]
fn couriers_that_were_given_back_are_no_hope() {
    with_time_limit(LIMIT, || {
        let result = Executor::new().try_block_on(async {
            let (courier, remote) = (courier(), remote());
            let thread = thread::spawn(move || {
                courier.clone().send(|| ()).unwrap();
                drop(remote.spawn(pending::<()>).unwrap());
            });
            thread.join().unwrap();
            pending::<()>().await;
        });
        assert!(result.is_err());
    });
}

/// Then nobody is left; though the channel is there.
#[test]
fn a_waker_that_was_given_back_is_no_hope() {
    let result = Executor::new().try_block_on(async {
        let (sender, receiver) = async_channel::bounded::<()>(1);
        timeout(ms(1), receiver.recv()).await.unwrap_err();
        drop(Rc::new(sender));
        pending::<()>().await;
    });
    assert!(result.is_err());
}
