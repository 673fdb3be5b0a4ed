//! Scopes that strangers poll.
//!
//! A stranger is a future that lends wakers of its own. Say that a task awaits a
//! `FuturesUnordered` of two `timeout`s. It polls only those that were woken: so in most polls of
//! the task neither scope declares anything, and yet the task waits for both. Therefore the scopes
//! stand in a list of the task, whose first takes the task's cancellation; and a scope in the list
//! keeps the waker by which alone it is polled again.

use std::mem::replace;
use std::task::Waker;

use crate::cancel::found::Found;
use crate::cancel::point::{Point, ScopeId, Wait};
use crate::cancel::points::{ScopeState, StrangeScopes};
use crate::run::core::Core;
use crate::run::error::contain_quietly;
use crate::run::slots::flag;

impl Core {
    /// Returns what a point waits for: the declared wait, or, if nothing was declared, a
    /// scope that strangers poll. They don't poll it whenever the point is polled.
    pub(crate) fn or_strange_scope(&self, at: Found<'_>, declared: Wait) -> Wait {
        match declared {
            Wait::NOTHING => self.first_strange_scope(at).map_or(declared, Wait::scope),
            _ => declared,
        }
    }

    /// The first of them takes requests until it is over: also one that was passed on to it.
    fn first_strange_scope(&self, at: Found<'_>) -> Option<ScopeId> {
        let lives = |scope| self.stands_in(at.point(), scope);
        self.strange_scopes(at, |all| all.first(lives)).flatten()
    }

    /// Looks at the list of the scopes right in a point that strangers poll, if it has one.
    fn strange_scopes<R>(
        &self,
        at: Found<'_>,
        look: impl FnOnce(&mut StrangeScopes) -> R,
    ) -> Option<R> {
        match at {
            Found::Task(id, slot) => {
                self.extras.get(id.index, slot, |it| look(&mut it.cancel.strange_scopes))
            }
            Found::Scope(_, state) => state.strange(|it| look(&mut it.inside)),
        }
    }

    pub(crate) fn stands_in(&self, at: Point, scope: ScopeId) -> bool {
        let state = self.points.scope(scope);
        state.and_then(|it| it.strange(|it| it.stands_in)).flatten() == Some(at)
    }

    /// Adds a scope to those right in a point that strangers poll.
    fn add_strange_scope(&self, at: Point, scope: ScopeId) {
        let lives = |scope| self.stands_in(at, scope);
        match self.find(at) {
            Some(Found::Scope(_, state)) => state.make_strange(|it| it.inside.add(scope, lives)),
            Some(Found::Task(id, slot)) => {
                slot.set(flag::STRANGE);
                self.extras.of(id.index, slot, |it| it.cancel.strange_scopes.add(scope, lives));
            }
            None => {}
        }
    }

    /// Notes which stranger polls a scope now, if one does.
    pub(crate) fn meet_stranger(&self, scope: ScopeId, state: &ScopeState, waker: Option<Waker>) {
        let outer = state.outer_point();
        let stands_in = waker.is_some().then_some(outer);
        let (waker, stood_in) = state.make_strange(|it| {
            (replace(&mut it.waker, waker), replace(&mut it.stands_in, stands_in))
        });
        contain_quietly(|| drop(waker)); // This is foreign code (I7).
        // If it had the same point before, it stands in that list already.
        if stands_in.is_some() && stands_in != stood_in {
            self.add_strange_scope(outer, scope);
        }
    }
}
