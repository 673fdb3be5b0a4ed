//! A timer that calls a function.

use std::fmt;
use std::rc::{Rc, Weak};
use std::time::Duration;

use crate::platform::Instant;
use crate::probe::{Event, Number};
use crate::run::context;
use crate::run::core::Core;
use crate::run::unheld::Thing;
use crate::run::waiter::{Other, Waiter};
use crate::time::clock::ticks;
use crate::time::wheel::Key;
use crate::watch::callback::{Callback, Once};
use crate::watch::group::Group;
use crate::watch::names::name_of_function;

/// Calls a function at some time, unless it is dropped before.
///
/// It is for futures that act at some time without being polled, such as a timeout,
/// which cancels its task. The function runs on the executor's thread, between polls.
/// It should be short, and may wake, spawn and cancel. If it panics the panic
/// hook reports that, and nothing else happens.
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
/// Setting one panics outside of a running executor.
#[must_use = "dropping an alarm switches it off"]
pub struct Alarm {
    core: Rc<Core>,
    /// The function. The timer or the notice owns it.
    call: Weak<dyn Callback>,
    /// The timer; `None` if a notice in the ready queue calls the function.
    timer: Option<Key>,
    /// The number of the notice's group.
    watch: Number,
}

impl Alarm {
    /// Queues a function, to be called next turn, in the order of all that is queued.
    #[track_caller]
    pub fn soon(call: impl FnOnce() + 'static) -> Self {
        let (core, name) = (context::current(), name_of(&call));
        let call = Once::new(call);
        let weak = Rc::downgrade(&call);
        let group = Group::new(call, None);
        let watch = Number::of(group.number());
        core.record_callback(group.number(), None, name);
        core.notify(Waiter::Group(group, 0));
        Self { core, call: weak, timer: None, watch }
    }

    /// Sets an alarm after a delay. If the delay is zero it rings next turn, as all that
    /// are due then do: after all that the turn runs.
    #[track_caller]
    pub fn after(delay: Duration, call: impl FnOnce() + 'static) -> Self {
        Self::set(call, |core, waiter| match ticks(delay) {
            0 => core.set_timer_at(core.clock.now(), waiter),
            delay => core.set_timer(delay, waiter),
        })
    }

    /// Sets an alarm at an instant of the executor's [clock](crate::now). If that
    /// has passed, the alarm rings next turn.
    #[track_caller]
    pub fn at(deadline: Instant, call: impl FnOnce() + 'static) -> Self {
        Self::set(call, |core, waiter| core.set_timer_at(core.clock.at(deadline), waiter))
    }

    #[track_caller]
    fn set(call: impl FnOnce() + 'static, insert: impl FnOnce(&Core, Waiter) -> Key) -> Self {
        let (core, name) = (context::current(), name_of(&call));
        let call = Once::new(call);
        let weak = Rc::downgrade(&call);
        let timer = insert(&core, Other::Call(call).into());
        core.record_text(name, |function| Event::Rings { timer, function });
        Self { core, call: weak, timer: Some(timer), watch: Number::of(0) }
    }

    /// Returns the timer, if it is one that calls the function.
    pub(crate) fn timer(&self) -> Option<Key> {
        self.timer
    }
}

fn name_of<F>(_: &F) -> fn() -> String {
    name_of_function::<F>
}

/// Switches the alarm off, even if it is due and about to ring.
impl Drop for Alarm {
    fn drop(&mut self) {
        let call = self.call.upgrade();
        match self.timer {
            Some(timer) => self.core.remove_timer(timer),
            None if call.is_none() => {}
            None => self.core.record(|| Event::Unwatch { watch: self.watch.get() }),
        }
        if let Some(call) = call {
            self.core.drop_quietly(Thing::Call(call));
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").finish_non_exhaustive()
    }
}
