//! Step 7: one registration for each child.
//!
//! # Question
//!
//! How does a future wait for ten thousand tasks, at the price of one look at each?
//!
//! # Answer
//!
//! It doesn't poll them. The future that waits is the *parent*, and the tasks are its
//! *children*. It leaves with each child the same *group*, and the number that the child has
//! there. A child that ends tells its group, and the group counts: are all done, or was this
//! one enough? Only then is the parent woken, and so it is polled twice in all, once at the
//! beginning and once at the end.
//!
//! `wait` says by a function what is enough, such as a failure, and returns the numbers of
//! those that have ended. `gather` is a `wait` for all that takes the outcomes in order, and
//! `join` is a `gather` of one task.
//!
//! The program shows both ways for some numbers of tasks. Polled, each task costs more the
//! more there are: that is O(n * n). With registrations the number of polls for each stays
//! the same.
//!
//! # Fault
//!
//! Every task has a waker of its own, which is an allocation, though it needs one only if a
//! poll leaves a clone behind. Every wake goes through a channel that other threads could use,
//! though nearly all come from this thread. The program shows what a task takes, and a poll.
//! Step 8 cures this.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `wait_count`: `Group::new` is told how many ends are enough, and waits for all of them
//!    even so. Change the group so that `wait` is ready as soon as enough children have ended,
//!    or all if there are fewer. Wake the parent once, when that is so, and not for each
//!    child.
//! 2. `wait_timeout`: `wait` ignores its limit. Change it so that it is ready as soon as all
//!    children have ended or the limit is ready, whichever comes first, and then returns the
//!    children that have ended. After that the end of a child must not wake the parent any
//!    more.
//! 3. `as_completed`: `next` gives the children in the order of their numbers, so it waits for
//!    the first one even if all others have ended. Change the group so that it gives them in
//!    the order of their ends. None may get lost that ends while nobody waits, and after the
//!    last one `next` returns `None`.

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

/// The place for a task's outcome, and the group that counts it, with the task's number there.
struct End<T> {
    outcome: Cell<Option<Outcome<T>>>,
    group: Cell<Option<(Rc<Group<T>>, usize)>>,
}

impl<T> End<T> {
    fn put(&self, outcome: Outcome<T>) {
        if let Some((group, child)) = self.group.take() {
            group.count(child, &outcome);
        }
        self.outcome.set(Some(outcome));
    }
}

/// Tasks for which somebody waits: until enough have ended, or none is left.
struct Group<T> {
    is_enough: fn(&Outcome<T>) -> bool,
    left: Cell<usize>,
    ended: RefCell<Vec<usize>>,
    waiter: Cell<Option<Waker>>,
}

impl<T> Group<T> {
    fn count(&self, child: usize, outcome: &Outcome<T>) {
        self.ended.borrow_mut().push(child);
        self.left.update(|left| if (self.is_enough)(outcome) { 0 } else { left.saturating_sub(1) });
        if self.left.get() == 0 {
            self.waiter.take().into_iter().for_each(Waker::wake);
        }
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
    let end = Rc::new(End { outcome: Cell::new(None), group: Cell::new(None) });
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
        gather(vec![self]).await.remove(0)
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

/// Waits until enough tasks have ended, or all. Returns the numbers of those that have: first
/// those that had ended before, in the order of the handles, then others in the order of their
/// ends. A task tells only the group that was the last to wait for it.
pub async fn wait<T>(handles: &[Handle<T>], is_enough: fn(&Outcome<T>) -> bool) -> Vec<usize> {
    let (left, ended, waiter) = (Cell::new(handles.len()), RefCell::default(), Cell::default());
    let group = Rc::new(Group { is_enough, left, ended, waiter });
    for (child, Handle { end, .. }) in handles.iter().enumerate() {
        end.group.set(Some((Rc::clone(&group), child)));
        end.outcome.take().into_iter().for_each(|outcome| end.put(outcome)); // It has ended.
    }
    poll_fn(|cx| {
        group.waiter.set((group.left.get() > 0).then(|| cx.waker().clone()));
        if group.left.get() == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    group.ended.take()
}

/// Waits for all tasks, and returns their outcomes in the order of the handles.
pub async fn gather<T>(handles: Vec<Handle<T>>) -> Vec<Outcome<T>> {
    wait(&handles, |_| false).await;
    handles.iter().filter_map(|it| it.end.outcome.take()).collect()
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_7();
}
