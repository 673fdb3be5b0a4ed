//! `Remote`: spawning on an executor from any thread.

use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use executor::{Courier, JoinError, Section, Task, TaskId, courier, find_task, spawn_at};
use parking_lot::{Condvar, Mutex};

use crate::foreign::contain_quietly;
use crate::threads::place_in_words;

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
    Remote(courier())
}

/// Spawns on an executor from any thread; made by [`remote()`]. Clones are the
/// same handle.
///
/// It is no task: a [`Courier`] takes what is handed over. Once the executor is
/// gone everything is refused.
#[derive(Clone)]
pub struct Remote(Courier);

impl Remote {
    /// Spawns the future that `make` makes on the executor's thread, so that the
    /// future itself need not be `Send`. The task is one that was spawned at the line of this
    /// call.
    ///
    /// # Errors
    ///
    /// Fails if the executor is gone, and gives `make` back.
    ///
    /// # Panics
    ///
    /// Panics if [`on_wake`](executor::Builder::on_wake) does; so does
    /// [`RemoteTask::cancel`].
    #[track_caller]
    pub fn spawn<M, F>(&self, make: M) -> Result<RemoteTask<F::Output>, Refused<M>>
    where
        M: FnOnce() -> F + Send + 'static,
        F: Future<Output: Send> + 'static,
    {
        let place = Location::caller();
        let line = Arc::new(Line::default());
        let end = OurEnd(Arc::clone(&line));
        // It is shared, so that it can be given back if nobody takes it.
        let make = Arc::new(Mutex::new(Some(make)));
        let taken = Arc::clone(&make);
        let sent = self.0.send(move || {
            let make = taken.lock().take();
            let make = make.expect("it is given back only if this isn't called");
            start(place, make, end);
        });
        if sent.is_ok() {
            return Ok(RemoteTask { line, courier: self.0.clone(), place, waiting: None });
        }
        Err(Refused(make.lock().take().expect("what comes back wasn't called")))
    }
}

/// Spawns the task, on the executor's thread, and has it send its outcome to the
/// other end.
fn start<F>(
    place: &'static Location<'static>,
    make: impl FnOnce() -> F + 'static,
    end: OurEnd<F::Output>,
) where
    F: Future<Output: Send> + 'static,
{
    let section = Section::begin(|| "remote task".into());
    let task = spawn_at(place, async { make().await });
    section.add(&task);
    end.0.said.lock().task = Some(task.id());
    send_outcome(task, end, section);
}

/// Sends the outcome of a task to the other end, once there is one.
fn send_outcome<T: Send + 'static>(task: Task<T>, end: OurEnd<T>, section: Section) {
    // The handle stays with the callback, which takes the outcome.
    let handle = Rc::new(Cell::new(None::<Task<T>>));
    let ended = Rc::clone(&handle);
    task.on_done(move || {
        let outcome = ended.take().and_then(|mut task| task.take_outcome());
        let outcome = outcome.expect("the task has ended, and nobody else has the handle");
        section.end(|| end.receiver());
        end.0.end(outcome.map_err(RemoteError::Join));
    });
    handle.set(Some(task));
}

/// A task that another thread has spawned; made by [`Remote::spawn`].
///
/// A thread waits for it by [`join`](Self::join), a future of any executor by
/// awaiting it. Dropping it detaches the task.
#[must_use = "dropping it detaches the task"]
pub struct RemoteTask<T> {
    line: Arc<Line<T>>,
    courier: Courier,
    /// The line that spawned it.
    place: &'static Location<'static>,
    /// The wait of the task that awaits it.
    waiting: Option<Section>,
}

/// The state that a remote task and its handle share.
struct Line<T> {
    said: Mutex<Said<T>>,
    ended: Condvar,
}

struct Said<T> {
    /// The task's id, once it is spawned.
    task: Option<TaskId>,
    outcome: Option<Result<T, RemoteError>>,
    /// Is set with the outcome, and stays so when that is taken.
    over: bool,
    /// The waker of the task that awaits the outcome.
    waker: Option<Waker>,
    /// The thread that is blocked until there is an outcome.
    blocked: Option<Thread>,
}

impl<T> RemoteTask<T> {
    /// Blocks this thread until the task has ended.
    ///
    /// On the executor's own thread it waits in vain, unless the task has ended: there the task
    /// is awaited. In a function of [`to_thread`](crate::to_thread) it waits in vain for a task
    /// that sleeps on a virtual clock, which stands still as long as the function is awaited.
    ///
    /// # Errors
    ///
    /// Fails if the task panicked or was cancelled, or if the executor went
    /// before it could run.
    ///
    /// # Panics
    ///
    /// Panics where no thread [can block](executor::guide::platforms), unless the task has
    /// ended; and if its outcome was taken before, by an await.
    #[track_caller]
    pub fn join(self) -> Result<T, RemoteError> {
        self.line.wait(None).unwrap_or_else(|| unreachable!("the wait has no limit"))
    }

