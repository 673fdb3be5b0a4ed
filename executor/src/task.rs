//! The task handle: the right to a task's outcome.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::cell::{Outcome, boxed};
use crate::context;
use crate::core::Core;
use crate::error::JoinError;
use crate::group::{Callback, Waiter};
use crate::id::TaskId;
use crate::points::Wait;
use crate::probe::{On, Place};
use crate::scope::Cancelled;
use crate::slots::{Slot, flag};

const AWAITS_ITSELF: &str = "a task awaits itself, which would never end: \
    await it from another task, or name it by `current_task`";
const FOREIGN_HANDLE: &str = "a task is awaited outside of the executor that it was spawned on, \
    which isn't running then: await it inside that executor's `block_on`";
const OUTCOME_TAKEN: &str = "a task's outcome was asked for again after it was taken: \
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
/// | who awaits it by `task.await` is cancelled | is cancelled    |
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
    task: TaskRef,
    outcome: PhantomData<fn() -> T>,
}

/// Names a task, neither keeping its outcome nor knowing its type.
///
/// Comes from [`current_task`] and from [`Task::reference`]. It is harmless
/// when the task is long gone.
#[derive(Clone)]
pub struct TaskRef {
    core: Rc<Core>,
    id: TaskId,
}

/// Spawns a future as a task of the executor that runs on this thread.
///
/// The task is queued behind what is ready already and takes its first step
/// next turn at the earliest. It runs whether or not the handle is awaited.
///
/// # Panics
///
/// Panics outside of a running executor.
#[track_caller]
pub fn spawn<F: Future + 'static>(future: F) -> Task<F::Output> {
    spawn_on(context::current(), future)
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

/// Returns the task of the running executor that has this id; `None` if it is gone.
///
/// For those who can't keep a [`TaskRef`], as other threads, which may keep the id.
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn find_task(id: TaskId) -> Option<TaskRef> {
    let core = context::current();
    core.slots.get(id)?;
    Some(TaskRef { core, id })
}

