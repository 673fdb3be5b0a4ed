//! Wakes from other threads, and futures from other libraries.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::hint;
use std::mem::forget;
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use executor::{
    Clock, Executor, FrozenTime, LocalWaker, Next, Scope, Task, Watch, Watcher, all_tasks,
    block_on, courier, current_task, freeze_time, now, sleep, spawn, yield_now,
};
use futures_lite::future;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::task::AtomicWaker;
use wheelhouse_tests::{
    Counting, Gate, HOUR, Trace, is_cancelled, is_caught, run_until_stalled, thread_cpu_time,
    virtual_executor, with_time_limit,
};

/// Long enough for anything here; only a lost wake takes longer.
const LIMIT: Duration = Duration::from_secs(100);

/// A flag that threads raise, and that one future waits for and lowers.
#[derive(Clone, Default)]
struct Signal(Arc<SignalState>);

#[derive(Default)]
struct SignalState {
    raised: AtomicBool,
    waker: AtomicWaker,
}

impl Signal {
    fn raise(&self) {
        self.0.raised.store(true, Ordering::Release);
        self.0.waker.wake();
    }

    fn is_raised(&self) -> bool {
        self.0.raised.load(Ordering::Acquire)
    }

    async fn lowered(&self) {
        poll_fn(|cx| {
            self.0.waker.register(cx.waker());
            ready_if(self.0.raised.swap(false, Ordering::AcqRel))
        })
        .await;
    }
}

fn ready_if(is_ready: bool) -> Poll<()> {
    if is_ready { Poll::Ready(()) } else { Poll::Pending }
}

/// Gives this task's waker to the program.
async fn own_waker() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

fn join_all(threads: [thread::JoinHandle<()>; 4]) {
    for thread in threads {
        thread.join().unwrap();
    }
}

// Wakes ----------------------------------------------------------------------

#[test]
fn a_wake_from_another_thread_ends_an_idle_wait() {
    with_time_limit(LIMIT, || {
        let signal = Signal::default();
        let sender = signal.clone();
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            sender.raise();
        });
        block_on(signal.lowered());
        thread.join().unwrap();
    });
}

#[test]
fn a_wake_from_another_thread_ends_a_wait_for_a_timer() {
    with_time_limit(LIMIT, || {
        let signal = Signal::default();
        let sender = signal.clone();
        block_on(async {
            let _sleeper = spawn(sleep(Duration::from_hours(1)));
            yield_now().await;
            thread::spawn(move || sender.raise());
            signal.lowered().await;
        });
    });
}

#[test]
fn a_wake_from_another_thread_is_heard_by_a_busy_virtual_executor() {
    with_time_limit(LIMIT, || {
        let signal = Signal::default();
        let sender = signal.clone();
        block_on(async {
            let _busy = spawn(async {
                loop {
                    yield_now().await;
                }
            });
            thread::spawn(move || sender.raise());
            signal.lowered().await;
        });
    });
}

/// Also invariant I4.
#[test]
fn a_wake_from_another_thread_during_the_poll_counts() {
    with_time_limit(LIMIT, || {
        let waking = Counting::pending(1).on_poll(|_, cx| {
            let waker = cx.waker().clone();
            thread::spawn(move || waker.wake()).join().unwrap();
        });
        let counts = waking.counts();
        drop(block_on(waking));
        counts.assert(2, 1, 1);
    });
}

/// I2: whoever wakes a task, it is polled and dropped on the executor's thread.
#[test]
fn a_task_stays_on_its_thread_whoever_wakes_it() {
    let here = thread::current().id();
    let stays = move || assert_eq!(thread::current().id(), here);
    let waking = Counting::pending(1).on_drop(stays).on_output_drop(stays).on_poll(move |_, cx| {
        stays();
        let waker = cx.waker().clone();
        thread::spawn(move || waker.wake()).join().unwrap();
    });
    let counts = waking.counts();
    block_on(async { drop(spawn(waking).await.unwrap()) });
    counts.assert(2, 1, 1);
}

