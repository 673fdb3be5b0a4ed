//! WebAssembly without a system.

use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use crossbeam_channel::Receiver;

/// An instant of an executor's clock, virtual or manual. It stands where the standard library's would,
/// which can't be made here.
///
/// It is the time since the clock was started. So instants of two executors compare as if
/// both had been started at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant(Duration);

pub(crate) const HAS_CLOCK: bool = false;

const CANT_BLOCK: &str = "no task is ready, and on this platform a thread can't block until one is: \
    drive the executor by `turn`, and return to the host until a task is woken";

/// Panics, as there is no other thread that could send a message.
pub(crate) fn receive<T>(_: &Receiver<T>, _: Option<Instant>) -> Option<T> {
    panic!("{CANT_BLOCK}")
}

impl Instant {
    /// Returns the instant at which every clock starts. Nothing else is ever now.
    pub(crate) fn now() -> Self {
        Self(Duration::ZERO)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        Self::now().saturating_duration_since(*self)
    }

    /// Returns the time from another instant to this one, or zero if that is later.
    #[must_use]
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }

    /// Returns the time from another instant to this one; `None` if that is later.
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0)
    }

    /// Returns the time from another instant to this one, or zero if that is later.
    #[must_use]
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the instant so much later, unless there is none.
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    /// Returns the instant so much earlier, unless there is none.
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).expect("an instant fits into 584 thousand million years")
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).expect("no instant is earlier than the clock's start")
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }
}
