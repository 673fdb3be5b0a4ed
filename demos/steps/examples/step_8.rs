//! Step 8: wakers on loan, and an inbox.
//!
//! # Question
//!
//! Who needs a waker at all, and what does a wake take that comes from this very thread?
//!
//! # Answer
//!
//! - A wake from the executor's own thread needs no channel. It puts the task into a queue
//!   that no other thread sees. Whether it comes from there, the waker finds out: its executor
//!   is the one that runs on this thread.
//! - All other wakes go through the *inbox*, a channel. A flag says that the wake is on its
//!   way, so a thread that wakes ten times sends once.
//! - Our own futures don't need a waker, if they know the task: `sleep`, a handle, and `wait`
//!   keep its name. So there is one waker, and it is *lent* to task after task, made out to
//!   each in turn. Only if a poll leaves a clone behind does the task keep it, and then a new
//!   one is made for the others. The reference count tells.
//!
//! The program shows what a task takes, and a poll, beside step 7.
//!
//! # The one hard race
//!
//! A thread wakes a task, while the executor hears of an earlier wake of that task. The thread does its
//! work, then looks at the flag; the executor clears the flag, then polls the task, which
//! looks at the work. If each saw the other's old state, the thread wouldn't send, the task
//! wouldn't see the work, and both would be content for ever. The two fences exclude that:
//! of two threads that each write, fence, and read, one sees what the other has written.
//! `tests/loom/src/step_8.rs` runs the race in all orders that the memory model allows, and
//! finds the lost wake as soon as the fences are taken out.
//!
//! # What is still missing
//!
//! This is the executor in `executor/src/run` and `executor/src/time`, in small. That has
//! also: one allocation for a task where this has four; a wheel without a hash table, in
//! which equal deadlines keep their order; several who wait for one task; no look at the clock in a turn that needs none; an end in which
//! no destructor can keep another from running; no foreign code under a borrow; and it goes
//! on whatever wakers and destructors do. The guide's page on the steps says which file has
//! what, and why.
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

use std::cell::{Cell, RefCell, RefMut};
use std::collections::HashMap;
use std::future::poll_fn;
use std::mem::{replace, take};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, fence};
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

/// A waker: made out to a task, and only while nobody else has it to another.
struct TaskWaker {
    /// The name of the task: its generation, and its slot.
    task: (AtomicU32, AtomicUsize),
    /// True from the sending of a wake until it is heard.
    sent: AtomicBool,
    inbox: Arc<Sender<Arc<TaskWaker>>>,
}

impl TaskWaker {
    fn task(&self) -> Id {
        let (generation, slot) = &self.task;
        Id { slot: slot.load(Ordering::Relaxed), generation: generation.load(Ordering::Relaxed) }
    }

    fn send(self: &Arc<Self>) {
        fence(Ordering::SeqCst);
        // To look is cheaper than to swap, where many threads wake one task.
        if !self.sent.load(Ordering::Relaxed) && !self.sent.swap(true, Ordering::Relaxed) {
            // An error says that the executor is gone: then there is nobody to wake.
            drop(self.inbox.send(Arc::clone(self)));
        }
    }

    fn heard(&self) -> Id {
        self.sent.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.task()
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        meter::count_wake();
        let here = CURRENT.with_borrow(Option::clone);
        match here.filter(|executor| Arc::ptr_eq(&executor.inbox, &self.inbox)) {
            Some(executor) => executor.enqueue(self.task()),
            None => self.send(),
        }
    }
}

/// A waker that the executor lends to a task.
struct Lent {
    inner: Arc<TaskWaker>,
    waker: Waker,
}

impl Lent {
    fn new(inbox: &Arc<Sender<Arc<TaskWaker>>>) -> Self {
        let (task, sent) = Default::default();
        let inner = Arc::new(TaskWaker { task, sent, inbox: Arc::clone(inbox) });
        Self { waker: Waker::from(Arc::clone(&inner)), inner }
    }

    fn make_out_to(&self, id: Id) {
        self.inner.task.0.store(id.generation, Ordering::Relaxed);
        self.inner.task.1.store(id.slot, Ordering::Relaxed);
    }

    /// Returns whether somebody has a clone, beside the two that are here. The fence lets
    /// former holders be done with it, before it is made out to another task.
    fn is_cloned(&self) -> bool {
        let is_cloned = Arc::strong_count(&self.inner) > 2;
        fence(Ordering::Acquire);
        is_cloned
    }
}

/// Whoever is to be woken: a task of this executor by its name, or anybody by a waker.
enum Sleeper {
    Task(Id),
    Waker(Waker),
}

impl Sleeper {
    /// Returns who is polled with this context.
    fn of(cx: &Context<'_>) -> Self {
        match current().polled.get() {
            Some((id, waker)) if waker == cx.waker().data() => Self::Task(id),
            _ => Self::Waker(cx.waker().clone()),
        }
    }

