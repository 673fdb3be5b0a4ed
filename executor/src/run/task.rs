//! The task handle: the right to a task's outcome.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::probe::{On, Place};
use crate::run::cell::{Outcome, boxed};
use crate::run::context;
use crate::run::core::Core;
use crate::run::error::{JoinError, misused};
use crate::run::id::TaskId;
use crate::run::slots::{Slot, flag};

const AWAITS_ITSELF: &str = "a task awaits itself, which would never end: \
    await it from another task, or name it by `current_task`";
const FOREIGN_HANDLE: &str = "a task is awaited outside of the executor that it was spawned on, \
    which isn't running then: await it inside that executor's `block_on`";
pub(crate) const OUTCOME_TAKEN: &str = "a task's outcome was asked for again after it was taken: \
    await a task once, or read its outcome with `peek`";

/// A spawned task: the right to await, cancel and name it.
///
/// `task.await` gives `Result<T, JoinError>`. What becomes of the task:
///
/// | when                                     | the task          |
/// |------------------------------------------|-------------------|
/// | the handle is dropped                    | runs on, detached |
/// | `task.await` is dropped before its end   | is cancelled      |
/// | `(&mut task).await` is dropped           | runs on           |
/// | [`cancel`](Task::cancel) is called       | is cancelled      |
/// | a task awaits it by `task.await`, and is cancelled | is cancelled |
/// | the executor is dropped                  | is cancelled      |
///
/// # Example
///
/// ```
/// executor::block_on(async {
///     let task = executor::spawn(async { 6 * 7 });
///     assert_eq!(task.await?, 42);
///     Ok::<_, executor::JoinError>(())
/// })
/// # .unwrap();
/// ```
///
/// A handle belongs to its executor's thread and keeps the outcome for as long
/// as it is held, also when the executor is gone.
pub struct Task<T: 'static> {
    pub(crate) task: TaskRef,
    outcome: PhantomData<fn() -> T>,
}

/// Names a task, neither keeping its outcome nor knowing its type.
///
/// [`current_task`] and [`Task::reference`] return it. It is harmless when the task is
/// long gone.
#[derive(Clone)]
pub struct TaskRef {
    pub(crate) core: Rc<Core>,
    pub(crate) id: TaskId,
}

/// Spawns a future as a task of the executor that runs on this thread.
///
/// The task is queued behind what is ready already and takes its first step
/// next turn at the earliest. It runs whether or not the handle is awaited.
///
/// # A detached task that fails
///
/// If nobody has the handle, the value is dropped at the task's end, and so is an `Err`:
/// nobody is told, since the executor takes it for a value like any other. asyncio reports
/// each exception that nobody has read (F25). Here that is so of panics, which the panic hook
/// reports, and [`Builder::on_unread_panic`](crate::Builder::on_unread_panic). So a task that is
/// detached handles its errors itself, or makes panics of them:
///
/// ```
/// use executor::{Executor, spawn};
///
/// async fn save() -> Result<(), &'static str> {
///     Err("the disk is full")
/// }
///
/// let (say, hear) = std::sync::mpsc::channel();
/// let say = move |error: &executor::JoinError| say.send(error.to_string()).unwrap();
/// Executor::builder().on_unread_panic(say).build().block_on(async {
///     drop(spawn(async {
///         if let Err(error) = save().await {
///             eprintln!("it isn't saved: {error}");
///         }
///     }));
///     drop(spawn(async { save().await.expect("it is saved") }));
/// });
/// assert!(hear.recv().unwrap().ends_with("it is saved: \"the disk is full\""));
/// ```
///
/// # Panics
///
/// Panics outside of a running executor.
#[track_caller]
pub fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    spawn_on(context::current(), future, Location::caller())
}

/// Returns the task that is being polled, or `None` outside of a poll, as in
/// the destructors of a cancelled task.
///
/// The future that `block_on` was given counts as a task. It is named `main`.
#[must_use]
pub fn current_task() -> Option<TaskRef> {
    let core = context::try_current()?;
    let id = core.polling()?;
    Some(TaskRef { core, id })
}

