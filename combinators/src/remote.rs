//! `Remote`: spawning on an executor from any thread.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use executor::{JoinError, spawn};
use parking_lot::{Condvar, Mutex};

/// Returns a handle by which other threads spawn on the executor that runs on
/// this one.
///
/// ```
/// use combinators::remote;
///
/// let doubled = executor::block_on(async {
///     let remote = remote();
///     let thread = std::thread::spawn(move || {
///         let task = remote.spawn(|| async { 21 }).expect("the executor runs");
///         task.join().unwrap() * 2
///     });
///     combinators::to_thread(move || thread.join().unwrap()).await
/// });
/// assert_eq!(doubled, 42);
/// ```
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn remote() -> Remote {
    let counter = Arc::new(Counter::default());
    drop(spawn(serve(Open(Arc::clone(&counter)))).named("remote"));
    Remote(counter)
}

/// Spawns on an executor from any thread; made by [`remote()`]. Clones are the
/// same handle.
///
/// A task of the executor, named `remote`, takes what is handed over. It ends
/// with the executor; from then on everything is refused.
#[derive(Clone)]
pub struct Remote(Arc<Counter>);

/// Where jobs are handed over.
#[derive(Default)]
struct Counter(Mutex<Jobs>);

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    /// Of the task that serves.
    waker: Option<Waker>,
    closed: bool,
}

/// Runs on the executor's thread.
type Job = Box<dyn FnOnce() + Send>;

impl Remote {
    /// Spawns the future that `make` makes on the executor's thread, so that the
    /// future itself need not be `Send`.
    ///
    /// # Errors
    ///
    /// Fails if the executor is gone, and gives `make` back.
    pub fn spawn<M, F>(&self, make: M) -> Result<RemoteTask<F::Output>, Refused<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        let mut jobs = self.0.0.lock();
        if jobs.closed {
            return Err(Refused(make));
        }
        let line = Arc::new(Line::default());
        let end = OurEnd(Arc::clone(&line));
        jobs.waiting.push_back(Box::new(move || drop(spawn(relay(async { make().await }, end)))));
        let waker = jobs.waker.take();
        drop(jobs);
        waker.into_iter().for_each(Waker::wake);
        Ok(RemoteTask(line))
    }
}

/// The executor's end of the counter. It closes when the task is dropped.
struct Open(Arc<Counter>);

impl Drop for Open {
    fn drop(&mut self) {
        let mut jobs = self.0.0.lock();
        jobs.closed = true;
        let left = std::mem::take(&mut jobs.waiting);
        drop(jobs);
        drop(left); // Each tells its thread that it was not run.
    }
}

/// Runs the jobs that come.
async fn serve(open: Open) {
    poll_fn::<(), _>(|cx| {
        let mut jobs = open.0.0.lock();
        jobs.waker = Some(cx.waker().clone());
        let waiting = std::mem::take(&mut jobs.waiting);
        drop(jobs);
        for job in waiting {
            job();
        }
        Poll::Pending
    })
    .await;
}

/// Runs a remote task, hears whether it is cancelled, and tells how it ended.
async fn relay<F: Future<Output: Send> + 'static>(future: F, end: OurEnd<F::Output>) {
    let mut task = spawn(future);
    let outcome = poll_fn(|cx| {
        if end.0.hears_cancel(cx) {
            task.cancel();
        }
        Pin::new(&mut &mut task).poll(cx)
    });
    end.0.end(outcome.await.map_err(RemoteError::Join));
}

/// A task that another thread has spawned; made by [`Remote::spawn`].
///
/// A thread waits for it by [`join`](Self::join), a future of any executor by
/// awaiting it. Dropping it detaches the task.
#[must_use = "dropping it detaches the task"]
pub struct RemoteTask<T>(Arc<Line<T>>);

/// What lies between a remote task and its thread.
struct Line<T> {
    said: Mutex<Said<T>>,
    ended: Condvar,
}