    fn wake(self) {
        match self {
            Self::Task(id) => current().enqueue(id),
            Self::Waker(waker) => waker.wake(),
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
    waker: Option<Sleeper>,
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
        wakers.for_each(Sleeper::wake);
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
            Some(Waiter::One(sleeper)) => {
                self.outcome.set(Some(outcome));
                sleeper.wake();
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
    One(Sleeper),
    /// A group, and the number that the task has there.
    Group(Rc<Group<T>>, usize),
}

/// Several tasks, of which somebody waits for enough to end.
struct Group<T> {
    /// Returns whether the end of this task is enough.
    is_enough: fn(&Ended<T>) -> bool,
    ended: RefCell<Vec<usize>>,
    left: Cell<usize>,
    waiter: Cell<Option<Sleeper>>,
}

impl<T> Group<T> {
    fn count(&self, child: usize, outcome: &Ended<T>) {
        self.ended.borrow_mut().push(child);
        self.left.set(self.left.get().saturating_sub(1));
        if (self.is_enough)(outcome) {
            self.left.set(0);
        }
        if self.left.get() == 0 {
            self.waiter.take().into_iter().for_each(Sleeper::wake);
        }
    }
}

/// A place in the table of tasks.
#[derive(Default)]
struct Slot {
    generation: u32,
    task: Option<Task>,
    is_queued: bool,
    /// The waker, if the task has kept a clone of it.
    waker: Option<Lent>,
}

/// Runs tasks on one thread.
struct Executor {
    slots: RefCell<Vec<Slot>>,
    vacant: RefCell<Vec<usize>>,
    timers: Rc<RefCell<Timers>>,
    ready: RefCell<Vec<Id>>,
    messages: Receiver<Arc<TaskWaker>>,
    inbox: Arc<Sender<Arc<TaskWaker>>>,
    /// The waker on loan, between polls.
    lent: Cell<Option<Lent>>,
    /// The task that is polled, and the address of the waker that it is polled with.
    polled: Cell<Option<(Id, *const ())>>,
}

impl Executor {
    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Handle<F::Output> {
        let (outcome, waiter, is_cancelled) = (Cell::default(), Cell::default(), Cell::default());
        let end = Rc::new(End { outcome, waiter, is_cancelled });
        let ends = Rc::clone(&end);
        let id = self.claim(Box::pin(async move {
            let mut future = Box::pin(future);
            let outcome = poll_fn(|cx| ends.poll(future.as_mut(), cx)).await;
            drop(future);
            ends.put(outcome);
        }));
        Handle { end, id }
    }

    /// Gives a task a slot, and queues it. Returns its name.
    fn claim(&self, task: Task) -> Id {
        let mut slots = self.slots.borrow_mut();
        let slot = self.vacant.borrow_mut().pop().unwrap_or_else(|| {
            slots.push(Slot::default());
            slots.len() - 1
        });
        slots[slot].task = Some(task);
        let id = Id { slot, generation: slots[slot].generation };
        drop(slots);
        self.enqueue(id);
        id
    }

    fn enqueue(&self, id: Id) {
        let Some(mut slot) = self.slot(id) else { return };
        if !replace(&mut slot.is_queued, true) {
            self.ready.borrow_mut().push(id);
        }
    }

    /// Returns the slot of a task, unless the task has ended.
    fn slot(&self, Id { slot, generation }: Id) -> Option<RefMut<'_, Slot>> {
        let slot = RefMut::map(self.slots.borrow_mut(), |slots| &mut slots[slot]);
        (slot.generation == generation).then_some(slot)
    }

    /// Waits until a task is ready, or a timer is due. Then polls each task that is ready
    /// now, once, and wakes those whose timers are due.
    fn turn(&self) {
        let is_idle = self.ready.borrow().is_empty();
        let wait = if is_idle { self.timers.borrow().wait() } else { Duration::ZERO };
        let first = self.messages.recv_timeout(wait).ok();
        for waker in first.into_iter().chain(self.messages.try_iter()) {
            self.enqueue(waker.heard());
        }
        let batch = take(&mut *self.ready.borrow_mut());
        for id in batch {
            self.step(id);
        }
        self.timers.borrow_mut().wake_due();
    }

    fn step(&self, id: Id) {
        let Some(mut slot) = self.slot(id) else { return };
        slot.is_queued = false;
        // The task is out of the table while it is polled, as it may spawn others.
        let (Some(mut task), kept) = (slot.task.take(), slot.waker.take()) else { return };
        drop(slot);
        let lent = kept.or_else(|| self.lent.take()).unwrap_or_else(|| Lent::new(&self.inbox));
        lent.make_out_to(id);
        meter::count_poll();
        self.polled.set(Some((id, lent.waker.data())));
        let is_pending = task.as_mut().poll(&mut Context::from_waker(&lent.waker)).is_pending();
        self.polled.set(None);
        let slot = &mut self.slots.borrow_mut()[id.slot];
        if is_pending {
            slot.task = Some(task);
        } else {
            slot.generation += 1; // From now on its name is stale, in the queue too.
            slot.is_queued = false;
            self.vacant.borrow_mut().push(id.slot);
        }
        if !lent.is_cloned() {
            self.lent.set(Some(lent));
        } else if is_pending {
            slot.waker = Some(lent);
        }
    }
}

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    let (inbox, messages) = channel();
    let executor = Rc::new(Executor {
        slots: RefCell::default(),
        vacant: RefCell::default(),
        timers: Rc::new(RefCell::new(Timers::new())),
        ready: RefCell::default(),
        messages,
        inbox: Arc::new(inbox),
        lent: Cell::default(),
        polled: Cell::default(),
    });
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
    id: Id,
}

impl<T> Handle<T> {
    /// Ends the task in its next step, without a poll; unless it ends in the poll now under
    /// way.
    pub fn cancel(&self) {
        self.end.is_cancelled.set(true);
        current().enqueue(self.id);
    }
}

impl<T> Future for Handle<T> {
    type Output = Ended<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = self.end.outcome.take();
        if outcome.is_none() {
            self.end.waiter.set(Some(Waiter::One(Sleeper::of(cx))));
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
        timers.entries.get_mut(&number).expect("it is set").waker = Some(Sleeper::of(cx));
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
        group.waiter.set(Some(Sleeper::of(cx)));
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
    steps::shows::step_8();
}
