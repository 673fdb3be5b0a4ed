//! `timeout`: a future with a time limit.

use std::cell::{Cell, OnceCell, RefCell};
use std::error::Error;
use std::fmt;
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;

use executor::{Alarm, Instant, Scope, Section, current_task, now};

const OUTSIDE: &str = "a timeout was awaited outside of a task: await it inside `block_on`";
const ELSEWHERE: &str = "a timeout was rescheduled inside another executor than that in which its \
    future runs: do so in a task of that one";
const TWICE: &str = "a timeout was run twice: make one for each future";

/// The time was up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was up")
    }
}

impl Error for Elapsed {}

/// So that `?` works where an `io::Result` is returned.
impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}

/// Runs a future for so long at most; `None` is no limit.
///
/// When the time is up what is in this future is cancelled: what it is blocked
/// on ends first, also if that takes time, and then the future is
/// dropped. A cancellation from elsewhere goes through, and counts for more
/// than the time. A future that catches the cancellation and goes on is left
/// alone, and its value is what counts.
///
/// A future that would be ready at the very instant at which the time is up is late: of the
/// two the limit counts. So is one whose own time was up shortly before, if the loop finds
/// both at once: within the [slack](executor::Builder::slack) of a real clock, or after one
/// [`advance`](executor::Executor::advance) of a manual one. A future that never has to wait is ready, even if there is no time at
/// all.
/// [`Timeout`] can be changed while it runs.
///
/// ```
/// use std::time::Duration;
/// use combinators::{Elapsed, timeout};
/// use executor::sleep;
///
/// executor::block_on(async {
///     let slow = sleep(Duration::from_secs(3600));
///     assert_eq!(timeout(Duration::from_millis(1), slow).await, Err(Elapsed));
///     assert_eq!(timeout(Duration::from_secs(1), async { 7 }).await, Ok(7));
///     assert_eq!(timeout(None, async { 7 }).await, Ok(7));
/// });
/// ```
///
/// # Errors
///
/// Fails if the time was up.
///
/// # Panics
///
/// Panics outside of a running executor, and if the future does.
pub async fn timeout<F: IntoFuture>(
    limit: impl Into<Option<Duration>>,
    future: F,
) -> Result<F::Output, Elapsed> {
    limit.into().map_or_else(Timeout::never, Timeout::after).run(future).await
}

/// Runs a future until an instant of the executor's [clock](executor::now) at
/// most, where `None` is no limit; see [`timeout()`].
///
/// # Errors
///
/// Fails if the time was up.
///
/// # Panics
///
/// Panics outside of a running executor, and if the future does.
pub async fn timeout_at<F: IntoFuture>(
    deadline: impl Into<Option<Instant>>,
    future: F,
) -> Result<F::Output, Elapsed> {
    deadline.into().map_or_else(Timeout::never, Timeout::at).run(future).await
}

/// The time limit of a future, which may be looked at and changed while the
/// future runs. Clones are the same timeout.
///
/// ```
/// use std::time::Duration;
/// use combinators::Timeout;
/// use executor::{now, sleep};
///
/// executor::block_on(async {
///     let timeout = Timeout::after(Duration::from_millis(1));
///     let longer = timeout.clone();
///     let value = timeout.run(async move {
///         longer.reschedule(Some(now() + Duration::from_secs(1))).unwrap();
///         sleep(Duration::from_millis(2)).await;
///         7
///     });
///     assert_eq!(value.await, Ok(7));
/// });
/// ```
#[derive(Clone)]
pub struct Timeout(Rc<State>);

struct State {
    limit: Cell<Limit>,
    phase: Cell<Phase>,
    /// The scope in which the future runs.
    scope: Scope,
    alarm: RefCell<Option<Alarm>>,
    /// The section of the recording, from the start of the run.
    section: OnceCell<Section>,
}

#[derive(Clone, Copy)]
enum Limit {
    Never,
    After(Duration),
    At(Instant),
}

