//! Step 5: a timer wheel.
//!
//! # Question
//!
//! How can a timer be cancelled for good, at a cost that doesn't depend on how many there
//! are?
//!
//! # Answer
//!
//! Put the timers into lists, of which each has a time at which it begins. Far from now a list
//! has the timers of a long time, and near to now those of a short one. Take the highest digit
//! in which a deadline differs from now, and set all digits below it to zero: then its list
//! begins. So at the time 217 a timer for 950 is in the list 900, one for 243 in the list 240,
//! and one for 219 in the list 219.
//!
//! Here a digit has six bits, and the time is in nanoseconds: that is eleven digits. For each
//! there are 64 lists at most, which are a *level*, however many timers there are. So to find a
//! list takes the same time always. In the list a hash table finds the timer. Both `set` and
//! `cancel` take O(1).
//!
//! When a list begins, the timers for just that time are due. All others go to new lists, for
//! they differ from now in lower digits only: the list *cascades*. Each timer does so ten times
//! at most, usually much less often, and most not at all: they are cancelled before. Until its
//! list begins, the highest digit in which a timer differs from now stays the same. So `cancel`
//! finds the list by the rule by which `set` has chosen it.
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
//!    computed a little before. The wheel of the exercise puts such a timer into a list that
//!    the time has left behind. If another timer comes before, it waits until that has fired. Fix
//!    `set` so that the next `advance` returns it.
//! 2. `cancel`: `cancel` takes a timer out of its list, here a vector, by `swap_remove`, and
//!    forgets two things. After some calls it takes out the wrong timer or panics, and `first`
//!    returns a list that has become empty, for which the loop would wake up in vain. Find
//!    both, and fix them.
//! 3. `never_early`: A tick of this wheel is a millisecond, and both the deadline and the time
//!    now are rounded down to ticks. So a timer for 1.9 ms is due at 1.0 ms. Change the
//!    rounding so that no timer is due before its deadline, and each is due a millisecond
//!    after it at the latest. A deadline that is a full millisecond needs no rounding.

use std::cell::{Cell, RefCell};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use steps::meter;

/// A task: a future that puts its output somewhere itself.
pub type Task = Pin<Box<dyn Future<Output = ()>>>;

// The executor that runs on this thread.
thread_local! { static CURRENT: RefCell<Option<Rc<Executor>>> = const { RefCell::new(None) }; }

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

/// Runs tasks on one thread.
struct Executor {
    tasks: RefCell<Vec<Option<Task>>>,
    timers: Rc<RefCell<Timers>>,
    ready: Receiver<Arc<TaskWaker>>,
    queue: Sender<Arc<TaskWaker>>,
}

impl Executor {
    fn spawn(&self, task: Task) {
        let mut tasks = self.tasks.borrow_mut();
        tasks.push(Some(task));
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
        let id = waker.task;
        waker.queued.store(false, Ordering::SeqCst);
        // The task is out of the table while it is polled, as it may spawn others.
        let Some(mut task) = self.tasks.borrow_mut()[id].take() else { return };
        meter::count_poll();
        if task.as_mut().poll(&mut Context::from_waker(&waker.into())).is_pending() {
            self.tasks.borrow_mut()[id] = Some(task);
        }
    }
}

/// Runs a future to its end, and the tasks that it spawns along with it.
pub fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> F::Output {
    let ((queue, ready), tasks, timers) = (channel(), RefCell::default(), Rc::default());
    let executor = Rc::new(Executor { tasks, timers, ready, queue });
    let outer = CURRENT.replace(Some(Rc::clone(&executor)));
    let output = Rc::new(Cell::new(None));
    let ended = Rc::clone(&output);
    executor.spawn(Box::pin(async move { ended.set(Some(main.await)) }));
    while executor.tasks.borrow()[0].is_some() {
        executor.turn();
    }
    CURRENT.set(outer);
    output.take().expect("the main future has put it there")
}

fn current() -> Rc<Executor> {
    CURRENT.with_borrow(Option::clone).expect("this needs an executor that runs on this thread")
}

/// Spawns a task on the executor that runs on this thread.
pub fn spawn(task: Task) {
    current().spawn(task);
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

/// Returns the number of entries that the timers have.
pub fn entries() -> usize {
    current().timers.borrow().lists.values().map(HashMap::len).sum()
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_5();
}
