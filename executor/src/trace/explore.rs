//! A test under many seeds: `explore`.

use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;

use crate::cancel::deadlock::Deadlock;
use crate::run::error::{JoinError, discard, message_of};
use crate::run::executor::Executor;
use crate::time::clock::Clock;

use super::Recording;
use super::probe::Limits;
use super::schedule::Schedule;

/// The shortest time from one look of the watchdog to the next: without patience it would be
/// busy all the time.
const WATCH: Duration = Duration::from_millis(1);

/// Runs a test on a virtual clock under many seeds, and stops at the first under which it
/// fails: an [`Explorer`] as it is. Only with the feature `trace`.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use executor::{explore, spawn};
///
/// // In the order of the spawns all is well.
/// let failure = explore(0..100, |_| async {
///     let ready = Rc::new(Cell::new(false));
///     let other = Rc::clone(&ready);
///     spawn(async move { other.set(true) });
///     spawn(async move { assert!(ready.get(), "not ready") });
///     executor::yield_now().await;
/// });
/// let failure = failure.unwrap_err();
/// assert!(failure.to_string().contains("not ready"));
/// println!("{failure}"); // With seed 1: task `Task-2`, …, panicked: not ready …
/// ```
///
/// # Errors
///
/// The error is the first failure, with the seed and a recording of the run.
#[track_caller]
pub fn explore<F: Future<Output = ()>>(
    seeds: impl IntoIterator<Item = u64>,
    test: impl Fn(u64) -> F,
) -> Result<(), Box<Failure>> {
    Explorer::new().explore(seeds, test)
}

/// Settings of an [`explore`]. Only with the feature `trace`.
///
/// Each run has an executor of its own, on a virtual clock, and is recorded. The seed decides
/// about the order of tasks that are ready in the same turn, as
/// [`Schedule::Seeded`] does, and about nothing else. So without
/// [`jitter`](Self::jitter), two sleeps that end one nanosecond apart end in that order under
/// each seed. The test gets the seed as well, for random numbers of its own.
///
/// A run fails
///
/// - if the test panics, or a task does and its handle is dropped without a look at the
///   outcome;
/// - if no task can ever go on, as [`try_block_on`](crate::Executor::try_block_on) finds out;
/// - if it stands still for longer than the [`patience`](Self::patience);
/// - if it takes more than so many [`steps`](Self::steps).
///
/// A poll that never returns can't be ended, so it hangs the exploration. After twice the
/// patience a line on the standard error says under which seed.
///
/// ```
/// use executor::{Explorer, now, sleep, spawn};
/// use std::time::Duration;
///
/// let race = |_| async {
///     let begun = now();
///     let first = spawn(async { sleep(Duration::from_millis(10)).await; now() });
///     let second = spawn(async { sleep(Duration::from_millis(11)).await; now() });
///     assert!(first.await.unwrap() < second.await.unwrap(), "since {begun:?}");
/// };
/// assert!(Explorer::new().explore(0..100, race).is_ok());
/// let jittering = Explorer::new().jitter(Duration::from_millis(5));
/// assert!(jittering.explore(0..100, race).is_err());
/// ```
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `explore` is called"]
pub struct Explorer {
    jitter: Option<Duration>,
    limits: Limits,
}

impl Explorer {
    /// Returns the settings of [`explore`]: no jitter, a patience of 10 seconds, and a
    /// million steps.
    pub fn new() -> Self {
        let limits = Limits { steps: 1_000_000, patience: Duration::from_secs(10) };
        Self { jitter: None, limits }
    }

    /// Makes each timer late, by a time from zero to this one, which the seed decides; see
    /// [`Schedule::Jittered`]. It finds out what depends on the
    /// order of sleeps.
    pub fn jitter(mut self, by: Duration) -> Self {
        self.jitter = Some(by);
        self
    }

    /// Sets the real time for which a run may stand still: no task is ready and no timer is
    /// set, or time is [frozen](crate::freeze_time()), but somebody holds a waker, as another
    /// thread that works, or a channel that nobody writes to.
    pub fn patience(mut self, time: Duration) -> Self {
        self.limits.patience = time;
        self
    }

    /// Sets how many steps a run may take; one that takes more is said to go on for ever. A
    /// step takes 40 bytes, as it is recorded. A sleep takes some 12 steps.
    pub fn steps(mut self, most: usize) -> Self {
        self.limits.steps = most;
        self
    }

