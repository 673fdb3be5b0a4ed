//! Scopes that can be cancelled by themselves.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use crate::cancel::cancelled::Cancelled;
use crate::cancel::held::{Asked, Held};
use crate::cancel::point::{Point, ScopeId};
use crate::cancel::points::{Counted, ScopeState, own};
use crate::cancel::table::Entry;
use crate::run::context;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::flag;

/// A scope that catches, and that can be cancelled by itself: as if the task had
/// been cancelled there. Clones are the same scope.
///
/// It is for futures that end what they run, as a timeout does. It may run one future
/// after another; of two at once, beside or within each other, only the one that began last can
/// be cancelled by it. A cancellation of what is in it counts with the task, until it is
/// [taken back](Self::uncancel).
///
/// ```
/// use std::time::Duration;
/// use executor::{Alarm, Scope, sleep};
///
/// executor::block_on(async {
///     let scope = Scope::default();
///     let limited = scope.catch(sleep(Duration::from_secs(3600)));
///     let other = scope.clone();
///     let _alarm = Alarm::after(Duration::from_millis(1), move || other.cancel());
///     assert!(limited.await.is_err());
///     assert_eq!(scope.uncancel(), 0);
/// });
/// ```
#[derive(Clone, Default)]
pub struct Scope(pub(crate) Rc<ScopeShared>);

/// What is kept of a scope with handles. Its [`ScopeState`] is there only while something is in it,
/// and this outlasts that.
#[derive(Default)]
pub(crate) struct ScopeShared {
    /// The scope in its executor, while something is in it.
    open: RefCell<Option<OpenScope>>,
    /// True if it was cancelled while nothing was in it.
    marked: Cell<bool>,
    /// True if the future in it has left a request that is to be delivered again.
    pub(crate) owes_redelivery: Cell<bool>,
    /// The scope's position in its last poll, while nothing is in it.
    left: RefCell<Option<Position>>,
    pub(crate) held: Cell<Option<Held>>,
    /// The task with which a cancellation counts.
    counts_with: RefCell<Option<(Rc<Core>, TaskId)>>,
}

/// The position of a scope: the task that polls it, the scope around it in that, and the
/// cancellations that had come before the future that is in it now.
#[derive(Clone)]
struct Position {
    core: Rc<Core>,
    task: TaskId,
    outer: Option<ScopeId>,
    at_entry: Counted,
    /// True if a request was due by then, which is no older one.
    was_due: bool,
}

/// A scope that something is in, and its executor.
#[derive(Clone)]
pub(crate) struct OpenScope {
    pub(crate) core: Rc<Core>,
    pub(crate) scope: ScopeId,
}

impl Scope {
    /// Cancels the future in the scope: first the task that this waits for, if there is
    /// one, as [`Task::cancel`](crate::Task::cancel) does.
    pub fn cancel(&self) {
        let Some(OpenScope { core, scope }) = self.0.open() else {
            return self.0.marked.set(true); // Its next future is cancelled.
        };
        self.0.count(&core, scope);
        // A target that is asked on the way may wake tasks, as in a turn.
        let _entered = context::enter_from_outside(&core);
        if let Some(at) = core.find(Point::Scope(scope)) {
            core.request(at);
        }
    }

    /// Takes the cancellation back, if there was one. Returns how many others
    /// concern the scope: those of the task, and of scopes around this one.
    ///
    /// If the scope was to catch it, and hasn't been polled since, what is in the scope goes on;
    /// unless those around were asked as well. What the request was passed on to stays cancelled.
    #[expect(clippy::must_use_candidate, reason = "the effect is what matters")]
    pub fn uncancel(&self) -> u32 {
        self.0.marked.set(false);
        if let Some(OpenScope { core, scope }) = self.0.open()
            && let Some(state) = core.points.scope(scope)
        {
            // A mark may be for those around as well: then it stays.
            let is_own = !state.has(own::RECEIVED | own::REDELIVERS);
            state.put(own::COUNTS | if is_own { flag::MARKED } else { 0 }, false);
        }
        if let Some((core, task)) = self.0.counts_with.take() {
            core.uncancel(task);
            core.count(task, 0, -1);
        }
        let others = self.cancelling();
        // A request that concerns others as well is to be taken by the next of them.
        if self.0.owes_redelivery.take()
            && others > self.cancelling_before()
            && let Some(position) = self.0.position()
        {
            position.leave_to_others();
        }
        others
    }

    /// Returns how many cancellations concern what is in the scope, its own aside:
    /// those of the task, and of scopes around this one.
    ///
    /// The task is the one that has polled the scope last, whoever asks. Before the first
    /// poll it is the task now polled; if there is none this is 0.
    #[must_use]
    pub fn cancelling(&self) -> u32 {
        self.0.position().map_or(0, |it| it.counted().all())
    }

