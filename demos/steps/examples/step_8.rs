//! Step 8: wakers on loan, and an inbox.
//!
//! # Question
//!
//! Must each task have a waker of its own, and why must a wake that comes from this very thread
//! go through a channel?
//!
//! # Answer
//!
//! - A wake from the executor's own thread needs no channel. It puts the task into a queue
//!   that no other thread sees. Whether it comes from there, the waker finds out: its executor
//!   is the one that runs on this thread.
//! - All other wakes go through the *inbox*, a channel. A flag says that the wake is on its
//!   way, so a thread that wakes ten times sends once.
//! - A waker is only *lent* to a task, for one poll. If nobody has a clone of it after that,
//!   which the reference count tells, it is made out to the next task. If somebody has one, it
//!   stays as it is, to wake this task some time, and a new one is made for the next.
//!
//! The program shows what a task takes, and a poll, beside step 7.
//!
//! # The one hard race
//!
//! A thread wakes a task, while the executor hears of an earlier wake of that task. The thread
//! does its work, then looks at the flag; the executor clears the flag, then polls the task,
//! which looks at the work. If each saw the other's old state, the thread wouldn't send, the task
//! wouldn't see the work, and both would be content for ever. The two fences exclude that:
//! of two threads that each write, fence, and read, one sees what the other has written.
//! `tests/loom/src/step_8.rs` runs the race in all orders that the memory model allows, and
//! finds the lost wake as soon as the fences are taken out.
//!
//! # What is still missing
//!
//! This is the executor in `executor/src/run` and `executor/src/time`, in small. That has
//! also: one allocation for a task where this has three; a wheel without a hash table; sleeps
//! and handles that know their task by name, and so keep no waker; several who wait for one
//! task; tasks that cancel themselves; no look at the clock in a turn that needs none; an end
//! in which no destructor can keep another from running; no foreign code under a borrow; and
//! it goes on whatever wakers and destructors do. The guide's page on the steps says which file
//! has what, and why.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `fences`: This is the race of this step, written down as the operations of two threads.
//!    The test tries all orders in which they can happen, and shows one in which the wake is
//!    lost. Put in as many fences as are needed, and change nothing else.
//! 2. `lent`: This executor lends its one waker to each task that it polls. But if a poll
//!    leaves a clone behind, the clone is made out to the next task along with the waker, and
//!    wakes that. Change `step` so that a waker of which there is a clone isn't lent to
//!    others, and all tasks that keep no clone still share one.
//! 3. `deadlock`: If a future isn't ready, and nobody has a clone of its waker, then it will
//!    never be polled again: the loop parks for ever. Change `try_block_on` so that it returns
//!    `Deadlock` in this case, and in no other. Take care of a thread that wakes and drops its
//!    clone just while you look, which happens too seldom for a test to show it.

use std::cell::{Cell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::mem::replace;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
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

/// A waker, which is made out to a task. The executor lends it to one after the other.
struct TaskWaker {
    task: Id,
    /// True from the sending of a wake until it is heard.
    sent: AtomicBool,
    inbox: Arc<Sender<Arc<TaskWaker>>>,
}

impl TaskWaker {
    // The fences are for the race in the text above. Before `send` a thread has written its work,
    // and before the poll `heard` writes the flag: the second fence sees what is before the first.
    fn send(self: Arc<Self>) {
        fence(Ordering::SeqCst);
        if !self.sent.swap(true, Ordering::Relaxed) {
            // An error says that the executor is gone: then there is nobody to wake.
            drop(self.inbox.send(Arc::clone(&self)));
        }
    }

    fn heard(&self) -> Id {
        self.sent.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.task
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        meter::count_wake();
        let here = CURRENT.with_borrow(Option::clone);
        match here.filter(|executor| Arc::ptr_eq(&executor.inbox, &self.inbox)) {
            Some(executor) => executor.enqueue(self.task),
            None => self.send(),
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
    is_queued: bool,
}

/// Runs tasks on one thread.
struct Executor {
    slots: RefCell<Vec<Slot>>,
    /// The slots whose tasks have ended.
    vacant: RefCell<Vec<usize>>,
    timers: Rc<RefCell<Timers>>,
    ready: RefCell<Vec<Id>>,
    messages: Receiver<Arc<TaskWaker>>,
    inbox: Arc<Sender<Arc<TaskWaker>>>,
    /// The waker that was lent last.
    lent: Cell<Option<Arc<TaskWaker>>>,
}

impl Executor {
    fn spawn(&self, task: Task) -> Id {
        let slots = &mut *self.slots.borrow_mut();
        let slot = self.vacant.borrow_mut().pop().unwrap_or(slots.len());
        // The table grows if no slot is vacant.
        slots.resize_with(slots.len().max(slot + 1), Slot::default);
        let generation = slots[slot].generation + 1;
        slots[slot] = Slot { generation, task: Some(task), is_queued: true };
        self.ready.borrow_mut().push(Id { slot, generation });
        Id { slot, generation }
    }

    fn enqueue(&self, id: Id) {
        let slot = &mut self.slots.borrow_mut()[id.slot];
        if slot.generation == id.generation && !replace(&mut slot.is_queued, true) {
            self.ready.borrow_mut().push(id);
        }
    }

    /// Takes a task out of its slot, unless it has ended.
    fn take(&self, Id { slot, generation }: Id) -> Option<Task> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.get_mut(slot).filter(|it| it.generation == generation)?;
        let task = slot.task.take()?;
        slot.is_queued = false;
        Some(task)
    }

    /// Lends a task the waker of the last poll, or a new one if somebody has kept a clone.
    fn lend(&self, task: Id) -> Arc<TaskWaker> {
        let new = || Arc::new(TaskWaker { task, sent: false.into(), inbox: self.inbox.clone() });
        let lent = self.lent.take().filter(|lent| Arc::strong_count(lent) == 1);
        let mut lent = lent.unwrap_or_else(new);
        Arc::get_mut(&mut lent).expect("nobody else has it").task = task;
        lent
    }

    /// Waits until a task is ready, or a timer is due. Then polls each task that is ready
    /// now, once, and wakes those whose timers are due.
    fn turn(&self) {
        let is_idle = self.ready.borrow().is_empty();
        let wait = if is_idle { self.timers.borrow().wait() } else { Duration::ZERO };
        let first = self.messages.recv_timeout(wait).ok();
        // What arrives meanwhile waits for the next turn, or a flood of wakes would stop the loop.
        let batch: Vec<_> = first.into_iter().chain(self.messages.try_iter()).collect();
        for waker in batch {
            self.enqueue(waker.heard());
        }
        for id in self.ready.take() {
            self.step(id);
        }
        self.timers.borrow_mut().wake_due();
    }

    fn step(&self, id: Id) {
        // The task is out of the table while it is polled, as it may spawn others.
        let Some(mut task) = self.take(id) else { return };
        let lent = self.lend(id);
        meter::count_poll();
        if task.as_mut().poll(&mut Context::from_waker(&lent.clone().into())).is_pending() {
            self.slots.borrow_mut()[id.slot].task = Some(task);
        } else {
            self.vacant.borrow_mut().push(id.slot);
        }
        self.lent.set(Some(lent));
    }
}

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    let ((inbox, messages), (slots, vacant, timers)) = (channel(), Default::default());
    let (ready, inbox, lent) = (RefCell::default(), Arc::new(inbox), Cell::default());
    let executor = Rc::new(Executor { slots, vacant, timers, ready, messages, inbox, lent });
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
    steps::shows::step_8();
}
