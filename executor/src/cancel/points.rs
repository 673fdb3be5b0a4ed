//! Points, their waits, and the state that is kept of both.

use std::cell::{Cell, RefCell};
use std::iter::once;
use std::rc::Rc;
use std::task::Waker;

use crate::cancel::table::{Key, Table};
use crate::run::id::TaskId;
use crate::run::slots::code;

/// A point: a task, or a scope in one. It can be cancelled.
///
/// Both kinds have the same states. A point may be *marked*: it sees the cancellation at
/// its next step. It *waits* for another point, for a target, or for nothing that
/// knows of cancellations. And it may have *passed* a request on to what it waits
/// for, without having heard yet what came of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Task(TaskId),
    Scope(ScopeId),
}

/// A point's wait. If what it names is gone by now, the point waits for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Wait {
    #[default]
    Nothing,
    Task(TaskId),
    Scope(ScopeId),
    Target(TargetId),
    /// The wait was cancelled, which can't be taken back (F50).
    Cancelled,
}

/// Names a scope while something is in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeId(pub(crate) Key);

/// Names a target while somebody may wait for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TargetId(pub(crate) Key);

/// A target, to which a task's cancellation is passed on while the task waits for it.
///
/// It is for futures that wait for several tasks, as `gather` does; see
/// [`PassCancel`](crate::PassCancel).
pub trait CancelTarget {
    /// Cancels the tasks that are waited for. Returns `false` if there is nothing left to
    /// cancel, since all of them have ended and the waiting task is about to be
    /// woken for that: then it is cancelled itself, at that wake.
    fn cancel(&self) -> bool;
}

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
    pub(crate) renewed: bool,
    /// True if there is such a request from what was in the scope before. The scope is
    /// marked for it once it is polled, and so takes it when it waits.
    pub(crate) renews: bool,
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
pub(crate) struct Strangers(Vec<ScopeId>);

impl Strangers {
    /// Adds a scope. Those that are over are removed when the list would grow.
    pub(crate) fn add(&mut self, scope: ScopeId, lives: impl Fn(ScopeId) -> bool) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|&it| lives(it));
            self.0.reserve(self.0.len()); // So that it isn't full again at once.
        }
        self.0.push(scope);
    }

    pub(crate) fn are_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns the first that isn't over.
    pub(crate) fn first(&mut self, lives: impl Fn(ScopeId) -> bool) -> Option<ScopeId> {
        // Each is passed over once, for a scope that comes back is added again.
        let over = self.0.iter().take_while(|&&it| !lives(it)).count();
        self.0.drain(..over);
        self.0.first().copied()
    }
}

/// The waits that futures have declared in the poll under way, from the inside out.
#[derive(Default)]
pub(crate) struct Declared {
    len: Cell<usize>,
    /// The first declaration, with its number. Nearly always there is no other.
    first: Cell<(u32, Wait)>,
    others: RefCell<Vec<(u32, Wait)>>,
    /// The number of the next declaration.
    next: Cell<u32>,
}

impl Declared {
    /// Declares what a future waits for. Returns a number by which that can be
    /// withdrawn.
    pub(crate) fn declare(&self, wait: Wait) -> u32 {
        let number = self.next.replace(self.next.get().wrapping_add(1));
        let len = self.len.replace(self.len.get() + 1);
        if len == 0 {
            self.first.set((number, wait));
        } else {
            self.others.borrow_mut().push((number, wait));
        }
        number
    }

