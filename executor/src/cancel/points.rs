//! The state that is kept of points: of tasks, of scopes, and of the executor.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

use crate::cancel::declared::Declared;
use crate::cancel::point::{CancelTarget, Point, ScopeId, Wait};
use crate::cancel::table::Table;
use crate::cancel::walk::Walk;
use crate::run::id::TaskId;
use crate::run::slots::code;

/// The state of cancellations in an executor.
#[derive(Default)]
pub(crate) struct Points {
    pub(crate) declared: Declared,
    /// True if a future ends as cancelled, and with it all around it, up to the innermost
    /// scope.
    pub(crate) thrown: Cell<bool>,
    /// True if the task returns a failure, to which a cancellation that is due gives way.
    pub(crate) gives_way: Cell<bool>,
    /// True if a request has ever been passed on.
    pub(crate) any_passed: Cell<bool>,
    /// The innermost scope that is being polled.
    pub(crate) scope: Cell<Option<ScopeId>>,
    pub(crate) scopes: Table<ScopeState>,
    /// The targets, each with the point that waits for it.
    pub(crate) targets: Table<(Point, Rc<dyn CancelTarget>)>,
    pub(crate) walk: Walk,
}

/// The state of cancellations in a task. Only those have it that were cancelled or have
/// scopes.
#[derive(Default)]
pub(crate) struct OfTask {
    /// The number of requests to end the task, less those that were taken back. While the
    /// task is marked it is less by one, for the mark itself counts as one. A mark can
    /// outlast its request: if that was taken back, and no other is left, this is -1.
    pub(crate) requests: i32,
    /// The number of these requests that were to scopes in the task.
    pub(crate) of_scopes: i32,
    /// The wait of the task, if its slot has no code for that.
    pub(crate) wait: Wait,
    pub(crate) strangers: Strangers,
}

/// The state of a scope while something is in it.
pub(crate) struct ScopeState {
    /// The task that it is in.
    pub(crate) task: TaskId,
    /// The scope around it.
    pub(crate) outer: Option<ScopeId>,
    pub(crate) wait: Wait,
    /// Two of the flags that tasks have: the scope is marked, and it has passed a request
    /// on.
    flags: u8,
    /// True if the mark is for a request that was delivered before. It outlives what is in
    /// the scope.
    pub(crate) redelivers: bool,
    /// True if there is such a request from what was in the scope before. The scope is
    /// marked for it once it is polled, and so takes it when it waits.
    pub(crate) owes_redelivery: bool,
    /// True if a cancellation of this scope counts with the task.
    pub(crate) counts: bool,
    /// More state, if strangers poll the scope, or another one right in it.
    pub(crate) strange: Option<Box<Strange>>,
}

/// The state of a scope that has to do with strangers: futures that lend wakers of their
/// own, as `FuturesUnordered` does.
#[derive(Default)]
pub(crate) struct Strange {
    /// The waker of the stranger that polls the scope, until it is woken.
    pub(crate) waker: Option<Waker>,
    /// The point in whose list of strangers the scope stands.
    pub(crate) stands_in: Option<Point>,
    /// The scopes right in it that strangers poll.
    pub(crate) inside: Strangers,
}

/// Scopes that strangers poll. Such a scope isn't polled whenever its task is, so it
/// stands here until it is over.
#[derive(Default)]
pub(crate) struct Strangers(VecDeque<ScopeId>);

impl Strangers {
    /// Adds a scope. Those that are over are removed when the list would grow.
    pub(crate) fn add(&mut self, scope: ScopeId, lives: impl Fn(ScopeId) -> bool) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|&it| lives(it));
            self.0.reserve(self.0.len()); // So that it isn't full again at once.
        }
        self.0.push_back(scope);
    }

    pub(crate) fn are_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns the first that isn't over.
    pub(crate) fn first(&mut self, lives: impl Fn(ScopeId) -> bool) -> Option<ScopeId> {
        // Each is passed over once, for a scope that comes back is added again.
        while self.0.front().is_some_and(|&it| !lives(it)) {
            self.0.pop_front();
        }
        self.0.front().copied()
    }
}

impl Points {
    pub(crate) fn open_scope(&self, state: ScopeState) -> ScopeId {
        ScopeId(self.scopes.insert(state))
    }

    /// Looks at a scope, if it isn't over.
    pub(crate) fn scope<R>(
        &self,
        scope: ScopeId,
        look: impl FnOnce(&mut ScopeState) -> R,
    ) -> Option<R> {
        self.scopes.with(scope.0, look)
    }

    /// Returns the scope of a code, if it is still right in this task.
    pub(crate) fn scope_of_code(&self, code: u32, task: TaskId) -> Option<ScopeId> {
        let scope = self.scopes.key_at(code - code::FREE).map(ScopeId)?;
        let is_in_task = self.scope(scope, |it| it.around() == Point::Task(task)) == Some(true);
        is_in_task.then_some(scope)
    }

    /// Returns a scope and those around it, from the inside out.
    pub(crate) fn around(&self, scope: Option<ScopeId>) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(scope, |scope| self.scope(*scope, |it| it.outer).flatten())
    }

    /// Returns those of them that were cancelled themselves, and count with their task.
    pub(crate) fn counted_around(&self, scope: Option<ScopeId>) -> impl Iterator<Item = ScopeId> {
        let counts = |scope: &ScopeId| self.scope(*scope, |it| it.counts) == Some(true);
        self.around(scope).filter(counts)
    }

    /// Forgets what a poll that panicked has left here.
    pub(crate) fn forget_poll(&self) {
        self.declared.clear();
        self.thrown.set(false);
        self.gives_way.set(false);
        self.scope.set(None);
    }
}

impl ScopeState {
    pub(crate) fn new(task: TaskId) -> Self {
        Self {
            task,
            outer: None,
            wait: Wait::Nothing,
            flags: 0,
            redelivers: false,
            owes_redelivery: false,
            counts: false,
            strange: None,
        }
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn put(&mut self, flag: u8, is_true: bool) {
        self.flags = if is_true { self.flags | flag } else { self.flags & !flag };
    }

    /// Returns whether no request and no stranger has to do with the scope.
    pub(crate) fn is_plain(&self) -> bool {
        self.flags == 0 && !self.owes_redelivery && self.strange.is_none()
    }

    /// Returns whether these are the task and the scope around it.
    pub(crate) fn is_right_in(&self, task: TaskId, outer: Option<ScopeId>) -> bool {
        (self.task, self.outer) == (task, outer)
    }

    pub(crate) fn strange(&mut self) -> &mut Strange {
        self.strange.get_or_insert_default()
    }

    pub(crate) fn stands_in(&self) -> Option<Point> {
        self.strange.as_ref()?.stands_in
    }

    /// Returns the point around the scope.
    pub(crate) fn around(&self) -> Point {
        self.outer.map_or(Point::Task(self.task), Point::Scope)
    }
}
