//! The conditions on which `wait` returns.

use executor::JoinError;

use crate::outcome::{Outcome, failure, short_name, succeeded};

/// The progress of a [`wait`](crate::wait()), or of a [`gather`](crate::gather()).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Children that have ended. If a condition is asked, the one in question is among them.
    pub ended: usize,
    /// Children that have [succeeded](Condition::is_success), of those about which a
    /// condition was asked.
    pub succeeded: usize,
    /// Children of these that have failed: they returned an error, panicked or were cancelled.
    pub failed: usize,
    /// Children that are waited for.
    pub total: usize,
}

impl Progress {
    /// Creates the progress of children none of which has ended.
    pub(crate) fn of(total: usize) -> Self {
        Self { ended: 0, succeeded: 0, failed: 0, total }
    }
}

/// The numbers of children that have succeeded and failed, of those that were counted. They
/// are short, for `wait` moves them with all else at each end.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    succeeded: u32,
    failed: u32,
}

impl Counts {
    /// Counts the child that is the `ended`th of `total` to end.
    pub(crate) fn count(&mut self, success: bool, ended: usize, total: usize) -> Progress {
        *(if success { &mut self.succeeded } else { &mut self.failed }) += 1;
        let Self { succeeded, failed } = *self;
        Progress { ended, succeeded: succeeded as usize, failed: failed as usize, total }
    }
}

/// Decides when a [`wait`](crate::wait()) returns; see
/// [`Wait::return_when`](crate::Wait::return_when).
///
/// Whatever the condition, `wait` also returns when all children have ended, and when the
/// condition says that it can't be met any more.
///
/// ```
/// use combinators::{Condition, Progress, wait};
/// use executor::{JoinError, spawn};
///
/// /// Stops at the first even number.
/// struct Even;
///
/// impl Condition<u32> for Even {
///     fn is_met(&mut self, _: Progress, outcome: &Result<u32, JoinError>) -> bool {
///         outcome.as_ref().is_ok_and(|number| number % 2 == 0)
///     }
/// }
///
/// executor::block_on(async {
///     let tasks = [1, 3, 4].map(|number| spawn(async move { number }));
///     let waited = wait(tasks).return_when(Even).await;
///     assert_eq!(waited.done.len(), 3);
/// });
/// ```
pub trait Condition<T>: 'static {
    /// Returns whether `wait` is to return, now that a child has ended.
    ///
    /// Asked once for each child, in the order in which they ended, until the
    /// answer is yes.
    fn is_met(&mut self, progress: Progress, outcome: &Result<T, JoinError>) -> bool;

    /// Returns whether it can still be met, now that it wasn't by a child that has ended, and
    /// others are left. If not, `wait` returns at once.
    ///
    /// The answer is yes, unless said otherwise.
    fn can_be_met(&self, _progress: Progress) -> bool {
        true
    }

    /// Returns whether a child counts as a success in [`Progress`].
    ///
    /// It does if it has returned, unless said otherwise. Where `T` may be an error, as a
    /// `Result` may, ask [`Outcome::is_success`].
    fn is_success(&self, outcome: &Result<T, JoinError>) -> bool {
        outcome.is_ok()
    }

    /// Returns how many of `total` children have ended before it can be met, the one in
    /// question included. It isn't asked about those before.
    ///
    /// One, unless said otherwise: it is asked about each.
    fn least(&self, _total: usize) -> usize {
        1
    }

    /// Returns whether being asked counts as seeing the outcome, so that a panic
    /// isn't [told of](executor::Builder::on_unread_panic) if nobody else looks.
    ///
    /// The answer is no, unless said otherwise. [`FirstException`] sees the outcomes
    /// of all children but the last, as in asyncio (F66).
    fn sees(&self) -> bool {
        false
    }

    /// Returns what a recording of the run calls the condition: its type's name,
    /// unless said otherwise.
    fn name(&self) -> String {
        short_name::<Self>().into()
    }

    /// Returns in words why a child has failed by the value that it returned, for a recording
    /// of the run; `None` if it hasn't, or if that isn't known.
    ///
    /// It isn't, unless said otherwise. Where `T` may be an error, as a `Result` may, this is
    /// the error's text.
    fn failure(&self, _outcome: &Result<T, JoinError>) -> Option<String> {
        None
    }
}

