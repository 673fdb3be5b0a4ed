//! The clock: real, or virtual for programs that shouldn't really wait.

use std::cell::Cell;
use std::time::Duration;

use crate::platform::{HAS_CLOCK, Instant};

/// The time that an executor keeps.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Clock {
    /// The machine's monotonic clock. WebAssembly without a system has none, and there to
    /// build an executor on it panics.
    #[default]
    Real,
    /// A clock that stands still while tasks run and jumps to the next
    /// deadline when none can. A program that sleeps for hours ends at once,
    /// with its events in the same order.
    ///
    /// Other threads aren't waited for: time jumps even if one of them is about
    /// to wake a task.
    Virtual,
}

const NO_CLOCK: &str = "this platform has no clock that could be read: \
    build the executor with `Executor::builder().clock(Clock::Virtual)`";

/// A running clock: nanoseconds since it was started.
pub(crate) struct Ticks {
    start: Instant,
    /// The virtual time; `None` on a real clock.
    virtual_now: Option<Cell<u64>>,
}

impl Ticks {
    pub(crate) fn start(clock: Clock) -> Self {
        assert!(HAS_CLOCK || clock == Clock::Virtual, "{NO_CLOCK}");
        let virtual_now = match clock {
            Clock::Real => None,
            Clock::Virtual => Some(Cell::new(0)),
        };
        Self { start: Instant::now(), virtual_now }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.virtual_now.is_some()
    }

    /// Returns the time. Nobody else asks the machine for it.
    pub(crate) fn now(&self) -> u64 {
        match &self.virtual_now {
            Some(now) => now.get(),
            None => ticks(self.start.elapsed()),
        }
    }

    /// Sets a virtual clock forward. Returns `false` for a real one, which
    /// can't be set.
    pub(crate) fn jump(&self, to: u64) -> bool {
        let Some(now) = &self.virtual_now else {
            return false;
        };
        now.set(now.get().max(to));
        true
    }

    /// The tick of an instant; 0 if it lies before the start.
    pub(crate) fn at(&self, instant: Instant) -> u64 {
        ticks(instant.saturating_duration_since(self.start))
    }

    /// The instant of a tick, or as late as an instant can be.
    pub(crate) fn instant(&self, tick: u64) -> Instant {
        let far = Duration::from_hours(24 * 365 * 30);
        self.start.checked_add(Duration::from_nanos(tick)).unwrap_or(self.start + far)
    }
}

/// A duration in nanoseconds, 584 years at most.
pub(crate) fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
