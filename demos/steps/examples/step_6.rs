//! Step 6: handles.
//!
//! # Question
//!
//! Whose is a task? Who gets what it returns, who learns that it has panicked, who can end
//! it?
//!
//! # Answer
//!
//! Whoever has its handle. `spawn` returns one. To await it is to wait for the task's end,
//! and it gives the task's value, or says that the task has panicked or was cancelled. To drop
//! it is to let the task run on by itself.
//!
//! - The *outcome* stands in a place that the task and its handle share, along with the waker
//!   of who waits for it.
//! - A *panic* is caught around the poll, so it ends the task, and nothing else. That of a
//!   destructor isn't: see the exercises.
//! - To *cancel* a task is to note that, and to wake it. In its next step its future isn't
//!   polled, but dropped, so that its destructors run. Then it has ended as cancelled.
//! - When a task has ended its *slot* in the table is used again. But somebody may still have
//!   its waker. So each slot has a *generation*, a number that counts its tenants, and a task
//!   is named by its slot and its generation. A wake with a stale name does nothing.
//!
//! # What if not?
//!
//! What happens to a wake with a stale name if there are no generations? The program shows
//! it: it wakes the slot's next tenant.
//!
//! # Fault
//!
//! `wait` polls all handles whenever one task has ended. So to wait for tasks that end one
//! after the other takes a hundred times as many polls if there are ten times as many tasks.
//! The program shows it; step 7 cures it.
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

use std::cell::{Cell, RefCell, RefMut};
use std::collections::HashMap;
use std::future::poll_fn;
use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use steps::lesson::{self, Outcome, Task};
use steps::meter;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) };
}

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

/// A timer wheel: eleven levels of 64 lists, over nanoseconds.
struct Timers {
    start: Instant,
    /// The time at which it looked last, in nanoseconds since the start.
    now: u64,
    /// The numbers of the timers in each list; the lists of the lowest level come first.
    lists: Vec<Vec<u64>>,
    /// For each level the lists that aren't empty.
    occupied: [u64; 11],
    entries: HashMap<u64, Entry>,
    last: u64,
}

/// A timer in the wheel, and its place.
struct Entry {
    deadline: u64,
    waker: Option<Waker>,
    list: usize,
    place: usize,
}

impl Timers {
    fn new() -> Self {
        let (start, lists) = (Instant::now(), vec![Vec::new(); 11 * 64]);
        Self { start, now: 0, lists, occupied: [0; 11], entries: HashMap::new(), last: 0 }
    }

    fn set(&mut self, deadline: Instant) -> u64 {
        self.last += 1;
        let deadline = self.nanoseconds(deadline);
        self.entries.insert(self.last, Entry { deadline, waker: None, list: 0, place: 0 });
        self.put(self.last);
        self.last
    }

