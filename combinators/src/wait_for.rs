//! `wait_for`: a task with a time limit.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use executor::{Handle, IntoHandle, JoinError};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::shield::Shield;
use crate::tasks::{ErrorOf, ValueOf};
use crate::timeout::{Elapsed, timeout};

/// Awaits a task for so long at most, and cancels it when the time is up; `None` is no limit.
///
/// It is waited for until it has ended, also if that takes time. If it then
/// returns or panics all the same, that is what counts. A future that isn't a task is spawned;
/// [`timeout()`] limits one without that.
///
/// If the task wakes at the very instant at which the time is up, the limit counts:
///
/// - If the task wakes after the alarm of the limit, it is cancelled before it goes on.
/// - If it wakes before, goes on and ends, it is late all the same. Its value is dropped with the
///   handle, unless somebody has a [shared](executor::Task::shared) handle, too.
///
/// With a limit of zero, a task that has ended gives its outcome, and one that hasn't begun is
/// cancelled before it does.
///
/// ```
/// use std::time::Duration;
/// use combinators::{WaitForError, wait_for};
/// use executor::{sleep, spawn};
///
/// async fn read(time: Duration) -> Result<u8, String> {
///     sleep(time).await;
///     if time.is_zero() { Err("nothing was sent".into()) } else { Ok(7) }
/// }
///
/// executor::block_on(async {
///     let limit = Duration::from_millis(10);
///     let late = wait_for(spawn(read(Duration::from_secs(3600))), limit).await;
///     assert!(matches!(late, Err(WaitForError::Elapsed)));
///     let failed = wait_for(spawn(read(Duration::ZERO)), limit).await;
///     assert!(matches!(failed, Err(WaitForError::Error(text)) if text == "nothing was sent"));
///     assert_eq!(wait_for(read(Duration::from_millis(1)), None).await.unwrap(), 7);
/// });
/// ```
///
/// # Errors
///
/// Fails if the time was up, if the task returns an error, and if it panics or is cancelled
/// by others.
///
/// # Panics
///
/// Panics outside of a running executor.
pub async fn wait_for<C>(
    child: C,
    limit: impl Into<Option<Duration>>,
) -> Result<ValueOf<C::Handle>, WaitForError<ErrorOf<C::Handle>>>
where
    C: IntoHandle<Handle: Handle<Output: Outcome>>,
{
    let (handle, limit) = (child.into_handle(), limit.into());
    let outcome = match limit {
        Some(Duration::ZERO) => without_time(handle).await?,
        limit => timeout(limit, handle.into_join()).await?,
    };
    outcome?.into_result().map_err(WaitForError::Error)
}

/// Cancels a task unless it has ended, and waits for its end.
async fn without_time<H: Handle>(handle: H) -> Result<Result<H::Output, JoinError>, Elapsed> {
    let had_ended = !handle.task().cancel();
    match Shield::new(handle).await {
        Err(error) if error.is_cancelled() && !had_ended => Err(Elapsed),
        outcome => Ok(outcome),
    }
}

/// The reason why [`wait_for`] has no value.
#[derive(Debug)]
pub enum WaitForError<E> {
    /// The time was up.
    Elapsed,
    /// The task returned an error.
    Error(E),
    /// The task was cancelled by others, or it panicked.
    Join(JoinError),
}

impl<E> WaitForError<E> {
    /// Returns whether the time was up.
    #[must_use]
    pub fn is_elapsed(&self) -> bool {
        matches!(self, Self::Elapsed)
    }
}

impl<E> From<Elapsed> for WaitForError<E> {
    fn from(_: Elapsed) -> Self {
        Self::Elapsed
    }
}

impl<E> From<JoinError> for WaitForError<E> {
    fn from(error: JoinError) -> Self {
        Self::Join(error)
    }
}

impl<E> From<Failure<E>> for WaitForError<E> {
    fn from(failure: Failure<E>) -> Self {
        match failure {
            Failure::Error(error) => Self::Error(error),
            Failure::Join(error) => Self::Join(error),
        }
    }
}

/// For functions that do input and output.
impl From<WaitForError<io::Error>> for io::Error {
    fn from(error: WaitForError<io::Error>) -> Self {
        match error {
            WaitForError::Elapsed => Elapsed.into(),
            WaitForError::Error(error) => error,
            WaitForError::Join(error) => error.into(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for WaitForError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elapsed => Elapsed.fmt(f),
            Self::Error(error) => error.fmt(f),
            Self::Join(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for WaitForError<E> {}