struct Said<T> {
    outcome: Option<Result<T, RemoteError>>,
    /// Whether there is or was an outcome.
    over: bool,
    cancel: bool,
    /// Of whoever awaits the outcome.
    thread: Option<Waker>,
    /// Of the task that hears the cancellation.
    relay: Option<Waker>,
}

impl<T> RemoteTask<T> {
    /// Blocks this thread until the task has ended.
    ///
    /// # Errors
    ///
    /// Fails if the task panicked or was cancelled, or if the executor went
    /// before it could run.
    pub fn join(self) -> Result<T, RemoteError> {
        let mut said = self.0.said.lock();
        loop {
            if let Some(outcome) = said.outcome.take() {
                return outcome;
            }
            self.0.ended.wait(&mut said);
        }
    }

    /// Blocks this thread until the task has ended, or for so long at most; then
    /// it gives the task back. The time being up doesn't cancel it.
    ///
    /// # Errors
    ///
    /// Within the outcome, as [`join`](Self::join).
    pub fn join_timeout(self, limit: Duration) -> Result<Result<T, RemoteError>, Self> {
        let end = Instant::now() + limit;
        let mut said = self.0.said.lock();
        while said.outcome.is_none() {
            if self.0.ended.wait_until(&mut said, end).timed_out() {
                break;
            }
        }
        let outcome = said.outcome.take();
        drop(said);
        outcome.ok_or(self)
    }

    /// Cancels the task.
    pub fn cancel(&self) {
        let mut said = self.0.said.lock();
        said.cancel = true;
        let relay = said.relay.take();
        drop(said);
        relay.into_iter().for_each(Waker::wake);
    }
}

const TAKEN: &str = "a remote task was polled again after it was ready: await it once";

impl<T> Future for RemoteTask<T> {
    type Output = Result<T, RemoteError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut said = self.0.said.lock();
        if let Some(outcome) = said.outcome.take() {
            return Poll::Ready(outcome);
        }
        assert!(!said.over, "{TAKEN}");
        said.thread = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl<T> Line<T> {
    fn hears_cancel(&self, cx: &Context<'_>) -> bool {
        let mut said = self.said.lock();
        said.relay = Some(cx.waker().clone());
        std::mem::take(&mut said.cancel)
    }

    fn end(&self, outcome: Result<T, RemoteError>) {
        let mut said = self.said.lock();
        said.outcome = Some(outcome);
        said.over = true;
        let thread = said.thread.take();
        drop(said);
        self.ended.notify_all();
        thread.into_iter().for_each(Waker::wake);
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        let said = Said { outcome: None, over: false, cancel: false, thread: None, relay: None };
        Self { said: Mutex::new(said), ended: Condvar::new() }
    }
}

/// The executor's end of a line, of whom the other end hears in any case.
struct OurEnd<T>(Arc<Line<T>>);

impl<T> Drop for OurEnd<T> {
    fn drop(&mut self) {
        if !self.0.said.lock().over {
            self.0.end(Err(RemoteError::Gone));
        }
    }
}

/// Why a remote task has no value.
#[derive(Clone, Debug)]
pub enum RemoteError {
    /// It was cancelled, or it panicked.
    Join(JoinError),
    /// The executor went before it had ended.
    Gone,
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join(error) => error.fmt(f),
            Self::Gone => f.write_str("the executor went before the remote task had ended"),
        }
    }
}

impl Error for RemoteError {}

/// The executor is gone: nothing can be spawned there. Has what was given.
pub struct Refused<M>(pub M);

impl<M> fmt::Display for Refused<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the executor is gone, so nothing can be spawned there: keep it while threads use it",
        )
    }
}

impl<M> Error for Refused<M> {}

impl<M> fmt::Debug for Refused<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refused({self})")
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("closed", &self.0.0.lock().closed).finish()
    }
}

impl<T> fmt::Debug for RemoteTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.0.said.lock().outcome.is_some();
        f.debug_struct("RemoteTask").field("ended", &ended).finish()
    }
}
