//! The leaf futures: sleep, and yield.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::platform::Instant;
use crate::probe::{On, Place};
use crate::run::context;
use crate::run::core::Core;
use crate::time::clock::ticks;
use crate::time::wheel::Key;

const ABROAD: &str = "a sleep that had begun was polled outside of its executor, \
    which isn't running then: begin and end a sleep inside the same `block_on`";

/// Sleeps for a duration, which counts from the first poll; on a real clock, from
/// when the loop next reads it, some polls later.
///
/// Never wakes early; wakes late by at most the executor's
/// [slack](crate::Builder::slack), a turn, and some polls. A zero duration yields
/// to the other tasks for one turn and sets no timer. Longer durations than 584
/// years count as that.
///
/// ```
/// use std::time::Duration;
///
/// executor::block_on(executor::sleep(Duration::from_millis(1)));
/// ```
///
/// # Panics
///
/// The first poll panics outside of a running executor.
#[cfg_attr(feature = "trace", track_caller)]
pub fn sleep(duration: Duration) -> Sleep {
    let state = match ticks(duration) {
        0 => State::Yield(yield_now()),
        delay => State::New(Deadline::In(delay)),
    };
    Sleep { state, made_at: Place::here() }
}

/// Sleeps until an instant of the executor's [clock](now).
///
/// An instant that has passed is a timer that is due next turn: the task is
/// polled in the turn after that.
///
/// # Panics
///
/// The first poll panics outside of a running executor.
#[cfg_attr(feature = "trace", track_caller)]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { state: State::New(Deadline::At(deadline)), made_at: Place::here() }
}

/// Lets every other task that is ready run once.
///
/// # Panics
///
/// The first poll panics outside of a running executor.
#[cfg_attr(feature = "trace", track_caller)]
pub fn yield_now() -> Yield {
    Yield { yielded: false, made_at: Place::here() }
}

/// The future of [`yield_now`].
#[must_use = "futures do nothing unless polled"]
pub struct Yield {
    yielded: bool,
    made_at: Place,
}

impl Future for Yield {
    type Output = ();

    #[cfg_attr(feature = "trace", track_caller)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        context::wake_again(cx, Place::here(), self.made_at);
        Poll::Pending
    }
}

/// Returns the time on the running executor's clock, real or not.
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn now() -> Instant {
    context::current().clock.present()
}

/// Moves the time of the running executor's [manual clock](crate::Clock::Manual) forward, as
/// [`Executor::advance`](crate::Executor::advance) does.
///
/// ```
/// use std::time::Duration;
/// use executor::{Clock, Executor, advance, sleep, spawn, yield_now};
///
/// Executor::builder().clock(Clock::Manual).build().block_on(async {
///     let task = spawn(sleep(Duration::from_secs(60)));
///     yield_now().await; // It begins to sleep.
///     advance(Duration::from_secs(59));
///     yield_now().await;
///     assert!(!task.is_finished());
///     advance(Duration::from_secs(1));
///     assert!(task.await.is_ok());
/// });
/// ```
///
/// # Panics
///
/// Panics if the clock isn't manual, and outside of a running executor.
#[track_caller]
pub fn advance(by: Duration) {
    context::current().advance_clock(by);
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// Dropping it takes its timer out of the wheel. It may be polled by any
/// task of its executor, and by a different one from poll to poll.
///
/// # Panics
///
/// Panics when it is polled outside of a running executor, or, once it has
/// begun, on another one.
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    state: State,
    made_at: Place,
}

enum State {
    /// It lasts one turn, and has no timer.
    Yield(Yield),
    /// It hasn't been polled.
    New(Deadline),
    /// The timer is in the wheel, or has fired.
    Armed(Rc<Core>, Key),
    /// The next poll is ready.
    Over,
}

#[derive(Clone, Copy)]
enum Deadline {
    /// It is so many ticks after the time that the loop next reads.
    In(u64),
    At(Instant),
}

impl Future for Sleep {
    type Output = ();

    #[cfg_attr(feature = "trace", track_caller)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let made_at = self.made_at;
        match &mut self.state {
            State::Yield(turn) => return Pin::new(turn).poll(cx),
            State::New(deadline) => self.state = arm(cx, *deadline),
            State::Armed(core, timer) if stays_armed(core, *timer, cx) => {}
            State::Armed(..) | State::Over => {
                self.state = State::Over;
                return Poll::Ready(());
            }
        }
        if let State::Armed(core, timer) = &self.state {
            core.record_await(On::Timer(*timer), Place::here(), made_at);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let State::Armed(core, timer) = &self.state {
            core.remove_timer(*timer);
        }
    }
}

fn arm(cx: &Context<'_>, deadline: Deadline) -> State {
    let core = context::current();
    let waiter = core.waiter(cx);
    let timer = match deadline {
        Deadline::In(delay) => core.set_timer(delay, waiter),
        Deadline::At(instant) => core.set_timer_at(core.clock.at(instant), waiter),
    };
    State::Armed(core, timer)
}

/// Makes an armed timer wake the future that polls now, unless it has fired.
#[track_caller]
fn stays_armed(core: &Rc<Core>, timer: Key, cx: &Context<'_>) -> bool {
    assert!(context::is_current(core), "{ABROAD}");
    core.redirect_timer(timer, core.waiter(cx))
}

impl fmt::Debug for Yield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yield").field("yielded", &self.yielded).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Yield(_) | State::New(_) => "Sleep(not started)",
            State::Armed(..) => "Sleep(armed)",
            State::Over => "Sleep(over)",
        })
    }
}