    /// Returns how many of them are older than the wait: they had come before what is in the
    /// scope was first polled; or before another task polled it, for what was asked of the
    /// former one doesn't concern that.
    ///
    /// It is 0 before the first poll.
    #[must_use]
    pub fn cancelling_before(&self) -> u32 {
        self.0.last_position().map_or(0, |it| it.at_entry.all())
    }

    /// Delivers a cancellation again that concerns the scope, and not the scope alone: when
    /// the task next waits. It counts once. This is for futures that had something else to
    /// do first, as a task group has.
    ///
    /// The task is the one that has polled the scope last, whoever calls this: also another
    /// task, which drops a future that it has found on a shelf.
    pub fn redeliver(&self) {
        if let Some(position) = self.0.position() {
            position.redeliver();
        }
    }

    /// Holds a cancellation back that the scope has caught, while something else has to end
    /// first. Then [`release`](Self::release) returns it.
    ///
    /// It isn't lost with the scope: if that is dropped before, or if another task polls what is
    /// in it, who was asked gets it [back](Self::give_back). If it was a scope around that was
    /// asked, and has moved along, it stays held back for that. (A scope in which nothing was ever
    /// polled knows of nobody.)
    ///
    /// ```
    /// use std::future::pending;
    /// use executor::{Scope, spawn, yield_now};
    ///
    /// executor::block_on(async {
    ///     let task = spawn(async {
    ///         let scope = Scope::default();
    ///         if let Err(cancelled) = scope.catch(pending::<()>()).await {
    ///             scope.hold_back(cancelled);
    ///         }
    ///         let _ = scope.catch(yield_now()).await; // Here something comes to its end.
    ///         match scope.release() {
    ///             Some(cancelled) => cancelled.resume().await,
    ///             None => "another task was asked",
    ///         }
    ///     });
    ///     yield_now().await;
    ///     task.cancel();
    ///     assert!(task.await.unwrap_err().is_cancelled());
    /// });
    /// ```
    pub fn hold_back(&self, cancelled: Cancelled) {
        let before = self.0.held.take().and_then(|it| it.asked);
        let asked = self.0.last_position().map(|it| it.asked(before.as_ref()));
        self.0.held.set(Some(Held { cancelled, asked }));
    }

    /// Gives a cancellation that is [held back](Self::hold_back) to who was asked: it is delivered
    /// again when that next waits, unless it was taken back meanwhile. This is for futures that are
    /// given up before they have released it.
    pub fn give_back(&self) {
        if let Some(held) = self.0.held.take() {
            held.give_back();
        }
    }

    /// Returns the cancellation that is [held back](Self::hold_back), if there is one.
    #[must_use = "a cancellation that is neither resumed nor meant to be forgotten is lost"]
    pub fn release(&self) -> Option<Cancelled> {
        self.0.held.take().map(|it| it.cancelled)
    }

    /// Returns whether another executor runs on this thread than that of the scope, which is
    /// the one that has polled it last.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        let Some(position) = self.0.position() else { return false };
        context::try_current().is_some_and(|core| !Rc::ptr_eq(&core, &position.core))
    }
}

impl Position {
    fn of(core: Rc<Core>, state: &ScopeState) -> Self {
        let (task, outer) = (state.task.get(), state.outer.get());
        let (at_entry, was_due) = (state.at_entry.get(), state.has(own::WAS_DUE));
        Self { core, task, outer, at_entry, was_due }
    }

    /// Returns the position of a scope that would be polled now.
    fn now() -> Option<Self> {
        let core = context::try_current()?;
        let (task, outer) = (core.polling()?, core.points.polled_scope.get());
        Some(Self { core, task, outer, at_entry: Counted::default(), was_due: false })
    }

    /// If the scope around is over by now, but its task is polled, what is polled is around.
    fn renewed(mut self) -> Self {
        let Self { core, task, .. } = &self;
        let is_over = self.outer.is_some_and(|outer| core.points.scope(outer).is_none());
        if is_over && context::is_current(core) && core.polling() == Some(*task) {
            self.outer = core.points.polled_scope.get();
        }
        self
    }

    fn counted(&self) -> Counted {
        self.core.requests_concerning(self.task, self.outer)
    }

    /// Returns who was asked since the future in the scope began, and who was before by then.
    fn asked(&self, before: Option<&Asked>) -> Asked {
        let now = self.counted();
        let is_more = |now, then| now > then || self.was_due && now > 0;
        let scopes_were = is_more(now.around, self.at_entry.around)
            || before.is_some_and(|it| !it.scopes.is_empty());
        let scopes = self.core.points.cancelled_outwards(self.outer).filter(|_| scopes_were);
        Asked {
            task: self.task,
            task_was: is_more(now.to_task, self.at_entry.to_task)
                || before.is_some_and(|it| it.task_was),
            scopes: scopes.collect(),
            core: Rc::clone(&self.core),
        }
    }

