//! What comes of a request: the points that have passed it on hear of it.
//!
//! A point that gives its wait up before it has heard takes the request over, so that no
//! cancellation is lost (I9).

use std::rc::Rc;

use crate::cancel::found::Found;
use crate::cancel::point::{Point, Wait};
use crate::cancel::points::own;
use crate::run::context::{self, FromOutside};
use crate::run::core::Core;
use crate::run::slots::flag;

impl Core {
    /// Notes that the point now polled hears what came of its wait. Returns whether a
    /// request was passed on to that.
    pub(crate) fn hear_end_of(self: &Rc<Self>, wait: Wait) -> bool {
        // In most programs no request ever is: so most awaits end here. And if another executor
        // runs amid this poll, the end is for whoever that one polls.
        if !self.points.any_passed.get() || !context::is_current(self) {
            return false;
        }
        let Some(at) = self.polled_point().and_then(|at| self.find(at)) else { return false };
        let hears = at.clear_passed_to(wait);
        if hears {
            self.hear_outwards(at);
        }
        hears
    }

    /// Notes that the points around a scope hear, too, if the request went through them.
    pub(crate) fn hear_outwards<'a>(&'a self, mut at: Found<'a>) {
        while let Found::Scope(scope, state) = at {
            state.put(own::RECEIVED | own::REDELIVERS, false); // It has been delivered.
            match self.find(state.outer_point()) {
                Some(outer) if outer.clear_passed_to(Wait::scope(scope)) => at = outer,
                _ => return,
            }
        }
    }

    /// Notes that a future doesn't wait any more: it has ended, was dropped, or another point
    /// polls it.
    pub(crate) fn end_wait(self: &Rc<Self>, at: Point, wait: Wait, declaration: u32) {
        let _entered = self.enter_to_give_up();
        self.points.declared.withdraw(declaration);
        self.give_up(at, wait);
    }

    /// Enters the executor, if it doesn't run, for a wait is about to be given up: by that a task
    /// may be woken, and the host's loop is to be told.
    pub(crate) fn enter_to_give_up(self: &Rc<Self>) -> Option<FromOutside> {
        if self.points.any_passed.get() { context::enter_from_outside(self) } else { None }
    }

    /// Notes that a point doesn't wait for something any more: the future that waits was
    /// dropped, or another point polls it. If a request was passed on to that, the point takes
    /// it over. While the point is polled, the end of that poll does all this.
    pub(crate) fn give_up(&self, at: Point, wait: Wait) {
        if let Some(at) = self.find(at)
            && at.wait() == wait
            && !self.is_polled(at)
        {
            let has_passed_on = at.clear_passed_to(wait);
            at.set_wait(Wait::NOTHING);
            if has_passed_on {
                self.take_over(at);
            }
            // A wake that was on the way goes with the wait.
            if at.has(flag::MARKED) {
                self.wake_marked(at);
            }
        }
    }

    /// Marks a point for a request that it had passed on, and that is counted already.
    pub(crate) fn take_over(&self, at: Found<'_>) {
        self.mark(at);
        if let Found::Task(id, _) = at {
            self.count(id, -1, 0);
        }
    }
}