#[test]
fn wakes_from_another_thread_while_nobody_looks_poll_once() {
    let executor = Executor::new();
    let future = Counting::forever().keeping_waker();
    let counts = future.counts();
    let _task = executor.spawn(future);
    run_until_stalled(&executor);
    let waker = counts.waker();
    let thousand = move || (0..1_000).for_each(|_| waker.wake_by_ref());
    thread::spawn(thousand).join().unwrap();
    run_until_stalled(&executor);
    counts.assert(2, 0, 0);
}

#[test]
fn a_task_that_moves_from_one_waker_to_the_next_is_woken_by_either() {
    with_time_limit(LIMIT, || {
        block_on(async {
            let first = spawn(own_waker()).await.unwrap();
            let signal = Signal::default();
            let sender = signal.clone();
            thread::spawn(move || {
                first.wake();
                sender.raise();
            });
            signal.lowered().await;
        });
    });
}

// Stress ---------------------------------------------------------------------

/// Each thread waits for its task's answer before the next wake, so a single
/// lost one hangs. Also invariant I6.
#[test]
fn no_wake_of_four_threads_is_lost() {
    const ROUNDS: usize = 3_000;
    with_time_limit(LIMIT, || {
        let signals: [Signal; 4] = Default::default();
        let senders = signals.clone().map(|signal| {
            thread::spawn(move || {
                for _ in 0..ROUNDS {
                    signal.raise();
                    while signal.is_raised() {
                        thread::yield_now();
                    }
                }
            })
        });
        block_on(async {
            let receivers = signals.map(|signal| {
                spawn(async move {
                    for _ in 0..ROUNDS {
                        signal.lowered().await;
                    }
                })
            });
            for receiver in receivers {
                receiver.await.unwrap();
            }
        });
        join_all(senders);
    });
}

#[test]
fn what_four_threads_did_before_their_wakes_is_seen_by_the_poll() {
    const WAKES: usize = 20_000;
    with_time_limit(LIMIT, || {
        let (done, waker) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicWaker::new()));
        let senders = [0; 4].map(|_| {
            let (done, waker) = (Arc::clone(&done), Arc::clone(&waker));
            thread::spawn(move || {
                for _ in 0..WAKES {
                    done.fetch_add(1, Ordering::Relaxed);
                    waker.wake();
                }
            })
        });
        block_on(poll_fn(|cx| {
            waker.register(cx.waker());
            ready_if(done.load(Ordering::Relaxed) == 4 * WAKES)
        }));
        join_all(senders);
    });
}

/// Wakes a waker from four threads until told to stop.
fn flood(waker: &Waker) -> impl FnOnce() + use<> {
    let stop = Arc::new(AtomicBool::new(false));
    let threads = [0; 4].map(|_| {
        let (waker, stop) = (waker.clone(), Arc::clone(&stop));
        thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                waker.wake_by_ref();
                drop(waker.clone());
            }
        })
    });
    move || {
        stop.store(true, Ordering::Relaxed);
        join_all(threads);
    }
}

#[test]
fn a_flood_of_wakes_does_not_stop_the_loop() {
    with_time_limit(LIMIT, || {
        block_on(async {
            let flooded = Counting::forever().keeping_waker();
            let counts = flooded.counts();
            let _task = spawn(flooded);
            yield_now().await;
            let stop = flood(&counts.waker());
            sleep(Duration::from_millis(20)).await;
            stop();
        });
    });
}

#[test]
fn wakes_after_the_tasks_end_are_harmless() {
    with_time_limit(LIMIT, || {
        block_on(async {
            let stop = flood(&spawn(own_waker()).await.unwrap());
            let tenant = Counting::forever();
            let counts = tenant.counts();
            let task = spawn(tenant);
            sleep(Duration::from_millis(20)).await;
            counts.assert(1, 0, 0);
            assert!(!task.is_finished());
            stop();
        });
    });
}

