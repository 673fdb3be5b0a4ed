//! Other orders than first in, first out, and timers that are late, by which to find bugs that
//! depend on the order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::run::executor::Builder;
use crate::time::clock::ticks;

use super::Recording;

/// The order in which the tasks of a turn run. Only with the feature `trace`.
///
/// In each order, a turn runs all that was ready when it began; so no task is put off for
/// ever. Time isn't changed: a task that is due a nanosecond before another is ready before
/// it, in each order. Only [`Jittered`](Self::Jittered) changes that.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Schedule {
    /// The order in which they became ready.
    #[default]
    Fifo,
    /// An order that this seed stands for: the same for the same program, on every machine.
    Seeded(u64),
    /// The order that this seed stands for; and each timer is late, by a time from zero to
    /// `by` that the seed stands for, too. So timers that are due at nearly the same time
    /// change places, as on a busy machine. None is early.
    Jittered {
        /// The seed.
        seed: u64,
        /// The greatest time by which a timer is late.
        by: Duration,
    },
    /// The order of a recording of the same program, with timers that are late as they were
    /// there.
    ///
    /// The executor panics if the program turns out to be another: if in a turn other than one
    /// task is ready, and it isn't the number that was ready there; or if there is such a turn
    /// after the end of the recording. So all of the run has to be recorded. The executor isn't
    /// built from a recording that has forgotten its beginning; see
    /// [`start_recording_last`](crate::Executor::start_recording_last).
    Replay(Recording),
}

impl Builder {
    /// Sets in which order the tasks of a turn run; first in, first out unless
    /// set. Only with the feature `trace`.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = schedule;
        self
    }
}

/// The decider about the order, and about how late timers are.
pub(crate) struct Order {
    decider: RefCell<Decider>,
    lateness: Option<Box<RefCell<Lateness>>>,
}

/// A seed, and the greatest time by which a timer is late, in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jitter {
    seed: u64,
    by: u64,
}

struct Lateness {
    jitter: Jitter,
    generator: Xoshiro256PlusPlus,
}

impl Lateness {
    fn by(jitter: Jitter) -> RefCell<Self> {
        // Another seed than that of the order, of which the times are to know nothing.
        let generator = Xoshiro256PlusPlus::seed_from_u64(!jitter.seed);
        RefCell::new(Self { jitter, generator })
    }

    /// Few runs have jitter, so this isn't on the way of a timer without.
    #[cold]
    #[inline(never)]
    fn delayed(this: &RefCell<Self>, tick: u64) -> u64 {
        let Self { jitter, generator } = &mut *this.borrow_mut();
        tick.saturating_add(generator.random_range(0..=jitter.by))
    }
}

#[derive(Default)]
enum Decider {
    #[default]
    Nobody,
    Generator(Box<Xoshiro256PlusPlus>),
    /// The orders of a recording, one for each turn that had a choice.
    Decisions(VecDeque<Vec<u32>>),
}

const ANOTHER: &str = "a run was to be replayed, and differs from the recording: \
    replay the program that was recorded, on a virtual clock";

const ENDS_EARLY: &str = "a run that is replayed goes on after the end of the recording: \
    replay the program that was recorded, and record all of the run";

const BEGINS_LATE: &str = "a run was to be replayed whose recording has forgotten its beginning: \
    record all of the run";

impl Schedule {
    fn jitter(&self) -> Option<Jitter> {
        match self {
            Self::Fifo | Self::Seeded(_) => None,
            Self::Jittered { seed, by } => Some(Jitter { seed: *seed, by: ticks(*by) }),
            Self::Replay(recording) => recording.jitter,
        }
    }
}

impl Decider {
    fn by(schedule: Schedule) -> Self {
        match schedule {
            Schedule::Fifo => Self::Nobody,
            Schedule::Seeded(seed) | Schedule::Jittered { seed, .. } => {
                Self::Generator(Box::new(Xoshiro256PlusPlus::seed_from_u64(seed)))
            }
            Schedule::Replay(recording) => {
                assert_eq!(recording.forgotten(), 0, "{BEGINS_LATE}");
                Self::Decisions(recording.decisions())
            }
        }
    }
}

impl Order {
    pub(crate) fn by(schedule: Schedule) -> Self {
        let jitter = schedule.jitter();
        let decider = RefCell::new(Decider::by(schedule));
        Self { decider, lateness: jitter.map(Lateness::by).map(Box::new) }
    }

    pub(crate) fn jitter(&self) -> Option<Jitter> {
        self.lateness.as_ref().map(|it| it.borrow().jitter)
    }

    /// Returns the tick at which a timer is due that was to be due at this one.
    #[inline(always)]
    pub(crate) fn delayed(&self, tick: u64) -> u64 {
        self.lateness.as_ref().map_or(tick, |it| Lateness::delayed(it, tick))
    }

    /// Returns the order for a batch: which entry is first, which second, and so on. `None`
    /// if there is nothing to decide, or no decider.
    pub(crate) fn of_batch(&self, len: usize) -> Option<Vec<u32>> {
        if len < 2 {
            return None;
        }
        match &mut *self.decider.borrow_mut() {
            Decider::Nobody => None,
            Decider::Generator(generator) => {
                let mut order: Vec<_> = (0..).take(len).collect();
                order.shuffle(generator);
                Some(order)
            }
            Decider::Decisions(decisions) => {
                let order = decisions.pop_front().expect(ENDS_EARLY);
                assert_eq!(order.len(), len, "{ANOTHER}");
                Some(order)
            }
        }
    }
}