impl Limit {
    #[track_caller]
    fn is_due(self) -> bool {
        match self {
            Self::Never => false,
            Self::After(limit) => limit.is_zero(),
            Self::At(deadline) => deadline <= now(),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Never => f.write_str("timeout without a limit"),
            Limit::After(limit) => write!(f, "timeout of {limit:?}"),
            Limit::At(deadline) => {
                write!(f, "timeout of {:?}", deadline.saturating_duration_since(now()))
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Created,
    Running,
    /// The time was up, and what is in it has been asked to end.
    Expiring,
    Expired,
    Over,
}

impl Timeout {
    /// Creates a timeout; the time counts from the first poll of what it runs.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        Self::new(Limit::After(limit))
    }

    /// Creates a timeout at an instant of the executor's [clock](executor::now).
    #[must_use]
    pub fn at(deadline: Instant) -> Self {
        Self::new(Limit::At(deadline))
    }

    /// Creates a timeout without limit, to be given one later.
    #[must_use]
    pub fn never() -> Self {
        Self::new(Limit::Never)
    }

    fn new(limit: Limit) -> Self {
        Self(Rc::new(State {
            limit: Cell::new(limit),
            phase: Cell::new(Phase::Created),
            scope: Scope::default(),
            alarm: RefCell::default(),
            section: OnceCell::new(),
        }))
    }

    /// Runs a future until the time is up; see [`timeout()`].
    ///
    /// # Errors
    ///
    /// Fails if the time was up.
    ///
    /// # Panics
    ///
    /// Panics if this timeout was run before, outside of a running executor, and
    /// if the future does.
    pub async fn run<F: IntoFuture>(self, future: F) -> Result<F::Output, Elapsed> {
        assert!(current_task().is_some(), "{OUTSIDE}");
        let scope = self.0.scope.clone();
        let running = self.start();
        let result = scope.catch(future).await;
        let expired = running.stop();
        // The cancellation is this timeout's own if no more requests are left than before,
        // once its own is taken back. Any other goes through (F104).
        let ours = expired && scope.uncancel() <= scope.cancelling_before();
        running.0.0.describe_end(match result {
            Ok(_) if expired => {
                "its future has ended after the time was up, and its outcome counts"
            }
            Ok(_) => "its future has ended in time",
            Err(_) if ours => "the time was up",
            Err(_) => "it was cancelled from elsewhere",
        });
        match result {
            Ok(value) => Ok(value),
            Err(_) if ours => Err(Elapsed),
            Err(cancelled) => cancelled.resume().await,
        }
    }

    /// Returns whether the time was up while the future ran.
    #[must_use]
    pub fn expired(&self) -> bool {
        matches!(self.0.phase.get(), Phase::Expiring | Phase::Expired)
    }

    /// Returns the instant at which the time is up: `None` if there is no limit, and if the
    /// time doesn't count yet.
    ///
    /// ```
    /// use std::time::Duration;
    /// use combinators::Timeout;
    /// use executor::{Clock, Executor, now};
    ///
    /// let executor = Executor::builder().clock(Clock::Virtual).build();
    /// executor.block_on(async {
    ///     let (limit, timeout) = (Duration::from_secs(5), Timeout::after(Duration::from_secs(5)));
    ///     let running = timeout.clone();
    ///     assert_eq!(timeout.when(), None);
    ///     timeout.run(async { assert_eq!(running.when(), Some(now() + limit)) }).await.unwrap();
    /// });
    /// ```
    #[must_use]
    pub fn when(&self) -> Option<Instant> {
        match self.0.limit.get() {
            Limit::At(deadline) => Some(deadline),
            Limit::Never | Limit::After(_) => None,
        }
    }

    /// Moves the deadline; `None` for no limit. One that has passed means next
    /// turn.
    ///
    /// # Errors
    ///
    /// Fails, and says so, if the future doesn't run or the time was up.
    ///
    /// # Panics
    ///
    /// Panics outside of the run of the executor in which the future runs, unless the limit is
    /// taken away.
    #[track_caller]
    pub fn reschedule(&self, deadline: Option<Instant>) -> Result<(), NotRunning> {
        if self.0.phase.get() != Phase::Running {
            return Err(NotRunning(self.0.phase.get()));
        }
        assert!(deadline.is_none() || !self.0.scope.is_elsewhere(), "{ELSEWHERE}");
        self.set_alarm(deadline.map_or(Limit::Never, Limit::At));
        Ok(())
    }

    fn start(self) -> Running {
        assert!(self.0.phase.get() == Phase::Created, "{TWICE}");
        self.0.phase.set(Phase::Running);
        let section = Section::begin(|| self.0.limit.get().to_string());
        self.0.section.set(section).expect(TWICE);
        self.set_alarm(self.0.limit.get());
        self.note_deadline();
        Running(self)
    }

    /// Notes the deadline for [`when`](Self::when), unless nobody is left who could ask: to
    /// read the clock costs more than to set the alarm.
    fn note_deadline(&self) {
        if let Limit::After(limit) = self.0.limit.get()
            && Rc::strong_count(&self.0) > 1
        {
            self.0.limit.set(now().checked_add(limit).map_or(Limit::Never, Limit::At));
        }
    }

    #[track_caller]
    fn set_alarm(&self, limit: Limit) {
        let is_due = limit.is_due(); // Outside of a run this panics, before anything changes.
        self.0.limit.set(limit);
        self.0.alarm.take(); // It goes first, so that ties are in the order of setting.
        let ring = time_is_up(Rc::downgrade(&self.0));
        // If there is no time, or it has passed, the alarm needs no timer: it is queued
        // at once, and rings next turn (F101).
        let alarm = match limit {
            Limit::Never => None,
            _ if is_due => Some(Alarm::soon(ring)),
            Limit::After(limit) => Some(Alarm::after(limit, ring)),
            Limit::At(deadline) => Some(Alarm::at(deadline, ring)),
        };
        if let Some(section) = self.0.section.get() {
            section.limit(alarm.as_ref());
        }
        self.0.alarm.replace(alarm);
    }
}

/// Returns the function that is called when the time is up.
fn time_is_up(state: Weak<State>) -> impl FnOnce() {
    move || {
        if let Some(state) = state.upgrade() {
            state.expire();
        }
    }
}

impl State {
    fn expire(&self) {
        if self.phase.get() != Phase::Running {
            return;
        }
        self.phase.set(Phase::Expiring);
        if let Some(section) = self.section.get() {
            section.remark(|| "the time is up: what is in it is cancelled".into());
        }
        self.scope.cancel();
    }

    fn describe_end(&self, why: &str) {
        if let Some(section) = self.section.get() {
            section.end(|| why.into());
        }
    }
}

/// The guard of a future that runs. It switches the alarm off, however that ends.
struct Running(Timeout);

impl Running {
    /// Returns whether the time was up.
    fn stop(&self) -> bool {
        let state = &self.0.0;
        state.alarm.take();
        let expired = matches!(state.phase.get(), Phase::Expiring | Phase::Expired);
        state.phase.set(if expired { Phase::Expired } else { Phase::Over });
        expired
    }
}

/// A future that is given up when its time was up takes its cancellation back.
impl Drop for Running {
    fn drop(&mut self) {
        let expiring = self.0.0.phase.get() == Phase::Expiring;
        self.stop();
        self.0.0.describe_end("it is given up");
        if expiring {
            self.0.0.scope.uncancel();
        }
    }
}

/// The reason why a [`Timeout`] can't be rescheduled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotRunning(Phase);

impl fmt::Display for NotRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.0 {
            Phase::Created | Phase::Running => "hasn't begun to run",
            Phase::Expiring | Phase::Expired => "has expired",
            Phase::Over => "is over",
        };
        write!(f, "a timeout can't be rescheduled when it {why}: do so while its future runs")
    }
}

impl Error for NotRunning {}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timeout").field(&self.0.phase.get()).finish()
    }
}
