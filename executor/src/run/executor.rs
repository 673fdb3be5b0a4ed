//! The executor as its users see it: settings, `block_on`, `turn`, and its end.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::panic::{Location, panic_any, resume_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use crate::above::Deadlock;
use crate::platform::Instant;
use crate::probe::{Probe, Settings};
use crate::run::context::{self, Entered};
use crate::run::core::{Core, OnUnread};
use crate::run::error::{
    JoinError, LeftToBlockOn, contain, contain_quietly, discard, keep_first, poll_for_block_on,
};
use crate::run::inbox::{Inbox, OnWake};
use crate::run::reactor::{Next, Reactor};
use crate::run::task::{Task, spawn_on};
use crate::time::clock::{Clock, Ticks, ticks};

const NESTED: &str = "`block_on` was called inside a running executor, whose tasks would all stop: \
    await the future, or `spawn` it";
const REENTERED: &str = "an executor was asked to run while it runs: \
    await the future, or `spawn` it, instead of calling `block_on` or `turn` inside a task";

/// Runs a future to completion on a new executor, on this thread.
///
/// `main` may be all that can be awaited. Tasks that it leaves unfinished are dropped with
/// the executor; an [`Executor`] of your own keeps them for its next `block_on`.
///
/// # Panics
///
/// Panics if `main` does, and inside a running executor; also, although `main`
/// is done, if the destructor of a task that it left does.
///
/// # Example
///
/// ```
/// let sum = executor::block_on(async {
///     let task = executor::spawn(async { 40 });
///     task.await.unwrap() + 2
/// });
/// assert_eq!(sum, 42);
/// ```
#[track_caller]
pub fn block_on<F: IntoFuture>(main: F) -> F::Output {
    assert!(context::try_current().is_none(), "{NESTED}");
    Executor::new().block_on(main)
}

/// Settings of an [`Executor`]; made by [`Executor::builder`].
#[derive(Clone)]
#[must_use = "settings do nothing until `build` is called"]
pub struct Builder {
    clock: Clock,
    slack: Duration,
    on_unread: Option<OnUnread>,
    on_wake: Option<OnWake>,
    pub(crate) settings: Settings,
}

impl Builder {
    /// Sets the clock; [`Clock::Real`] unless set.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how late a sleep may end so that several end together; 1 ms
    /// unless set.
    ///
    /// To block the thread and wake it up again costs some twenty microseconds.
    /// With slack it is woken at multiples of the slack only, for all timers
    /// that came due. Timers keep their exact deadlines and order all the same.
    /// The other clocks need no slack and ignore it.
    pub fn slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    /// Sets a function for unread panics: it is called when the outcome of a task that has
    /// panicked is dropped, and nobody has seen it.
    ///
    /// Unless it is set nothing is called: the panic hook has reported the panic when it
    /// happened. To see an outcome is to await the task, or to look at it in any way. Who
    /// cancels a task that has ended, or drops its await unpolled, counts as having seen it,
    /// too (F26).
    ///
    /// It isn't called for an `Err` that a task returns, which is [a value](crate::spawn) like
    /// others.
    pub fn on_unread_panic(mut self, call: impl Fn(&JoinError) + 'static) -> Self {
        self.on_unread = Some(Rc::new(call));
        self
    }

    /// Sets a function for work from elsewhere: it is called when a task was woken by
    /// another thread, or by this one while the executor doesn't run; when a
    /// [`Courier`](crate::Courier) has brought a function; and when, while the executor doesn't
    /// run, something comes to wait for a task that has ended already, as by
    /// [`on_done`](crate::Task::on_done).
    ///
    /// It is for driving the executor from a loop of your own, by
    /// [`turn`](Executor::turn): it makes that loop go on. It is called on the thread that
    /// wakes or sends, once for all wakes of a task until the executor has heard
    /// them. If it panics, so does the wake or the sending.
    pub fn on_wake(mut self, call: impl Fn() + Send + Sync + 'static) -> Self {
        self.on_wake = Some(Arc::new(call));
        self
    }

