//! Requests that are delivered again.
//!
//! One who has caught a cancellation may have had something else to do first, or find out that it
//! concerns others. It goes on then to the innermost of those that were asked: a scope around, or
//! the task.

use crate::cancel::found::Found;
use crate::cancel::point::{Point, ScopeId};
use crate::cancel::points::own;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::flag;

impl Core {
    /// Delivers a cancellation again that concerns a scope in `outer`: sends a request to
    /// the innermost point around that scope that was cancelled itself.
    pub(crate) fn redeliver(&self, task: TaskId, outer: Option<ScopeId>) {
        let Some(at) = self.innermost_asked(task, outer) else { return };
        // If the scope is over before it catches, the request is left to those around.
        if let Found::Scope(_, state) = at {
            state.put(own::REDELIVERS, true);
        }
        self.request(at);
        if let Point::Task(id) = at.point() {
            self.count(id, -1, 0); // It is counted already.
        }
    }

    /// Returns the innermost point around a scope in `outer` that was cancelled itself: the
    /// task, if no scope was. It is none if the task has ended, or does so with the executor.
    fn innermost_asked(&self, task: TaskId, outer: Option<ScopeId>) -> Option<Found<'_>> {
        let scope = self.points.cancelled_outwards(outer).next();
        let at = self.find(scope.map_or(Point::Task(task), Point::Scope))?;
        let lives = self.slots.get(at.task()).is_some_and(|slot| slot.has(flag::LIVE));
        (lives && !self.closed.get()).then_some(at)
    }

    /// Returns whether that is polled now.
    pub(crate) fn is_asked_polled(&self, task: TaskId, outer: Option<ScopeId>) -> bool {
        self.innermost_asked(task, outer).is_some_and(|at| self.is_polled(at))
    }
}
