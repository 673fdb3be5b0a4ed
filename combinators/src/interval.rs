//! `interval`: ticks at equal distances in time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use executor::{Instant, Sleep, now, sleep_until};

const NO_PERIOD: &str = "an interval was given a period of zero, and would tick without end: \
    give it a longer one, or call `yield_now` to let others run";

/// Ticks once in each period, on the executor's [clock](executor::now).
///
/// The first tick is due at once, that is when it is first [awaited](Interval::tick), and
/// each other a period after the one before: however long the work between two ticks
/// takes, if it takes less than a period.
///
/// ```
/// use std::time::Duration;
/// use combinators::interval;
/// use executor::{Clock, Executor, sleep};
///
/// Executor::builder().clock(Clock::Virtual).build().block_on(async {
///     let mut interval = interval(Duration::from_millis(10));
///     let first = interval.tick().await;
///     sleep(Duration::from_millis(7)).await; // The work.
///     assert_eq!(interval.tick().await - first, Duration::from_millis(10));
///     assert_eq!(interval.tick().await - first, Duration::from_millis(20));
/// });
/// ```
///
/// # Panics
///
/// Panics if the period is zero.
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    assert!(!period.is_zero(), "{NO_PERIOD}");
    Interval { period, missed: Missed::default(), next: None }
}

/// Ticks at equal distances in time; made by [`interval()`].
#[derive(Clone, Debug)]
#[must_use = "an interval does nothing unless its ticks are awaited"]
pub struct Interval {
    period: Duration,
    missed: Missed,
    /// The time at which the next tick is due, once it is known.
    next: Option<Instant>,
}

/// The ticks of an [`Interval`] that follow if some were missed.
///
/// A tick is missed if its time passes before the tick before it is taken. If the period is
/// 10, and the tick that is due at 10 is taken at 35, then those of 20 and 30 were missed. The
/// next are due at:
///
/// | | next | then | then |
/// |-----------|----|----|----|
/// | `CatchUp` | 20 | 30 | 40 |
/// | `Skip`    | 40 | 50 | 60 |
/// | `Delay`   | 45 | 55 | 65 |
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Missed {
    /// Those that were missed come one right after the other, until none is left: each
    /// period has its tick.
    #[default]
    CatchUp,
    /// Those that were missed never come. The others come at the times at which they would
    /// have come anyway.
    Skip,
    /// The next one comes a period after the one that was taken late, and the others count
    /// from there.
    Delay,
}

impl Interval {
    /// Sets the ticks that follow if some were missed; [`Missed::CatchUp`] unless set.
    pub fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }

    /// Sets the time at which the next tick is due. The others count from there.
    pub fn starting_at(mut self, next: Instant) -> Self {
        self.next = Some(next);
        self
    }

    /// Waits for the next tick, and returns when it was due.
    ///
    /// A tick whose time has come takes two turns, so that others run even while this one
    /// catches up. Giving up the await loses no tick.
    ///
    /// So a loop that gives each frame a fixed number of turns gives it half as many ticks. If
    /// more than that were missed in a frame that took long, an interval that
    /// [catches up](Missed::CatchUp) lags behind for some frames after it. Where that matters,
    /// run turns until [`Next`](executor::Next) isn't `Now`, or [skip](Missed::Skip) what was
    /// missed.
    ///
    /// # Panics
    ///
    /// Panics outside of a running executor.
    pub fn tick(&mut self) -> impl Future<Output = Instant> {
        Tick { interval: self, waiting: None }
    }

    /// Returns when the tick after the one of `due` is due, if that is taken now.
    fn after(&self, due: Instant, now: Instant) -> Instant {
        let next = later(due, self.period);
        match self.missed {
            Missed::Skip if next < now => later(now, time_left(now - due, self.period)),
            Missed::Delay if next < now => later(now, self.period),
            _ => next,
        }
    }
}

/// The future of [`Interval::tick`]. It isn't an `async fn`, so that a recording has the line
/// where it is awaited.
struct Tick<'a> {
    interval: &'a mut Interval,
    /// The time of the tick, and the sleep until then, from the first poll on.
    waiting: Option<(Instant, Sleep)>,
}

impl Future for Tick<'_> {
    type Output = Instant;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        let Self { interval, waiting } = &mut *self;
        let (due, sleep) = waiting.get_or_insert_with(|| {
            let due = *interval.next.get_or_insert_with(now);
            (due, sleep_until(due))
        });
        ready!(Pin::new(sleep).poll(cx));
        interval.next = Some(interval.after(*due, now()));
        Poll::Ready(*due)
    }
}

/// Returns the time until the present period ends, if so much has passed since one began.
fn time_left(passed: Duration, period: Duration) -> Duration {
    let (passed, period) = (passed.as_nanos(), period.as_nanos());
    Duration::from_nanos_u128(passed.next_multiple_of(period) - passed)
}

/// Returns the instant that is so much later, or one that nobody lives to see.
fn later(instant: Instant, by: Duration) -> Instant {
    let far = Duration::from_hours(24 * 365 * 30);
    instant.checked_add(by).unwrap_or_else(|| instant + far)
}
