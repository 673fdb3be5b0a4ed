//! Foreign code that does what it may: wakers, destructors and payloads that
//! strike back, polls that take their time. The executor goes on.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use combinators::wait;
use executor::{Executor, Sleep, Task, block_on, now, sleep, sleep_until, spawn, yield_now};
use wheelhouse_tests::{Counting, run_until_stalled, with_time_limit};

const LIMIT: Duration = Duration::from_secs(100);

thread_local! {
    /// What a strange waker has in reach.
    static HANDLE: RefCell<Option<Task<u32>>> = const { RefCell::new(None) };
    static SLEEP: RefCell<Option<Pin<Box<Sleep>>>> = const { RefCell::new(None) };
    static RAN: Cell<bool> = const { Cell::new(false) };
}

/// A waker that drops the handle of the task that wakes it.
struct DropsHandle;

impl Wake for DropsHandle {
    fn wake(self: Arc<Self>) {
        drop(HANDLE.take());
    }
}

/// A waker that does so, and spawns a task into the slot that got free.
struct Respawns;

impl Wake for Respawns {
    fn wake(self: Arc<Self>) {
        drop(HANDLE.take());
        drop(spawn(async { RAN.set(true) }));
    }
}

/// Has a waker of that kind wait for a task that ends at once.
fn wait_strangely(waker: impl Wake + Send + Sync + 'static) {
    HANDLE.set(Some(spawn(async { 1 })));
    HANDLE.with_borrow_mut(|handle| {
        let mut task = handle.as_mut().unwrap();
        let waker = Waker::from(Arc::new(waker));
        assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
    });
}

/// I3: the slot of the task is released once, so no two tasks share it.
#[test]
fn a_waker_may_drop_the_handle_of_the_task_that_wakes_it() {
    block_on(async {
        wait_strangely(DropsHandle);
        yield_now().await;
        let (first, second) = (spawn(async { 'a' }), spawn(async { 'b' }));
        assert_ne!(first.id(), second.id());
        assert_eq!((first.await.unwrap(), second.await.unwrap()), ('a', 'b'));
    });
}

/// I3: what the executor does about the old tenant isn't done to the new one.
#[test]
fn a_waker_may_respawn_into_the_slot_of_the_task_that_wakes_it() {
    block_on(async {
        wait_strangely(Respawns);
        yield_now().await;
        yield_now().await;
        assert!(RAN.get());
    });
}

/// A waker that takes a sleep out of the wheel when it is dropped.
struct DropsSleep(bool);

impl Wake for DropsSleep {
    fn wake(self: Arc<Self>) {}
}

impl Drop for DropsSleep {
    fn drop(&mut self) {
        if self.0 {
            drop(SLEEP.take());
        }
    }
}

/// Begins a sleep that a waker may drop.
fn lay_out_sleep() {
    let mut sleep = Box::pin(sleep(Duration::from_secs(9)));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    SLEEP.set(Some(sleep));
}

fn poll_with(waker: DropsSleep, sleep: Pin<&mut Sleep>) -> Poll<()> {
    sleep.poll(&mut Context::from_waker(&Waker::from(Arc::new(waker))))
}

/// I7: nothing is borrowed while a sleep drops the waker that it had.
#[test]
fn a_waker_that_is_replaced_may_drop_a_sleep() {
    block_on(async {
        lay_out_sleep();
        let mut nap = pin!(sleep(Duration::from_secs(1)));
        assert!(poll_with(DropsSleep(true), nap.as_mut()).is_pending());
        assert!(poll_with(DropsSleep(false), nap).is_pending());
        assert!(SLEEP.take().is_none());
    });
}

/// I7: nor while it drops the waker of a poll that is ready.
#[test]
fn a_waker_that_comes_too_late_may_drop_a_sleep() {
    block_on(async {
        let mut nap = pin!(sleep(Duration::from_nanos(1)));
        assert!(poll_with(DropsSleep(false), nap.as_mut()).is_pending());
        sleep(Duration::from_millis(1)).await;
        lay_out_sleep();
        assert!(poll_with(DropsSleep(true), nap).is_ready());
        assert!(SLEEP.take().is_none());
    });
}