    /// Leaves a request that wasn't taken to the innermost other that was asked. It is no new
    /// one: if it gives way to a failure, it still does.
    fn leave_to_others(&self) {
        let gives_way = &self.core.points.gives_way;
        let gave_way = gives_way.get();
        self.redeliver();
        gives_way.set(gave_way);
    }

    /// Delivers a cancellation again to the innermost that was asked, if there is one.
    fn redeliver(&self) {
        if self.counted().all() > 0 {
            let _entered = context::enter_from_outside(&self.core);
            self.core.redeliver(self.core.innermost_asked(self.task, self.outer));
        }
    }
}

impl ScopeShared {
    /// Returns the scope's position in its last poll; before the first one, that which it would
    /// have now.
    fn position(&self) -> Option<Position> {
        self.last_position().or_else(Position::now)
    }

    /// Returns the scope's position in its last poll, if there was one.
    fn last_position(&self) -> Option<Position> {
        let open = self.open.borrow();
        let Some(OpenScope { core, scope }) = &*open else {
            return self.left.borrow().clone().map(Position::renewed);
        };
        core.points.scope(*scope).map(|state| Position::of(Rc::clone(core), state))
    }

    pub(crate) fn enter(&self, core: &Rc<Core>, scope: ScopeId, state: &ScopeState) {
        // It may have been cancelled before its future was polled, or between two futures.
        state.put(flag::MARKED, self.marked.take());
        state.put(own::COUNTS, self.counts_with.borrow().is_some());
        state.put(own::OWES_REDELIVERY, self.owes_redelivery.take());
        core.count_at_entry(state);
        self.open.replace(Some(OpenScope { core: Rc::clone(core), scope }));
    }

    /// Notes that nothing is in the scope any more, which is about to be closed; unless another
    /// future has begun in it meanwhile.
    pub(crate) fn leave(&self, scope: ScopeId, state: &ScopeState) {
        let left = self.open.borrow_mut().take_if(|it| it.scope == scope);
        if let Some(OpenScope { core, .. }) = left {
            self.left.replace(Some(Position::of(core, state)));
        }
    }

    /// Keeps a cancellation held back if who was asked is polled now. If not, another task goes on
    /// with the scope, which nobody has asked: then who was asked gets it back. A scope around that
    /// was asked may have moved along, but the task, if it was asked as well, stays behind.
    #[cold]
    pub(crate) fn keep_or_give_back(&self, mut held: Held) {
        if let Some(asked) = &mut held.asked {
            let task = Point::Task(asked.task);
            if !asked.is_polled(asked.innermost().unwrap_or(task)) {
                return held.give_back();
            }
            if asked.task_was && !asked.is_polled(task) {
                asked.redeliver(task);
                asked.task_was = false;
            }
        }
        self.held.set(Some(held));
    }

    fn open(&self) -> Option<OpenScope> {
        self.open.borrow().clone()
    }

    /// Counts a cancellation of the scope, once; unless it counts no more with the task that the
    /// scope is in by now.
    fn count(&self, core: &Rc<Core>, scope: ScopeId) {
        let Some(state) = core.points.scope(scope) else { return };
        let task = state.task.get();
        let counts = |with: &(Rc<Core>, TaskId)| {
            Rc::ptr_eq(&with.0, core) && with.1 == task && core.cancelling(task) > 0
        };
        if self.counts_with.borrow().as_ref().is_some_and(counts) {
            return;
        }
        core.count(task, 1, 1);
        state.put(own::COUNTS, true);
        if let Some((core, former)) = self.counts_with.replace(Some((Rc::clone(core), task))) {
            core.count(former, 0, -1); // It counts as a request to that task from now on.
        }
    }

    /// Notes that a request to the scope which nobody has caught moves to another executor with
    /// what is in it.
    #[cold]
    pub(crate) fn take_along(&self) {
        let Some(OpenScope { core, scope }) = self.open() else { return };
        let is_due =
            |it: &Entry<ScopeState>| it.has(own::COUNTS) && it.has(flag::MARKED | flag::PASSED);
        self.marked.set(core.points.scope(scope).is_some_and(is_due));
    }
}

/// A cancellation that wasn't taken back stays with the task, and one that was held back is
/// delivered.
impl Drop for ScopeShared {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.give_back();
        }
        if let Some((core, task)) = self.counts_with.take() {
            core.count(task, 0, -1); // It counts as a request to the task from now on.
            if self.owes_redelivery.get() {
                let outer = self.left.take().and_then(|it| it.outer);
                let _entered = context::enter_from_outside(&core);
                core.redeliver(core.innermost_asked(task, outer));
            }
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.0.open.borrow().is_some();
        f.debug_struct("Scope").field("waiting", &waiting).finish_non_exhaustive()
    }
}
