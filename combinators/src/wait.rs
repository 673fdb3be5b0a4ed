//! `wait`: waits until a condition is met or the time is up, and loses no task.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use executor::{Handle, Instant, JoinError, Sleep, now, sleep, sleep_until};

use crate::children::Over;
use crate::conditions::{AllCompleted, Condition, Progress, Until};
use crate::foreign::Contained;
use crate::outcome::Outcome;
use crate::pending::{AnyCondition, IntoPending, Pending};

const EMPTY: &str = "`wait` was given no tasks, so no condition could ever be met: \
    give it one at least, or ask `is_empty` before waiting again on the rest";
const POLLED_AGAIN: &str = "`wait` was polled again after it had returned: await it once";

/// Waits for tasks, until all have ended unless
/// [`return_when`](Wait::return_when) says otherwise.
///
/// Never fails because a child did, never cancels one, and gives all handles
/// back. `children` is anything that yields tasks, or the
/// [`pending`](Waited::pending) rest of a wait before, which costs nothing for
/// the tasks that it still has.
///
/// | when `wait`           | its children                                |
/// |-----------------------|---------------------------------------------|
/// | returns               | are in `done` and `pending`; none cancelled |
/// | is dropped, cancelled | run on, detached                            |
///
/// It returns two turns after the child that meets the condition has ended, or
/// one turn after the timeout; children that end meanwhile are in `done` too.
/// For functions that take futures, `wait(..).into_future()` is one.
///
/// # Panics
///
/// Panics if there are no tasks or the outcome of one was taken before, and when
/// awaited outside of the tasks' executor.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use combinators::{FirstException, wait};
/// use executor::{sleep, spawn};
///
/// executor::block_on(async {
///     let tasks = (0..10).map(|i| {
///         spawn(async move {
///             sleep(Duration::from_millis(i)).await;
///             if i == 5 { Err("no five") } else { Ok(i) }
///         })
///     });
///     let waited = wait(tasks).return_when(FirstException).await;
///     assert_eq!(waited.done.len() + waited.pending.len(), 10);
///     for task in &waited.pending {
///         task.cancel();
///     }
/// });
/// ```
#[track_caller]
pub fn wait<H: Handle>(children: impl IntoPending<H>) -> Wait<H> {
    let pending = children.into_pending();
    assert!(!pending.is_empty(), "{EMPTY}");
    Wait { pending, condition: None, timeout: Timeout::Never }
}

/// The settings of a [`wait`], which begins when they are awaited.
#[must_use = "it doesn't wait unless awaited"]
pub struct Wait<H: Handle> {
    pending: Pending<H>,
    /// The condition; `None` stands for [`AllCompleted`].
    condition: Option<AnyCondition<H::Output>>,
    timeout: Timeout,
}

/// The future of a [`Wait`].
#[must_use = "futures do nothing unless polled"]
pub struct Waiting<H: Handle> {
    /// The tasks; `None` once it has returned.
    pending: Option<Pending<H>>,
    /// The condition; `None` from the first poll on.
    condition: Option<AnyCondition<H::Output>>,
    timeout: Timeout,
}

enum Timeout {
    Never,
    After(Duration),
    At(Instant),
    Running(Sleep),
}

/// The result of a [`wait`].
pub struct Waited<H: Handle> {
    /// The tasks that have ended, in the order in which they did. Awaiting one
    /// gives its outcome at once, as [`take_outcome`](executor::Task::take_outcome) does; and
    /// [`outcome`](executor::Task::outcome), if it can be cloned.
    pub done: Vec<H>,
    /// The others, in the order in which they were given.
    pub pending: Pending<H>,
    /// The reason why `wait` returned. `done` may have more tasks than this says,
    /// since it is made up when the waiting task resumes.
    pub reason: Reason,
}

/// The reason why a [`wait`] returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The condition was met by this child, counted from 0 in the order given
    /// to the first `wait`. [`AllCompleted`] is met by the last child to end.
    Met(usize),
    /// The condition can't be met any more, since this child has ended as it did. Others
    /// are left.
    Impossible(usize),
    /// All children have ended, and the condition was not met.
    Exhausted,
    /// The time was up.
    TimedOut,
}

impl<H: Handle> Wait<H> {
    /// Sets the condition: [`AllCompleted`] unless set,
    /// [`FirstCompleted`](crate::FirstCompleted),
    /// [`FirstException`](crate::FirstException),
    /// [`FirstSuccess`](crate::FirstSuccess),
    /// [`Completions`](crate::Completions), [`Successes`](crate::Successes), or
    /// one of your own.
    pub fn return_when(mut self, condition: impl Condition<H::Output>) -> Self {
        self.condition = Some(Contained::new(Box::new(condition)));
        self
    }