/// A payload whose destructor panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a payload's destructor");
    }
}

/// A future whose destructor panics with a bomb.
fn throws_bomb() -> Counting {
    Counting::forever().on_drop(|| panic_any(Bomb))
}

/// The first bomb is rethrown; the others go off without harm.
#[test]
fn payloads_that_panic_do_not_stop_the_end_of_an_executor() {
    let executor = Executor::new();
    let futures: Vec<_> = (0..5).map(|_| throws_bomb()).collect();
    let counts: Vec<_> = futures.iter().map(Counting::counts).collect();
    for future in futures {
        drop(executor.spawn(future));
    }
    run_until_stalled(&executor);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(executor))).unwrap_err();
    for counts in counts {
        counts.assert(1, 1, 0);
    }
    std::mem::forget(panic);
}

/// Two panics at once would abort the process.
#[test]
fn a_payload_that_panics_does_no_harm_while_main_panics() {
    let panic = catch_unwind(|| {
        block_on(async {
            drop(spawn(throws_bomb()));
            yield_now().await;
            panic!("main");
        })
    });
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "main");
}

/// I3: a waker of one main future is nothing to the next.
#[test]
fn a_waker_of_a_former_main_future_wakes_nobody() {
    let executor = Executor::new();
    let former = executor.block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())));
    let mut polls = 0;
    let mut nap = pin!(sleep(Duration::from_millis(2)));
    executor.block_on(poll_fn(|cx| {
        polls += 1;
        former.wake_by_ref();
        nap.as_mut().poll(cx)
    }));
    assert_eq!(polls, 2);
}

/// Blocks the thread; counts how often.
async fn hog(rounds: Rc<Cell<u32>>) {
    loop {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(2) {}
        rounds.set(rounds.get() + 1);
        yield_now().await;
    }
}

/// I5: a busy loop looks the more often at the clock the longer its polls are.
/// By then it has learned from its first polls, after two of which it looks.
#[test]
fn long_polls_do_not_make_timers_late_by_many() {
    block_on(async {
        let rounds = Rc::new(Cell::new(0));
        drop(spawn(hog(Rc::clone(&rounds))));
        sleep(Duration::from_millis(1)).await;
        for _ in 0..5 {
            let before = rounds.get();
            sleep(Duration::from_millis(1)).await;
            let waited = rounds.get() - before;
            assert!(waited <= 8, "a sleep of 1 ms took {waited} polls of 2 ms");
        }
    });
}

/// Another thread's wake is heard in the next turn, however busy the loop is.
#[test]
fn long_polls_do_not_make_wakes_late_by_many() {
    block_on(async {
        let rounds = Rc::new(Cell::new(0));
        drop(spawn(hog(Rc::clone(&rounds))));
        let (sender, receiver) = channel::<Waker>();
        let (woken, has_woken) = channel();
        let waking = thread::spawn(move || {
            receiver.recv().unwrap().wake();
            woken.send(()).unwrap();
        });
        let mut at_wake = None;
        poll_fn(|cx| {
            match &at_wake {
                Some(_) => return Poll::Ready(()),
                None => sender.send(cx.waker().clone()).unwrap(),
            }
            has_woken.recv().unwrap();
            at_wake = Some(rounds.get());
            Poll::Pending
        })
        .await;
        waking.join().unwrap();
        assert!(rounds.get() - at_wake.unwrap() <= 2);
    });
}

/// A timer that is due when it is set doesn't wait for the slack.
#[test]
fn timers_that_are_due_fire_without_slack() {
    with_time_limit(LIMIT, || {
        let slack = Duration::from_hours(1);
        Executor::builder().slack(slack).build().block_on(async {
            for _ in 0..100 {
                sleep_until(now()).await;
            }
            let mut waited = wait([spawn(pending::<()>())]).timeout(Duration::ZERO).await;
            for _ in 0..100 {
                waited = wait(waited.pending).timeout(Duration::ZERO).await;
            }
            assert!(waited.done.is_empty());
        });
    });
}
