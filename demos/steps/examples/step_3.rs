//! Step 3: tasks, and a queue of those that are ready.
//!
//! # Question
//!
//! How can a wake say *who* was woken, so that nobody else need be polled?
//!
//! # Answer
//!
//! Each coroutine becomes a *task*: a future of its own, with a waker of its own that has
//! the task's number. To wake is to put that waker into the *ready queue*. The loop takes
//! them out, and polls just the tasks with these numbers. `spawn` makes a task; the main
//! future is one, too.
//!
//! Each waker has a flag that says that its task is queued. A task that is woken ten times
//! before its poll is polled once: it will see all that has happened before. The flag is
//! cleared *before* the poll. A wake that comes during the poll may tell of something that
//! the poll has looked at already, so it must count.
//!
//! The loop takes the whole queue at once, polls what was in it, and only then looks around:
//! that is a *turn*. When there is nothing it waits for the queue instead of for a token. The
//! wait parks the thread, too, but it looks into the queue before and after. So whoever takes
//! the token, the wake is still there, which ends the fault of step 2.
//!
//! # What if not?
//!
//! Why is the flag cleared before the poll? If it was cleared after that, a task that is woken
//! during its poll would never be polled again: its flag is still set, so nothing is queued.
//!
//! Why a whole queue at once? A task that wakes itself in each poll is always in the queue.
//! If the loop went on until the queue is empty, it would never get to look whether the main
//! future is done.
//!
//! The program shows both, for it also runs this file with the flag cleared later, and without
//! the `collect`.
//!
//! # Fault
//!
//! A thread sleeps for each sleep. The program shows what a thousand sleeps take; step 4 cures
//! that. And a task's outcome is lost, unless the task itself puts it somewhere, as
//! [`wait_for_tasks`](steps::lesson::wait_for_tasks) makes it do; step 6 cures that.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `lost_wake`: This is the executor of this step, but a task that wakes itself during its
//!    poll is never polled again. Follow the flag `queued` and the queue through such a poll.
//!    Fix it so that a wake during the poll causes one further poll, however often the task is
//!    woken.
//! 2. `order`: This ready queue is a vector from which the last task is taken first. So tasks
//!    aren't polled in the order in which they were woken, and one that wakes itself holds up
//!    all others. Make a turn of it: it polls the tasks that are in the queue when it begins,
//!    in order, and what is woken meanwhile waits for the next.
//! 3. `table`: The table of this step never uses a place again, so it grows as long as the
//!    program runs. Change it so that `insert` takes a vacant place if there is one, without a
//!    search. Take care that a place from which something is removed twice counts as vacant
//!    once only.

use std::cell::{Cell, RefCell};
use std::iter::once;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Wake};

use steps::meter;
pub use steps::step_2::sleep; // By a thread, as before.

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

/// Runs tasks on one thread.
struct Executor {
    tasks: RefCell<Vec<Option<Task>>>,
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

    /// Waits until a task is ready. Then polls each that is ready now, once.
    fn turn(&self) {
        let first = self.ready.recv().expect("the executor itself could send");
        let batch: Vec<_> = once(first).chain(self.ready.try_iter()).collect();
        for waker in batch {
            self.step(waker);
        }
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
    let ((queue, ready), tasks) = (channel(), RefCell::default());
    let executor = Rc::new(Executor { tasks, ready, queue });
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

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_3();
}
