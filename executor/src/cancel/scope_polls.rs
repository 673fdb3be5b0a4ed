//! The polls of a scope, from its first to its close.
//!
//! Nearly each poll comes from the same point as the one before. But a future may move: a `timeout`
//! that one task has polled may be awaited by another, or by a future within another scope. Then
//! the point that was around it before takes over what it has passed on: a request doesn't move
//! along.

use std::task::Context;

use crate::cancel::found::Found;
use crate::cancel::point::{Point, ScopeId, Wait};
use crate::cancel::points::{Counted, ScopeState, own};
use crate::cancel::table::Entry;
use crate::probe::Event;
use crate::run::core::Core;
use crate::run::error::contain_quietly;
use crate::run::slots::flag;

/// Polls.
impl Core {
    /// Begins the poll of a scope. Returns whether the scope is marked.
    #[inline(always)]
    pub(crate) fn begin_scope(&self, scope: ScopeId, state: &ScopeState, cx: &Context<'_>) -> bool {
        let outer = self.points.polled_scope.get();
        // Nearly each poll comes from the same point as the one before, and there is no news.
        let is_known = |task| state.is_plain() && state.is_right_in(task, outer);
        if self.recognise(cx).is_some_and(is_known) {
            self.points.polled_scope.set(Some(scope));
            return false;
        }
        self.begin_scope_with_news(scope, state, cx)
    }

    /// Notes the point around a scope that is now polled, and the stranger that polls it, if
    /// one does. Returns whether the scope is marked.
    fn begin_scope_with_news(&self, scope: ScopeId, state: &ScopeState, cx: &Context<'_>) -> bool {
        let Some(task) = self.polling() else { return false };
        // To clone a waker is foreign code (I7), so it comes before any change.
        let stranger = self.recognise(cx).is_none().then(|| cx.waker().clone());
        let outer = self.points.polled_scope.replace(Some(scope));
        let (former, former_task) = (state.outer_point(), state.task.get());
        if !state.is_right_in(task, outer) {
            state.move_to(task, outer);
            if former_task != task {
                self.count_anew(state);
            }
        }
        let marked = state.has(flag::MARKED);
        // This step isn't marked by that: the scope takes the request when it waits.
        if state.has(own::OWES_REDELIVERY) {
            state.put(own::OWES_REDELIVERY, false);
            state.put(flag::MARKED | own::REDELIVERS, true);
        }
        if stranger.is_some() || state.has(flag::STRANGE) {
            self.meet_stranger(scope, state, stranger);
        }
        // It doesn't move if a scope around it has moved to another task, and it is still in that.
        if former != state.outer_point() {
            self.move_scope(scope, state, former);
        }
        // The mark may have been for a request that the former point has taken over.
        marked && state.has(flag::MARKED)
    }

    /// Takes note of a scope's wait after its poll.
    #[inline(always)]
    pub(crate) fn end_scope_poll(&self, scope: ScopeId, state: &ScopeState, since: usize) {
        if state.is_plain() {
            return state.wait.set(self.points.declared.take_since(since));
        }
        let at = Found::Scope(scope, state);
        self.after_poll(at, true, self.choose_wait(at, since));
    }

    /// Notes that a scope takes a request: the one that it is marked for, or one that it had passed
    /// on to a scope in it, which is gone. By that the points around it hear.
    pub(crate) fn take_request(&self, scope: ScopeId, state: &ScopeState) {
        self.record(|| Event::Catch { task: state.task.get() });
        state.put(flag::MARKED, false);
        self.hear_outwards(Found::Scope(scope, state));
    }

    /// Closes a scope, as nothing is in it any more. Returns whether it leaves behind a
    /// request that was to be delivered again, and wasn't.
    #[inline(always)]
    pub(crate) fn close_scope(&self, scope: ScopeId, state: &Entry<ScopeState>) -> bool {
        if state.is_plain() {
            self.points.close_scope(scope, state);
            return false;
        }
        self.close_scope_with_news(scope, state)
    }

    fn close_scope_with_news(&self, scope: ScopeId, state: &Entry<ScopeState>) -> bool {
        let outer = state.outer_point();
        let redelivers = state.has(flag::MARKED | flag::PASSED) && state.has(own::REDELIVERS);
        let strange = state.take_strange();
        self.points.close_scope(scope, state);
        self.give_up(outer, Wait::scope(scope));
        if strange.is_some() {
            contain_quietly(|| drop(strange)); // This is foreign code (I7).
        }
        redelivers
    }
}

/// Scopes that have moved.
impl Core {
    /// Notes that a scope has moved from one point to another. A request that came from the
    /// former point doesn't move along: that point takes it over, unless it has done so.
    #[cold]
    fn move_scope(&self, scope: ScopeId, state: &ScopeState, former: Point) {
        self.give_up(former, Wait::scope(scope));
        self.forget_request(Found::Scope(scope, state));
    }

    /// Notes which cancellations had come before another task polled a scope: those of that
    /// task, and of the scopes around that have moved with this one.
    fn count_anew(&self, state: &ScopeState) {
        let now = self.requests_concerning(state.task.get(), state.outer.get());
        let around = now.around.min(state.at_entry.get().around);
        state.at_entry.set(Counted { around, ..now });
        let was_due = self.have(flag::MARKED | flag::PASSED, state.task.get(), state.outer.get());
        state.put(own::WAS_DUE, was_due);
    }

    /// Forgets a request that came to a scope from the point around it: in the scope, and in
    /// those within it that it was passed on to. A scope that was cancelled itself keeps its own.
    fn forget_request<'a>(&'a self, at: Found<'a>) {
        let mut next = Some(at);
        while let Some(at) = next
            && let Found::Scope(_, state) = at
            && !state.has(own::COUNTS)
        {
            next = self.awaited(at);
            state.put(flag::MARKED | flag::PASSED, false);
        }
    }
}