#[test]
fn wakes_during_the_executors_drop_and_after_it_are_harmless() {
    with_time_limit(LIMIT, || {
        for _ in 0..30 {
            let executor = Executor::new();
            let future = Counting::forever().keeping_waker();
            let counts = future.counts();
            let _task = executor.spawn(future);
            run_until_stalled(&executor);
            let stop = flood(&counts.waker());
            counts.forget_waker();
            drop(executor);
            stop();
            assert_eq!(counts.future_drops(), 1);
        }
    });
}

#[test]
fn a_waker_may_outlive_its_executors_thread() {
    let waker = thread::spawn(|| block_on(own_waker())).join().unwrap();
    waker.wake_by_ref();
    drop(waker);
}

// Idleness -------------------------------------------------------------------

/// Fails if `program` keeps this thread's processor busy. Where the system
/// doesn't tell the time used there is nothing to compare.
fn assert_idle(program: impl FnOnce()) {
    let before = thread_cpu_time();
    program();
    let used = before.and_then(|before| thread_cpu_time()?.checked_sub(before));
    assert!(used.unwrap_or_default() < Duration::from_millis(20), "{used:?} used");
}

#[test]
fn a_second_of_sleep_costs_no_processor_time() {
    assert_idle(|| {
        block_on(async {
            let _other = spawn(sleep(Duration::from_hours(1)));
            sleep(Duration::from_secs(1)).await;
        });
    });
}

#[test]
fn a_wait_for_another_thread_costs_no_processor_time() {
    let signal = Signal::default();
    let sender = signal.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(500));
        sender.raise();
    });
    assert_idle(|| block_on(signal.lowered()));
}

// The thread's own park token ------------------------------------------------

#[test]
fn a_future_that_eats_the_threads_park_token_does_not_hang() {
    with_time_limit(LIMIT, || {
        let thief = Counting::pending(100).on_poll(|_, cx| {
            cx.waker().wake_by_ref();
            thread::current().unpark();
            thread::park();
            thread::park_timeout(Duration::from_micros(10));
        });
        drop(block_on(thief));
    });
}

#[test]
fn a_future_that_parks_while_another_thread_wakes_it_does_not_hang() {
    with_time_limit(LIMIT, || {
        let thief = Counting::pending(100).on_poll(|_, cx| {
            let (waker, this) = (cx.waker().clone(), thread::current());
            thread::spawn(move || {
                waker.wake();
                this.unpark();
            });
            thread::park();
        });
        drop(block_on(thief));
    });
}

#[test]
fn a_park_token_from_elsewhere_does_not_end_a_sleep() {
    thread::current().unpark();
    let start = Instant::now();
    block_on(sleep(Duration::from_millis(5)));
    assert!(start.elapsed() >= Duration::from_millis(5));
}

// Other libraries ------------------------------------------------------------

#[test]
fn an_async_channel_carries_values_to_a_thread_and_back() {
    with_time_limit(LIMIT, || {
        let (to_thread, from_task) = async_channel::bounded::<u64>(2);
        let (to_task, from_thread) = async_channel::bounded(2);
        thread::spawn(move || {
            while let Ok(number) = from_task.recv_blocking() {
                to_task.send_blocking(number * 10).unwrap();
            }
        });
        let sum: u64 = block_on(async {
            let _feeder = spawn(async move {
                for number in 0..100 {
                    to_thread.send(number).await.unwrap();
                }
            });
            let mut sum = 0;
            while let Ok(number) = from_thread.recv().await {
                sum += number;
            }
            sum
        });
        assert_eq!(sum, 49_500);
    });
}

#[test]
fn an_async_channel_connects_tasks() {
    let (sender, receiver) = async_channel::bounded(1);
    let numbers = block_on(async {
        let _sender = spawn(async move {
            for number in 0..3 {
                sender.send(number).await.unwrap();
            }
        });
        pin!(receiver).collect::<Vec<_>>().await
    });
    assert_eq!(numbers, [0, 1, 2]);
}