/// A condition that is chosen at run time.
impl<T: 'static> Condition<T> for Box<dyn Condition<T>> {
    fn is_met(&mut self, progress: Progress, outcome: &Result<T, JoinError>) -> bool {
        (**self).is_met(progress, outcome)
    }

    fn can_be_met(&self, progress: Progress) -> bool {
        (**self).can_be_met(progress)
    }

    fn is_success(&self, outcome: &Result<T, JoinError>) -> bool {
        (**self).is_success(outcome)
    }

    fn least(&self, total: usize) -> usize {
        (**self).least(total)
    }

    fn sees(&self) -> bool {
        (**self).sees()
    }

    fn name(&self) -> String {
        (**self).name()
    }

    fn failure(&self, outcome: &Result<T, JoinError>) -> Option<String> {
        (**self).failure(outcome)
    }
}

/// Is met when all children have ended, in whichever way.
#[derive(Clone, Copy, Debug)]
pub struct AllCompleted;

impl<T> Condition<T> for AllCompleted {
    fn is_met(&mut self, progress: Progress, _: &Result<T, JoinError>) -> bool {
        progress.ended == progress.total
    }

    fn least(&self, total: usize) -> usize {
        total
    }
}

/// Is met when a child has ended, in whichever way.
#[derive(Clone, Copy, Debug)]
pub struct FirstCompleted;

impl<T> Condition<T> for FirstCompleted {
    fn is_met(&mut self, _: Progress, _: &Result<T, JoinError>) -> bool {
        true
    }
}

/// Is met when a child has failed: it returned an error, or panicked. A child that
/// was cancelled doesn't count.
#[derive(Clone, Copy, Debug)]
pub struct FirstException;

impl<T: Outcome> Condition<T> for FirstException {
    fn is_met(&mut self, _: Progress, outcome: &Result<T, JoinError>) -> bool {
        let cancelled = outcome.as_ref().is_err_and(JoinError::is_cancelled);
        !cancelled && !succeeded(outcome)
    }

    fn sees(&self) -> bool {
        true
    }

    fn failure(&self, outcome: &Result<T, JoinError>) -> Option<String> {
        failure(outcome)
    }
}

/// Is met when a child has succeeded.
#[derive(Clone, Copy, Debug)]
pub struct FirstSuccess;

impl<T: Outcome> Condition<T> for FirstSuccess {
    fn is_met(&mut self, _: Progress, outcome: &Result<T, JoinError>) -> bool {
        succeeded(outcome)
    }

    fn failure(&self, outcome: &Result<T, JoinError>) -> Option<String> {
        failure(outcome)
    }
}

/// Is met when that many children have ended, in whichever way. Zero is met by the
/// first child that ends.
#[derive(Clone, Copy, Debug)]
pub struct Completions(pub usize);

impl<T> Condition<T> for Completions {
    fn is_met(&mut self, progress: Progress, _: &Result<T, JoinError>) -> bool {
        progress.ended >= self.0
    }

    fn least(&self, _: usize) -> usize {
        self.0
    }

    fn name(&self) -> String {
        format!("{self:?}")
    }
}

/// Is met when that many children have succeeded: a quorum. Zero is met by the
/// first child that ends.
///
/// It can't be met any more once so many have failed that too few are left.
#[derive(Clone, Copy, Debug)]
pub struct Successes(pub usize);

impl<T: Outcome> Condition<T> for Successes {
    fn is_met(&mut self, progress: Progress, _: &Result<T, JoinError>) -> bool {
        progress.succeeded >= self.0
    }

    fn can_be_met(&self, progress: Progress) -> bool {
        progress.total - progress.failed >= self.0
    }

    fn failure(&self, outcome: &Result<T, JoinError>) -> Option<String> {
        failure(outcome)
    }

    fn is_success(&self, outcome: &Result<T, JoinError>) -> bool {
        succeeded(outcome)
    }

    fn name(&self) -> String {
        format!("{self:?}")
    }
}

/// Is met when a function says so; see [`Wait::until`](crate::Wait::until).
pub(crate) struct Until<F>(pub(crate) F);

impl<T: Outcome, F> Condition<T> for Until<F>
where
    F: FnMut(Progress, &Result<T, JoinError>) -> bool + 'static,
{
    fn is_met(&mut self, progress: Progress, outcome: &Result<T, JoinError>) -> bool {
        (self.0)(progress, outcome)
    }

    fn failure(&self, outcome: &Result<T, JoinError>) -> Option<String> {
        failure(outcome)
    }

    fn is_success(&self, outcome: &Result<T, JoinError>) -> bool {
        succeeded(outcome)
    }
}
