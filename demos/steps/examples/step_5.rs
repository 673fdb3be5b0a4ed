//! Step 5: a timer wheel.
//!
//! # Question
//!
//! How can a timer be cancelled for good, at a cost that doesn't depend on how many there
//! are?
//!
//! # Answer
//!
//! Write the time, in nanoseconds, as eleven digits of six bits each, and keep 64 lists for
//! each digit: that is a *level*. A timer goes to the level of the highest digit in which its
//! deadline differs from the wheel's time, and there to the list of the deadline's digit. To put
//! it there takes a few operations on bits, and to take it out again takes one `swap_remove`,
//! as the timer knows its place. Both take O(1).
//!
//! When the time comes to a list, what is in it moves to lower levels, for its deadlines
//! differ from the time in lower digits only: the list *cascades*. Each timer does so ten
//! times at most, usually much less often, and most not at all: they are cancelled before.
//! In the lowest level a list holds one deadline, and its timers are due. A word of 64 bits
//! for each level tells which lists have timers, so the next one is found at once.
//!
//! The program shows what a timer takes that is set, cancelled, and waited out, beside step 4,
//! and how many entries are left. The number of operations doesn't grow with the number of
//! timers. The nanoseconds do even so, for what lies in a large table is rarely in the
//! processor's cache.
//!
//! # Fault
//!
//! - The loop parks until the next list begins, and that may be sooner than the first
//!   deadline. It wakes up, moves some timers, and parks again. Steps 6 to 8 keep this; the
//!   real wheel looks for the first deadline in that list, unless the list is long.
//! - A task is still nobody's: what it returns is lost, nobody can wait for it or cancel it,
//!   and if it panics it takes the executor along. Its place in the table is never used
//!   again. Step 6 cures these.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `past_deadline`: A timer may be set for a time that has passed: its deadline was
//!    computed a little before. This wheel puts such a timer into a list that the time has
//!    left behind, so it waits until some other timer has fired. Fix `set` so that the next
//!    `advance` returns it.
//! 2. `cancel`: `cancel` takes a timer out of its list by `swap_remove`, and forgets two
//!    things. After some calls it takes out the wrong timer or panics, and `first` returns a
//!    list that has become empty, for which the loop would wake up in vain. Find both, and fix
//!    them.
//! 3. `never_early`: A tick of this wheel is a millisecond, and both the deadline and the time
//!    now are rounded down to ticks. So a timer for 1.9 ms is due at 1.0 ms. Change the
//!    rounding so that no timer is due before its deadline, and each is due a millisecond
//!    after it at the latest. A deadline that is a full millisecond needs no rounding.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::mem::take;
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

/// A waker that queues a task.
struct TaskWaker {
    task: usize,
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

/// Runs tasks on one thread.
struct Executor {
    tasks: RefCell<Vec<Option<Task>>>,
    timers: Rc<RefCell<Timers>>,
    ready: Receiver<Arc<TaskWaker>>,
    queue: Sender<Arc<TaskWaker>>,
}

impl Executor {
    fn spawn(&self, future: Task) {
        let mut tasks = self.tasks.borrow_mut();
        tasks.push(Some(future));
        let (task, queue) = (tasks.len() - 1, self.queue.clone());
        Arc::new(TaskWaker { task, queued: AtomicBool::new(false), queue }).wake();
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
        let task = waker.task;
        waker.queued.store(false, Ordering::SeqCst);
        // The task is out of the table while it is polled, as it may spawn others.
        let Some(mut future) = self.tasks.borrow_mut()[task].take() else { return };
        meter::count_poll();
        let waker = Waker::from(waker);
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            self.tasks.borrow_mut()[task] = Some(future);
        }
    }
}

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    let ((queue, ready), tasks) = (channel(), RefCell::default());
    let timers = Rc::new(RefCell::new(Timers::new()));
    let executor = Rc::new(Executor { tasks, timers, ready, queue });
    CURRENT.set(Some(Rc::clone(&executor)));
    let output = Rc::new(Cell::new(None));
    let ended = Rc::clone(&output);
    executor.spawn(Box::pin(async move { ended.set(Some(main.await)) }));
    while executor.tasks.borrow()[0].is_some() {
        executor.turn();
    }
    CURRENT.set(None);
    output.take().expect("the main future has put it there")
}

fn current() -> Rc<Executor> {
    CURRENT.with_borrow(Option::clone).expect("an executor runs on this thread")
}

/// Spawns a task on the executor that runs on this thread.
pub fn spawn(future: Task) {
    current().spawn(future);
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

/// Returns the number of timers.
pub fn entries() -> usize {
    current().timers.borrow().entries.len()
}

/// Waits for the first coroutine that fails.
pub async fn program() -> String {
    lesson::output(&lesson::wait_for_tasks(coroutine, spawn).await)
}

/// Runs the program.
pub fn run() -> String {
    block_on(program())
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_5();
}
