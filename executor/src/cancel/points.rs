//! The state of cancellations: of an executor, of a task, of a scope.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Waker;

use crate::cancel::declared::Declared;
use crate::cancel::point::{CancelTarget, Point, ScopeId, TargetId, Wait};
use crate::cancel::table::{Entry, Table};
use crate::cancel::walk::Walk;
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::flag;

/// The state of cancellations in an executor.
#[derive(Default)]
pub(crate) struct Points {
    pub(crate) declared: Declared,
    /// True if a future ends as cancelled, and with it all around it, up to the innermost
    /// scope.
    pub(crate) thrown: Cell<bool>,
    /// True if the task returns a failure, to which a cancellation that is due gives way.
    pub(crate) gives_way: Cell<bool>,
    /// True if a request has ever been passed on, or was left with a wait.
    pub(crate) any_passed: Cell<bool>,
    /// The innermost scope that is being polled.
    pub(crate) polled_scope: Cell<Option<ScopeId>>,
    scopes: Table<ScopeState>,
    /// The targets, each with the point that waits for it.
    targets: Table<Cell<Option<Target>>>,
    pub(crate) walk: Walk,
}

type Target = (Point, Rc<dyn CancelTarget>);

/// The state of cancellations in a task. Only those have it that were cancelled, or in which
/// strangers poll scopes.
#[derive(Default)]
pub(crate) struct OfTask {
    /// The number of requests to end the task, less those that were taken back. While the
    /// task is marked it is less by one, for the mark itself counts as one. A mark can
    /// outlast its request: if that was taken back, and no other is left, this is -1.
    pub(crate) requests: i32,
    /// The number of these requests that were to scopes in the task.
    pub(crate) to_scopes: i32,
    /// The number of the way that a request went when the task passed it on last.
    pub(crate) way: u64,
    /// The scopes right in the task that strangers poll. If there are any, the task has the
    /// flag `STRANGE`.
    pub(crate) strange_scopes: StrangeScopes,
}

/// The state of a scope while something is in it.
pub(crate) struct ScopeState {
    /// The task that it is in.
    pub(crate) task: Cell<TaskId>,
    /// The scope around it.
    pub(crate) outer: Cell<Option<ScopeId>>,
    pub(crate) wait: Cell<Wait>,
    /// The cancellations that had come before its future was first polled, or before its task
    /// polled it; only of a scope with a handle.
    pub(crate) at_entry: Cell<Counted>,
    /// Three of the flags that tasks have, `MARKED`, `PASSED` and `STRANGE`, and its own.
    flags: Cell<u16>,
    /// More state, if strangers poll the scope, or another one right in it. It is there if
    /// the scope has the flag `STRANGE`.
    strange: RefCell<Option<Box<Strange>>>,
}

/// The number of cancellations that concern a scope, those of itself aside.
///
/// A cancellation of a scope counts as one of its task, too, for asyncio's `timeout` calls
/// `task.cancel()`. But it concerns only those within that scope. So the requests to scopes are
/// subtracted from those to the task, and the scopes around that were cancelled are added.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counted {
    /// The number of requests to the task itself. It is less by those to scopes that were taken
    /// back as if they had been to the task.
    pub(crate) to_task: i32,
    /// The number of scopes around that were cancelled themselves.
    pub(crate) around: i32,
}

impl Counted {
    pub(crate) fn all(self) -> u32 {
        self.to_task.saturating_add(self.around).max(0).unsigned_abs()
    }
}

/// The flags that only scopes have, in bits that `MARKED`, `PASSED` and `STRANGE` leave.
pub(crate) mod own {
    use crate::run::slots::flag;

    /// The request that the scope is marked for, or has passed on, is delivered again. It outlives
    /// what is in the scope.
    pub(crate) const REDELIVERS: u16 = 1;

    /// There is such a request from what was in the scope before. The scope is marked for it
    /// once it is polled, and so takes it when it waits.
    pub(crate) const OWES_REDELIVERY: u16 = 2;

    /// A cancellation of this scope counts with the task.
    pub(crate) const COUNTS: u16 = 8;

    /// The point around it may have passed a request on to it.
    pub(crate) const RECEIVED: u16 = 32;

    /// A request to the task, or to a scope around, was due when its future began; only of a
    /// scope with a handle.
    pub(crate) const WAS_DUE: u16 = 128;

    const ALL: u16 = REDELIVERS | OWES_REDELIVERY | COUNTS | RECEIVED | WAS_DUE;
    const _: () = assert!(ALL & (flag::MARKED | flag::PASSED | flag::STRANGE) == 0);
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
    pub(crate) inside: StrangeScopes,
}

/// Scopes that strangers poll. Such a scope isn't polled whenever its task is, so it
/// stands here until it is over.
#[derive(Default)]
pub(crate) struct StrangeScopes(VecDeque<ScopeId>);

