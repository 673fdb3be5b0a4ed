//! A timer that calls a function.

use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::clock::ticks;
use crate::context;
use crate::core::Core;
use crate::group::{Callback, Group, Other, Waiter};
use crate::wheel::Key;

/// Calls a function at some time, unless it is dropped before.
///
/// For futures that act on time without being polled, as a timeout does which
/// cancels its task. The function runs on the executor's thread, between polls.
/// It should be short, and may wake, spawn and cancel. If it panics the panic
/// hook says so, and that is all.
///
/// ```
/// use std::{cell::Cell, rc::Rc, time::Duration};
/// use executor::{Alarm, sleep};
///
/// executor::block_on(async {
///     let rung = Rc::new(Cell::new(false));
///     let ring = Rc::clone(&rung);
///     let _alarm = Alarm::after(Duration::from_millis(1), move || ring.set(true));
///     sleep(Duration::from_millis(2)).await;
///     assert!(rung.get());
/// });
/// ```
///
/// # Panics
///
/// Both ways to set one panic outside of a running executor.
#[must_use = "dropping an alarm switches it off"]
pub struct Alarm(State);

enum State {
    Timer(Rc<Core>, Key),
    /// It is due already: a notice in the ready queue.
    Due(Rc<Group>),
}

impl Alarm {
    /// Sets an alarm after a delay; none at all means next turn.
    #[track_caller]
    pub fn after(delay: Duration, call: impl FnOnce() + 'static) -> Self {
        let core = context::current();
        match ticks(delay) {
            0 => Self::due(&core, call),
            delay => {
                let timer = core.timers.borrow_mut().insert_in(delay, waiter(call));
                Self(State::Timer(core, timer))
            }
        }
    }

    /// Sets an alarm at an instant of the executor's [clock](crate::now); one
    /// that has passed means next turn.
    #[track_caller]
    pub fn at(deadline: Instant, call: impl FnOnce() + 'static) -> Self {
        let core = context::current();
        let deadline = core.clock.at(deadline);
        if deadline <= core.clock.now() {
            return Self::due(&core, call);
        }
        let timer = core.timers.borrow_mut().insert(deadline, waiter(call));
        Self(State::Timer(core, timer))
    }

    fn due(core: &Core, call: impl FnOnce() + 'static) -> Self {
        let group = Callback::group(call);
        core.notify(Waiter::Group(Rc::clone(&group), 0));
        Self(State::Due(group))
    }
}

fn waiter(call: impl FnOnce() + 'static) -> Waiter {
    Other::Call(Box::new(call)).into()
}

impl Drop for Alarm {
    fn drop(&mut self) {
        match &self.0 {
            State::Timer(core, timer) => {
                let call = core.timers.borrow_mut().remove(*timer);
                drop(call); // Foreign code: after the borrow (I7).
            }
            State::Due(group) => drop(group.close()),
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").finish_non_exhaustive()
    }
}