#[track_caller]
pub(crate) fn spawn_on<F: Future + 'static>(core: Rc<Core>, future: F) -> Task<F::Output> {
    let id = core.spawn(boxed(future, Location::caller()));
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

    /// Asks the task to end; returns `false` if it has ended already.
    ///
    /// Its future is dropped at the task's next turn, never inside this call,
    /// and the outcome is a [`JoinError`] that says so. A task that hasn't
    /// taken its first step runs none of its code.
    ///
    /// | a task that                    | when it is cancelled                  |
    /// |--------------------------------|---------------------------------------|
    /// | awaits another task            | has that one cancelled, waits until it has ended, and then ends so too, or goes on with its value |
    /// | awaits a future that [passes cancellations on](crate::PassCancel) | the same |
    /// | awaits `&mut task`, or anything else | ends, and what it awaits is dropped |
    /// | is in a [scope that catches](crate::catch_cancel) | goes on after the scope |
    /// | cancels itself                 | runs on until it waits or returns     |
    ///
    /// A task that waits for several others at once, other than by `gather`, is
    /// itself cancelled. Each request counts; see
    /// [`TaskRef::cancelling`].
    #[expect(clippy::must_use_candidate, reason = "the request is what matters")]
    pub fn cancel(&self) -> bool {
        self.task.cancel()
    }

    /// Lets several await the task.
    #[must_use = "dropping the handle detaches the task"]
    pub fn shared(self) -> Shared<T> {
        Shared(Rc::new(self))
    }

    /// Has a function called, in the turn after the task has ended; next turn,
    /// if it has ended already.
    ///
    /// Those who wait for a task and functions are told of its end in the order
    /// in which they came (F17).
    pub fn on_done(&self, call: impl FnOnce() + 'static) {
        let group = Callback::group(call);
        self.core().tell_callback(group.number(), Some(self.id()));
        let (waiter, slot) = (Waiter::Group(group, 0), self.slot());
        if slot.has(flag::LIVE) {
            slot.add_waiter(waiter);
        } else {
            context::hear_from_outside(self.core());
            self.core().notify(waiter);
        }
    }

    /// Says that nobody needs to see how the task fails, so that it isn't
    /// [told of](crate::Builder::on_unread_panic) if nobody does.
    pub fn mark_read(&self) {
        self.slot().set(flag::READ);
    }

    /// Returns whether somebody has seen how the task ended, or nobody
    /// [needs to](Self::mark_read).
    ///
    /// For errors that tasks return: nobody is told of those, only of panics.
    #[must_use]
    pub fn is_read(&self) -> bool {
        let slot = self.slot();
        let is_taken = || !slot.has(flag::LIVE) && self.peek_in(slot, |_| ()).is_none();
        slot.has(flag::READ) || is_taken()
    }

    /// Shows the outcome to `look` without taking it.
    ///
    /// `None` while the task runs, once the outcome was taken, and while another
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

    /// Returns a copy of the outcome, under the rules of [`peek`](Self::peek).
    #[must_use]
    pub fn outcome(&self) -> Option<Result<T, JoinError>>
    where
        T: Clone,
    {
        self.peek(Clone::clone)
    }

    /// Takes the outcome of a task that has ended.
    ///
    /// `None` while the task runs, and once the outcome was taken.
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

    fn take_from(&self, slot: &Slot) -> Option<Outcome<T>> {
        slot.take_outcome(|cell| self.core().origin(self.id(), cell))
    }

    /// Ready once the task has ended.
    #[track_caller]
    fn poll_end(
        &self,
        cx: &Context<'_>,
        declared: Option<&mut Declaration>,
        awaited_at: Place,
    ) -> Poll<&Slot> {
        let TaskRef { core, id } = &self.task;
        let slot = self.slot();
        if !slot.has(flag::LIVE) {
            return Poll::Ready(slot);
        }
        assert!(core.polling() != Some(*id), "{AWAITS_ITSELF}");
        let waiter = core.waiter(cx);
        // Only while the executor runs is there a task that it recognises.
        let recognised = matches!(waiter, Waiter::Task(_));
        assert!(recognised || context::is_current(core), "{FOREIGN_HANDLE}");
        if let Some(declared) = declared {
            self.withdraw(*declared);
            let task = core.polled.get().index;
            if let Some((before, _)) = *declared
                && !(recognised && task == before)
            {
                core.move_join(before, *id);
            }
            let declare = || (task, core.points.declared.declare(Wait::Task(*id)));
            *declared = recognised.then(declare);
        }
        slot.add_waiter(waiter);
        core.tell_await(On::Task(*id), Place::here(), awaited_at);
        Poll::Pending
    }

    /// Whoever awaits it waits no more.
    fn withdraw(&self, declared: Declaration) {
        if let Some((_, number)) = declared {
            self.core().points.declared.withdraw(number);
        }
    }

    /// Whether an await that passes cancellations on to the task, which has ended,
    /// ends so too: if the task ended by one that was passed on to it (F38).
    fn passes_its_end_on(&self) -> bool {
        let is_cancelled =
            |outcome: &Outcome<T>| outcome.as_ref().is_err_and(JoinError::is_cancelled);
        self.core().conclude(Wait::Task(self.id())) && self.glance(is_cancelled) == Some(true)
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

    /// Asks the task to end, as [`Task::cancel`] does.
    ///
    /// The future that `block_on` was given can't end without a value. It can be
    /// cancelled only while a [scope in it catches](crate::catch_cancel);
    /// otherwise `false`.
    #[expect(clippy::must_use_candidate, reason = "the request is what matters")]
    pub fn cancel(&self) -> bool {
        // Whoever passes the request on may wake tasks, as in a turn.
        let _entered = context::enter_from_outside(&self.core);
        self.core.cancel(self.id)
    }

    /// Returns how often the task was asked to end, less what was
    /// [taken back](Self::uncancel).
    #[must_use]
    pub fn cancelling(&self) -> u32 {
        self.core.cancelling(self.id)
    }

    /// Takes one request to end back, and returns how many are left.
    ///
    /// Whoever catches a cancellation that it has itself asked for takes it
    /// back, so that those around can tell whether there is another. When none
    /// is left, a task that was about to take a step when it was cancelled takes
    /// it, as if nothing had been. A wait that was cancelled stays so (F50).
    #[expect(clippy::must_use_candidate, reason = "the request is what matters")]
    pub fn uncancel(&self) -> u32 {
        context::hear_from_outside(&self.core);
        self.core.uncancel(self.id)
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

    #[cfg_attr(feature = "trace", track_caller)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let slot = ready!(self.poll_end(cx, None, Place::here()));
        Poll::Ready(self.take_from(slot).expect(OUTCOME_TAKEN))
    }
}

/// Awaiting a handle: giving up the await cancels the task.
impl<T> IntoFuture for Task<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = Join<T>;

    #[cfg_attr(feature = "trace", track_caller)]
    fn into_future(self) -> Join<T> {
        Join { task: Some(self), declared: None, awaited_at: Place::here() }
    }
}

/// The future of a task's outcome; made by awaiting a [`Task`], or by its
/// `into_future` for functions that take futures.
///
/// Cancels the task if it is dropped before the end.
///
/// # Panics
///
/// Panics when a task awaits itself, outside of the task's executor, and when
/// polled again after the outcome was taken. So does awaiting a `&mut Task`.
#[must_use = "dropping this future cancels the task"]
pub struct Join<T: 'static> {
    /// Until the outcome is taken.
    task: Option<Task<T>>,
    declared: Declaration,
    awaited_at: Place,
}

/// The slot of the task in which an await was polled last, and the number of what it
/// has declared.
type Declaration = Option<(u32, u32)>;

impl<T> Future for Join<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { task, declared, awaited_at } = &mut *self;
        let task = task.as_ref().expect(OUTCOME_TAKEN);
        let slot = ready!(task.poll_end(cx, Some(declared), *awaited_at));
        if task.passes_its_end_on() {
            return Cancelled::throw();
        }
        let outcome = task.take_from(slot).expect(OUTCOME_TAKEN);
        self.task = None;
        Poll::Ready(outcome)
    }
}

