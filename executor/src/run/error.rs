//! The error of a task that has no value.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use crate::run::id::{MAIN, TaskId};

/// The payload of a panic.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs foreign code so that its panic stops here.
///
/// Unwind safety is no concern: what a panic may leave half done is the foreign code's
/// own. We drop it, or, as with a waker, there is nothing that could be half done.
pub(crate) fn contain<R>(foreign: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(foreign))
}

/// Runs foreign code whose panic goes nowhere: the panic hook has printed its message, and
/// that is all.
pub(crate) fn contain_quietly(foreign: impl FnOnce()) {
    if let Err(panic) = contain(foreign) {
        discard(panic);
    }
}

/// Drops foreign values one by one: a destructor that panics keeps no other from
/// running. If all went in one drop, the second panic would abort the process.
pub(crate) fn drop_each<T>(values: impl IntoIterator<Item = T>) {
    for value in values {
        contain_quietly(|| drop(value));
    }
}

/// Drops a panic's payload, whose destructor may panic too; the payload of that
/// panic is leaked.
pub(crate) fn discard(panic: Payload) {
    if let Err(further) = contain(|| drop(panic)) {
        std::mem::forget(further);
    }
}

/// Keeps the first of several panics.
pub(crate) fn keep_first(first: &mut Option<Payload>, result: Result<(), Payload>) {
    match result {
        Err(panic) if first.is_none() => *first = Some(panic),
        Err(panic) => discard(panic),
        Ok(()) => {}
    }
}

/// The payload of a panic that is left to `block_on`, which has one with this message at the
/// line of its caller.
pub(crate) struct LeftToBlockOn(pub(crate) &'static str);

/// Polls a future for `block_on`. A future that is polled here by itself has no await in the
/// program, so if it breaks a rule its panic is left to `block_on`.
pub(crate) fn poll_for_block_on<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    future.poll(cx)
}

/// A future that returns the line at which it is polled.
struct PolledAt;

impl Future for PolledAt {
    type Output = &'static Location<'static>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Location::caller())
    }
}

/// Panics at the line of the await that breaks this rule. If `block_on` itself polls, the panic
/// is left to it: the line would be one of ours.
#[cold]
#[track_caller]
pub(crate) fn misused(rule: &'static str) -> ! {
    let ours = poll_for_block_on(pin!(PolledAt), &mut Context::from_waker(Waker::noop()));
    if ours == Poll::Ready(Location::caller()) {
        resume_unwind(Box::new(LeftToBlockOn(rule)));
    }
    panic!("{rule}");
}

/// A task ended without a value: it was cancelled, or it panicked.
///
/// It says which task that was, by its name and the place where it was spawned, and
/// why it ended so. It is one word, cheap to clone, and may go to other threads.
#[derive(Clone)]
pub struct JoinError(Arc<Obituary>);

struct Obituary {
    origin: Origin,
    cause: Cause,
}

/// The task that has ended.
pub(crate) struct Origin {
    pub(crate) name: Name,
    pub(crate) spawned_at: &'static Location<'static>,
}

/// A task's name: given, or made of its id.
#[derive(Clone)]
pub(crate) enum Name {
    Given(Arc<str>),
    Numbered(TaskId),
}

enum Cause {
    Cancelled,
    Panicked { message: String, payload: Mutex<Option<Payload>> },
}

impl JoinError {
    pub(crate) fn cancelled(origin: Origin) -> Self {
        Self(Arc::new(Obituary { origin, cause: Cause::Cancelled }))
    }

    pub(crate) fn panicked(origin: Origin, payload: Payload) -> Self {
        let message = message_of(&*payload).to_owned();
        let payload = Mutex::new(Some(payload));
        Self(Arc::new(Obituary { origin, cause: Cause::Panicked { message, payload } }))
    }

    /// Returns whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.cause, Cause::Cancelled)
    }

    /// Returns whether the task panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        !self.is_cancelled()
    }

    /// Returns the name of the task: the one that it had when it panicked, or, if it was
    /// cancelled, when somebody first asked for its outcome.
    #[must_use]
    pub fn task_name(&self) -> String {
        self.0.origin.name.to_string()
    }

    /// Returns where the task was spawned.
    #[must_use]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.0.origin.spawned_at
    }

    /// Returns the panic's message, if the task panicked with a text.
    #[must_use]
    pub fn panic_message(&self) -> Option<&str> {
        match &self.0.cause {
            Cause::Cancelled => None,
            Cause::Panicked { message, .. } => Some(message),
        }
    }

    /// Takes the panic's payload, to look at it or to
    /// [resume](std::panic::resume_unwind) the panic.
    ///
    /// Returns `None` if the task was cancelled, or if a clone of this error has given
    /// the payload away.
    #[must_use]
    pub fn into_panic(self) -> Option<Box<dyn Any + Send>> {
        match &self.0.cause {
            Cause::Cancelled => None,
            Cause::Panicked { payload, .. } => payload.lock().take(),
        }
    }
}

/// The text of a panic, which is nearly always a string of one kind or other.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .or_else(|| payload.downcast_ref::<LeftToBlockOn>().map(|it| it.0))
        .unwrap_or("(the panic's payload is not a text)")
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Given(name) => f.write_str(name),
            Name::Numbered(TaskId { index: MAIN, .. }) => f.write_str("main"),
            Name::Numbered(id) => write!(f, "Task-{id}"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Obituary { origin: Origin { name, spawned_at }, cause } = &*self.0;
        write!(f, "task `{name}` (spawned at {spawned_at}) ")?;
        match cause {
            Cause::Cancelled => write!(f, "was cancelled"),
            Cause::Panicked { message, .. } => write!(f, "panicked: {message}"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

/// So that `?` works where an `io::Result` is returned.
impl From<JoinError> for std::io::Error {
    fn from(error: JoinError) -> Self {
        Self::other(error)
    }
}
