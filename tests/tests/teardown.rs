//! The end of an executor: every future is dropped, whatever destructors do.

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use executor::{
    Executor, JoinError, Task, Watch, Watcher, current_task, now, sleep, spawn, yield_now,
};
use wheelhouse_tests::{
    Counting, Counts, Output, Trace, panic_of, run_until_stalled, virtual_executor,
};

/// An executor with a task that waits for ever and does `act` when dropped.
fn with_destructor(act: impl FnOnce() + 'static) -> Executor {
    let executor = virtual_executor();
    let _task = executor.spawn(Counting::forever().on_drop(act));
    run_until_stalled(&executor);
    executor
}

fn spawn_forever(executor: &Executor) -> (Task<Output>, Counts) {
    let future = Counting::forever();
    let counts = future.counts();
    (executor.spawn(future), counts)
}

fn is_cancelled<T: 'static>(task: &Task<T>) -> bool {
    task.peek(|outcome| outcome.as_ref().is_err_and(JoinError::is_cancelled)) == Some(true)
}

/// Polls a future with a waker that isn't the executor's.
fn poll_under<F: Future + Unpin>(waker: &Waker, future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

// Every future, once ---------------------------------------------------------

#[test]
fn dropping_an_executor_drops_every_future_once() {
    let executor = virtual_executor();
    let polled = [0; 100].map(|_| spawn_forever(&executor));
    run_until_stalled(&executor);
    let unpolled = [0; 100].map(|_| spawn_forever(&executor));
    drop(executor);
    for (task, counts) in polled {
        counts.assert(1, 1, 0);
        assert!(is_cancelled(&task));
    }
    for (task, counts) in unpolled {
        counts.assert(0, 1, 0);
        assert!(is_cancelled(&task));
    }
}

/// The order of the slots, which new tasks take one after another; those of tasks
/// that have gone are used again.
#[test]
fn futures_are_dropped_in_the_order_of_their_slots() {
    let trace = Trace::new();
    let executor = virtual_executor();
    for name in ["first", "second", "third"] {
        let log = trace.clone();
        let _task = executor.spawn(Counting::forever().on_drop(move || log.push(name)));
    }
    drop(executor);
    trace.assert(&["first", "second", "third"]);
}

#[test]
fn handles_that_outlive_the_executor_read_cancelled() {
    let (task, reference) = {
        let executor = virtual_executor();
        let task = executor.spawn(pending::<()>()).named("orphan");
        let reference = task.reference();
        (task, reference)
    };
    assert!(task.is_finished() && reference.is_finished());
    assert!(!task.cancel() && !reference.cancel());
    assert_eq!(reference.name(), "orphan");
    assert_eq!(task.outcome().unwrap().unwrap_err().task_name(), "orphan");
}

#[test]
fn an_outcome_outlives_the_executor_and_is_dropped_with_its_handle() {
    let executor = virtual_executor();
    let future = Counting::ready();
    let counts = future.counts();
    let task = executor.spawn(future);
    run_until_stalled(&executor);
    drop(executor);
    counts.assert(1, 1, 0);
    drop(task);
    counts.assert(1, 1, 1);
}

#[test]
fn a_task_may_own_its_own_handle() {
    let executor = virtual_executor();
    let (own, counts) = spawn_forever(&executor);
    let shelf = Rc::new(RefCell::new(None));
    let holder = Rc::clone(&shelf);
    let task = executor.spawn(async move {
        let _kept = (holder, own);
        pending::<()>().await;
    });
    shelf.replace(Some(task));
    let alive = Rc::downgrade(&shelf);
    drop(shelf);
    run_until_stalled(&executor);
    drop(executor);
    counts.assert(1, 1, 0);
    assert!(alive.upgrade().is_none());
}

#[test]
fn the_future_of_block_on_is_dropped_while_the_executor_runs() {
    let executor = virtual_executor();
    let task = executor.spawn(async { 7 });
    let shelf = Rc::new(RefCell::new(None));
    let on_drop = Rc::clone(&shelf);
    let main = Counting::ready().on_drop(move || {
        on_drop.replace(Some(spawn(async { 8 })));
    });
    drop(executor.block_on(main));
    run_until_stalled(&executor);
    assert_eq!(task.outcome().unwrap().unwrap(), 7);
    assert_eq!(shelf.take().unwrap().outcome().unwrap().unwrap(), 8);
}

// Busy destructors -----------------------------------------------------------

#[test]
fn what_a_destructor_spawns_is_cancelled_at_birth() {
    let shelf = Rc::new(RefCell::new(None));
    let on_drop = Rc::clone(&shelf);
    let child = Counting::ready();
    let counts = child.counts();
    drop(with_destructor(move || {
        on_drop.replace(Some(spawn(child)));
    }));
    counts.assert(0, 1, 0);
    assert!(is_cancelled(shelf.borrow().as_ref().unwrap()));
}

#[test]
fn a_destructor_may_spawn_a_task_whose_destructor_spawns() {
    let grandchild = Counting::ready();
    let counts = grandchild.counts();
    drop(with_destructor(move || {
        drop(spawn(Counting::ready().on_drop(move || drop(spawn(grandchild)))));
    }));
    counts.assert(0, 1, 0);
}

#[test]
fn many_spawns_in_a_destructor_are_all_cancelled() {
    let children = [0; 50].map(|_| Counting::ready());
    let counts = children.each_ref().map(Counting::counts);
    drop(with_destructor(move || {
        let _kept_till_the_end = children.map(spawn);
    }));
    for counts in counts {
        counts.assert(0, 1, 0);
    }
}

#[test]
fn a_destructor_may_wake_its_own_task_and_others() {
    let executor = virtual_executor();
    let futures = [0; 3].map(|_| Counting::forever().keeping_waker());
    let counts = futures.each_ref().map(Counting::counts);
    for future in futures {
        let wakes = counts.clone();
        let _task = executor.spawn(future.on_drop(move || {
            for counts in wakes {
                counts.waker().wake();
            }
        }));
    }
    run_until_stalled(&executor);
    drop(executor);
    for counts in counts {
        counts.assert(1, 1, 0);
    }
}

#[test]
fn a_destructor_may_cancel_tasks_before_and_behind_it() {
    let executor = virtual_executor();
    let (before, before_counts) = spawn_forever(&executor);
    let shelf = Rc::new(RefCell::new(Vec::new()));
    let on_drop = Rc::clone(&shelf);
    let cancelling = Counting::forever().on_drop(move || {
        let answers: Vec<bool> = on_drop.borrow().iter().map(Task::cancel).collect();
        assert_eq!(answers, [false, true]);
    });
    let _task = executor.spawn(cancelling);
    let (behind, behind_counts) = spawn_forever(&executor);
    shelf.borrow_mut().extend([before, behind]);
    run_until_stalled(&executor);
    drop(executor);
    before_counts.assert(1, 1, 0);
    behind_counts.assert(1, 1, 0);
    assert!(shelf.borrow().iter().all(is_cancelled));
}

#[test]
fn a_destructor_may_drop_other_handles_and_give_up_awaits() {
    let executor = virtual_executor();
    let (held, held_counts) = spawn_forever(&executor);
    let (awaited, awaited_counts) = spawn_forever(&executor);
    let mut join = awaited.into_future();
    let _task = executor.spawn(async move {
        let _held = held;
        (&mut join).await.unwrap();
    });
    run_until_stalled(&executor);
    drop(executor);
    held_counts.assert(1, 1, 0);
    awaited_counts.assert(1, 1, 0);
}

#[test]
fn a_destructor_may_begin_a_sleep() {
    drop(with_destructor(|| {
        let _time = now();
        let mut nap = sleep(Duration::from_secs(1));
        assert!(poll_under(Waker::noop(), &mut nap).is_pending());
    }));
}

#[test]
fn a_sleep_that_outlives_its_executor_can_be_dropped() {
    let shelf = Rc::new(RefCell::new(None));
    let on_drop = Rc::clone(&shelf);
    drop(with_destructor(move || {
        let mut nap = sleep(Duration::from_secs(1));
        assert!(poll_under(Waker::noop(), &mut nap).is_pending());
        on_drop.replace(Some(nap));
    }));
    drop(shelf.take());
}

/// Also invariant I5.
#[test]
fn a_sleep_that_outlives_its_executor_is_not_over_before_its_time() {
    let executor = virtual_executor();
    let mut nap = sleep(Duration::from_hours(1));
    executor.block_on(async { assert!(poll_under(Waker::noop(), &mut nap).is_pending()) });
    drop(executor);
    let poll = catch_unwind(AssertUnwindSafe(|| poll_under(Waker::noop(), &mut nap)));
    assert!(!matches!(poll, Ok(Poll::Ready(()))), "it may panic, or wait for ever");
}

#[test]
fn a_destructor_runs_in_no_task() {
    let trace = Trace::new();
    let log = trace.clone();
    drop(with_destructor(move || log.push(format!("{}", current_task().is_none()))));
    trace.assert(&["true"]);
}

#[test]
fn a_destructor_may_run_another_executor() {
    let trace = Trace::new();
    let log = trace.clone();
    drop(with_destructor(move || {
        let value = virtual_executor().block_on(async { spawn(async { 7 }).await.unwrap() });
        log.push(value.to_string());
        assert!(is_cancelled(&spawn(async {})), "spawned on the closed one again");
    }));
    trace.assert(&["7"]);
}

#[test]
fn a_destructor_may_wait_for_a_thread_that_wakes_its_task() {
    let future = Counting::forever().keeping_waker();
    let counts = future.counts();
    let shared = counts.clone();
    let executor = virtual_executor();
    let _task = executor.spawn(future.on_drop(move || {
        let waker = shared.waker();
        thread::spawn(move || waker.wake()).join().unwrap();
    }));
    run_until_stalled(&executor);
    drop(executor);
    counts.assert(1, 1, 0);
}

// Panics ---------------------------------------------------------------------

#[test]
fn the_first_panic_goes_on_after_all_futures_were_dropped() {
    let executor = virtual_executor();
    let (_, before) = spawn_forever(&executor);
    for number in 1..=3 {
        let panics = Counting::forever().on_drop(move || panic!("panic {number}"));
        let _task = executor.spawn(panics);
    }
    let (_, behind) = spawn_forever(&executor);
    assert_eq!(panic_of(|| drop(executor)), "panic 1");
    before.assert(0, 1, 0);
    behind.assert(0, 1, 0);
}

#[test]
fn a_task_whose_destructor_panics_at_the_end_reads_cancelled() {
    let executor = virtual_executor();
    let task = executor.spawn(Counting::forever().on_drop(|| panic!("in the destructor")));
    panic_of(|| drop(executor));
    assert!(is_cancelled(&task));
}

#[test]
fn an_executor_dropped_by_a_panic_does_not_abort() {
    let future = Counting::forever();
    let counts = future.counts();
    let message = panic_of(move || {
        let executor = virtual_executor();
        let _task = executor.spawn(future.on_drop(|| panic!("second")));
        run_until_stalled(&executor);
        panic!("first");
    });
    assert_eq!(message, "first");
    counts.assert(1, 1, 0);
}

#[test]
fn a_panic_of_block_ons_future_leaves_executor_and_tasks_alive() {
    let executor = virtual_executor();
    let future = Counting::yielding(5);
    let counts = future.counts();
    let task = executor.spawn(future);
    let message = panic_of(|| {
        executor.block_on(async {
            yield_now().await;
            panic!("main");
        })
    });
    assert_eq!(message, "main");
    assert_eq!(counts.future_drops(), 0);
    drop(executor.block_on(task).unwrap());
    counts.assert(6, 1, 1);
}

#[test]
fn a_panic_in_the_destructor_of_block_ons_future_leaves_the_executor_usable() {
    let executor = virtual_executor();
    let main = Counting::ready().on_drop(|| panic!("in the destructor"));
    let counts = main.counts();
    assert_eq!(panic_of(|| executor.block_on(main)), "in the destructor");
    assert_eq!((counts.polls(), counts.future_drops()), (1, 1));
    assert_eq!(executor.block_on(async { spawn(async { 7 }).await.unwrap() }), 7);
}

/// A waker that panics when it is woken and counts its drops.
struct Explosive(Arc<AtomicUsize>);

impl Wake for Explosive {
    fn wake(self: Arc<Self>) {
        panic!("in a waker");
    }
}

impl Drop for Explosive {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn explosive() -> (Waker, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (Waker::from(Arc::new(Explosive(Arc::clone(&drops)))), drops)
}

#[test]
fn a_foreign_waker_that_panics_in_a_timer_is_nothing_to_the_executor() {
    let (waker, drops) = explosive();
    virtual_executor().block_on(async {
        let mut nap = sleep(Duration::from_millis(1));
        assert!(poll_under(&waker, &mut nap).is_pending());
        drop(waker);
        sleep(Duration::from_millis(2)).await;
    });
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn a_foreign_waker_that_panics_at_a_tasks_end_is_nothing_to_the_executor() {
    let (waker, drops) = explosive();
    virtual_executor().block_on(async {
        let mut join = spawn(yield_now()).into_future();
        assert!(poll_under(&waker, &mut join).is_pending());
        drop(waker);
        for _ in 0..3 {
            yield_now().await;
        }
        join.await.unwrap();
    });
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn foreign_wakers_in_timers_and_slots_are_dropped_with_the_executor() {
    let (waker, drops) = explosive();
    let executor = virtual_executor();
    let (mut task, nap) = executor.block_on(async {
        let mut task = spawn(pending::<()>());
        assert!(poll_under(&waker, &mut &mut task).is_pending());
        let mut nap = sleep(Duration::from_secs(1));
        assert!(poll_under(&waker, &mut nap).is_pending());
        (task, nap)
    });
    drop(waker);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(executor);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert!(task.take_outcome().unwrap().is_err());
    drop(nap);
}

/// Drops the watch that it watches for as soon as it is asked; its destructor
/// panics.
struct Leaving(RefCell<Option<Watch>>);

impl Watcher for Leaving {
    fn ended(&self, _child: u32) -> bool {
        drop(self.0.take());
        true
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        panic!("in the watcher's destructor");
    }
}

/// Also invariant I7.
#[test]
fn a_watcher_that_panics_in_its_destructor_is_nothing_to_the_executor() {
    let executor = virtual_executor();
    let child = executor.spawn(async {});
    let watcher = Rc::new(Leaving(RefCell::default()));
    let watch = Watch::new(Rc::clone(&watcher) as Rc<dyn Watcher>);
    watch.add(&child, 0);
    watcher.0.replace(Some(watch));
    drop(watcher);
    let _ = executor.turn(); // The child ends, and a notice is queued.
    let other = executor.spawn(async { 7 });
    let _ = catch_unwind(AssertUnwindSafe(|| executor.turn()));
    run_until_stalled(&executor);
    assert_eq!(other.outcome().expect("it isn't forgotten").unwrap(), 7);
}

// Several executors ----------------------------------------------------------

#[test]
fn an_executor_inside_another_ones_task_is_the_current_one_while_it_runs() {
    let trace = Trace::new();
    let log = trace.clone();
    let outer = virtual_executor();
    outer.block_on(async {
        sleep(Duration::from_secs(10)).await;
        let start = now();
        let inner = virtual_executor();
        inner.block_on(async {
            sleep(Duration::from_secs(1)).await;
            spawn(async move { log.push("inner") }).await.unwrap();
        });
        assert_eq!(now(), start, "the outer clock again");
        let log = trace.clone();
        spawn(async move { log.push("outer") }).await.unwrap();
    });
    trace.assert(&["inner", "outer"]);
}

#[test]
fn a_wake_inside_an_inner_executor_reaches_the_outer_task() {
    let outer = virtual_executor();
    let future = Counting::forever().keeping_waker();
    let counts = future.counts();
    let _task = outer.spawn(future);
    outer.block_on(async {
        yield_now().await;
        virtual_executor().block_on(async { counts.waker().wake() });
        for _ in 0..3 {
            yield_now().await;
        }
    });
    assert_eq!(counts.polls(), 2);
}

#[test]
fn an_executor_dropped_inside_another_ones_task_leaves_that_current() {
    let trace = Trace::new();
    let log = trace.clone();
    let inner = with_destructor(move || {
        assert!(is_cancelled(&spawn(async {})), "the inner one is current");
        log.push("inner destructor");
    });
    virtual_executor().block_on(async {
        drop(inner);
        assert_eq!(spawn(async { 7 }).await.unwrap(), 7);
    });
    trace.assert(&["inner destructor"]);
}

#[test]
fn a_task_that_owns_an_executor_drops_it_with_its_future() {
    let inner = virtual_executor();
    let (_task, counts) = spawn_forever(&inner);
    run_until_stalled(&inner);
    let outer = virtual_executor();
    let _owner = outer.spawn(async move {
        let _owned = inner;
        pending::<()>().await;
    });
    run_until_stalled(&outer);
    counts.assert(1, 0, 0);
    drop(outer);
    counts.assert(1, 1, 0);
}

#[test]
fn a_panic_through_an_inner_executor_is_the_outer_tasks_outcome() {
    let outer = virtual_executor();
    let task = outer.spawn(async {
        virtual_executor().block_on(async { panic!("inner main") });
    });
    run_until_stalled(&outer);
    let error = task.outcome().unwrap().unwrap_err();
    assert_eq!(error.panic_message(), Some("inner main"));
    let caught = catch_unwind(AssertUnwindSafe(|| outer.block_on(async { 7 })));
    assert_eq!(caught.unwrap(), 7);
}

// The thread's end -----------------------------------------------------------

thread_local! {
    static EXECUTOR: Executor = Executor::new();
}

/// Set for the process that the next test runs of itself.
const CHILD: &str = "WHEELHOUSE_TESTS_CHILD";

/// In a process of its own, since a panic at that point would abort it.
#[test]
fn an_executor_in_a_thread_local_is_dropped_at_the_threads_end() {
    let name = "an_executor_in_a_thread_local_is_dropped_at_the_threads_end";
    if std::env::var_os(CHILD).is_some() {
        return thread::spawn(use_the_executor_of_this_thread).join().unwrap();
    }
    let mut itself = Command::new(std::env::current_exe().unwrap());
    let output = itself.args(["--exact", name]).env(CHILD, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn use_the_executor_of_this_thread() {
    EXECUTOR.with(|executor| {
        drop(executor.spawn(pending::<()>()));
        executor.block_on(yield_now());
    });
}