#[test]
fn a_channel_of_std_is_filled_by_tasks() {
    let (sender, receiver) = mpsc::channel();
    block_on(async {
        for number in 0..3 {
            let sender = sender.clone();
            spawn(async move { sender.send(number) }).await.unwrap().unwrap();
        }
    });
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn futures_lite_races_our_sleeps() {
    block_on(async {
        let slow = async {
            sleep(Duration::from_hours(1)).await;
            "slow"
        };
        let fast = async {
            sleep(Duration::from_millis(1)).await;
            "fast"
        };
        assert_eq!(future::or(slow, fast).await, "fast");
    });
}

/// [`FuturesUnordered`] polls its children with wakers of its own.
#[test]
fn sleeps_under_a_foreign_waker_fire_in_order() {
    with_time_limit(LIMIT, || {
        let executor = wheelhouse_tests::virtual_executor();
        let delays = executor.block_on(async {
            let naps = [30, 10, 20].map(|delay| async move {
                sleep(Duration::from_millis(delay)).await;
                delay
            });
            naps.into_iter().collect::<FuturesUnordered<_>>().collect::<Vec<_>>().await
        });
        assert_eq!(delays, [10, 20, 30]);
    });
}

#[test]
fn yields_under_a_foreign_waker_let_others_run() {
    let trace = Trace::new();
    let executor = wheelhouse_tests::virtual_executor();
    executor.block_on(async {
        let log = trace.clone();
        let _other = spawn(async move { log.push("other") });
        let mut yields = [yield_now()].into_iter().collect::<FuturesUnordered<_>>();
        yields.next().await;
        trace.push("yielded");
    });
    trace.assert(&["other", "yielded"]);
}

#[test]
fn tasks_under_a_foreign_waker_are_joined_in_the_order_of_their_ends() {
    let executor = wheelhouse_tests::virtual_executor();
    let names = executor.block_on(async {
        let tasks = [3, 1, 2].map(|delay| {
            let task = spawn(async move {
                sleep(Duration::from_millis(delay)).await;
                delay
            });
            task.into_future()
        });
        let joins: FuturesUnordered<_> = tasks.into_iter().collect();
        joins.map(Result::unwrap).collect::<Vec<_>>().await
    });
    assert_eq!(names, [1, 2, 3]);
}

#[test]
fn dropping_joins_under_a_foreign_waker_cancels_the_tasks() {
    let executor = wheelhouse_tests::virtual_executor();
    executor.block_on(async {
        let task = spawn(pending::<()>());
        let reference = task.reference();
        let mut joins: FuturesUnordered<_> = [task.into_future()].into_iter().collect();
        assert!(future::poll_once(joins.next()).await.is_none());
        drop(joins);
        yield_now().await;
        assert!(reference.is_finished());
    });
}

// Functions from elsewhere -----------------------------------------------------------

/// F165
#[test]
fn a_function_from_another_thread_runs_on_the_executors() {
    with_time_limit(LIMIT, || {
        let here = thread::current().id();
        block_on(async {
            let (sender, receiver) = async_channel::bounded(1);
            let courier = courier();
            thread::spawn(move || {
                let say = move || sender.try_send(thread::current().id()).unwrap();
                courier.send(say).unwrap();
            });
            assert_eq!(receiver.recv().await, Ok(here));
        });
    });
}

/// F165: first in, first out, with all else that is queued; and what it spawns
/// takes its first step in the next turn.
#[test]
fn functions_run_in_the_order_of_all_that_is_queued() {
    let (executor, (say, hear)) = (virtual_executor(), mpsc::channel());
    let says = |what: &'static str| {
        let say = say.clone();
        move || say.send(what).unwrap()
    };
    let (courier, gate) = (executor.courier(), Gate::new());
    let (waits, woken) = (gate.clone(), says("woken"));
    let _task = executor.spawn(async move {
        waits.wait().await;
        woken();
    });
    run_until_stalled(&executor);

    let (first, spawned, last) = (says("first"), says("spawned"), says("last"));
    let spawns = move || {
        first();
        drop(spawn(async move { spawned() }));
    };
    courier.send(spawns).unwrap();
    gate.open();
    courier.send(says("second")).unwrap();
    drop(executor.spawn(async move { last() }));
    let _ = executor.turn();
    assert_eq!(hear.try_iter().collect::<Vec<_>>(), ["first", "woken", "second", "last"]);
    let _ = executor.turn();
    assert_eq!(hear.try_iter().collect::<Vec<_>>(), ["spawned"]);
}

