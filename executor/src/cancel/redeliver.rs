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
    /// Delivers a cancellation again: sends a request to a point that was cancelled before. Does
    /// nothing if its task has ended, or ends with the executor.
    pub(crate) fn redeliver(&self, at: Point) {
        let Some(at) = self.find(at) else { return };
        let lives = self.slots.get(at.task()).is_some_and(|slot| slot.has(flag::LIVE));
        if !lives || self.closed.get() {
            return;
        }
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
    /// task, if no scope was.
    pub(crate) fn innermost_asked(&self, task: TaskId, outer: Option<ScopeId>) -> Point {
        let scope = self.points.cancelled_outwards(outer).next();
        scope.map_or(Point::Task(task), Point::Scope)
    }
}