    /// Runs the test under one seed after the other, to the first under which it fails.
    ///
    /// # Errors
    ///
    /// The error is that failure, with the seed and a recording of the run.
    #[track_caller]
    pub fn explore<F: Future<Output = ()>>(
        &self,
        seeds: impl IntoIterator<Item = u64>,
        test: impl Fn(u64) -> F,
    ) -> Result<(), Box<Failure>> {
        let at = Location::caller();
        let watchdog = Watchdog::start(self.limits.patience.saturating_mul(2).max(WATCH), at);
        for seed in seeds {
            watchdog.begin(seed);
            let (failures, recording) = self.run(seed, &test);
            if !failures.is_empty() {
                let message = failures.join("\nand ");
                return Err(Box::new(Failure { seed, message, recording, at }));
            }
        }
        Ok(())
    }

    /// Runs the test under one seed. Returns the ways in which it fails.
    fn run<F: Future<Output = ()>>(
        &self,
        seed: u64,
        test: impl Fn(u64) -> F,
    ) -> (Vec<String>, Recording) {
        let unread = Rc::new(RefCell::new(Vec::new()));
        let executor = self.executor(seed, &unread);
        executor.start_recording();
        let ended = failure_of(|| executor.try_block_on(test(seed)));
        let recording = executor.stop_recording().titled(format!("seed {seed}"));
        // Tasks that are left are dropped, and outcomes that nobody has read.
        let dropped = failure_of(|| {
            drop(executor);
            Ok(())
        });
        let unread: Option<String> = unread.borrow_mut().drain(..).next();
        // A panic that nobody has seen may be the reason for all else.
        ([unread, ended, dropped].into_iter().flatten().collect(), recording)
    }

    /// Builds an executor that notes the panics that nobody has seen.
    fn executor(&self, seed: u64, unread: &Rc<RefCell<Vec<String>>>) -> Executor {
        let schedule = match self.jitter {
            Some(by) => Schedule::Jittered { seed, by },
            None => Schedule::Seeded(seed),
        };
        let unread = Rc::clone(unread);
        let note = move |error: &JoinError| unread.borrow_mut().push(error.to_string());
        let mut builder = Executor::builder().clock(Clock::Virtual).schedule(schedule);
        builder.settings.limits = Some(self.limits);
        builder.on_unread_panic(note).build()
    }
}

impl Default for Explorer {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the message of the error with which a function ends, or of its panic.
fn failure_of(run: impl FnOnce() -> Result<(), Deadlock>) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.err().map(|error| error.to_string()),
        Err(panic) => {
            let message = message_of(&*panic).into();
            discard(panic); // Its destructor may be foreign code.
            Some(message)
        }
    }
}

/// The seed under which a test failed, and the failure; see [`explore`].
///
/// It is displayed with the call by which to run that seed alone.
#[non_exhaustive]
pub struct Failure {
    /// The seed, for the same call: [`explore`], or that of an [`Explorer`] with the same
    /// settings. Without jitter it is also that of [`Schedule::Seeded`].
    pub seed: u64,
    /// The message of the panic, or the reason for which the run can't go on.
    pub message: String,
    /// The run, up to the failure.
    pub recording: Recording,
    /// The call that explored.
    at: &'static Location<'static>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, message, at, .. } = self;
        write!(f, "with seed {seed}: {message}\n{}", Alone(*seed, at))
    }
}

/// The line by which to run a seed again.
struct Alone(u64, &'static Location<'static>);

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(seed, at) = self;
        write!(f, "for this run alone: the same call with the seeds [{seed}], at {at}")
    }
}

/// Shows the text that is displayed, because `unwrap` shows this.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failure {}

/// A thread that says which run doesn't end. It ends when this is dropped.
struct Watchdog {
    run: Arc<Mutex<Run>>,
    _stop: Sender<Infallible>,
}

/// The run that is under way.
#[derive(Default)]
struct Run {
    seed: u64,
    /// How often the watchdog has seen it.
    looks: u32,
}

impl Watchdog {
    fn start(limit: Duration, at: &'static Location<'static>) -> Self {
        let run = Arc::<Mutex<Run>>::default();
        let (stop, stopped) = bounded(0);
        let watched = Arc::clone(&run);
        let watch = move || {
            let look = || stopped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            while look() {
                watched.lock().look(limit, at);
            }
        };
        // Without the thread a run that hangs says nothing, and that is all.
        let _ = thread::Builder::new().name("explore".into()).spawn(watch);
        Self { run, _stop: stop }
    }

    fn begin(&self, seed: u64) {
        *self.run.lock() = Run { seed, looks: 0 };
    }
}

impl Run {
    /// Speaks at the second look, once. The standard error isn't that of the test, whose
    /// output may be held back until it ends.
    fn look(&mut self, limit: Duration, at: &'static Location<'static>) {
        self.looks += 1;
        if self.looks == 2 {
            let alone = Alone(self.seed, at);
            let text = format!("a run that is explored has no end for {limit:?}; {alone}\n");
            let _ = stderr().write_all(text.as_bytes());
        }
    }
}