    /// Withdraws what a future has declared in this poll; what it has declared in another
    /// is gone already.
    pub(crate) fn withdraw(&self, number: u32) {
        if self.len.get() == 0 {
            return;
        }
        // Entries keep their places, so that those after them are still found.
        let (first, _) = self.first.get();
        if number == first {
            return self.first.set((first, Wait::Nothing));
        }
        // Numbers wrap around, but their distances from the first keep their order.
        let age = |number: u32| number.wrapping_sub(first);
        let mut others = self.others.borrow_mut();
        if let Ok(place) = others.binary_search_by_key(&age(number), |it| age(it.0)) {
            others[place].1 = Wait::Nothing;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.get()
    }

    /// Takes what was declared as the code of a wait, if a slot has one for it.
    #[inline(always)]
    pub(crate) fn take_plain(&self) -> Option<u32> {
        let (len, (_, first)) = (self.len.get(), self.first.get());
        match len {
            0 => Some(code::NOTHING),
            1 => {
                let code = first.code()?;
                self.len.set(0);
                Some(code)
            }
            _ => None,
        }
    }

    /// Takes what was declared since there were so many declarations, as one wait.
    pub(crate) fn take_since(&self, len: usize) -> Wait {
        let more = self.len.replace(len) - len;
        let (_, first) = self.first.get();
        // The declaration at place 0 is `first`, and place 1 is the first of the others.
        match (len, more) {
            (_, 0) => Wait::Nothing,
            (0, 1) => first,
            (0, _) => one_of(once(first).chain(self.others.borrow_mut().drain(..).map(|it| it.1))),
            _ => one_of(self.others.borrow_mut().drain(len - 1..).map(|it| it.1)),
        }
    }

    pub(crate) fn clear(&self) {
        self.take_since(0);
    }
}

/// Returns the one of several waits that takes a cancellation: the first scope, for scopes
/// catch. If there is no scope and the waits differ, none is the right one: the point that
/// was polled takes it.
fn one_of(waits: impl Iterator<Item = Wait>) -> Wait {
    // The others were withdrawn.
    let mut waits = waits.filter(|&it| it != Wait::Nothing);
    let first = waits.next().unwrap_or_default();
    let mut others = waits.filter(|&it| it != first).peekable();
    // Several awaits of one task are one wait.
    if others.peek().is_none() || first.is_scope() {
        return first;
    }
    others.find(|it| it.is_scope()).unwrap_or_default()
}

impl Wait {
    /// Returns the code of the wait for a task's slot, if there is one: it names a task or a
    /// scope by its place alone. A target has none, and is kept with the extras.
    #[inline(always)]
    pub(crate) fn code(self) -> Option<u32> {
        match self {
            Self::Nothing => Some(code::NOTHING),
            Self::Cancelled => Some(code::CANCELLED),
            Self::Task(id) => Some(id.index),
            Self::Scope(ScopeId(key)) => {
                key.index().checked_add(code::FREE).filter(|it| *it < code::END)
            }
            Self::Target(_) => None,
        }
    }

    fn is_scope(self) -> bool {
        matches!(self, Self::Scope(_))
    }
}

/// The steps of requests that are still to be taken; see `Core::request`. They are the
/// stack that calls within calls would have.
#[derive(Default)]
pub(crate) struct Walk {
    /// The number of requests that are being sent, one within the other.
    pub(crate) depth: Cell<u32>,
    /// The steps. The one that was pushed last is the next.
    steps: RefCell<Vec<Step>>,
}

pub(crate) enum Step {
    /// Sends a request to a point.
    Send(Point),
    /// Lets a point wait again, as all that its target has requested was sent.
    Restore(Point, Wait),
}

impl Walk {
    pub(crate) fn push(&self, step: Step) {
        self.steps.borrow_mut().push(step);
    }

    /// Takes the next step, unless only so many are left.
    pub(crate) fn next_after(&self, steps: usize) -> Option<Step> {
        let mut all = self.steps.borrow_mut();
        // Those that are left are for the request within which this one is sent.
        if all.len() > steps { all.pop() } else { None }
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.borrow().len()
    }

    /// Reverses the steps from this one on: the first that was pushed is taken first.
    pub(crate) fn reverse_from(&self, step: usize) {
        self.steps.borrow_mut()[step..].reverse();
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
            renewed: false,
            renews: false,
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
        self.flags == 0 && !self.renews && self.strange.is_none()
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