/// Returns all tasks of the running executor that haven't ended, the future that
/// `block_on` was given among them, in no particular order.
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn all_tasks() -> Vec<TaskRef> {
    let core = context::current();
    let ids = (0..core.slots.len()).map(|index| core.slots.tenant(index).0);
    let living = ids.filter(|&id| !core.has_ended(id));
    living.map(|id| TaskRef { core: Rc::clone(&core), id }).collect()
}

/// Returns the task of the running executor that has this id; `None` if it is gone. The id of
/// another executor's task may name one of this executor, which has nothing to do with that.
///
/// It is for those that can't keep a [`TaskRef`], as other threads; they may keep the id.
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn find_task(id: TaskId) -> Option<TaskRef> {
    let core = context::current();
    if id.index >= core.slots.len() {
        return None; // It is an id of another executor.
    }
    core.slots.get(id)?;
    Some(TaskRef { core, id })
}

pub(crate) fn spawn_on<F: Future + 'static>(
    core: Rc<Core>,
    future: F,
    spawned_at: &'static Location<'static>,
) -> Task<F::Output> {
    let id = core.spawn(boxed(future, spawned_at));
    Task { task: TaskRef { core, id }, outcome: PhantomData }
}

impl<T> Task<T> {
    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.task.id
    }

    /// Returns the task's name: the one that it was given, or `Task-` and its
    /// [id](TaskId), which has a suffix where a slot is used again.
    #[must_use]
    pub fn name(&self) -> String {
        self.task.name()
    }

    /// Gives the task a name, for messages, and returns the handle.
    #[must_use = "dropping the handle detaches the task; to name it only, call `set_name`"]
    pub fn named(self, name: impl AsRef<str>) -> Self {
        self.set_name(name);
        self
    }

    /// Gives the task a name, for messages. Names need not be unique.
    pub fn set_name(&self, name: impl AsRef<str>) {
        self.task.core.set_name(self.id(), name.as_ref());
    }

    /// Returns a reference to the task that doesn't keep its outcome.
    #[must_use]
    pub fn reference(&self) -> TaskRef {
        self.task.clone()
    }

    /// Returns whether the task has ended: returned, panicked or cancelled.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Counts the task's outcome as seen, whatever it is, so that a panic isn't
    /// [reported](crate::Builder::on_unread_panic) if nobody looks at it.
    pub fn mark_read(&self) {
        self.slot().set(flag::READ);
    }

    /// Returns whether somebody has seen how the task ended, or nobody
    /// [needs to](Self::mark_read).
    ///
    /// It is for errors that tasks return: the executor reports only panics.
    #[must_use]
    pub fn is_read(&self) -> bool {
        let slot = self.slot();
        let is_taken = || !slot.has(flag::LIVE) && self.peek_in(slot, |_| ()).is_none();
        slot.has(flag::READ) || is_taken()
    }

    /// Shows the outcome to `look` without taking it.
    ///
    /// Returns `None` while the task runs, once the outcome was taken, and while another
    /// `look` at it is under way.
    ///
    /// ```
    /// executor::block_on(async {
    ///     let mut task = executor::spawn(async { String::from("ready") });
    ///     assert_eq!(task.peek(|_| ()), None);
    ///     executor::yield_now().await;
    ///     assert_eq!(task.peek(|outcome| outcome.as_ref().unwrap().len()), Some(5));
    /// });
    /// ```
    pub fn peek<R>(&self, look: impl FnOnce(&Result<T, JoinError>) -> R) -> Option<R> {
        let slot = self.slot();
        if !slot.has(flag::LIVE) {
            slot.set(flag::READ);
        }
        self.peek_in(slot, look)
    }

    /// Does what [`peek`](Self::peek) does, but doesn't count as seeing the
    /// outcome: for combinators that give the handle back.
    pub fn glance<R>(&self, look: impl FnOnce(&Result<T, JoinError>) -> R) -> Option<R> {
        self.peek_in(self.slot(), look)
    }

    /// Returns a clone of the outcome, under the rules of [`peek`](Self::peek).
    ///
    /// What can't be cloned, such as an [`io::Error`](std::io::Error), is taken by
    /// [`take_outcome`](Self::take_outcome), by awaiting the task, or looked at by `peek`.
    #[must_use]
    pub fn outcome(&self) -> Option<Result<T, JoinError>>
    where
        T: Clone,
    {
        self.peek(Clone::clone)
    }

    /// Takes the outcome of a task that has ended, which doesn't have to be cloned for that.
    ///
    /// Returns `None` while the task runs, and once the outcome was taken.
    ///
    /// ```
    /// use std::{fs, io};
    ///
    /// executor::block_on(async {
    ///     let mut task = executor::spawn(async { fs::read("/no/such/file") });
    ///     assert!(task.take_outcome().is_none());
    ///     executor::yield_now().await;
    ///     let error = task.take_outcome().unwrap().unwrap().unwrap_err();
    ///     assert_eq!(error.kind(), io::ErrorKind::NotFound);
    /// });
    /// ```
    #[must_use]
    pub fn take_outcome(&mut self) -> Option<Result<T, JoinError>> {
        self.take_from(self.slot())
    }

    pub(crate) fn core(&self) -> &Rc<Core> {
        &self.task.core
    }

    pub(crate) fn slot(&self) -> &Slot {
        let (tenant, slot) = self.task.core.slots.tenant(self.id().index);
        debug_assert_eq!(tenant, self.id(), "a slot isn't released while its task is held");
        slot
    }

    fn peek_in<R>(&self, slot: &Slot, look: impl FnOnce(&Outcome<T>) -> R) -> Option<R> {
        slot.peek_outcome(|cell| self.core().origin(self.id(), cell), look)
    }

    pub(crate) fn take_from(&self, slot: &Slot) -> Option<Outcome<T>> {
        slot.take_outcome(|cell| self.core().origin(self.id(), cell))
    }

    /// Returns `Ready` once the task has ended. Until then it calls `waits` with the task
    /// now polled, or with `None` if a stranger polls.
    #[track_caller]
    pub(crate) fn poll_end(
        &self,
        cx: &Context<'_>,
        awaited_at: Place,
        waits: impl FnOnce(Option<TaskId>),
    ) -> Poll<&Slot> {
        let TaskRef { core, id } = &self.task;
        let slot = self.slot();
        if !slot.has(flag::LIVE) {
            return Poll::Ready(slot);
        }
        if core.polling() == Some(*id) {
            misused(AWAITS_ITSELF);
        }
        let waiter = core.waiter(cx);
        // If a task was recognised, its executor runs.
        let polled = waiter.task();
        if polled.is_none() && !context::is_current(core) {
            misused(FOREIGN_HANDLE);
        }
        waits(polled);
        slot.add_waiter(waiter);
        core.record_await(On::Task(*id), awaited_at, awaited_at);
        Poll::Pending
    }
}

impl TaskRef {
    /// Returns the task's id.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Returns the task's name; once the task is gone, the one that it would
    /// have without being given any.
    #[must_use]
    pub fn name(&self) -> String {
        self.core.name(self.id).to_string()
    }

    /// Returns whether the task has ended: returned, panicked or cancelled.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.core.has_ended(self.id)
    }
}

/// Dropping a handle detaches the task.
impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.task.core.let_go(self.task.id);
    }
}

/// Awaiting a borrowed handle: giving up the await leaves the task alone.
impl<T> Future for &mut Task<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slot = ready!(self.poll_end(cx, Place::here(), |_| ()));
        let Some(outcome) = self.take_from(slot) else { misused(OUTCOME_TAKEN) };
        Poll::Ready(outcome)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.task.fmt(f)
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_finished() { "finished" } else { "running" };
        write!(f, "Task(`{}`, {state})", self.name())
    }
}
