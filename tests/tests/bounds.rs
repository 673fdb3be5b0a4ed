//! What there may be any number of: tasks that come and go, tasks at once,
//! times, wakes. Chains of tasks are in `cancel.rs`.
//!
//! The large ones are ignored unless asked for; they take minutes or gigabytes.

use std::cell::Cell;
use std::future::pending;
use std::iter::once;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use combinators::TaskSet;
use executor::{Executor, Task, catch_cancel, now, sleep, spawn, yield_now};
use futures_lite::future::poll_once;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use wheelhouse_tests::{
    Counting, run, run_until_stalled, turns, virtual_executor, with_time_limit,
};

const LIMIT: Duration = Duration::from_mins(10);

const YEAR: Duration = Duration::from_hours(24 * 365);

/// The memory that this process has in use; `None` where the system doesn't say.
fn memory() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(4_096 * pages.split_whitespace().nth(1)?.parse::<usize>().ok()?)
}

/// By how many bytes the memory in use is more than before.
fn growth(before: Option<usize>) -> usize {
    memory().zip(before).map_or(0, |(now, before)| now.saturating_sub(before))
}

const MEGABYTE: usize = 1 << 20;

/// Runs a test while no other of this process does, as it measures memory.
fn alone<R>(test: impl FnOnce() -> R) -> R {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    test()
}

// Tasks that come and go -----------------------------------------------------

/// Spawns tasks, a thousand at a time, some of them awaited, some detached,
/// some cancelled, some with wakers and timers.
async fn come_and_go(thousands: usize) {
    for _ in 0..thousands {
        let tasks: Vec<_> = (0..1_000).map(spawn_one).collect();
        for (number, task) in tasks.into_iter().enumerate() {
            match number % 4 {
                0 => drop(task.await),
                1 => _ = task.cancel(),
                _ => drop(task),
            }
        }
    }
}

fn spawn_one(number: usize) -> Task<()> {
    spawn(async move {
        if number.is_multiple_of(10) {
            sleep(Duration::from_nanos(number as u64)).await;
        } else {
            futures_lite::future::yield_now().await; // It clones the waker.
        }
    })
}

fn memory_stays_flat(thousands: usize) {
    run(async move {
        come_and_go(10).await;
        let before = memory();
        come_and_go(thousands).await;
        let grown = growth(before);
        assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
    });
}

#[test]
fn memory_stays_flat_while_a_million_tasks_come_and_go() {
    alone(|| {
        memory_stays_flat(1_000);
    });
}

/// Its places are used again.
#[test]
fn memory_stays_flat_while_a_million_tasks_pass_through_a_set() {
    alone(|| {
        run(async {
            let (set, before) = (TaskSet::new(), memory());
            for _ in 0..1_000_000 {
                set.spawn(async {});
                if set.len() == 10 {
                    set.ended().await.await.unwrap();
                }
            }
            let grown = growth(before);
            assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
        });
    });
}

/// Those that a stranger polls stand behind one that stays.
#[test]
fn memory_stays_flat_while_a_million_scopes_come_and_go() {
    alone(|| {
        run(async {
            let scope = |stays| {
                catch_cancel(async move {
                    if stays {
                        pending::<()>().await;
                    }
                })
            };
            let mut strangers: FuturesUnordered<_> = once(scope(true)).collect();
            assert!(poll_once(strangers.next()).await.is_none());
            let before = memory();
            for _ in 0..1_500_000 {
                strangers.push(scope(false));
                assert!(strangers.next().await.unwrap().is_ok());
                scope(false).await.unwrap();
            }
            let grown = growth(before);
            assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
        });
    });
}

/// Their places in line go with them, though the first stays and two are there at a time.
#[test]
fn memory_stays_flat_while_a_million_consumers_wait_behind_one_and_go() {
    alone(|| {
        run(async {
            let (set, before) = (TaskSet::<()>::new(), memory());
            let mut first = Box::pin(set.ended());
            let mut last = Box::pin(set.ended());
            assert!(poll_once(&mut first).await.is_none());
            for _ in 0..1_000_000 {
                let mut next = Box::pin(set.ended());
                assert!(poll_once(&mut next).await.is_none());
                last = next;
            }
            drop(last);
            let grown = growth(before);
            assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
        });
    });
}

#[test]
#[ignore = "takes minutes"]
fn memory_stays_flat_while_a_hundred_million_tasks_come_and_go() {
    alone(|| {
        memory_stays_flat(100_000);
    });
}

// Tasks at once --------------------------------------------------------------

fn live_at_once(count: usize) {
    let executor = virtual_executor();
    let ended = Rc::new(Cell::new(0));
    let tasks = (0..count).map(|number| {
        let ended = Rc::clone(&ended);
        executor.spawn(async move {
            sleep(Duration::from_nanos(number as u64 % 1_000)).await;
            ended.set(ended.get() + 1);
        })
    });
    tasks.for_each(drop);
    run_until_stalled(&executor);
    assert_eq!(ended.get(), count);
}