/// It is called between polls, on nobody's account.
#[test]
fn a_function_from_elsewhere_is_no_task() {
    let executor = virtual_executor();
    let (say, hear) = mpsc::channel();
    let look = move || say.send((current_task().is_none(), all_tasks().len())).unwrap();
    executor.courier().send(look).unwrap();
    let _ = executor.turn();
    assert_eq!(hear.recv(), Ok((true, 0)));
}

#[test]
fn a_function_that_panics_stops_nothing() {
    let (executor, (say, hear)) = (virtual_executor(), mpsc::channel());
    let courier = executor.courier();
    courier.send(|| panic!("the function")).unwrap();
    courier.send(move || say.send("the next").unwrap()).unwrap();
    executor.block_on(yield_now());
    assert_eq!(hear.recv(), Ok("the next"));
}

/// What nobody has heard, and what was heard and hasn't been called.
#[test]
fn functions_that_were_not_called_are_dropped_with_the_executor_whatever_they_do() {
    struct Bomb(Arc<AtomicUsize>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new("a bomb is dropped"));
        }
    }
    let (executor, dropped) = (virtual_executor(), Arc::new(AtomicUsize::new(0)));
    let courier = executor.courier();
    let send = || {
        let bomb = Bomb(Arc::clone(&dropped));
        courier.send(move || forget(bomb)).unwrap();
    };
    (0..3).for_each(|_| send());
    drop(executor.spawn(async {})); // Has those heard.
    (0..3).for_each(|_| send());
    drop(executor);
    assert_eq!(dropped.load(Ordering::Relaxed), 6);
}

#[test]
fn a_function_comes_back_from_an_executor_that_is_gone() {
    let executor = virtual_executor();
    let courier = executor.courier();
    drop(executor);
    let undelivered = courier.send(|| ()).unwrap_err();
    assert!(undelivered.to_string().contains("the executor is gone"));
    (undelivered.0)();
}

// Wakes by the executor's own thread ------------------------------------------------------

/// A task that waits for a gate, and says so when it goes on; it has begun to wait.
fn waiting_for(gate: &Gate, executor: &Executor, trace: &Trace) -> executor::Task<()> {
    let (gate, trace) = (gate.clone(), trace.clone());
    let task = executor.spawn(async move {
        gate.wait().await;
        trace.push("woken");
    });
    run_until_stalled(executor);
    task
}

fn says(trace: &Trace, what: &'static str) -> impl Future<Output = ()> + use<> {
    let trace = trace.clone();
    async move { trace.push(what) }
}

/// F1
#[test]
fn what_is_woken_between_two_runs_comes_before_what_is_spawned_and_run_then() {
    let (executor, trace, gate) = (virtual_executor(), Trace::new(), Gate::new());
    let _task = waiting_for(&gate, &executor, &trace);
    gate.open();
    drop(executor.spawn(says(&trace, "spawned")));
    executor.block_on(says(&trace, "main"));
    trace.assert(&["woken", "spawned", "main"]);
}

