//! The awaits of a task that pass cancellations on to it, and the requests to end it.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::cancel::cancelled::Cancelled;
use crate::cancel::point::{Point, Wait};
use crate::probe::Place;
use crate::run::context;
use crate::run::error::{JoinError, misused};
use crate::run::slots::{Slot, flag};
use crate::run::task::{OUTCOME_TAKEN, Task, TaskRef};

impl<T> Task<T> {
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
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.task.cancel()
    }

    /// Returns whether the task has ended as cancelled.
    ///
    /// While the task runs this is `false`, also if it [was asked](TaskRef::cancelling) to
    /// end, for it may still return a value. Once the task has ended the answer stays as it
    /// is, even when the outcome was taken. To ask doesn't count as seeing the outcome.
    ///
    /// ```
    /// executor::block_on(async {
    ///     let task = executor::spawn(std::future::pending::<()>());
    ///     task.cancel();
    ///     assert!(!task.is_cancelled());
    ///     executor::yield_now().await;
    ///     assert!(task.is_cancelled());
    /// });
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.slot().has(flag::CANCELLED)
    }

    /// Makes a handle of the task that can be cloned, so that several may await the task.
    #[must_use = "dropping the handle detaches the task"]
    pub fn shared(self) -> Shared<T> {
        Shared(Rc::new(self))
    }

    /// Returns whether an await of this task, which has ended, ends as cancelled, too: if
    /// the task has ended by a cancellation that the await has passed on to it (F38).
    #[inline(always)]
    fn passes_its_end_on(&self, declared: Declaration) -> bool {
        // In most programs no request ever is passed on: so most awaits end here.
        self.core().points.any_passed.get() && self.hear_end(declared)
    }

    fn hear_end(&self, declared: Declaration) -> bool {
        // It hears even if the task has returned a value, for then the request is over (F39).
        if self.core().hear_end_of(Wait::task(self.id())) {
            return self.is_cancelled();
        }
        // Another point may have polled this await before. If that has passed a request on, it
        // takes it over now.
        declared.withdraw(self);
        false
    }
}

impl TaskRef {
    /// Asks the task to end, as [`Task::cancel`] does.
    ///
    /// The future that `block_on` was given can't end without a value. It can be
    /// cancelled only while a [scope in it catches](crate::catch_cancel);
    /// otherwise this returns `false`. If that scope is over before it has caught, the request
    /// comes to nothing.
    #[expect(clippy::must_use_candidate, reason = "the request is what matters")]
    #[track_caller]
    pub fn cancel(&self) -> bool {
        // A target that is asked on the way may wake tasks, as in a turn.
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
    /// A future that catches a cancellation for which it has itself asked takes that
    /// back, so that those around can tell whether there is another. When none
    /// is left, a task that was about to take a step when it was cancelled takes
    /// it, as if it had not been cancelled. A wait that was cancelled stays so (F50).
    #[expect(clippy::must_use_candidate, reason = "the request is what matters")]
    pub fn uncancel(&self) -> u32 {
        self.core.uncancel(self.id)
    }
}

/// Awaiting a handle: giving up the await cancels the task.
impl<T> IntoFuture for Task<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = Join<T>;

    #[cfg_attr(feature = "trace", track_caller)]
    fn into_future(self) -> Join<T> {
        Join { task: Some(self), declared: Declaration::default(), awaited_at: Place::here() }
    }
}

/// The future of a task's outcome; made by awaiting a [`Task`], or by its
/// `into_future` for functions that take futures.
///
/// It cancels the task if it is dropped before the end.
///
/// # Panics
///
/// Panics when a task awaits itself, outside of the task's executor, and when
/// polled again after the outcome was taken. So does awaiting a `&mut Task`.
#[must_use = "dropping this future cancels the task"]
pub struct Join<T: 'static> {
    /// The task, until its outcome is taken.
    task: Option<Task<T>>,
    declared: Declaration,
    awaited_at: Place,
}

/// The declaration of an await: the point that waits, and the declaration's number.
#[derive(Clone, Copy, Default)]
struct Declaration(Option<(Point, u32)>);

impl Declaration {
    /// Polls the end of a task, and declares that the task now polled waits for it.
    #[track_caller]
    fn poll_end<'a, T>(
        &mut self,
        task: &'a Task<T>,
        cx: &Context<'_>,
        awaited_at: Place,
    ) -> Poll<&'a Slot> {
        task.poll_end(cx, awaited_at, |polled| self.renew(task, polled.is_some()))
    }

    fn renew<T>(&mut self, task: &Task<T>, recognised: bool) {
        let TaskRef { core, id } = &task.task;
        // A stranger declares nothing: it may poll the await for another task than this.
        let waits = recognised.then(|| core.polled_point()).flatten();
        self.withdraw(task);
        self.0 = waits.map(|at| (at, core.points.declared.declare(Wait::task(*id))));
    }

    /// Notes that the await doesn't wait any more.
    fn withdraw<T>(self, task: &Task<T>) {
        let TaskRef { core, id } = &task.task;
        if let Some((at, number)) = self.0 {
            core.end_wait(at, Wait::task(*id), number);
        }
    }
}

impl<T> Future for Join<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { task, declared, awaited_at } = &mut *self;
        let Some(task) = task else { misused(OUTCOME_TAKEN) };
        let slot = ready!(declared.poll_end(task, cx, *awaited_at));
        if task.passes_its_end_on(*declared) {
            return Cancelled::throw(cx); // The outcome stays, for the next poll to take (I9).
        }
        let Some(outcome) = task.take_from(slot) else { misused(OUTCOME_TAKEN) };
        self.task = None; // Dropping the await cancels nothing any more.
        Poll::Ready(outcome)
    }
}

impl<T> Drop for Join<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            self.declared.withdraw(task);
            task.cancel();
        }
    }
}

/// A task that several may await; made by [`Task::shared`].
///
/// Each await gets a clone of the outcome. Giving up an await leaves the task alone,
/// but a cancellation is passed on to the task. Otherwise this is a [`Task`], to which it
/// dereferences.
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
///
/// So it can be awaited only if the outcome can be cloned; otherwise the compiler says that it
/// is not a future. An error that can't be cloned goes into an `Rc`:
///
/// ```
/// use std::{fs, io, rc::Rc};
///
/// executor::block_on(async {
///     let task = executor::spawn(async { fs::read("/no/such/file").map_err(Rc::new) }).shared();
///     let error: Rc<io::Error> = task.await.unwrap().unwrap_err();
///     assert_eq!(error.kind(), io::ErrorKind::NotFound);
/// });
/// ```
pub struct Shared<T: 'static>(Rc<Task<T>>);

impl<T> Shared<T> {
    /// Gives the task a name, for messages, and returns the handle.
    #[expect(clippy::return_self_not_must_use, reason = "who only names it lets go of it")]
    pub fn named(self, name: impl AsRef<str>) -> Self {
        self.set_name(name);
        self
    }
}

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
        SharedJoin { task: self, declared: Declaration::default(), awaited_at: Place::here() }
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
        self.declared.withdraw(&self.task);
    }
}

impl<T: Clone> Future for SharedJoin<T> {
    type Output = Result<T, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { task, declared, awaited_at } = &mut *self;
        ready!(declared.poll_end(task, cx, *awaited_at));
        if task.passes_its_end_on(*declared) {
            return Cancelled::throw(cx);
        }
        let Some(outcome) = task.outcome() else { misused(OUTCOME_TAKEN) };
        Poll::Ready(outcome)
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

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.task {
            Some(task) => write!(f, "Join({task:?})"),
            None => f.write_str("Join(over)"),
        }
    }
}
