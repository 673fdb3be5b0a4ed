//! The timers of an executor: how they are set, removed and fired.

use std::mem::swap;
use std::time::Duration;

use crate::probe::Event;
use crate::run::core::Core;
use crate::run::error::contain_quietly;
use crate::run::waiter::Waiter;
use crate::time::clock::ticks;
use crate::time::wheel::Key;

const NOT_MANUAL: &str = "`advance` moves a manual clock, and the executor's is another: \
    build the executor with `Clock::Manual`";

impl Core {
    /// Moves the time of a manual clock forward. The next look collects what is due then.
    #[track_caller]
    pub(crate) fn advance_clock(&self, by: Duration) {
        assert!(self.clock.advance(ticks(by)), "{NOT_MANUAL}");
    }

    /// Sets a timer after a delay. On a real clock it starts at the next look. To read the
    /// others costs nothing, so there the delay starts now.
    pub(crate) fn set_timer(&self, delay: u64, waiter: Waiter) -> Key {
        if !self.clock.is_real() {
            return self.set_timer_at(self.clock.now().saturating_add(delay), waiter);
        }
        let (task, delay) = (waiter.task(), self.probe.delayed(delay));
        let timer = self.timers.borrow_mut().insert_in(delay, waiter);
        self.record(|| Event::TimerIn { timer, task, delay });
        timer
    }

    /// Sets a timer at a deadline. If that has passed, the timer is due next turn, however
    /// busy the loop is.
    pub(crate) fn set_timer_at(&self, deadline: u64, waiter: Waiter) -> Key {
        let deadline = self.probe.delayed(deadline);
        if self.clock.is_real() && deadline <= self.clock.now() {
            self.due_at_once.set(true);
        }
        let task = waiter.task();
        let timer = self.timers.borrow_mut().insert(deadline, waiter);
        self.record(|| Event::TimerAt { timer, task, deadline });
        timer
    }

    /// Replaces the waiter that a timer notifies. Returns `false` if it has fired already.
    pub(crate) fn redirect_timer(&self, timer: Key, mut waiter: Waiter) -> bool {
        let mut timers = self.timers.borrow_mut();
        let redirected = timers.get_mut(timer).map(|it| swap(it, &mut waiter)).is_some();
        drop(timers);
        drop_quietly(waiter);
        redirected
    }

    pub(crate) fn remove_timer(&self, timer: Key) {
        let waiter = self.timers.borrow_mut().remove(timer);
        if waiter.is_some() {
            self.record(|| Event::Untimer { timer });
        }
        waiter.into_iter().for_each(drop_quietly);
    }

    /// Returns whether a timer was due when it was set, and hasn't been collected yet.
    pub(crate) fn is_due_at_once(&self) -> bool {
        self.due_at_once.get()
    }

    /// Moves the time of the timers forward, and collects those that are due.
    pub(crate) fn advance_timers(&self, now: u64) {
        self.due_at_once.set(false);
        self.timers.borrow_mut().collect_due(now);
        self.record(|| Event::Advance { now });
    }

    /// Fires the timers that were collected, without those that were given up since.
    pub(crate) fn fire_due(&self) {
        while let Some(waiter) = self.next_due() {
            self.record(|| Event::Fire { task: waiter.task() });
            self.notify(waiter);
        }
    }

    fn next_due(&self) -> Option<Waiter> {
        self.timers.borrow_mut().next_due()
    }
}

/// Drops a waiter of a timer, when the borrow is over: a waker may be foreign (I7).
#[inline(always)]
fn drop_quietly(waiter: Waiter) {
    match waiter {
        Waiter::Task(_) => {}
        waiter => contain_quietly(|| drop(waiter)),
    }
}
