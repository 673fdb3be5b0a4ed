//! The loop.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::panic::resume_unwind;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::cell::BoxedCell;
use crate::clock::{Clock, Ticks, ticks};
use crate::context::{self, Entered};
use crate::core::{Core, Ready};
use crate::error::{JoinError, Payload, contain, contain_quietly};
use crate::group::Waiter;
use crate::id::{MAIN, TaskId};
use crate::inbox::Inbox;
use crate::slots::{Slot, flag};
use crate::task::{Task, spawn_on};
use crate::waker::Wakers;

const NESTED: &str = "`block_on` was called inside a running executor, whose tasks would all stop: \
    await the future, or `spawn` it";
const REENTERED: &str = "an executor was asked to run while it runs: \
    await the future, or `spawn` it, instead of calling `block_on` or `turn` inside a task";

/// Runs a future to completion on a new executor, on this thread.
///
/// Tasks that it leaves unfinished are dropped with the executor; an
/// [`Executor`] of your own keeps them for its next `block_on`.
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
pub fn block_on<F: Future>(main: F) -> F::Output {
    assert!(context::try_current().is_none(), "{NESTED}");
    Executor::new().block_on(main)
}

/// What whoever drives an executor with [`Executor::turn`] should do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "it says when to call `turn` again"]
pub enum Next {
    /// Call `turn` again: there is work.
    Now,
    /// Call `turn` at this instant, or when a task was woken or spawned.
    At(Instant),
    /// Call `turn` when a task was woken or spawned: there is no timer.
    Woken,
}

/// Settings of an [`Executor`]; made by [`Executor::builder`].
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `build` is called"]
pub struct Builder {
    clock: Clock,
    slack: Duration,
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
    /// A virtual clock needs no slack and ignores it.
    pub fn slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    /// Builds the executor.
    #[must_use]
    pub fn build(self) -> Executor {
        let inbox = Inbox::new();
        let core = Core::new(Ticks::start(self.clock), Arc::clone(inbox.door()));
        let reactor = RefCell::new(Reactor::new(Rc::clone(&core), inbox, ticks(self.slack)));
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
    core: Rc<Core>,
    /// Borrowed while the executor runs, and only then: the borrow is the flag
    /// that keeps it from being run twice.
    reactor: RefCell<Reactor>,
}

impl Executor {
    /// Creates an executor on the real clock, with a slack of 1 ms.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts the settings of an executor.
    pub fn builder() -> Builder {
        Builder { clock: Clock::Real, slack: Duration::from_millis(1) }
    }

    /// Spawns a task, which runs when the executor does.
    #[track_caller]
    pub fn spawn<F: Future + 'static>(&self, future: F) -> Task<F::Output> {
        spawn_on(Rc::clone(&self.core), future)
    }

    /// Runs `main` to completion, and the tasks along with it.
    ///
    /// When `main` is done the turn is finished and one more turn is run, as
    /// asyncio does. Tasks that aren't done by then stay where they are, and
    /// the next `block_on` goes on with them.
    ///
    /// # Panics
    ///
    /// Panics if `main` does, after that turn, and in a task of this executor.
    pub fn block_on<F: Future>(&self, main: F) -> F::Output {
        let mut session = self.enter();
        let mut main = pin!(main);
        let mut output = None;
        session.reactor.run(&mut |cx| main.as_mut().poll(cx).map(|value| output = Some(value)));
        output.expect("the loop runs until the main future has its output")
    }

    /// Runs one turn: polls each task that is ready now, once. Never blocks.
    ///
    /// For driving the executor from a loop of your own. Says when to call
    /// again; a wake by another thread is heard then, and not before. On a
    /// virtual clock that is never [`Next::At`]: time jumps instead.
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
    /// # Panics
    ///
    /// Panics in a task of this executor.
    pub fn turn(&self) -> Next {
        let mut session = self.enter();
        session.reactor.turn(&mut |_| unreachable!("no main future was queued"));
        session.reactor.prepare_park()
    }

    fn enter(&self) -> Session<'_> {
        let Ok(reactor) = self.reactor.try_borrow_mut() else { panic!("{REENTERED}") };
        Session { reactor, _entered: context::enter(Rc::clone(&self.core)) }
    }
}

/// A time during which the executor runs.
struct Session<'a> {
    reactor: RefMut<'a, Reactor>,
    _entered: Entered,
}

