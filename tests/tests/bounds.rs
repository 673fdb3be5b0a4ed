//! What there may be any number of: tasks that come and go, tasks at once,
//! wakes, times, tasks that await each other.
//!
//! The large ones are ignored unless asked for; they take minutes or gigabytes.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use executor::{Executor, Task, now, sleep, spawn, yield_now};
use wheelhouse_tests::{Counting, run, settle, virtual_executor, with_time_limit};

const LIMIT: Duration = Duration::from_secs(600);

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
        come_and_go(100).await;
        let before = memory();
        come_and_go(thousands).await;
        let grown = growth(before);
        assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
    });
}

#[test]
fn memory_stays_flat_while_a_million_tasks_come_and_go() {
    memory_stays_flat(1_000);
}

#[test]
#[ignore = "takes minutes"]
fn memory_stays_flat_while_a_hundred_million_tasks_come_and_go() {
    memory_stays_flat(100_000);
}

/// I3: no slot is made while there is a vacant one.
#[test]
fn a_million_tasks_one_thousand_at_a_time_take_a_thousand_slots() {
    run(async {
        for _ in 0..1_000 {
            let tasks: Vec<_> = (0..1_000).map(|_| spawn(async {})).collect();
            for task in tasks {
                let slot = task.id().to_string();
                let slot = slot.split('.').next().unwrap().parse::<usize>().unwrap();
                assert!(slot <= 1_000, "slot {slot}");
                task.await.unwrap();
            }
        }
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
    settle(&executor);
    assert_eq!(ended.get(), count);
}

#[test]
fn a_hundred_thousand_tasks_sleep_at_once() {
    live_at_once(100_000);
}

#[test]
#[ignore = "takes gigabytes"]
fn ten_million_tasks_sleep_at_once() {
    live_at_once(10_000_000);
}

// Times ----------------------------------------------------------------------

/// Also invariant I5.
#[test]
fn timers_from_a_nanosecond_to_five_hundred_years_end_at_their_times_in_order() {
    let decades = (0..63).map(|bits| Duration::from_nanos(1 << bits));
    let around = decades.flat_map(|time| [time - Duration::from_nanos(1), time]);
    let mut times: Vec<_> = around.chain([100 * YEAR, 500 * YEAR]).collect();
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
    fn spawn_another() {
        drop(spawn(async { spawn_another() }));
    }
    with_time_limit(LIMIT, || {
        Executor::new().block_on(async {
            spawn_another();
            sleep(Duration::from_millis(5)).await;
        });
    });
}

#[test]
fn tasks_that_spawn_two_each_do_not_starve_timers() {
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
}

// Deep chains ----------------------------------------------------------------

const DEEP: usize = 100_000;

type Chain = Pin<Box<dyn Future<Output = usize>>>;

/// Tasks of which each awaits the next; the value is how many there are.
fn chain(depth: usize, last: impl Future<Output = ()> + 'static) -> Task<usize> {
    let first: Chain = Box::pin(async {
        last.await;
        0
    });
    (0..depth).fold(spawn(first), |next, _| {
        let link: Chain = Box::pin(async move { next.await.unwrap() + 1 });
        spawn(link)
    })
}

/// On a stack of 256 KB, of which each link would take more than a byte or two.
fn on_a_small_stack(program: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(program);
    thread.unwrap().join().unwrap();
}

#[test]
fn a_deep_chain_returns_on_a_small_stack() {
    on_a_small_stack(|| {
        let depth = run(async { chain(DEEP, yield_now()).await });
        assert_eq!(depth.unwrap(), DEEP);
    });
}

#[test]
fn a_deep_chain_is_cancelled_on_a_small_stack() {
    on_a_small_stack(|| {
        run(async {
            let (last, counts) = waits_for_ever();
            let mut chain = chain(DEEP, last);
            sleep(Duration::from_millis(1)).await;
            assert!(chain.cancel());
            assert!((&mut chain).await.unwrap_err().is_cancelled());
            counts.assert(1, 1, 0);
        });
    });
}

#[test]
fn a_deep_chain_is_dropped_on_a_small_stack() {
    on_a_small_stack(|| {
        let executor = virtual_executor();
        let (last, counts) = waits_for_ever();
        let chain = executor.block_on(async {
            let chain = chain(DEEP, last);
            sleep(Duration::from_millis(1)).await;
            chain
        });
        drop(executor);
        counts.assert(1, 1, 0);
        assert!(chain.is_finished());
    });
}

/// Giving up the first await cancels the task behind it, and so on.
#[test]
fn the_await_of_a_deep_chain_is_given_up_on_a_small_stack() {
    on_a_small_stack(|| {
        run(async {
            let (last, counts) = waits_for_ever();
            let mut first = chain(DEEP, last).into_future();
            assert!(futures_lite::future::poll_once(&mut first).await.is_none());
            sleep(Duration::from_millis(1)).await;
            drop(first);
            sleep(Duration::from_millis(1)).await;
            counts.assert(1, 1, 0);
        });
    });
}

fn waits_for_ever() -> (impl Future<Output = ()>, wheelhouse_tests::Counts) {
    let future = Counting::forever();
    let counts = future.counts();
    (async { drop(future.await) }, counts)
}

// Wakes ----------------------------------------------------------------------

/// A task that is told has one message in the inbox, however often it is woken.
#[test]
fn wakes_of_eight_threads_that_nobody_hears_take_no_memory() {
    let executor = Executor::new();
    let future = Counting::forever().keeping_waker();
    let counts = future.counts();
    let _task = executor.spawn(future);
    settle(&executor);
    let before = memory();
    let threads: [_; 8] = std::array::from_fn(|_| {
        let waker = counts.waker();
        thread::spawn(move || (0..100_000).for_each(|_| waker.clone().wake()))
    });
    for thread in threads {
        thread.join().unwrap();
    }
    let grown = growth(before);
    assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
    settle(&executor);
    assert_eq!(counts.polls(), 2);
}

#[test]
fn a_flood_of_wakes_by_eight_threads_takes_no_memory() {
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
            stop.store(true, Ordering::Relaxed);
            for thread in threads {
                thread.join().unwrap();
            }
            let grown = growth(before);
            assert!(grown < 8 * MEGABYTE, "{grown} bytes more");
            assert!(counts.iter().all(|counts| counts.polls() > 1));
        });
    });
}
