//! Step 4: timers in a heap.
//!
//! # Question
//!
//! How can one thread sleep for a thousand tasks?
//!
//! # Answer
//!
//! It sleeps until the *first* deadline only. So it needs the timers in the order of their
//! deadlines, and a heap has just that: the first is on top, to add one takes O(log n), and
//! to remove the first as well.
//!
//! A turn waits for a task to be ready, but no longer than until the first deadline. Then it
//! polls, and then it wakes all whose deadlines have passed: these are polled in the next
//! turn. To sleep takes no thread any more; compare what a thousand sleeps take.
//!
//! Two timers with the same deadline fire in the order in which they were set, for the
//! number of the timer is part of the key.
//!
//! # Fault
//!
//! Most timers are never needed. A timeout of 30 s around a request that takes 30 ms is set,
//! and then cancelled. But a heap finds only its first entry quickly, not any other. So a sleep
//! that is given up leaves its timer there. When the deadline comes the timer is taken out,
//! which costs more the more there are, and wakes a task for nothing. The program shows how
//! many are left, and what a timer takes that is set, cancelled, and waited out. Step 5 cures
//! this.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `equal_deadlines`: These timers have names. Two with the same deadline fire in the order
//!    of their names. Change the key in the heap so that they fire in the order in which they
//!    were set, also when other timers have fired in between.
//! 2. `foreign_code`: A waker is foreign code: it may do anything, and also set a timer. As
//!    `wake_due` calls wakers while it borrows the timers, that panics. Change it so that
//!    nothing is borrowed while a waker runs. A timer that a waker sets is for the next call
//!    of `wake_due`, even if it is due already.
//! 3. `compact`: A cancelled timer stays in the heap, which is the fault of this step. In
//!    asyncio, too, but not for long: there the heap is rebuilt without the cancelled ones
//!    when it has more than a hundred entries and more than half of them are cancelled. Let
//!    `cancel` do that.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
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

/// Timers, the first deadline first.
#[derive(Default)]
struct Timers {
    heap: BinaryHeap<Reverse<Timer>>,
    wakers: HashMap<Timer, Waker>,
}

impl Timers {
    fn set(&mut self, timer: Timer, waker: Waker) {
        if self.wakers.insert(timer, waker).is_none() {
            self.heap.push(Reverse(timer));
        }
    }

    /// Returns how long it is until the first deadline.
    fn wait(&self) -> Duration {
        let first = self.heap.peek().map(|Reverse((deadline, _))| deadline);
        // A wait that is too long for a deadline has none.
        first.map_or(Duration::MAX, |it| it.saturating_duration_since(Instant::now()))
    }

    fn wake_due(&mut self) {
        while self.wait().is_zero() {
            let Reverse(timer) = self.heap.pop().expect("a timer is due");
            self.wakers.remove(&timer).into_iter().for_each(Waker::wake);
        }
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
    poll_fn(|cx| {
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        current().timers.borrow_mut().set((deadline, number), cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Returns the number of entries that the timers have.
pub fn entries() -> usize {
    current().timers.borrow().heap.len()
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_4();
}