#[test]
fn a_wake_between_two_runs_keeps_its_place_before_a_cancellation() {
    let (executor, trace, gate) = (virtual_executor(), Trace::new(), Gate::new());
    let _task = waiting_for(&gate, &executor, &trace);
    let dropped = Counting::forever().on_drop({
        let trace = trace.clone();
        move || trace.push("dropped")
    });
    let other = executor.spawn(dropped);
    run_until_stalled(&executor);
    gate.open();
    other.cancel();
    run_until_stalled(&executor);
    trace.assert(&["woken", "dropped"]);
}

#[test]
fn a_wake_between_two_runs_keeps_its_place_before_a_callback() {
    let (executor, trace, gate) = (virtual_executor(), Trace::new(), Gate::new());
    let _task = waiting_for(&gate, &executor, &trace);
    let ended = executor.spawn(async {});
    run_until_stalled(&executor);
    gate.open();
    ended.on_done({
        let trace = trace.clone();
        move || trace.push("told")
    });
    run_until_stalled(&executor);
    trace.assert(&["woken", "told"]);
}

/// Of an executor within which another runs, the tasks that the other wakes.
#[test]
fn what_is_woken_within_another_executor_comes_before_what_is_spawned_after_it() {
    let (outer, trace, gate) = (virtual_executor(), Trace::new(), Gate::new());
    let _task = waiting_for(&gate, &outer, &trace);
    let spawned = says(&trace, "spawned");
    outer.block_on(async {
        virtual_executor().block_on(async { gate.open() });
        spawn(spawned).await.unwrap();
    });
    trace.assert(&["woken", "spawned"]);
}

/// Makes something wait for a task that has ended already.
type ComesLate = fn(&Watch, Task<()>);

/// The ways in which that is done, to a watch of the task or without one.
const COMING_LATE: [ComesLate; 4] = [
    |watch, ended| watch.add(&ended, 1),
    |watch, _| watch.count(1),
    |watch, ended| watch.reference().unwrap().add(&ended, 1),
    |_, ended| ended.on_done(|| ()),
];

/// A watcher that says when it is asked, and never has enough.
struct Asked(Trace);

impl Watcher for Asked {
    fn ended(&self, child: u32) -> bool {
        self.0.push(format!("asked about {child}"));
        false
    }
}

/// An executor with a task that has ended, and a watch of it whose first notice was given.
fn watch_of_ended(executor: &Executor, trace: &Trace) -> (Watch, Task<()>) {
    let (ended, watch) = (executor.spawn(async {}), Watch::new(Rc::new(Asked(trace.clone()))));
    run_until_stalled(executor);
    watch.add(&ended, 0);
    run_until_stalled(executor);
    (watch, ended)
}

/// The notice that makes up for the end stands behind the task that was woken before.
#[test]
fn what_is_woken_between_two_runs_comes_before_what_waits_then_for_a_task_that_has_ended() {
    for comes_late in &COMING_LATE[..3] {
        let (executor, trace, gate) = (virtual_executor(), Trace::new(), Gate::new());
        let _task = waiting_for(&gate, &executor, &trace);
        let (watch, ended) = watch_of_ended(&executor, &trace);
        gate.open();
        comes_late(&watch, ended);
        run_until_stalled(&executor);
        trace.assert(&["asked about 0", "woken", "asked about 1"]);
    }
}

/// The task would have gone on anyway, so it isn't its wait that was cancelled.
#[test]
fn a_task_that_was_woken_goes_on_if_its_cancellation_is_taken_back_before_the_next_run() {
    let (executor, trace, gate) = (virtual_executor(), Trace::new(), Gate::new());
    let task = waiting_for(&gate, &executor, &trace);
    gate.open();
    task.cancel();
    assert_eq!(task.reference().uncancel(), 0);
    executor.block_on(async { task.await.unwrap() });
    trace.assert(&["woken"]);
}