    /// Sets as the condition that a function says so, of the progress and the outcome of the
    /// child that has just ended.
    ///
    /// ```
    /// use combinators::wait;
    /// use executor::spawn;
    ///
    /// executor::block_on(async {
    ///     let tasks = [1, 3, 4].map(|number| spawn(async move { number }));
    ///     let is_even = |number: &u32| number % 2 == 0;
    ///     let waited = wait(tasks).until(move |_, it| it.as_ref().is_ok_and(is_even)).await;
    ///     assert_eq!(waited.done.len(), 3);
    /// });
    /// ```
    pub fn until<F>(self, condition: F) -> Self
    where
        H::Output: Outcome,
        F: FnMut(Progress, &Result<H::Output, JoinError>) -> bool + 'static,
    {
        self.return_when(Until(condition))
    }

    /// Returns after this time at the latest, counted from the first poll; `None` is no
    /// limit.
    ///
    /// If the condition is met at the very instant at which the time is up, the reason is
    /// [`TimedOut`](Reason::TimedOut). A child that ends at that instant is in `done`, if its
    /// sleep began before this wait did, and else in `pending`.
    ///
    /// Zero lets children that are ready take a step first.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into().map_or(Timeout::Never, Timeout::After);
        self
    }

    /// Returns at an instant of the executor's [clock](executor::now) at the
    /// latest; `None` is no limit.
    pub fn timeout_at(mut self, deadline: impl Into<Option<Instant>>) -> Self {
        self.timeout = deadline.into().map_or(Timeout::Never, Timeout::At);
        self
    }
}

impl<H: Handle> IntoFuture for Wait<H> {
    type Output = Waited<H>;
    type IntoFuture = Waiting<H>;

    fn into_future(self) -> Waiting<H> {
        let Self { pending, condition, timeout } = self;
        let condition = condition.unwrap_or_else(|| Contained::new(Box::new(AllCompleted)));
        Waiting { pending: Some(pending), condition: Some(condition), timeout }
    }
}

impl<H: Handle> Future for Waiting<H> {
    type Output = Waited<H>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Waited<H>> {
        let Self { pending, condition, timeout } = &mut *self;
        let waiting = pending.as_mut().expect(POLLED_AGAIN);
        if let Some(condition) = condition.take() {
            waiting.start(condition);
            timeout.start();
        }
        let reason = match waiting.poll_over(cx) {
            Poll::Ready(Over::Enough(child)) => Reason::Met(child),
            Poll::Ready(Over::Hopeless(child)) => Reason::Impossible(child),
            Poll::Ready(Over::Exhausted) => Reason::Exhausted,
            Poll::Pending if timeout.is_up(cx) => Reason::TimedOut,
            Poll::Pending => return Poll::Pending,
        };
        *timeout = Timeout::Never;
        let waited = pending.take().map(|pending| pending.finish(reason));
        Poll::Ready(waited.expect(POLLED_AGAIN))
    }
}

impl<H: Handle> Drop for Waiting<H> {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take().filter(|_| self.condition.is_none()) {
            pending.abandon();
        }
    }
}

impl Timeout {
    /// Sets the timer. A timeout of zero sets one as well, due next turn: it gives
    /// children two turns, and isn't the yield that a sleep of zero is (F63).
    fn start(&mut self) {
        *self = match *self {
            Timeout::After(Duration::ZERO) => Timeout::Running(sleep_until(now())),
            Timeout::After(limit) => Timeout::Running(sleep(limit)),
            Timeout::At(deadline) => Timeout::Running(sleep_until(deadline)),
            Timeout::Never | Timeout::Running(_) => return,
        };
    }

    fn is_up(&mut self, cx: &mut Context<'_>) -> bool {
        match self {
            Timeout::Running(sleep) => Pin::new(sleep).poll(cx).is_ready(),
            Timeout::Never | Timeout::After(_) | Timeout::At(_) => false,
        }
    }
}

impl<H: Handle> fmt::Debug for Wait<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("pending", &self.pending).finish_non_exhaustive()
    }
}

impl<H: Handle> fmt::Debug for Waiting<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("returned", &self.pending.is_none()).finish_non_exhaustive()
    }
}

impl<H: Handle> fmt::Debug for Waited<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, pending, reason } = self;
        let done: Vec<_> = done.iter().map(Handle::task).collect();
        let mut waited = f.debug_struct("Waited");
        waited.field("done", &done).field("pending", pending).field("reason", reason).finish()
    }
}
