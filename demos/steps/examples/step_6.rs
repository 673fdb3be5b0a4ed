//! Step 6: handles.
//!
//! # Question
//!
//! Whose is a task? Who gets what it returns, who learns that it has panicked, who can end
//! it?
//!
//! # Answer
//!
//! Whoever has its handle. `spawn` returns one. `join` waits for the task's end, and gives its
//! value, or says that it has panicked or was cancelled. To drop the handle is to let the task
//! run on by itself.
//!
//! - The *outcome* stands in a place that the task and its handle share, along with the waker
//!   of who waits for it.
//! - A *panic* is caught around the poll, so it ends the task, and nothing else. That of a
//!   destructor isn't: see the exercises.
//! - To *cancel* a task is to take it out of the table, and to drop it, so that its destructors
//!   run. Then it has ended as cancelled. A task can't cancel itself in this way: it is out of
//!   the table while it is polled, so nothing happens.
//! - When a task has ended its *slot* in the table is used again. But somebody may still have
//!   its waker. So each slot has a *generation*, a number that counts its tenants, and a task
//!   is named by its slot and its generation. A wake with a stale name does nothing.
//!
//! # What if not?
//!
//! What happens to a wake with a stale name if there are no generations? It wakes the slot's
//! next tenant. The program shows it, for it also runs this file without the `+ 1` in `spawn`.
//!
//! # Fault
//!
//! To wait for many tasks, [`wait_by_joining`](steps::lesson::wait_by_joining) polls all of them
//! whenever one has ended. So to wait for tasks that end one after the other takes a hundred
//! times as many polls if there are ten times as many tasks. The program shows it; step 7 cures
//! it.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `scoped`: If a handle is dropped its task runs on. Change `Scoped` so that it cancels
//!    its task when it is dropped, which ends a task along with whoever has spawned it.
//!    `detach` has to go on working: it returns the handle, and lets the task run on.
//! 2. `is_finished`: `is_finished` should only look, but it takes the outcome away. And once
//!    somebody has taken the outcome it says that the task hasn't ended. Fix both.
//! 3. `destructor`: A panic in a poll ends the task, and nothing else. But when the future is
//!    dropped its destructors run, and if one of them panics `step` does so, too, and takes
//!    the executor along. Catch that panic: it becomes the task's outcome, unless the poll has
//!    panicked before, for the first panic counts.

use std::cell::{Cell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use steps::meter;

/// A task: a future that puts its output somewhere itself.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

// The executor that runs on this thread.
thread_local! { static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) }; }

/// The name of a task: its slot, and the number of the tenant that it is there.
#[derive(Clone, Copy)]
struct Id {
    slot: usize,
    generation: u32,
}

/// A waker that queues a task.
struct TaskWaker {
    task: Id,
    queued: AtomicBool,
    queue: Sender<Arc<TaskWaker>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        meter::count_wake();
        if !self.queued.swap(true, Ordering::SeqCst) {
            // An error says that the executor is gone: then there is nobody to wake.
            drop(self.queue.send(Arc::clone(&self)));
        }
    }
}

/// A timer: its deadline, and a number, by which those with the same deadline keep their order.
type Timer = (Instant, u64);

/// The time from which wheels count.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A timer wheel. Its times are in nanoseconds since `START`.
#[derive(Default)]
struct Timers {
    /// The time at which the last list has begun.
    now: u64,
    /// The lists, by the times at which they begin. In each a timer is found at once.
    lists: BTreeMap<u64, HashMap<Timer, Waker>>,
}

impl Timers {
    fn set(&mut self, timer: Timer, waker: Waker) {
        self.lists.entry(self.list_of(timer)).or_default().insert(timer, waker);
    }

    /// Returns the time at which a timer's list begins: its deadline, with zeros below the
    /// first digit in which it differs from now.
    fn list_of(&self, (deadline, _): Timer) -> u64 {
        let time = u64::try_from((deadline - *START).as_nanos()).unwrap_or(u64::MAX).max(self.now);
        // The `| 1` lets two equal times differ in the lowest digit.
        let digits_below = ((time ^ self.now) | 1).ilog2() / 6;
        time >> (6 * digits_below) << (6 * digits_below)
    }

    fn cancel(&mut self, timer: Timer) {
        let Entry::Occupied(mut list) = self.lists.entry(self.list_of(timer)) else { return };
        list.get_mut().remove(&timer);
        if list.get().is_empty() {
            list.remove();
        }
    }

    /// Returns how long it is until the next list begins.
    fn wait(&self) -> Duration {
        let first = self.lists.keys().next().map(|time| Duration::from_nanos(*time));
        first.map_or(Duration::MAX, |it| it.saturating_sub(START.elapsed()))
    }

    fn wake_due(&mut self) {
        let mut due = BTreeMap::new();
        while self.wait().is_zero() {
            let (time, mut list) = self.lists.pop_first().expect("a list has begun");
            self.now = time;
            let time = *START + Duration::from_nanos(time);
            due.extend(list.extract_if(|(deadline, _), _| *deadline <= time));
            for (timer, waker) in list {
                self.set(timer, waker); // It cascades.
            }
        }
        due.into_values().for_each(Waker::wake);
    }
}

/// The outcome of a task: its value, or the payload of its panic, or `Cancelled` as a payload.
pub type Outcome<T> = thread::Result<T>;

/// The payload in the outcome of a task that was cancelled.
pub struct Cancelled;