impl<T> Drop for Join<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.withdraw(self.declared);
            task.cancel();
        }
    }
}

/// A task that several may await; made by [`Task::shared`].
///
/// Each gets a clone of the outcome. Giving up an await leaves the task alone,
/// but a cancellation is passed on to it. Otherwise it is a [`Task`], which it
/// dereferences to.
///
/// ```
/// use executor::spawn;
///
/// executor::block_on(async {
///     let task = spawn(async { 7 }).shared();
///     let doubled = spawn({
///         let task = task.clone();
///         async move { 2 * task.await.unwrap() }
///     });
///     assert_eq!((task.await.unwrap(), doubled.await.unwrap()), (7, 14));
/// });
/// ```
pub struct Shared<T: 'static>(Rc<Task<T>>);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = Task<T>;

    fn deref(&self) -> &Task<T> {
        &self.0
    }
}

impl<T: Clone> IntoFuture for Shared<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = SharedJoin<T>;

    #[cfg_attr(feature = "trace", track_caller)]
    fn into_future(self) -> SharedJoin<T> {
        SharedJoin { task: self, declared: None, awaited_at: Place::here() }
    }
}

/// The future of a [`Shared`] task's outcome.
#[must_use = "futures do nothing unless polled"]
pub struct SharedJoin<T: 'static> {
    task: Shared<T>,
    declared: Declaration,
    awaited_at: Place,
}

impl<T> Drop for SharedJoin<T> {
    fn drop(&mut self) {
        self.task.withdraw(self.declared);
    }
}

impl<T: Clone> Future for SharedJoin<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { task, declared, awaited_at } = &mut *self;
        ready!(task.poll_end(cx, Some(declared), *awaited_at));
        if task.passes_its_end_on() {
            return Cancelled::throw();
        }
        Poll::Ready(task.outcome().expect(OUTCOME_TAKEN))
    }
}

/// A handle by which a combinator waits for a task: the [`Task`] itself, or a
/// [`Shared`] one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handle of a task",
    note = "give tasks by value, not by reference; spawn futures first, as in `futures.map(spawn)`"
)]
pub trait Handle: Unpin + 'static {
    /// What the task returns.
    type Output: 'static;

    /// The future of the outcome.
    type Join: Future<Output = Result<Self::Output, JoinError>>;

    /// Returns the task.
    fn task(&self) -> &Task<Self::Output>;

    /// Returns the outcome: the task's own, or a clone if it is shared.
    ///
    /// `None` while the task runs, and once the outcome was taken.
    fn into_outcome(self) -> Option<Result<Self::Output, JoinError>>;

    /// Returns the future that awaiting the handle polls.
    fn into_join(self) -> Self::Join;
}

impl<T> Handle for Task<T> {
    type Output = T;
    type Join = Join<T>;

    fn task(&self) -> &Task<T> {
        self
    }

    fn into_outcome(mut self) -> Option<Outcome<T>> {
        self.take_outcome()
    }

    fn into_join(self) -> Join<T> {
        self.into_future()
    }
}

impl<T: Clone> Handle for Shared<T> {
    type Output = T;
    type Join = SharedJoin<T>;

    fn task(&self) -> &Task<T> {
        self
    }

    fn into_outcome(self) -> Option<Outcome<T>> {
        self.outcome()
    }

    fn into_join(self) -> SharedJoin<T> {
        self.into_future()
    }
}

/// What can be had as a handle: a handle, or any future, which is then spawned.
///
/// For functions that take children of either kind, as `gather` does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a handle of a task nor a future",
    note = "give a `Task`, a `Shared` one, or a future, by value"
)]
pub trait IntoHandle {
    /// The handle.
    type Handle: Handle;

    /// Returns the handle, of a task that is spawned now if it wasn't before.
    ///
    /// # Panics
    ///
    /// For a future, outside of a running executor.
    fn into_handle(self) -> Self::Handle;
}

impl<T> IntoHandle for Task<T> {
    type Handle = Self;

    fn into_handle(self) -> Self {
        self
    }
}

impl<T: Clone> IntoHandle for Shared<T> {
    type Handle = Self;

    fn into_handle(self) -> Self {
        self
    }
}

impl<F: Future + 'static> IntoHandle for F {
    type Handle = Task<F::Output>;

    #[track_caller]
    fn into_handle(self) -> Task<F::Output> {
        spawn(self)
    }
}

impl<T> fmt::Debug for SharedJoin<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedJoin({:?})", self.task)
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.task.fmt(f)
    }
}

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.task {
            Some(task) => write!(f, "Join({task:?})"),
            None => f.write_str("Join(over)"),
        }
    }
}

impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_finished() { "finished" } else { "running" };
        write!(f, "Task(`{}`, {state})", self.name())
    }
}