    fn nanoseconds(&self, time: Instant) -> u64 {
        u64::try_from(time.duration_since(self.start).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Puts a timer into the list of the highest digit in which it differs from now.
    fn put(&mut self, number: u64) {
        let entry = self.entries.get_mut(&number).expect("a timer in a list is set");
        let deadline = entry.deadline.max(self.now);
        let level = ((deadline ^ self.now) | 1).ilog2() as usize / 6;
        let digit = (deadline >> (6 * level)) as usize % 64;
        entry.list = 64 * level + digit;
        entry.place = self.lists[entry.list].len();
        self.lists[entry.list].push(number);
        self.occupied[level] |= 1 << digit;
    }

    fn cancel(&mut self, number: u64) {
        let Some(Entry { list, place, .. }) = self.entries.remove(&number) else { return };
        self.lists[list].swap_remove(place);
        match self.lists[list].get(place) {
            Some(moved) => self.entries.get_mut(moved).expect("it is set").place = place,
            None if self.lists[list].is_empty() => self.occupied[list / 64] &= !(1 << (list % 64)),
            None => {}
        }
    }

    /// Returns the first list that isn't empty, and the time at which it begins.
    fn next(&self) -> Option<(usize, u64)> {
        let level = self.occupied.iter().position(|lists| *lists != 0)?;
        let digit = self.occupied[level].trailing_zeros() as usize;
        let digits_above = self.now >> (6 * level) >> 6 << 6;
        Some((64 * level + digit, (digits_above | digit as u64) << (6 * level)))
    }

    /// Returns how long it is until the next list begins.
    fn wait(&self) -> Duration {
        let until = |(_, time)| Duration::from_nanos(time).saturating_sub(self.start.elapsed());
        self.next().map_or(Duration::MAX, until)
    }

    fn wake_due(&mut self) {
        let (now, mut due) = (self.nanoseconds(Instant::now()), Vec::new());
        while let Some((list, time)) = self.next().filter(|(_, time)| *time <= now) {
            self.now = time;
            self.occupied[list / 64] &= !(1 << (list % 64));
            for number in take(&mut self.lists[list]) {
                match self.entries[&number].deadline {
                    deadline if deadline <= time => due.push((deadline, number)),
                    _ => self.put(number), // It cascades.
                }
            }
        }
        self.now = now;
        due.sort_unstable(); // `swap_remove` has mixed up equal deadlines.
        let wakers = due.into_iter().filter_map(|(_, number)| self.entries.remove(&number)?.waker);
        wakers.for_each(Waker::wake);
    }
}

/// The end of a task that has no value.
#[derive(Debug)]
pub enum JoinError {
    /// The task was cancelled.
    Cancelled,
    /// The task has panicked, with this message.
    Panicked(String),
}

/// The place for a task's outcome, and for the waker of who waits for that.
struct End<T> {
    outcome: Cell<Option<Result<T, JoinError>>>,
    waiter: Cell<Option<Waker>>,
    is_cancelled: Cell<bool>,
}

impl<T> End<T> {
    /// Polls a task; a panic comes back as an error. Or ends it, if it is cancelled.
    fn poll<F>(&self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>>
    where
        F: Future<Output = T>,
    {
        if self.is_cancelled.get() {
            return Poll::Ready(Err(JoinError::Cancelled));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)));
        polled.map_or_else(
            |panic| Poll::Ready(Err(JoinError::Panicked(meter::text_of(&*panic)))),
            |polled| polled.map(Ok),
        )
    }

    fn put(&self, outcome: Result<T, JoinError>) {
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
    vacant: RefCell<Vec<usize>>,
    timers: Rc<RefCell<Timers>>,
    ready: Receiver<Arc<TaskWaker>>,
    queue: Sender<Arc<TaskWaker>>,
    /// False only to show what a stale name does then.
    has_generations: bool,
}

impl Executor {
    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Handle<F::Output> {
        let (outcome, waiter, is_cancelled) = (Cell::new(None), Cell::default(), Cell::default());
        let end = Rc::new(End { outcome, waiter, is_cancelled });
        let ends = Rc::clone(&end);
        let waker = self.claim(Box::pin(async move {
            let mut future = Box::pin(future);
            let outcome = poll_fn(|cx| ends.poll(future.as_mut(), cx)).await;
            drop(future);
            ends.put(outcome);
        }));
        Handle { end, waker }
    }

    /// Gives a task a slot, and queues it. Returns its waker.
    fn claim(&self, task: Task) -> Waker {
        let mut slots = self.slots.borrow_mut();
        let slot = self.vacant.borrow_mut().pop().unwrap_or_else(|| {
            slots.push(Slot::default());
            slots.len() - 1
        });
        slots[slot].task = Some(task);
        let task = Id { slot, generation: slots[slot].generation };
        let (queued, queue) = (AtomicBool::new(false), self.queue.clone());
        let waker = Waker::from(Arc::new(TaskWaker { task, queued, queue }));
        waker.wake_by_ref();
        waker
    }

    /// Returns the slot of a task, unless the task has ended.
    fn slot(&self, Id { slot, generation }: Id) -> Option<RefMut<'_, Slot>> {
        let slot = RefMut::map(self.slots.borrow_mut(), |slots| &mut slots[slot]);
        (slot.generation == generation || !self.has_generations).then_some(slot)
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
        let Some(mut task) = self.slot(id).and_then(|mut slot| slot.task.take()) else { return };
        meter::count_poll();
        let is_pending = task.as_mut().poll(&mut Context::from_waker(&waker.into())).is_pending();
        let slot = &mut self.slots.borrow_mut()[id.slot];
        if is_pending {
            slot.task = Some(task);
        } else {
            slot.generation += 1; // From now on its name is stale.
            self.vacant.borrow_mut().push(id.slot);
        }
    }
}

/// Runs tasks until the main future is done.
pub fn run_with<F>(has_generations: bool, main: F) -> F::Output
where
    F: Future<Output: 'static> + 'static,
{
    let ((queue, ready), slots, vacant) = (channel(), RefCell::default(), RefCell::default());
    let timers = Rc::new(RefCell::new(Timers::new()));
    let executor = Rc::new(Executor { slots, vacant, timers, ready, queue, has_generations });
    CURRENT.set(Some(Rc::clone(&executor)));
    let main = executor.spawn(main);
    while executor.slots.borrow()[0].generation == 0 {
        executor.turn();
    }
    CURRENT.set(None);
    let outcome = main.end.outcome.take().expect("it has just been put there");
    outcome.unwrap_or_else(|error| panic!("the main future has no value: {error:?}"))
}

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    run_with(true, main)
}

