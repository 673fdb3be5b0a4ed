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
//! those that have ended. `gather` is a `wait` for all that takes the outcomes in order.
//!
//! The program shows both ways for some numbers of tasks. Polled, each task costs more the
//! more there are: that is O(n * n). With registrations the number of polls for each stays
//! the same.
//!
//! # Fault
//!
//! Every task has a waker of its own, an allocation, only because sleeps and handles keep a
//! waker where the name of the task would do. Every wake goes through a channel that other
//! threads could use, though nearly all come from this thread. The program shows what a task
//! takes, and a poll. Step 8 cures this.
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

/// What a task ends with.
pub type Ended<T> = Result<T, JoinError>;

/// The place for a task's outcome, and for who waits for that.
struct End<T> {
    outcome: Cell<Option<Ended<T>>>,
    waiter: Cell<Option<Waiter<T>>>,
    is_cancelled: Cell<bool>,
}

impl<T> End<T> {
    /// Polls a task; a panic comes back as an error. Or ends it, if it is cancelled.
    fn poll<F>(&self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Ended<T>>
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

    fn put(&self, outcome: Ended<T>) {
        match self.waiter.take() {
            None => self.outcome.set(Some(outcome)),
            Some(Waiter::Waker(waker)) => {
                self.outcome.set(Some(outcome));
                waker.wake();
            }
            Some(Waiter::Group(group, child)) => {
                group.count(child, &outcome);
                self.outcome.set(Some(outcome));
            }
        }
    }

    /// Lets a group count the task's end, at once if the task has ended.
    fn watch(&self, group: Rc<Group<T>>, child: usize) {
        self.waiter.set(Some(Waiter::Group(group, child)));
        self.outcome.take().into_iter().for_each(|outcome| self.put(outcome));
    }
}

/// The one who waits for the end of a task.
enum Waiter<T> {
    Waker(Waker),
    /// A group, and the number that the task has there.
    Group(Rc<Group<T>>, usize),
}

/// Several tasks, of which somebody waits for enough to end.
struct Group<T> {
    /// Returns whether the end of this task is enough.
    is_enough: fn(&Ended<T>) -> bool,
    ended: RefCell<Vec<usize>>,
    left: Cell<usize>,
    waiter: Cell<Option<Waker>>,
}

impl<T> Group<T> {
    fn count(&self, child: usize, outcome: &Ended<T>) {
        self.ended.borrow_mut().push(child);
        self.left.set(self.left.get().saturating_sub(1));
        if (self.is_enough)(outcome) {
            self.left.set(0);
        }
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
    vacant: RefCell<Vec<usize>>,
    timers: Rc<RefCell<Timers>>,
    ready: Receiver<Arc<TaskWaker>>,
    queue: Sender<Arc<TaskWaker>>,
}

impl Executor {
    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Handle<F::Output> {
        let (outcome, waiter, is_cancelled) = (Cell::default(), Cell::default(), Cell::default());
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
        (slot.generation == generation).then_some(slot)
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

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    let ((queue, ready), slots, vacant) = (channel(), RefCell::default(), RefCell::default());
    let timers = Rc::new(RefCell::new(Timers::new()));
    let executor = Rc::new(Executor { slots, vacant, timers, ready, queue });
    CURRENT.set(Some(Rc::clone(&executor)));
    let main = executor.spawn(main);
    while executor.slots.borrow()[0].generation == 0 {
        executor.turn();
    }
    CURRENT.set(None);
    let outcome = main.end.outcome.take().expect("it has just been put there");
    outcome.unwrap_or_else(|error| panic!("the main future has no value: {error:?}"))
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
    type Output = Ended<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = self.end.outcome.take();
        if outcome.is_none() {
            self.end.waiter.set(Some(Waiter::Waker(cx.waker().clone())));
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

/// Waits until enough tasks have ended, or all. Returns the numbers of those that have, in
/// the order of their ends.
pub async fn wait<T>(handles: &[Handle<T>], is_enough: fn(&Ended<T>) -> bool) -> Vec<usize> {
    let (left, ended, waiter) = (Cell::new(handles.len()), RefCell::default(), Cell::default());
    let group = Rc::new(Group { is_enough, ended, left, waiter });
    for (child, handle) in handles.iter().enumerate() {
        handle.end.watch(Rc::clone(&group), child);
    }
    poll_fn(|cx| {
        if group.left.get() == 0 {
            return Poll::Ready(());
        }
        group.waiter.set(Some(cx.waker().clone()));
        Poll::Pending
    })
    .await;
    group.ended.take()
}

/// Waits for all tasks, and returns their outcomes in the order of the handles.
pub async fn gather<T>(handles: Vec<Handle<T>>) -> Vec<Ended<T>> {
    wait(&handles, |_| false).await;
    handles.iter().filter_map(|it| it.end.outcome.take()).collect()
}

/// Waits for the first coroutine that fails.
pub async fn program() -> String {
    let handles: Vec<_> = (0..10).map(|number| spawn(coroutine(number))).collect();
    let ended = wait(&handles, |outcome| !matches!(outcome, Ok(Ok(_)))).await;
    let outcomes = ended.into_iter().filter_map(|child| handles[child].end.outcome.take());
    lesson::output(&outcomes.flatten().collect::<Vec<_>>())
}

/// Runs the program.
pub fn run() -> String {
    block_on(program())
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_7();
}
