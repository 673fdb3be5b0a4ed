//! The clock: real; virtual, for programs that shouldn't really wait; or manual.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
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
    /// to wake a task. It does not while somebody
    /// [freezes](crate::freeze_time) it, as `to_thread` of the crate `combinators` does.
    Virtual,
    /// A clock that stands still until [`advance`](crate::Executor::advance) moves it:
    /// for games that pause or run in slow motion, and for tests of single moments.
    ///
    /// It is meant for loops that call [`turn`](crate::Executor::turn). Within
    /// [`block_on`](crate::Executor::block_on) a task has to move it, by the function
    /// [`advance`](crate::advance()); if none can do so any more, that is a
    /// [`Deadlock`](crate::Deadlock), although there are timers.
    ///
    /// A sleep begins when it is first polled. Where its task was spawned since the last turn,
    /// run a turn before moving the time, as below.
    ///
    /// A game at half speed:
    ///
    /// ```
    /// use std::time::Duration;
    /// use executor::{Clock, Executor, Next, sleep};
    ///
    /// const FRAME: Duration = Duration::from_millis(10);
    ///
    /// let executor = Executor::builder().clock(Clock::Manual).build();
    /// let door = executor.spawn(sleep(Duration::from_millis(50)));
    /// while executor.turn() == Next::Now {} // It begins to sleep.
    /// let mut frames = 0;
    /// while !door.is_finished() {
    ///     executor.advance(FRAME / 2);
    ///     while executor.turn() == Next::Now {}
    ///     frames += 1;
    /// }
    /// assert_eq!(frames, 10);
    /// ```
    Manual,
}

const NO_CLOCK: &str = "this platform has no clock that could be read: \
    build the executor with `Executor::builder().clock(Clock::Virtual)`";

/// A running clock: nanoseconds since it was started.
pub(crate) struct Ticks {
    start: Instant,
    clock: Clock,
    /// The time of a clock that isn't real.
    moved_to: Cell<u64>,
    /// All who freeze a virtual clock have a clone of this, which the first one makes. So its
    /// reference count tells whether there are any.
    frozen: OnceCell<Arc<()>>,
}

impl Ticks {
    pub(crate) fn start(clock: Clock) -> Self {
        assert!(HAS_CLOCK || clock != Clock::Real, "{NO_CLOCK}");
        Self { start: Instant::now(), clock, moved_to: Cell::new(0), frozen: OnceCell::new() }
    }

    pub(crate) fn is_real(&self) -> bool {
        self.clock == Clock::Real
    }

    /// Returns the time. Once the clock has started, nobody else asks the machine for it.
    pub(crate) fn now(&self) -> u64 {
        if self.is_real() { ticks(self.start.elapsed()) } else { self.moved_to.get() }
    }

    /// Keeps a virtual clock from jumping while the guard lives; the others never jump.
    pub(crate) fn freeze(&self) -> Option<Arc<()>> {
        let is_virtual = self.clock == Clock::Virtual;
        is_virtual.then(|| Arc::clone(self.frozen.get_or_init(Arc::default)))
    }

    /// Returns whether a jump may set the clock forward: it is virtual, and not frozen.
    ///
    /// Whoever has frozen it sees to a wake, or a message, before he lets the time go on. So
    /// if this is asked *before* a look into the inbox, that look finds what he has sent. The
    /// fence pairs with the release in `Arc`'s drop.
    pub(crate) fn may_jump(&self) -> bool {
        let is_frozen = self.frozen.get().is_some_and(|it| Arc::strong_count(it) > 1);
        fence(Ordering::Acquire);
        self.clock == Clock::Virtual && !is_frozen
    }

    /// Sets a clock forward that [may jump](Self::may_jump).
    pub(crate) fn jump(&self, to: u64) {
        self.moved_to.update(|now| now.max(to));
    }

    /// Moves a manual clock forward. Returns `false` for the others, which move by
    /// themselves.
    pub(crate) fn advance(&self, by: u64) -> bool {
        let is_manual = self.clock == Clock::Manual;
        if is_manual {
            self.moved_to.update(|now| now.saturating_add(by));
        }
        is_manual
    }

    /// The tick of an instant; 0 if it lies before the start.
    pub(crate) fn at(&self, instant: Instant) -> u64 {
        ticks(instant.saturating_duration_since(self.start))
    }

    /// Returns the time as an instant.
    pub(crate) fn present(&self) -> Instant {
        self.instant(self.now())
    }

    /// The instant of a tick, or thirty years after the start if there is no such instant.
    pub(crate) fn instant(&self, tick: u64) -> Instant {
        let far = Duration::from_hours(24 * 365 * 30);
        self.start.checked_add(Duration::from_nanos(tick)).unwrap_or(self.start + far)
    }
}

/// A duration in nanoseconds, 584 years at most.
pub(crate) fn ticks(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