fn current() -> Rc<Executor> {
    CURRENT.with_borrow(Option::clone).expect("an executor runs on this thread")
}

/// Spawns a task on the executor that runs on this thread.
pub fn spawn<F: Future<Output: 'static> + 'static>(future: F) -> Handle<F::Output> {
    current().spawn(future)
}

/// A task's handle: await it for the task's outcome, or drop it to let the task run on.
pub struct Handle<T> {
    end: Rc<End<T>>,
    waker: Waker,
}

impl<T> Handle<T> {
    /// Ends the task in its next step, without a poll; unless it ends in the poll now under
    /// way.
    pub fn cancel(&self) {
        self.end.is_cancelled.set(true);
        self.waker.wake_by_ref();
    }
}

impl<T> Future for Handle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = self.end.outcome.take();
        if outcome.is_none() {
            self.end.waiter.set(Some(cx.waker().clone()));
        }
        outcome.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Sleeps for a duration.
pub async fn sleep(duration: Duration) {
    let (deadline, timers) = (Instant::now() + duration, Rc::clone(&current().timers));
    let number = timers.borrow_mut().set(deadline);
    let timer = Timer { number, timers };
    poll_fn(|cx| {
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        let mut timers = timer.timers.borrow_mut();
        timers.entries.get_mut(&number).expect("it is set").waker = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
    meter::note_end_of_sleep(deadline);
}

/// A timer that is cancelled if its sleep is given up.
struct Timer {
    number: u64,
    timers: Rc<RefCell<Timers>>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.timers.borrow_mut().cancel(self.number);
    }
}

async fn coroutine(number: usize) -> Outcome {
    sleep(lesson::nap(number)).await;
    lesson::outcome(number)
}

/// Waits until a task has failed, or all have ended.
pub async fn wait(handles: Vec<Handle<Outcome>>) -> Vec<Outcome> {
    let flat = |it: Handle<Outcome>| async { it.await.unwrap_or_else(|it| Err(format!("{it:?}"))) };
    lesson::poll_each(handles.into_iter().map(|it| Box::pin(flat(it))).collect()).await
}

/// Waits for the first coroutine that fails.
pub async fn program() -> String {
    lesson::output(&wait((0..10).map(|number| spawn(coroutine(number))).collect()).await)
}

/// Runs the program.
pub fn run() -> String {
    block_on(program())
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_6();
}