/// The place for a task's outcome, and the waker of who waits for it.
struct End<T> {
    outcome: Cell<Option<Outcome<T>>>,
    waiter: Cell<Option<Waker>>,
}

impl<T> End<T> {
    fn put(&self, outcome: Outcome<T>) {
        self.outcome.set(Some(outcome));
        self.waiter.take().into_iter().for_each(Waker::wake);
    }
}

/// A place in the table of tasks.
#[derive(Default)]
struct Slot {
    generation: u32,
    task: Option<Task>,
}

/// Runs tasks on one thread.
struct Executor {
    slots: RefCell<Vec<Slot>>,
    /// The slots whose tasks have ended.
    vacant: RefCell<Vec<usize>>,
    timers: Rc<RefCell<Timers>>,
    ready: Receiver<Arc<TaskWaker>>,
    queue: Sender<Arc<TaskWaker>>,
}

impl Executor {
    fn spawn(&self, task: Task) -> Id {
        let slots = &mut *self.slots.borrow_mut();
        let slot = self.vacant.borrow_mut().pop().unwrap_or(slots.len());
        // The table grows if no slot is vacant.
        slots.resize_with(slots.len().max(slot + 1), Slot::default);
        let generation = slots[slot].generation + 1;
        slots[slot] = Slot { generation, task: Some(task) };
        let (task, queue) = (Id { slot, generation }, self.queue.clone());
        Arc::new(TaskWaker { task, queued: AtomicBool::new(false), queue }).wake();
        task
    }

    /// Takes a task out of its slot, unless it has ended.
    fn take(&self, Id { slot, generation }: Id) -> Option<Task> {
        let mut slots = self.slots.borrow_mut();
        slots.get_mut(slot).filter(|it| it.generation == generation)?.task.take()
    }

    /// Waits until a task is ready, or a timer is due. Then polls each task that is ready
    /// now, once, and wakes those whose timers are due.
    fn turn(&self) {
        let wait = self.timers.borrow().wait();
        let first = self.ready.recv_timeout(wait).ok();
        let batch: Vec<_> = first.into_iter().chain(self.ready.try_iter()).collect();
        for waker in batch {
            self.step(waker);
        }
        self.timers.borrow_mut().wake_due();
    }

    fn step(&self, waker: Arc<TaskWaker>) {
        let id = waker.task;
        waker.queued.store(false, Ordering::SeqCst);
        // The task is out of the table while it is polled, as it may spawn others.
        let Some(mut task) = self.take(id) else { return };
        meter::count_poll();
        if task.as_mut().poll(&mut Context::from_waker(&waker.into())).is_pending() {
            self.slots.borrow_mut()[id.slot].task = Some(task);
        } else {
            self.vacant.borrow_mut().push(id.slot);
        }
    }
}

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    let ((queue, ready), (slots, vacant, timers)) = (channel(), Default::default());
    let executor = Rc::new(Executor { slots, vacant, timers, ready, queue });
    let outer = CURRENT.replace(Some(Rc::clone(&executor)));
    let main = spawn(main);
    // The task holds the other reference to its end, until it is dropped.
    while Rc::strong_count(&main.end) > 1 {
        executor.turn();
    }
    CURRENT.set(outer);
    main.end.outcome.take().expect("it has ended").unwrap_or_else(|panic| resume_unwind(panic))
}

fn current() -> Rc<Executor> {
    CURRENT.with_borrow(Option::clone).expect("this needs an executor that runs on this thread")
}

/// Spawns a task on the executor that runs on this thread.
pub fn spawn<F: Future<Output: 'static> + 'static>(future: F) -> Handle<F::Output> {
    let end = Rc::new(End { outcome: Cell::new(None), waiter: Cell::new(None) });
    let (ends, mut future) = (Rc::clone(&end), Box::pin(future));
    let task = poll_fn(move |cx| {
        // A panic is an outcome as well.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        let polled = polled.map_or_else(|panic| Poll::Ready(Err(panic)), |it| it.map(Ok));
        polled.map(|outcome| ends.put(outcome))
    });
    Handle { id: current().spawn(Box::pin(task)), end }
}

/// A task's handle. If it is dropped the task runs on.
pub struct Handle<T> {
    id: Id,
    end: Rc<End<T>>,
}

impl<T> Handle<T> {
    /// Drops the task's future, unless the task has ended, or is polled right now.
    pub fn cancel(&self) {
        // If its executor is gone so is the task, and another executor may use the same name.
        if Rc::strong_count(&self.end) > 1 && current().take(self.id).is_some() {
            current().vacant.borrow_mut().push(self.id.slot);
            self.end.put(Err(Box::new(Cancelled)));
        }
    }

    /// Waits for the task's outcome.
    pub async fn join(self) -> Outcome<T> {
        poll_fn(|cx| {
            self.end.waiter.set(Some(cx.waker().clone()));
            self.end.outcome.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Sleeps for a duration.
pub async fn sleep(duration: Duration) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let (deadline, number) = (Instant::now() + duration, NUMBER.fetch_add(1, Ordering::Relaxed));
    let guard = TimerGuard { timer: (deadline, number), timers: Rc::clone(&current().timers) };
    poll_fn(|cx| {
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        guard.timers.borrow_mut().set(guard.timer, cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Cancels a timer when its sleep ends or is given up.
struct TimerGuard {
    timer: Timer,
    timers: Rc<RefCell<Timers>>,
}

impl Drop for TimerGuard {
    fn drop(&mut self) {
        self.timers.borrow_mut().cancel(self.timer);
    }
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_6();
}
