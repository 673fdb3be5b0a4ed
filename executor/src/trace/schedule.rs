//! Other orders than first in, first out, by which to find bugs that depend on the order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;

use crate::run::error::message_of;
use crate::run::executor::{Builder, Executor};
use crate::time::clock::Clock;

use super::Recording;

/// The order in which the tasks of a turn run. Only with the feature `trace`.
///
/// In each order, a turn runs all that was ready when it began; so no task is put off for
/// ever.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Schedule {
    /// The order in which they became ready.
    #[default]
    Fifo,
    /// An order that this seed stands for: the same for the same program, on every machine.
    Seeded(u64),
    /// The order of a recording of the same program.
    ///
    /// The executor panics if the program turns out to be another. It isn't built
    /// from a recording that has forgotten its beginning; see
    /// [`start_recording_last`](crate::Executor::start_recording_last).
    Replay(Recording),
}

impl Builder {
    /// Sets in which order the tasks of a turn run; first in, first out unless
    /// set. Only with the feature `trace`.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings = schedule;
        self
    }
}

/// The decider about the order.
#[derive(Default)]
pub(crate) struct Order(RefCell<Decider>);

#[derive(Default)]
enum Decider {
    #[default]
    Nobody,
    Generator(Box<Xoshiro256PlusPlus>),
    /// The orders of a recording: one for each turn that had a choice.
    Decisions(VecDeque<Vec<u32>>),
}

const ANOTHER: &str = "a run was to be replayed, and differs from the recording: \
    replay the program that was recorded, on a virtual clock";

const BEGINS_LATE: &str = "a run was to be replayed whose recording has forgotten its beginning: \
    record all of the run";

impl Order {
    pub(crate) fn by(schedule: Schedule) -> Self {
        Self(RefCell::new(match schedule {
            Schedule::Fifo => Decider::Nobody,
            Schedule::Seeded(seed) => {
                Decider::Generator(Box::new(Xoshiro256PlusPlus::seed_from_u64(seed)))
            }
            Schedule::Replay(recording) => {
                assert_eq!(recording.forgotten(), 0, "{BEGINS_LATE}");
                Decider::Decisions(recording.decisions())
            }
        }))
    }

    /// Returns the order for a batch: which entry is first, which second, and so on. `None`
    /// if there is nothing to decide, or no decider.
    pub(crate) fn of_batch(&self, len: usize) -> Option<Vec<u32>> {
        if len < 2 {
            return None;
        }
        match &mut *self.0.borrow_mut() {
            Decider::Nobody => None,
            Decider::Generator(generator) => {
                let mut order: Vec<_> = (0..).take(len).collect();
                order.shuffle(generator);
                Some(order)
            }
            Decider::Decisions(decisions) => {
                let order = decisions.pop_front()?;
                assert_eq!(order.len(), len, "{ANOTHER}");
                Some(order)
            }
        }
    }
}

/// Runs a test on a virtual clock under many seeds, and stops at the first under
/// which it panics. Only with the feature `trace`.
///
/// Each is a run of its own, with a [seeded](Schedule::Seeded) order of tasks.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use executor::{explore, spawn, yield_now};
///
/// // In the order of the spawns all is well.
/// let failure = explore(0..100, || async {
///     let ready = Rc::new(Cell::new(false));
///     let other = Rc::clone(&ready);
///     let _writer = spawn(async move { other.set(true) });
///     let reader = spawn(async move { assert!(ready.get(), "not ready") });
///     reader.await.unwrap();
/// });
/// let failure = failure.unwrap_err();
/// assert!(failure.to_string().contains("not ready"));
/// println!("{failure}"); // With seed 1: task `Task-2`, …, panicked: not ready
/// ```
///
/// # Errors
///
/// The error is the first failure, with the seed and a recording of the run.
pub fn explore<F: Future>(seeds: Range<u64>, test: impl Fn() -> F) -> Result<(), Box<Failure>> {
    for seed in seeds {
        let schedule = Schedule::Seeded(seed);
        let executor = Executor::builder().clock(Clock::Virtual).schedule(schedule).build();
        executor.start_recording();
        let result = catch_unwind(AssertUnwindSafe(|| drop(executor.block_on(test()))));
        let recording = executor.stop_recording().titled(format!("seed {seed}"));
        if let Err(panic) = result {
            return Err(Box::new(Failure { seed, message: message_of(&*panic).into(), recording }));
        }
    }
    Ok(())
}

/// The seed under which a test failed, and the failure; see [`explore`].
#[non_exhaustive]
pub struct Failure {
    /// The seed, for [`Schedule::Seeded`].
    pub seed: u64,
    /// The message of the panic.
    pub message: String,
    /// The run, up to the panic.
    pub recording: Recording,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "with seed {}: {}", self.seed, self.message)
    }
}

/// Shows the text that is displayed, because `unwrap` shows this.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failure {}
