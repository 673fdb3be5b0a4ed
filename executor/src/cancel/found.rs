//! Points that are there, with their states.

use std::cell::Cell;

use crate::cancel::point::{Point, ScopeId, Wait};
use crate::cancel::points::ScopeState;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::{Slot, flag};

/// A point that is there, with its state.
#[derive(Clone, Copy)]
pub(crate) enum Found<'a> {
    Task(TaskId, &'a Slot),
    Scope(ScopeId, &'a ScopeState),
}

impl<'a> Found<'a> {
    pub(crate) fn point(self) -> Point {
        match self {
            Self::Task(id, _) => Point::Task(id),
            Self::Scope(scope, _) => Point::Scope(scope),
        }
    }

    pub(crate) fn task(self) -> TaskId {
        match self {
            Self::Task(id, _) => id,
            Self::Scope(_, state) => state.task.get(),
        }
    }

    /// Returns the wait, as it was noted.
    pub(crate) fn wait(self) -> Wait {
        self.wait_cell().get()
    }

    pub(crate) fn set_wait(self, wait: Wait) {
        self.wait_cell().set(wait);
    }

    /// Clears the note that the point has passed a request on to this. Returns whether it had.
    #[inline(always)]
    pub(crate) fn clear_passed_to(self, wait: Wait) -> bool {
        // What becomes of anything else says nothing of that request.
        let has_passed_on = self.has(flag::PASSED) && self.wait() == wait;
        if has_passed_on {
            self.put(flag::PASSED, false);
        }
        has_passed_on
    }

    fn wait_cell(self) -> &'a Cell<Wait> {
        match self {
            Self::Task(_, slot) => &slot.wait,
            Self::Scope(_, state) => &state.wait,
        }
    }

    pub(crate) fn has(self, flag: u16) -> bool {
        match self {
            Self::Task(_, slot) => slot.has(flag),
            Self::Scope(_, state) => state.has(flag),
        }
    }

    pub(crate) fn put(self, flag: u16, is_true: bool) {
        match self {
            Self::Task(_, slot) => slot.put(flag, is_true),
            Self::Scope(_, state) => state.put(flag, is_true),
        }
    }
}

impl Core {
    /// Finds the state of a point, if that is still there.
    #[inline(always)]
    pub(crate) fn find(&self, at: Point) -> Option<Found<'_>> {
        match at {
            Point::Task(id) => self.slots.get(id).map(|slot| Found::Task(id, slot)),
            Point::Scope(scope) => self.points.scope(scope).map(|it| Found::Scope(scope, it)),
        }
    }

    #[inline(always)]
    pub(crate) fn is_polled(&self, at: Found<'_>) -> bool {
        match at {
            Found::Task(id, _) => self.polling() == Some(id),
            Found::Scope(scope, _) => {
                self.points.polled_scope.get().is_some() && self.is_scope_polled(scope)
            }
        }
    }

    /// Returns whether a scope is the innermost one that is being polled, or around that.
    #[inline(never)]
    fn is_scope_polled(&self, scope: ScopeId) -> bool {
        self.points.outwards(self.points.polled_scope.get()).any(|it| it == scope)
    }

    /// Returns the innermost point that is being polled.
    pub(crate) fn polled_point(&self) -> Option<Point> {
        let scope = self.points.polled_scope.get().map(Point::Scope);
        scope.or_else(|| self.polling().map(Point::Task))
    }

    /// Returns the innermost of the scopes that a point waits for; if there is none, the point.
    pub(crate) fn innermost<'a>(&'a self, mut at: Found<'a>) -> Found<'a> {
        while let Some(scope @ Found::Scope(..)) = self.awaited(at) {
            at = scope;
        }
        at
    }

    /// Returns the point that a point waits for: none if that is gone, or if it is a scope that
    /// another point polls by now.
    pub(crate) fn awaited(&self, at: Found<'_>) -> Option<Found<'_>> {
        let inner = self.find(at.wait().to_point()?)?;
        let is_elsewhere = matches!(inner, Found::Scope(_, it) if it.outer_point() != at.point());
        if is_elsewhere { None } else { Some(inner) }
    }
}