    /// Builds the executor.
    ///
    /// # Panics
    ///
    /// Panics on a real clock, on a platform that [has none](crate::guide::platforms). With
    /// the feature `trace`, panics if it is to replay a recording that has forgotten its
    /// beginning.
    #[must_use]
    pub fn build(self) -> Executor {
        let inbox = Inbox::new(self.on_wake);
        let clock = Ticks::start(self.clock);
        let probe = Probe::new(self.settings);
        let core = Core::new(clock, ticks(self.slack), inbox, self.on_unread, probe);
        let reactor = RefCell::new(Reactor::new(Rc::clone(&core)));
        Executor { core, reactor }
    }
}

/// A single-threaded executor: tasks, timers, and the loop that runs them.
///
/// It runs while [`block_on`](Self::block_on) or [`turn`](Self::turn) does, on
/// the thread that calls them. In between its tasks wait, and go on with the
/// next call. Dropping it drops the futures of all its tasks.
///
/// # Example
///
/// A program that sleeps for an hour, at once:
///
/// ```
/// use std::time::Duration;
/// use executor::{Clock, Executor, now, sleep};
///
/// let executor = Executor::builder().clock(Clock::Virtual).build();
/// let slept = executor.block_on(async {
///     let start = now();
///     sleep(Duration::from_secs(3600)).await;
///     now() - start
/// });
/// assert_eq!(slept, Duration::from_secs(3600));
/// ```
pub struct Executor {
    pub(crate) core: Rc<Core>,
    /// The loop. It is borrowed while the executor runs, and only then: the borrow is the
    /// flag that keeps it from being run twice.
    pub(crate) reactor: RefCell<Reactor>,
}

impl Executor {
    /// Creates an executor on the real clock, with a slack of 1 ms.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts building an executor.
    pub fn builder() -> Builder {
        Builder {
            clock: Clock::Real,
            slack: Duration::from_millis(1),
            on_unread: None,
            on_wake: None,
            settings: Settings::default(),
        }
    }

    /// Spawns a task, which runs when the executor does, and takes its first step in the next
    /// turn.
    ///
    /// Only there does its first sleep begin. So on a [manual clock](Clock::Manual) run a turn
    /// before the time is moved, or the sleep ends that much later:
    ///
    /// ```
    /// use std::time::Duration;
    /// use executor::{Clock, Executor, Next, sleep};
    ///
    /// const FRAME: Duration = Duration::from_millis(10);
    ///
    /// let executor = Executor::builder().clock(Clock::Manual).build();
    /// let door = executor.spawn(sleep(FRAME));
    /// while executor.turn() == Next::Now {} // It begins to sleep.
    /// executor.advance(FRAME);
    /// let late = executor.spawn(sleep(FRAME)); // It begins to sleep after `advance`.
    /// while executor.turn() == Next::Now {}
    /// assert!(door.is_finished() && !late.is_finished());
    /// ```
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> Task<F::Output> {
        context::hear_from_outside(&self.core);
        spawn_on(Rc::clone(&self.core), future, Location::caller())
    }

    /// Runs `main` to completion, and the tasks along with it.
    ///
    /// `main` may be all that can be awaited, as a [`Task`] of this executor:
    ///
    /// ```
    /// let executor = executor::Executor::new();
    /// let task = executor.spawn(async { 42 });
    /// assert_eq!(executor.block_on(task).unwrap(), 42);
    /// ```
    ///
    /// When `main` is done the turn is finished and one more turn is run, as
    /// asyncio does. Tasks that aren't done by then stay where they are, and
    /// the next `block_on` goes on with them.
    ///
    /// # Panics
    ///
    /// Panics if `main` does, after that turn; in a task of this executor; if no task can
    /// ever go on, where [`try_block_on`](Self::try_block_on) fails; and if it would have to
    /// block the thread on a platform where [that can't be](crate::guide::platforms).
    #[track_caller]
    pub fn block_on<F: IntoFuture>(&self, main: F) -> F::Output {
        match self.try_block_on(main) {
            Ok(output) => output,
            // A closure would panic at a line of its own, instead of the caller's.
            Err(deadlock) => panic!("{deadlock}"),
        }
    }