/// How the main future is polled.
type Main<'a> = &'a mut dyn FnMut(&mut Context<'_>) -> Poll<()>;

/// The loop and what only the loop uses.
struct Reactor {
    core: Rc<Core>,
    inbox: Inbox,
    wakers: Wakers,
    /// Empty between turns; kept for its memory.
    batch: Vec<Ready>,
    /// Timers that are due and haven't been fired.
    due: Vec<Waiter>,
    /// In ticks.
    slack: u64,
    pace: Pace,
    /// How the main future ended.
    main_ended: Option<Result<(), Payload>>,
}

impl Reactor {
    fn new(core: Rc<Core>, inbox: Inbox, slack: u64) -> Self {
        let wakers = Wakers::new(Arc::clone(inbox.door()));
        Self {
            core,
            inbox,
            wakers,
            batch: Vec::new(),
            due: Vec::new(),
            slack,
            pace: Pace::start(),
            main_ended: None,
        }
    }

    /// Turns until the main future has ended, and once more (F20).
    fn run(&mut self, main: Main<'_>) {
        self.core.start_main();
        let ended = loop {
            self.turn(main);
            if let Some(ended) = self.main_ended.take() {
                break ended;
            }
            let next = self.prepare_park();
            self.park(next);
        };
        self.turn(main);
        ended.unwrap_or_else(|panic| resume_unwind(panic));
    }

    /// One turn: look, take the batch, run it, fire the timers.
    ///
    /// The batch is what was ready when the turn began. What becomes ready
    /// meanwhile waits for the next one; otherwise a task that wakes itself
    /// would keep the loop here, away from timers and other threads. Timers
    /// that are due fire last, so the tasks they wake queue up behind those
    /// that the batch woke, as in asyncio (F3).
    fn turn(&mut self, main: Main<'_>) {
        if self.wants_look() {
            self.look();
        }
        let mut batch = std::mem::take(&mut self.batch);
        self.core.swap_ready(&mut batch);
        for entry in batch.drain(..) {
            self.run_entry(entry, main);
        }
        self.batch = batch;
        if !self.due.is_empty() {
            self.due.drain(..).for_each(|waiter| self.core.notify(waiter));
        }
    }

    /// A virtual clock wants exact turns. On a real one, an idle loop looks
    /// before it parks, and a busy one at its [`Pace`].
    fn wants_look(&self) -> bool {
        self.core.clock.is_virtual()
            || self.pace.is_spent()
            || !self.core.has_ready()
            || !self.inbox.is_empty()
    }

    /// Hears the wakes of other threads, and collects the timers that are due.
    fn look(&mut self) {
        self.inbox.drain().for_each(|task| self.core.wake(task));
        let mut timers = self.core.timers.borrow_mut();
        if !timers.is_empty() || self.pace.is_spent() {
            let now = self.core.clock.now();
            self.pace.set(now);
            timers.advance(now, &mut self.due);
        }
    }

    fn run_entry(&mut self, entry: Ready, main: Main<'_>) {
        match entry {
            Ready::Poll(MAIN) => self.step_main(main),
            Ready::Poll(index) => self.step(index),
            Ready::Notice(group, child) => self.core.notice(group, child),
        }
        // A long batch must not make the sleeps begin or end late.
        self.pace.spend();
        if self.pace.is_spent() && !self.core.clock.is_virtual() {
            self.look();
        }
    }

    /// Takes a task one step further: polls it, or ends it if it is cancelled.
    fn step(&mut self, index: u32) {
        let Self { core, wakers, .. } = self;
        let (id, slot) = core.dequeue(index);
        if !slot.has(flag::LIVE) {
            return core.release_unused(index, slot);
        }
        // Out of the table while it is polled (I2).
        let Some(mut task) = slot.take_task() else { return };
        let ended = advance(core, wakers, id, slot, &mut task);
        slot.put_task(task);
        if ended {
            wakers.unbind(id, slot);
            core.finish(id, slot);
        }
    }

    fn step_main(&mut self, main: Main<'_>) {
        let Self { core, wakers, .. } = self;
        let (id, slot) = core.dequeue(MAIN);
        if !slot.has(flag::LIVE) {
            return;
        }
        let result = poll(core, wakers, id, slot, main);
        if !matches!(result, Ok(Poll::Pending)) {
            slot.clear(flag::LIVE);
            wakers.unbind(id, slot);
            slot.end_tenancy();
            self.main_ended = Some(result.map(drop));
        }
    }

    /// How long may we sleep? Nobody else decides.
    ///
    /// - Not at all, if a task is ready or another thread has sent a wake; or
    ///   if a delay is still to be started, or a timer is due.
    /// - Not at all on a virtual clock: it is set forward to the first deadline.
    /// - Until the first deadline, rounded up to a multiple of the slack.
    /// - Until woken, if there is no timer.
    fn prepare_park(&self) -> Next {
        if self.core.has_ready() || !self.inbox.is_empty() {
            return Next::Now;
        }
        let clock = &self.core.clock;
        match self.core.timers.borrow().next_deadline() {
            None => Next::Woken,
            Some(deadline) if deadline <= clock.now() => Next::Now,
            Some(deadline) if clock.jump(deadline) => Next::Now,
            Some(deadline) => {
                let rounded = deadline.checked_next_multiple_of(self.slack).unwrap_or(deadline);
                Next::At(clock.instant(rounded))
            }
        }
    }

    /// Blocks the thread for as long as `next` says, or until a wake (I6).
    fn park(&mut self, next: Next) {
        let deadline = match next {
            Next::Now => return,
            Next::At(deadline) => Some(deadline),
            Next::Woken => None,
        };
        if let Some(task) = self.inbox.wait(deadline) {
            self.core.wake(task);
        }
        self.pace.expire();
    }
}

/// How many polls a busy loop makes between two looks at a real clock.
///
/// A look costs more than a poll. So there is one every 64 polls, or every so
/// many as took a quarter of a millisecond lately. Where polls take long there
/// is one after each. A short one among them mustn't deceive, so the number
/// grows by doubling only.
struct Pace {
    /// Polls that are made from one look to the next.
    budget: u32,
    /// Polls since the last look.
    polls: u32,
    /// In ticks.
    last_look: u64,
}

impl Pace {
    const MOST_POLLS: u32 = 64;
    const MOST_TICKS: u64 = 250_000;

    fn start() -> Self {
        Self { budget: Self::MOST_POLLS, polls: 0, last_look: 0 }
    }

    fn spend(&mut self) {
        self.polls = self.polls.saturating_add(1);
    }

    fn is_spent(&self) -> bool {
        self.polls >= self.budget
    }

    /// Time has passed otherwise than by polls.
    fn expire(&mut self) {
        self.budget = 0;
    }

    /// Sets the budget for the time to come, at a look.
    fn set(&mut self, now: u64) {
        let took = (now - self.last_look).max(1);
        let affordable = u64::from(self.polls) * Self::MOST_TICKS / took;
        let most = Self::MOST_POLLS.min(2 * self.budget);
        let budget = u32::try_from(affordable).unwrap_or(most).clamp(1, most.max(1));
        *self = Self { budget, polls: 0, last_look: now };
    }
}

/// Polls a task, or ends it if it is cancelled. Returns whether it has ended;
/// a panic is an end too.
fn advance(
    core: &Core,
    wakers: &mut Wakers,
    id: TaskId,
    slot: &Slot,
    task: &mut BoxedCell,
) -> bool {
    let result = if slot.has(flag::CANCELLED) {
        let error = JoinError::cancelled(core.origin(id, task));
        contain(|| task.as_mut().end(error)).map(Poll::Ready)
    } else {
        poll(core, wakers, id, slot, |cx| task.as_mut().poll(cx))
    };
    match result {
        Ok(poll) => poll.is_ready(),
        Err(panic) => {
            let error = JoinError::panicked(core.origin(id, task), panic);
            contain_quietly(|| task.as_mut().end(error));
            true
        }
    }
}

/// Polls a task with its waker; a panic comes back as an error.
fn poll(
    core: &Core,
    wakers: &mut Wakers,
    id: TaskId,
    slot: &Slot,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<()>,
) -> Result<Poll<()>, Payload> {
    let waker = wakers.lend(id, slot);
    core.begin_poll(id, waker);
    let result = contain(|| poll(&mut Context::from_waker(waker)));
    core.end_poll();
    wakers.settle(id, slot);
    result
}

/// Dropping an executor cancels its tasks: drops every future, whatever the
/// destructors do. A task that one of them spawns is cancelled at birth. A
/// destructor's panic keeps no other from running; the first goes on after.
impl Drop for Executor {
    fn drop(&mut self) {
        let _entered = context::enter(Rc::clone(&self.core));
        let panic = self.core.close();
        match panic {
            Some(panic) if std::thread::panicking() => std::mem::forget(panic),
            Some(panic) => resume_unwind(panic),
            None => {}
        }
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