impl StrangeScopes {
    /// Adds a scope. Those that are over are removed when the list would grow.
    pub(crate) fn add(&mut self, scope: ScopeId, lives: impl Fn(ScopeId) -> bool) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|&it| lives(it));
            self.0.reserve(self.0.len()); // So that it isn't full again at once.
        }
        self.0.push_back(scope);
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
    /// Opens a scope right in a point of a task.
    #[inline(always)]
    pub(crate) fn open_scope(&self, task: TaskId) -> (ScopeId, &Entry<ScopeState>) {
        let (key, state) = self.scopes.claim();
        state.move_to(task, self.polled_scope.get());
        state.wait.set(Wait::NOTHING);
        state.flags.set(0);
        (ScopeId(key), state)
    }

    /// Returns a scope, if it isn't over.
    #[inline(always)]
    pub(crate) fn scope(&self, scope: ScopeId) -> Option<&Entry<ScopeState>> {
        self.scopes.get(scope.0)
    }

    /// Returns a scope and those around it, outwards.
    pub(crate) fn outwards(&self, scope: Option<ScopeId>) -> impl Iterator<Item = ScopeId> {
        std::iter::successors(scope, |scope| self.scope(*scope)?.outer.get())
    }

    /// Returns those of them that were cancelled themselves, and count with their task.
    pub(crate) fn cancelled_outwards(
        &self,
        scope: Option<ScopeId>,
    ) -> impl Iterator<Item = ScopeId> {
        let counts = |scope: &ScopeId| self.scope(*scope).is_some_and(|it| it.has(own::COUNTS));
        self.outwards(scope).filter(counts)
    }

    /// Closes a scope.
    pub(crate) fn close_scope(&self, scope: ScopeId, state: &Entry<ScopeState>) {
        self.scopes.release(scope.0, state);
    }

    pub(crate) fn add_target(&self, at: Point, target: Rc<dyn CancelTarget>) -> TargetId {
        let (key, place) = self.targets.claim();
        place.set(Some((at, target)));
        TargetId(key)
    }

    /// Returns a target, and the point that waits for it.
    pub(crate) fn target(&self, id: TargetId) -> Option<Target> {
        let place = self.targets.get(id.0)?;
        let target = place.take();
        place.set(target.clone());
        target
    }

    pub(crate) fn has_target(&self, id: TargetId) -> bool {
        self.targets.get(id.0).is_some()
    }

    /// Takes a target out. The caller drops it.
    pub(crate) fn remove_target(&self, id: TargetId) -> Option<Target> {
        let place = self.targets.get(id.0)?;
        self.targets.release(id.0, place);
        place.take()
    }

    /// Forgets what a poll that panicked has left here.
    pub(crate) fn forget_poll(&self) {
        self.declared.clear();
        self.thrown.set(false);
        self.gives_way.set(false);
    }
}

impl ScopeState {
    pub(crate) fn has(&self, flag: u16) -> bool {
        self.flags.get() & flag != 0
    }

    pub(crate) fn put(&self, flag: u16, is_true: bool) {
        let flags = self.flags.get();
        self.flags.set(if is_true { flags | flag } else { flags & !flag });
    }

    /// Returns whether no request and no stranger has to do with the scope.
    pub(crate) fn is_plain(&self) -> bool {
        const NEWS: u16 =
            flag::MARKED | flag::PASSED | flag::STRANGE | own::RECEIVED | own::OWES_REDELIVERY;
        !self.has(NEWS)
    }

    /// Returns whether these are the task and the scope around it.
    pub(crate) fn is_right_in(&self, task: TaskId, outer: Option<ScopeId>) -> bool {
        // Words are compared at once.
        self.task.get().pack() == task.pack() && self.outer.get() == outer
    }

    pub(crate) fn move_to(&self, task: TaskId, outer: Option<ScopeId>) {
        self.task.set(task);
        self.outer.set(outer);
    }

    /// Looks at the state that has to do with strangers, if there is any.
    pub(crate) fn strange<R>(&self, look: impl FnOnce(&mut Strange) -> R) -> Option<R> {
        self.has(flag::STRANGE).then(|| self.make_strange(look))
    }

    /// Looks at the state that has to do with strangers, which is made if there is none.
    pub(crate) fn make_strange<R>(&self, look: impl FnOnce(&mut Strange) -> R) -> R {
        self.put(flag::STRANGE, true);
        look(self.strange.borrow_mut().get_or_insert_default())
    }

    /// Takes that state out, if there is any. The caller drops it, for wakers are foreign.
    pub(crate) fn take_strange(&self) -> Option<Box<Strange>> {
        if self.has(flag::STRANGE) { self.strange.take() } else { None }
    }

    /// Returns whether the scope, whose future is over, has passed a request on to another
    /// scope in it, which was to catch.
    pub(crate) fn has_lost_catcher(&self) -> bool {
        self.has(flag::PASSED) && self.wait.get().is_scope()
    }

    /// Returns the point around the scope.
    pub(crate) fn outer_point(&self) -> Point {
        self.outer.get().map_or(Point::Task(self.task.get()), Point::Scope)
    }
}

/// A scope that nothing was ever in.
impl Default for ScopeState {
    fn default() -> Self {
        Self {
            task: Cell::new(TaskId { index: MAIN, generation: 0 }),
            outer: Cell::default(),
            wait: Cell::default(),
            at_entry: Cell::default(),
            flags: Cell::default(),
            strange: RefCell::default(),
        }
    }
}