    /// Does as [`block_on`](Self::block_on), but fails if no task can ever go on.
    ///
    /// That is known for certain when no task is ready, no timer is set or the clock is
    /// [manual](Clock::Manual), and nobody holds a waker: neither another thread nor a channel
    /// or lock that could wake by it; nor a [`Courier`](crate::Courier), of which the guard of
    /// a [frozen](crate::freeze_time) clock has one. As long as somebody does, the executor
    /// waits.
    ///
    /// ```
    /// use executor::{Executor, spawn};
    ///
    /// let executor = Executor::new();
    /// let deadlock = executor.try_block_on(async {
    ///     let stuck = spawn(std::future::pending::<()>()).named("stuck");
    ///     stuck.await.unwrap();
    /// });
    /// let deadlock = deadlock.unwrap_err().to_string();
    /// assert!(deadlock.contains("main: waits for stuck"));
    /// assert!(deadlock.contains("stuck, spawned at "));
    /// ```
    ///
    /// # Errors
    ///
    /// The error has the tasks that there are, and what they wait for. `main` is dropped,
    /// and so cancelled if it is a [`Task`]; the others stay.
    ///
    /// # Panics
    ///
    /// Panics if `main` does, and in a task of this executor.
    #[track_caller]
    pub fn try_block_on<F: IntoFuture>(&self, main: F) -> Result<F::Output, Deadlock> {
        let mut session = self.enter();
        let mut main = pin!(Some(main.into_future()));
        let (mut output, mut ended, mut first_panic) = (None, Ok(()), None);
        let mut poll = |cx: &mut Context<'_>| {
            let main = main.as_mut().as_pin_mut().expect("the main future is there until the end");
            poll_for_block_on(main, cx).map(|value| output = Some(value))
        };
        keep_first(&mut first_panic, contain(|| ended = session.reactor.run(&mut poll)));
        // The main future is dropped here. On the way out, a destructor that panics would
        // lose the output, or abort if there was another panic.
        keep_first(&mut first_panic, contain(|| main.set(None)));
        if let Some(panic) = first_panic {
            contain_quietly(|| drop(output));
            if let Some(LeftToBlockOn(rule)) = panic.downcast_ref() {
                panic_any(*rule);
            }
            resume_unwind(panic);
        }
        ended.map(|()| output.expect("the loop runs until the main future has its output"))
    }

    /// Runs one turn: polls each task that is ready now, once. Never blocks.
    ///
    /// It is for driving the executor from a loop of your own. It returns when to call it
    /// again. What another thread has sent takes effect in that call, and not before, and
    /// [`Builder::on_wake`] tells that there is something. It returns [`Next::At`] on the
    /// real clock only: a virtual one jumps instead, and a manual one waits for
    /// [`advance`](Self::advance).
    ///
    /// ```
    /// use executor::{Executor, Next};
    ///
    /// let executor = Executor::new();
    /// let task = executor.spawn(async { "done" });
    /// while executor.turn() == Next::Now {}
    /// assert_eq!(task.outcome().unwrap().unwrap(), "done");
    /// ```
    ///
    /// # How many turns a frame takes
    ///
    /// A loop that draws frames runs several turns in each, for a turn takes each task one
    /// step only, and what it wakes is for the next. At rest is an executor that doesn't
    /// return [`Next::Now`] any more. But a task that yields over and over never lets it rest.
    /// So a frame runs turns until it is at rest, or until the frame has had its share of
    /// turns or of time; and one turn at least, or tasks would stand still once frames are
    /// late.
    ///
    /// ```
    /// use executor::{Executor, Next, yield_now};
    ///
    /// fn run_tasks(executor: &Executor) {
    ///     for _ in 0..10 {
    ///         if executor.turn() != Next::Now {
    ///             return;
    ///         }
    ///     }
    /// }
    ///
    /// let executor = Executor::new();
    /// let task = executor.spawn(async {
    ///     for _ in 0..25 {
    ///         yield_now().await;
    ///     }
    /// });
    /// run_tasks(&executor);
    /// run_tasks(&executor);
    /// assert!(!task.is_finished());
    /// run_tasks(&executor);
    /// assert!(task.is_finished());
    /// ```
    ///
    /// So to yield is no way to wait for the next frame: it waits for the next turn, and keeps
    /// the frame busy. A task that acts at some rate sleeps in between, on a real clock or on
    /// one that each frame [advances](Self::advance), as with `interval` of the crate
    /// `combinators`. After a frame that took long it makes up for missed ticks, unless told
    /// to skip them.
    ///
    /// # Panics
    ///
    /// Panics in a task of this executor.
    #[track_caller]
    pub fn turn(&self) -> Next {
        let mut session = self.enter();
        session.reactor.expire_pace();
        session.reactor.turn(&mut |_| unreachable!("no main future was queued"));
        session.reactor.prepare_park()
    }

    /// Returns the time on the executor's clock, as [`now`](crate::now()) does in a task.
    ///
    /// ```
    /// use std::time::Duration;
    /// use executor::{Clock, Executor};
    ///
    /// let executor = Executor::builder().clock(Clock::Manual).build();
    /// let begun = executor.now();
    /// executor.advance(Duration::from_millis(16));
    /// assert_eq!(executor.now() - begun, Duration::from_millis(16));
    /// ```
    #[must_use]
    pub fn now(&self) -> Instant {
        self.core.clock.present()
    }

    /// Moves the time of a [manual clock](Clock::Manual) forward.
    ///
    /// The timers that are due then fire in the next [`turn`](Self::turn), in the order of
    /// their deadlines, and where those are equal in the order in which they were set. The
    /// turn after that polls their tasks. A task that goes to sleep again sleeps from the
    /// new time on, however many of its naps would have fitted in between: for these, move
    /// the time in steps. A task that was spawned between two frames begins to sleep in its
    /// first turn: give it that before the time is moved.
    ///
    /// It can be called between turns and in a task. There the function
    /// [`advance`](crate::advance()) does the same.
    ///
    /// ```
    /// use std::time::Duration;
    /// use executor::{Clock, Executor, Next, sleep};
    ///
    /// let executor = Executor::builder().clock(Clock::Manual).build();
    /// let task = executor.spawn(sleep(Duration::from_millis(20)));
    /// while executor.turn() == Next::Now {}
    /// executor.advance(Duration::from_millis(20));
    /// while executor.turn() == Next::Now {}
    /// assert!(task.is_finished());
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the clock isn't manual.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        self.core.advance_clock(by);
    }

    #[track_caller]
    fn enter(&self) -> Session<'_> {
        let Ok(reactor) = self.reactor.try_borrow_mut() else { panic!("{REENTERED}") };
        self.core.hear_all();
        Session { reactor, _entered: context::enter(Rc::clone(&self.core)) }
    }
}

/// A time during which the executor runs.
struct Session<'a> {
    reactor: RefMut<'a, Reactor>,
    _entered: Entered,
}

/// Dropping an executor cancels its tasks: drops every future, whatever the
/// destructors do. A task that one of them spawns is cancelled at birth. If one
/// panics the others run all the same, and the first panic is resumed after.
impl Drop for Executor {
    fn drop(&mut self) {
        let _entered = context::enter(Rc::clone(&self.core));
        let panic = self.core.close();
        match panic {
            Some(panic) if std::thread::panicking() => discard(panic),
            Some(panic) => resume_unwind(panic),
            None => {}
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock, slack, on_unread, on_wake, .. } = self;
        let mut builder = f.debug_struct("Builder");
        builder.field("clock", clock).field("slack", slack);
        builder.field("on_unread_panic", &on_unread.is_some());
        builder.field("on_wake", &on_wake.is_some()).finish()
    }
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.reactor.try_borrow().is_err();
        f.debug_struct("Executor").field("running", &running).finish_non_exhaustive()
    }
}
