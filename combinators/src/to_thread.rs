//! `to_thread`: a blocking function, on a thread of its own.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Runs a blocking function on another thread, and awaits what it returns.
///
/// It is handed over when the future is first polled, to one of a few threads
/// (four more than there are processors, 32 at most) that start when needed and
/// end when they have had nothing to do for ten seconds. If all are busy it
/// waits for its turn.
///
/// Giving up the await, by dropping it or by a cancellation, has no effect on a
/// function that runs: its result is dropped. One that hasn't begun is not run.
///
/// ```
/// use combinators::to_thread;
///
/// executor::block_on(async {
///     let sum = to_thread(|| (1..=1000).sum::<u32>()).await;
///     assert_eq!(sum, 500_500);
/// });
/// ```
///
/// # Panics
///
/// If the function panics, so does the await, with the same payload. Panics too
/// if the system has no thread to give, and when polled after it was ready.
pub fn to_thread<T, F>(function: F) -> ToThread<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + Unpin + 'static,
{
    ToThread(State::New(function))
}

/// The future of [`to_thread`].
#[must_use = "the function doesn't run unless this is awaited"]
pub struct ToThread<T, F>(State<T, F>);

enum State<T, F> {
    New(F),
    /// The thread has no more than a weak reference until it begins.
    Running(Arc<Mutex<Return<T>>>),
    Over,
}

/// What the thread leaves for the future.
struct Return<T> {
    value: Option<thread::Result<T>>,
    waker: Waker,
}

const POLLED_AGAIN: &str = "`to_thread` was polled again after it was ready: await it once";

impl<T, F> Future for ToThread<T, F>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + Unpin + 'static,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match std::mem::replace(&mut self.0, State::Over) {
            State::New(function) => {
                let waker = cx.waker().clone();
                let shared = Arc::new(Mutex::new(Return { value: None, waker }));
                let result = Arc::downgrade(&shared);
                POOL.submit(Box::new(move || run(function, &result)));
                self.0 = State::Running(shared);
                Poll::Pending
            }
            State::Running(shared) => {
                let mut result = shared.lock();
                if let Some(value) = result.value.take() {
                    return Poll::Ready(value.unwrap_or_else(|panic| resume_unwind(panic)));
                }
                result.waker.clone_from(cx.waker());
                drop(result);
                self.0 = State::Running(shared);
                Poll::Pending
            }
            State::Over => panic!("{POLLED_AGAIN}"),
        }
    }
}

/// On the thread: runs the function, unless nobody waits for it any more.
fn run<T>(function: impl FnOnce() -> T, result: &Weak<Mutex<Return<T>>>) {
    if result.strong_count() == 0 {
        return;
    }
    let value = catch_unwind(AssertUnwindSafe(function));
    let Some(result) = result.upgrade() else { return };
    let mut result = result.lock();
    result.value = Some(value);
    let waker = result.waker.clone();
    drop(result);
    waker.wake();
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads for jobs that block.
struct Pool {
    state: Mutex<Jobs>,
    came: Condvar,
}

struct Jobs {
    waiting: VecDeque<Job>,
    threads: usize,
    /// How many of them wait for a job.
    idle: usize,
}

const PATIENCE: Duration = Duration::from_secs(10);

static POOL: Pool = Pool {
    state: Mutex::new(Jobs { waiting: VecDeque::new(), threads: 0, idle: 0 }),
    came: Condvar::new(),
};

impl Pool {
    fn submit(&'static self, job: Job) {
        let mut jobs = self.state.lock();
        jobs.waiting.push_back(job);
        if jobs.waiting.len() > jobs.idle && jobs.threads < most_threads() {
            jobs.threads += 1;
            let thread = thread::Builder::new().name(String::from("to_thread"));
            thread.spawn(|| self.work()).expect("the system gives another thread");
        }
        self.came.notify_one();
    }

    /// What a thread of the pool does.
    fn work(&self) {
        let mut jobs = self.state.lock();
        loop {
            if let Some(job) = jobs.waiting.pop_front() {
                drop(jobs);
                job();
                jobs = self.state.lock();
                continue;
            }
            jobs.idle += 1;
            let waited = self.came.wait_for(&mut jobs, PATIENCE);
            jobs.idle -= 1;
            if waited.timed_out() && jobs.waiting.is_empty() {
                jobs.threads -= 1;
                return;
            }
        }
    }
}

fn most_threads() -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    (processors + 4).min(32)
}

impl<T, F> fmt::Debug for ToThread<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::New(_) => "ToThread(not started)",
            State::Running(_) => "ToThread(running)",
            State::Over => "ToThread(over)",
        })
    }
}