    /// Blocks this thread until the task has ended, or for so long at most; then
    /// it gives the task back. The time being up doesn't cancel it. On the executor's own
    /// thread the time is up, unless the task has ended.
    ///
    /// # Errors
    ///
    /// Gives the task back if the time is up; the outcome fails as that of
    /// [`join`](Self::join) does.
    ///
    /// # Panics
    ///
    /// Panics where no thread [can block](executor::guide::platforms), and if the outcome was
    /// taken before, by an await.
    #[track_caller]
    pub fn join_timeout(self, limit: Duration) -> Result<Result<T, RemoteError>, Self> {
        // Beyond what an instant can say there is no limit.
        self.line.wait(Instant::now().checked_add(limit)).ok_or(self)
    }
}

impl<T: Send + 'static> RemoteTask<T> {
    /// Cancels the task.
    pub fn cancel(&self) {
        // Once nobody has the line, the task has ended.
        let line = Arc::downgrade(&self.line);
        let sent = self.courier.send(move || {
            let task = line.upgrade().and_then(|line| line.said.lock().task);
            if let Some(task) = task.and_then(find_task) {
                task.cancel();
            }
        });
        drop(sent); // An error means that the executor is gone, and the task too.
    }
}

const TAKEN: &str = "a remote task was awaited or joined again after its outcome had been taken: \
    do so once";

impl<T> Future for RemoteTask<T> {
    type Output = Result<T, RemoteError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(outcome) = self.line.look(cx) {
            self.waiting.take().into_iter().for_each(|it| it.end(|| "it has ended".into()));
            return Poll::Ready(outcome);
        }
        let place = self.place;
        let what = || format!("remote task that was spawned in {}", place_in_words(place));
        self.waiting.get_or_insert_with(|| Section::begin(what)).wait();
        Poll::Pending
    }
}

impl<T> Line<T> {
    /// Takes the outcome, or leaves the waker. Wakers are foreign code: none is cloned or
    /// dropped under the lock.
    #[track_caller]
    fn look(&self, cx: &Context<'_>) -> Option<Result<T, RemoteError>> {
        let waker = cx.waker().clone();
        let mut said = self.said.lock();
        let outcome = said.outcome.take();
        if outcome.is_some() {
            return outcome;
        }
        assert!(!said.over, "{TAKEN}");
        let before = said.waker.replace(waker);
        drop(said);
        contain_quietly(|| drop(before));
        None
    }

    /// Blocks this thread until there is an outcome; `None` if the time is up
    /// before.
    #[track_caller]
    fn wait(&self, end: Option<Instant>) -> Option<Result<T, RemoteError>> {
        let mut said = self.said.lock();
        assert!(said.outcome.is_some() || !said.over, "{TAKEN}");
        said.blocked = Some(thread::current());
        let mut in_time = true;
        while said.outcome.is_none() && in_time {
            match end {
                Some(end) => in_time = !self.ended.wait_until(&mut said, end).timed_out(),
                None => self.ended.wait(&mut said),
            }
        }
        said.blocked = None;
        said.outcome.take()
    }

    fn end(&self, outcome: Result<T, RemoteError>) {
        let mut said = self.said.lock();
        said.outcome = Some(outcome);
        said.over = true;
        let waker = said.waker.take();
        drop(said);
        self.ended.notify_all();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        let said = Said { task: None, outcome: None, over: false, waker: None, blocked: None };
        Self { said: Mutex::new(said), ended: Condvar::new() }
    }
}

/// The executor's end of a line. If it is dropped before there is an outcome, it
/// tells the other end that there will be none.
struct OurEnd<T>(Arc<Line<T>>);

impl<T> OurEnd<T> {
    /// Says who gets the outcome that is to come now.
    fn receiver(&self) -> String {
        let is_alone = Arc::strong_count(&self.0) == 1;
        let said = self.0.said.lock();
        match &said.blocked {
            Some(thread) => match thread.name() {
                Some(name) => format!("the thread `{name}`, which joins it, gets its outcome"),
                None => "the thread that joins it gets its outcome".into(),
            },
            None if said.waker.is_some() => "who awaits it gets its outcome".into(),
            None if is_alone => "its handle is gone, so its outcome is dropped".into(),
            None => "its outcome is kept for who joins or awaits it".into(),
        }
    }
}

impl<T> Drop for OurEnd<T> {
    fn drop(&mut self) {
        if !self.0.said.lock().over {
            self.0.end(Err(RemoteError::Gone));
        }
    }
}

/// The reason why a remote task has no value.
#[derive(Clone, Debug)]
pub enum RemoteError {
    /// It was cancelled, or it panicked.
    Join(JoinError),
    /// The executor went before it had ended; or had no room for one more task.
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

/// The executor is gone: nothing can be spawned there. Holds what was given.
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
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RemoteTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.line.said.lock().outcome.is_some();
        f.debug_struct("RemoteTask").field("ended", &ended).finish_non_exhaustive()
    }
}