#[test]
fn a_hundred_thousand_tasks_sleep_at_once() {
    alone(|| {
        live_at_once(100_000);
    });
}

#[test]
#[ignore = "takes gigabytes"]
fn ten_million_tasks_sleep_at_once() {
    alone(|| {
        live_at_once(10_000_000);
    });
}

// Times ----------------------------------------------------------------------

/// Also invariant I5.
#[test]
fn timers_from_a_nanosecond_to_five_hundred_years_end_at_their_times_in_order() {
    alone(|| {
        let powers = (0..63).map(|bits| 1 << bits);
        let around = powers.flat_map(|time| [time - 1, time]);
        let mut times: Vec<_> =
            around.map(Duration::from_nanos).chain([100 * YEAR, 500 * YEAR]).collect();
        run(async {
            let (start, ends) = (now(), Rc::new(Cell::new(Vec::new())));
            let sleepers: Vec<_> = times.iter().rev().map(|&time| sleeps(time, &ends)).collect();
            for sleeper in sleepers {
                sleeper.await.unwrap();
            }
            times.sort();
            let ends: Vec<_> = ends.take().into_iter().map(|end| end - start).collect();
            assert_eq!(ends, times);
        });
    });
}

/// Notes when it has slept.
fn sleeps(time: Duration, ends: &Rc<Cell<Vec<Instant>>>) -> Task<()> {
    let ends = Rc::clone(ends);
    spawn(async move {
        sleep(time).await;
        let mut all = ends.take();
        all.push(now());
        ends.set(all);
    })
}

/// What is spawned in a turn waits for the next, so there is always an end to
/// the turn (I5).
#[test]
fn a_task_that_spawns_for_ever_does_not_starve_timers() {
    alone(|| {
        fn spawn_another() {
            drop(spawn(async { spawn_another() }));
        }
        with_time_limit(LIMIT, || {
            Executor::new().block_on(async {
                spawn_another();
                sleep(Duration::from_millis(5)).await;
            });
        });
    });
}

#[test]
fn tasks_that_spawn_two_each_do_not_starve_timers() {
    alone(|| {
        fn spawn_two() {
            drop(spawn(async { spawn_two() }));
            drop(spawn(async { spawn_two() }));
        }
        with_time_limit(LIMIT, || {
            Executor::new().block_on(async {
                spawn_two();
                sleep(Duration::from_micros(100)).await;
            });
        });
    });
}

// Wakes ----------------------------------------------------------------------

/// A task that is told has one message in the inbox, however often it is woken.
#[test]
fn wakes_of_eight_threads_that_nobody_hears_take_no_memory() {
    alone(|| {
        let executor = Executor::new();
        let future = Counting::forever().keeping_waker();
        let counts = future.counts();
        let _task = executor.spawn(future);
        run_until_stalled(&executor);
        let before = memory();
        let threads: [_; 8] = std::array::from_fn(|_| {
            let waker = counts.waker();
            thread::spawn(move || (0..100_000).for_each(|_| waker.wake_by_ref()))
        });
        for thread in threads {
            thread.join().unwrap();
        }
        let grown = growth(before);
        assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
        run_until_stalled(&executor);
        assert_eq!(counts.polls(), 2);
    });
}

#[test]
fn a_flood_of_wakes_by_eight_threads_takes_no_memory() {
    alone(|| {
        with_time_limit(LIMIT, || {
            Executor::new().block_on(async {
                let flooded: [_; 8] = std::array::from_fn(|_| Counting::forever().keeping_waker());
                let counts = flooded.each_ref().map(Counting::counts);
                let _tasks = flooded.map(spawn);
                yield_now().await;
                let before = memory();
                let stop = Arc::new(AtomicBool::new(false));
                let threads = counts.each_ref().map(|counts| {
                    let (waker, stop) = (counts.waker(), Arc::clone(&stop));
                    thread::spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            waker.wake_by_ref();
                        }
                    })
                });
                sleep(Duration::from_millis(200)).await;
                while counts.iter().any(|counts| counts.polls() < 10) {
                    yield_now().await;
                }
                stop.store(true, Ordering::Relaxed);
                for thread in threads {
                    thread.join().unwrap();
                }
                let grown = growth(before);
                assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
            });
        });
    });
}

// Polls ----------------------------------------------------------------------

/// It stands once in the list of those that strangers poll.
#[test]
fn a_scope_that_a_stranger_polls_over_and_over_takes_no_more_memory() {
    alone(|| {
        run(async {
            let mut strangers: FuturesUnordered<_> = once(catch_cancel(turns(2_000_000))).collect();
            let before = memory();
            assert!(strangers.next().await.unwrap().is_ok());
            let grown = growth(before);
            assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
        });
    });
}
