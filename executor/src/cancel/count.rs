//! The number of requests, and how one is taken back.

use crate::cancel::found::Found;
use crate::cancel::point::{Point, ScopeId, Wait};
use crate::cancel::points::{Counted, OfTask, ScopeState, own};
use crate::probe::Event;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::flag;

impl Core {
    /// Counts requests to end a task, and how many of them were to scopes in it.
    pub(crate) fn count(&self, id: TaskId, requests: i32, to_scopes: i32) {
        if let Some(slot) = self.slots.get(id) {
            self.extras.of(id.index, slot, |extra| {
                let state = &mut extra.cancel;
                state.requests = state.requests.saturating_add(requests);
                state.to_scopes = state.to_scopes.saturating_add(to_scopes);
            });
        }
    }

    fn counted(&self, id: TaskId, of: impl FnOnce(&OfTask) -> i32) -> i32 {
        let Some(slot) = self.slots.get(id) else { return 0 };
        let counted = self.extras.get(id.index, slot, |extra| of(&extra.cancel)).unwrap_or(0);
        counted.saturating_add(slot.has(flag::MARKED).into())
    }

    /// Returns the number of requests to end a task, less those that were taken back.
    pub(crate) fn cancelling(&self, id: TaskId) -> u32 {
        self.counted(id, |it| it.requests).max(0).unsigned_abs()
    }

    /// Returns how many requests concern a scope in `outer`, without those to the scope itself.
    pub(crate) fn requests_concerning(&self, task: TaskId, outer: Option<ScopeId>) -> Counted {
        let around = self.points.cancelled_outwards(outer).count();
        Counted {
            to_task: self.counted(task, |it| it.requests.saturating_sub(it.to_scopes)),
            around: i32::try_from(around).unwrap_or(i32::MAX),
        }
    }

    /// Returns whether the task has one of these flags, or one of the scopes from `outer` outwards.
    pub(crate) fn have(&self, flags: u16, task: TaskId, outer: Option<ScopeId>) -> bool {
        let has = |scope| self.points.scope(scope).is_some_and(|it| it.has(flags));
        self.slots.get(task).is_some_and(|slot| slot.has(flags))
            || self.points.outwards(outer).any(has)
    }

    /// Notes which cancellations have come before the future in a scope begins.
    pub(crate) fn count_at_entry(&self, state: &ScopeState) {
        let (task, outer) = (state.task.get(), state.outer.get());
        let at_entry = self.requests_concerning(task, outer);
        state.at_entry.set(at_entry);
        let was_due = at_entry.all() > 0 && self.have(flag::MARKED | flag::PASSED, task, outer);
        state.put(own::WAS_DUE, was_due);
    }

    /// Takes one request back, and the mark if none is left; but not a wait that was
    /// cancelled (F50). Returns how many are left.
    pub(crate) fn uncancel(&self, id: TaskId) -> u32 {
        let Some(left) = self.cancelling(id).checked_sub(1) else { return 0 };
        self.record(|| Event::Uncancel { task: id, left });
        if left == 0 {
            self.unmark_polled(id);
        }
        // If the task was marked, the request has counted by its mark.
        if left > 0 || !self.unmark(Point::Task(id)) {
            self.count(id, -1, 0);
        }
        self.cancelling(id)
    }

    /// Takes back the mark that a request to this point has left. Returns whether the
    /// point itself was marked.
    fn unmark(&self, point: Point) -> bool {
        let Some(mut at) = self.find(point) else { return false };
        // The mark may be on a scope in the task; a request to another task stays (F50).
        while !at.has(flag::MARKED)
            && let Some(scope @ Found::Scope(..)) = self.awaited(at)
        {
            at = scope;
        }
        // In a poll the cancelled wait is over, and the mark was set since (F50).
        let waits = at.wait() == Wait::CANCELLED && !self.is_polled(at);
        if !at.has(flag::MARKED) || waits {
            return false;
        }
        self.clear_mark(at);
        self.hear_outwards(at);
        at.point() == point
    }

    /// Takes back the marks of scopes that are being polled in a task: the requests to them
    /// count with the task (F50).
    fn unmark_polled(&self, id: TaskId) {
        if self.polling() == Some(id) {
            for scope in self.points.outwards(self.points.polled_scope.get()) {
                if let Some(state) = self.points.scope(scope) {
                    state.put(flag::MARKED, false);
                }
            }
        }
    }
}