/// A waker that stays on its thread does the same as others.
#[test]
fn a_local_waker_wakes_in_its_order_and_tells_of_it() {
    let told = Arc::new(AtomicUsize::new(0));
    let tell = {
        let told = Arc::clone(&told);
        move || _ = told.fetch_add(1, Ordering::Relaxed)
    };
    let executor = Executor::builder().clock(Clock::Virtual).on_wake(tell).build();
    let (trace, kept) = (Trace::new(), Rc::new(RefCell::new(Vec::new())));
    let waiting = {
        let (trace, kept) = (trace.clone(), Rc::clone(&kept));
        poll_fn::<(), _>(move |cx| {
            trace.push("polled");
            kept.borrow_mut().extend([LocalWaker::of(cx), LocalWaker::of(cx)]);
            Poll::Pending
        })
    };
    drop(executor.spawn(waiting));
    run_until_stalled(&executor);
    for waker in kept.take() {
        waker.wake();
        assert_eq!(told.load(Ordering::Relaxed), 1, "by the first of them");
    }
    drop(executor.spawn(says(&trace, "spawned")));
    run_until_stalled(&executor);
    executor.block_on(async { kept.take().into_iter().for_each(LocalWaker::wake) });
    assert_eq!(told.load(Ordering::Relaxed), 1);
    trace.assert(&["polled", "polled", "spawned", "polled"]);
    drop(executor);
    kept.take().into_iter().for_each(LocalWaker::wake);
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

/// Somebody between the task and the future, who has wakers of his own.
#[test]
fn a_local_waker_wakes_whoever_polls() {
    virtual_executor().block_on(async {
        let kept = Rc::new(RefCell::new(Vec::new()));
        let keep = Rc::clone(&kept);
        let waiting = poll_fn(move |cx| {
            keep.borrow_mut().push(LocalWaker::of(cx));
            ready_if(keep.borrow().len() == 2)
        });
        let task = spawn(async { FuturesUnordered::from_iter([waiting]).next().await });
        yield_now().await;
        kept.borrow_mut().pop().into_iter().for_each(LocalWaker::wake);
        kept.borrow_mut().push(LocalWaker::of(&Context::from_waker(Waker::noop())));
        assert_eq!(task.await.unwrap(), Some(()));
    });
}

/// Who wakes a task and then lets the time go on is heard before the time goes on. The thread
/// does so at another moment of the loop in each round.
#[test]
fn time_that_goes_on_after_a_wake_does_not_jump_before_it() {
    let (work, works) = mpsc::channel::<(Signal, FrozenTime, u32)>();
    let thread = thread::spawn(move || {
        for (signal, frozen, pause) in works {
            (0..pause).for_each(|_| hint::spin_loop());
            signal.raise();
            drop(frozen);
        }
    });
    virtual_executor().block_on(async move {
        let (start, _limit) = (now(), spawn(sleep(HOUR)));
        for round in 0..40_000 {
            let noise = spawn(async move {
                for _ in 0..round % 61 {
                    yield_now().await;
                }
            });
            let signal = Signal::default();
            work.send((signal.clone(), freeze_time(), round % 67)).unwrap();
            signal.lowered().await;
            assert_eq!(now(), start, "in round {round}");
            noise.cancel();
        }
    });
    thread.join().unwrap();
}

// A loop of one's own --------------------------------------------------------------

/// An executor, how often it was told of wakes, and the waker of a task that waits.
fn told_of_wakes() -> (Executor, Arc<AtomicUsize>, Waker) {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let tell = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let executor = Executor::builder().clock(Clock::Virtual).on_wake(tell).build();
    let kept = Rc::new(RefCell::new(None));
    let keep = Rc::clone(&kept);
    let waiting = poll_fn::<(), _>(move |cx| {
        keep.replace(Some(cx.waker().clone()));
        Poll::Pending
    });
    drop(executor.spawn(waiting));
    run_until_stalled(&executor);
    let waker = kept.take().unwrap();
    (executor, told, waker)
}

#[test]
fn a_loop_of_ones_own_is_told_of_wakes_once_until_it_has_heard_them() {
    let (executor, told, waker) = told_of_wakes();
    for round in 1..4 {
        let wakers: Vec<_> = (0..8).map(|_| waker.clone()).collect();
        let threads: Vec<_> =
            wakers.into_iter().map(|waker| thread::spawn(move || waker.wake())).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(told.load(Ordering::Relaxed), round);
        run_until_stalled(&executor);
    }
}

/// A notice of that is work for the next turn.
#[test]
fn a_loop_of_ones_own_is_told_of_what_waits_for_a_task_that_has_ended() {
    for comes_late in COMING_LATE {
        let (executor, told, _waker) = told_of_wakes();
        let (watch, ended) = watch_of_ended(&executor, &Trace::new());
        let before = told.load(Ordering::Relaxed);
        comes_late(&watch, ended);
        assert_eq!(told.load(Ordering::Relaxed), before + 1);
        assert_eq!(executor.turn(), Next::Woken);
    }
}

/// A cancellation wakes the task too, be it one of the task or of a scope in it.
#[test]
fn a_loop_of_ones_own_is_told_of_what_is_cancelled_from_outside() {
    let (executor, told, _waker) = told_of_wakes();
    let scope = Scope::default();
    let task = executor.spawn(pending::<()>());
    let caught = executor.spawn(scope.catch(pending::<()>()));
    run_until_stalled(&executor);
    task.cancel();
    assert_eq!(told.load(Ordering::Relaxed), 1);
    task.cancel();
    assert_eq!(told.load(Ordering::Relaxed), 1, "it is queued already");
    virtual_executor().block_on(async { scope.cancel() });
    assert_eq!(told.load(Ordering::Relaxed), 2);
    run_until_stalled(&executor);
    assert!(task.is_finished() && caught.is_finished());
    let within = executor.spawn(pending::<()>());
    executor.block_on(async { within.cancel() });
    assert_eq!(told.load(Ordering::Relaxed), 2, "by a task of its own");
}

/// So is one by which a task sees the request that it had passed on to a wait, as somebody
/// drops that.
#[test]
fn a_loop_of_ones_own_is_told_of_a_wait_that_is_given_up_from_outside() {
    let (executor, told, _waker) = told_of_wakes();
    for in_scope in [false, true] {
        let swallows = async {
            is_caught(pending::<()>()).await;
            pending::<()>().await;
        };
        let join = executor.spawn(swallows).shared().into_future();
        let wait =
            async move { if in_scope { is_caught(join).await } else { join.await.is_err() } };
        let shelf = Rc::new(RefCell::new(Some(Box::pin(wait))));
        let on_shelf = Rc::clone(&shelf);
        let task = executor.spawn(poll_fn(move |cx| match &mut *on_shelf.borrow_mut() {
            Some(wait) => wait.as_mut().poll(cx),
            None => Poll::Pending,
        }));
        run_until_stalled(&executor);
        task.cancel();
        run_until_stalled(&executor);
        let before = told.load(Ordering::Relaxed);
        drop(shelf.take());
        assert_eq!(told.load(Ordering::Relaxed), before + 1);
        run_until_stalled(&executor);
        assert!(is_cancelled(&task));
    }
}

/// A wake by its own thread, between two turns, is from elsewhere too.
#[test]
fn a_loop_of_ones_own_is_told_of_what_it_wakes_itself() {
    let (executor, told, waker) = told_of_wakes();
    waker.wake_by_ref();
    assert_eq!(told.load(Ordering::Relaxed), 1);
    run_until_stalled(&executor);
    executor.block_on(async { waker.wake_by_ref() });
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

#[test]
fn a_loop_of_ones_own_is_told_of_functions_that_come() {
    let (executor, told, _waker) = told_of_wakes();
    let courier = executor.courier();
    thread::spawn(move || courier.send(|| ()).unwrap()).join().unwrap();
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

#[test]
fn nobody_is_told_of_wakes_of_an_executor_that_is_gone() {
    let (executor, told, waker) = told_of_wakes();
    drop(executor);
    waker.wake();
    assert_eq!(told.load(Ordering::Relaxed), 0);
}
