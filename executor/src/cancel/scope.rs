//! Scopes, in which futures catch cancellations, and end by them.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::cancel::point::{Point, ScopeId, Wait};
use crate::cancel::points::{Counted, Points, ScopeState, own};
use crate::cancel::table::Entry;
use crate::run::context;
use crate::run::core::Core;
use crate::run::error::contain_quietly;
use crate::run::id::TaskId;
use crate::run::slots::flag;
use crate::watch::words::Section;

/// Runs a future, and catches the cancellation of the task that runs it.
///
/// Usually a cancelled task ends at its next turn, and none of its code runs
/// any more. Within this scope it is the future that ends so; the task goes on
/// with `Err`, and may clean up with awaits. Then it can end as cancelled after
/// all, by [`Cancelled::resume`], or go on as if it hadn't been cancelled.
///
/// Of nested scopes the innermost catches. A further cancellation is caught by
/// a further scope, or ends the task. If the task waits for another, that is
/// what is cancelled first, and the scope catches once it has ended so.
///
/// ```
/// use executor::{catch_cancel, sleep, spawn, yield_now};
/// use std::time::Duration;
///
/// executor::block_on(async {
///     let task = spawn(async {
///         match catch_cancel(sleep(Duration::from_secs(3600))).await {
///             Ok(()) => "slept",
///             Err(_cancelled) => "cleaned up",
///         }
///     });
///     yield_now().await;
///     task.cancel();
///     assert_eq!(task.await.unwrap(), "cleaned up");
/// });
/// ```
///
/// It is the task that is cancelled: of several scopes side by side in one task,
/// by `join!` or `select!`, the first that is polled catches. One that isn't polled
/// whenever the task is, as within `FuturesUnordered`, catches all the same. To cancel
/// what is in one scope, make it a [`Scope`].
///
/// It is a part of the task that has polled it last. If several tasks poll one, as
/// `futures::future::Shared` does, a cancellation of that task reaches what the others wait for as
/// well. To cancel one of them alone, spawn the future, and share the task
/// ([`shared`](crate::Task::shared)), of which `combinators::shield` passes no cancellation on.
///
/// A cancellation that was caught is in the hands of the code after the await. If that code is
/// dropped while it cleans up, as by a `select!` of which another branch is ready first, the
/// cancellation is lost.
///
/// Outside of an executor it only polls the future.
pub fn catch_cancel<F: IntoFuture>(future: F) -> CatchCancel<F::IntoFuture> {
    CatchCancel {
        future: Some(future.into_future()),
        open: None,
        declaration: None,
        handle: None,
        section: Section::none(),
    }
}

/// A scope that catches, and that can be cancelled by itself: as if the task had
/// been cancelled there. Clones are the same scope.
///
/// It is for futures that end what they run, as a timeout does. It may run one future
/// after another; of two at once, only the one that began last can be cancelled by
/// it. A cancellation counts with the task, until it is
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
pub struct Scope(Rc<ScopeHandle>);

/// What is kept of a scope with handles. Its [`ScopeState`] is there only while something is in it,
/// and this outlasts that.
#[derive(Default)]
struct ScopeHandle {
    /// The scope in its executor, while something is in it.
    open: RefCell<Option<OpenScope>>,
    /// True if it was cancelled while nothing was in it.
    marked: Cell<bool>,
    /// True if the future in it has left a request that is to be delivered again.
    redelivers: Cell<bool>,
    /// The scope's position in its last poll, while nothing is in it.
    left: RefCell<Option<Position>>,
    held: Cell<Option<Held>>,
    /// The task with which a cancellation counts.
    counted: RefCell<Option<(Rc<Core>, TaskId)>>,
}

/// A cancellation that is held back.
struct Held {
    cancelled: Cancelled,
    /// True if the task itself was asked to end, and not only a scope around.
    of_task: bool,
}

/// The position of a scope: the task that polls it, and the scope around it in that.
#[derive(Clone)]
struct Position {
    core: Rc<Core>,
    task: TaskId,
    outer: Option<ScopeId>,
    at_entry: Counted,
}

/// A scope that something is in, and its executor.
#[derive(Clone)]
struct OpenScope {
    core: Rc<Core>,
    scope: ScopeId,
}

impl Scope {
    /// Runs a future in the scope, as [`catch_cancel`] does.
    pub fn catch<F: IntoFuture>(&self, future: F) -> CatchCancel<F::IntoFuture> {
        let mut caught = catch_cancel(future);
        caught.handle = Some(Rc::clone(&self.0));
        caught
    }

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
    /// If the scope was to catch it, and hasn't been polled since, what is in the scope goes on.
    /// What the request was passed on to stays cancelled.
    #[expect(clippy::must_use_candidate, reason = "the effect is what matters")]
    pub fn uncancel(&self) -> u32 {
        self.0.marked.set(false);
        if let Some(OpenScope { core, scope }) = self.0.open()
            && let Some(state) = core.points.scope(scope)
        {
            state.put(flag::MARKED | own::COUNTS, false);
        }
        if let Some((core, task)) = self.0.counted.take() {
            core.uncancel(task);
            core.count(task, 0, -1);
        }
        let others = self.cancelling();
        // A request that concerns others as well is to be taken by the next of them.
        if self.0.redelivers.take() && others > self.cancelling_before() {
            self.redeliver();
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
    /// in it, the task that was asked is asked again, as by [`redeliver`](Self::redeliver),
    /// and nothing is held back any more. (A scope in which nothing was ever polled knows of no
    /// task.)
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
        let of_task = self.0.held.take().is_some_and(|it| it.of_task)
            || self.0.last_position().is_some_and(|it| it.counted().of_task > it.at_entry.of_task);
        self.0.held.set(Some(Held { cancelled, of_task }));
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
        Self { core, task, outer, at_entry: state.at_entry.get() }
    }

    /// Returns the position of a scope that would be polled now.
    fn now() -> Option<Self> {
        let core = context::try_current()?;
        let (task, outer) = (core.polling()?, core.points.scope.get());
        Some(Self { core, task, outer, at_entry: Counted::default() })
    }

    fn counted(&self) -> Counted {
        self.core.requests_concerning(self.task, self.outer)
    }

    /// Returns whether the innermost that was asked to end around the scope is polled now.
    fn is_asked_polled(&self) -> bool {
        let Self { core, task, outer, .. } = self;
        context::is_current(core) && core.is_asked_polled(*task, *outer)
    }

    fn is_task_polled(&self) -> bool {
        context::is_current(&self.core) && self.core.polling() == Some(self.task)
    }

    /// Delivers a cancellation of the task itself again.
    fn redeliver_to_task(&self) {
        let _entered = context::enter_from_outside(&self.core);
        self.core.redeliver(self.task, None);
    }

    /// Delivers a cancellation again to the innermost that was asked, if there is one.
    fn redeliver(&self) {
        if self.counted().all() > 0 {
            let _entered = context::enter_from_outside(&self.core);
            self.core.redeliver(self.task, self.outer);
        }
    }
}

impl ScopeHandle {
    /// Returns the scope's position in its last poll; before the first one, that which it would
    /// have now.
    fn position(&self) -> Option<Position> {
        self.last_position().or_else(Position::now)
    }

    /// Returns the scope's position in its last poll, if there was one.
    fn last_position(&self) -> Option<Position> {
        let open = self.open.borrow();
        let Some(OpenScope { core, scope }) = &*open else { return self.left.borrow().clone() };
        core.points.scope(*scope).map(|state| Position::of(Rc::clone(core), state))
    }

    fn enter(&self, core: &Rc<Core>, scope: ScopeId, state: &ScopeState) {
        // It may have been cancelled before its future was polled, or between two futures.
        state.put(flag::MARKED, self.marked.take());
        state.put(own::COUNTS, self.counted.borrow().is_some());
        state.put(own::OWES_REDELIVERY, self.redelivers.take());
        state.at_entry.set(core.requests_concerning(state.task.get(), state.outer.get()));
        self.open.replace(Some(OpenScope { core: Rc::clone(core), scope }));
    }

    /// Notes that nothing is in the scope any more, which is about to be closed; unless another
    /// future has begun in it meanwhile.
    fn leave(&self, scope: ScopeId, state: &ScopeState) {
        let left = self.open.borrow_mut().take_if(|it| it.scope == scope);
        if let Some(OpenScope { core, .. }) = left {
            self.left.replace(Some(Position::of(core, state)));
        }
    }

    /// Keeps a cancellation held back if what was asked is polled now. If it isn't, another task
    /// goes on with the scope, which nobody has asked: then who was asked gets it back. A scope
    /// around that was asked may have moved along, but the task, if it was asked as well, stays
    /// behind.
    #[cold]
    fn keep_or_give_back(&self, mut held: Held) {
        if let Some(position) = self.position() {
            if !position.is_asked_polled() {
                return position.redeliver();
            }
            if held.of_task && !position.is_task_polled() {
                position.redeliver_to_task();
                held.of_task = false;
            }
        }
        self.held.set(Some(held));
    }

    fn open(&self) -> Option<OpenScope> {
        self.open.borrow().clone()
    }

    /// Counts a cancellation of the scope, once.
    fn count(&self, core: &Rc<Core>, scope: ScopeId) {
        let mut counted = self.counted.borrow_mut();
        if let (None, Some(state)) = (&*counted, core.points.scope(scope)) {
            let task = state.task.get();
            core.count(task, 1, 1);
            state.put(own::COUNTS, true);
            *counted = Some((Rc::clone(core), task));
        }
    }
}

/// A cancellation that wasn't taken back stays with the task, and one that was held back is
/// delivered.
impl Drop for ScopeHandle {
    fn drop(&mut self) {
        if self.held.take().is_some()
            && let Some(position) = &*self.left.borrow()
        {
            position.redeliver();
        }
        if let Some((core, task)) = self.counted.take() {
            core.count(task, 0, -1); // It counts as a request to the task from now on.
            if self.redelivers.get() {
                let outer = self.left.take().and_then(|it| it.outer);
                let _entered = context::enter_from_outside(&core);
                core.redeliver(task, outer);
            }
        }
    }
}

pin_project! {
    /// The future of [`catch_cancel`].
    ///
    /// # Panics
    ///
    /// Panics when it is polled again after it was ready.
    #[must_use = "futures do nothing unless polled"]
    pub struct CatchCancel<F> {
        #[pin]
        future: Option<F>,
        // The scope, from the first poll to the last.
        open: Option<OpenScope>,
        // The number of the declaration that was made last.
        declaration: Option<u32>,
        handle: Option<Rc<ScopeHandle>>,
        // That of a scope without a handle. Who has a handle says what the scope is.
        section: Section,
    }

    impl<F> PinnedDrop for CatchCancel<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.open.is_some() {
                let (declaration, handle) = (*this.declaration, this.handle.as_deref());
                let _leaving = Leaving { open: this.open, declaration, handle };
                // In it, for what is dropped may ask which scopes are around.
                this.future.set(None);
            }
        }
    }
}

/// A cancellation that was caught.
#[derive(Debug)]
#[must_use = "a cancellation that is neither resumed nor meant to be forgotten is lost"]
pub struct Cancelled(());

const THROWN_OUTSIDE: &str = "nothing is polled that could end as cancelled: only a future that \
    the executor polls can, and not a destructor or a callback";
/// The name of a scope in a recording.
const CATCH_CANCEL: &str = "catch_cancel";
const POLLED_AGAIN: &str = "`catch_cancel` was polled again after it was ready: await it once";

impl<F: Future> Future for CatchCancel<F> {
    type Output = Result<F::Output, Cancelled>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        assert!(this.future.is_some(), "{POLLED_AGAIN}");
        if let Some(handle) = this.handle
            && let Some(held) = handle.held.take()
        {
            handle.keep_or_give_back(held);
        }
        if this.open.as_ref().is_some_and(|it| it.has_moved(cx)) {
            leave(this.open, *this.declaration, this.handle.as_deref());
        }
        if this.open.is_none() {
            *this.open = enter(this.handle.as_deref(), this.section);
            *this.declaration = None;
        }
        let Some((core, scope, state)) = this.open.as_ref().and_then(OpenScope::polled) else {
            // Without a task there is nothing to catch.
            return this.future.as_pin_mut().expect(POLLED_AGAIN).poll(cx).map(Ok);
        };
        // If it is polled twice in a poll of its task, only the second declaration counts.
        if let Some(number) = *this.declaration {
            core.points.declared.withdraw(number);
        }
        let result = poll_in_scope(core, scope, state, this.future.as_mut(), cx);
        let Poll::Ready(result) = result else {
            *this.declaration = Some(core.points.declared.declare(Wait::scope(scope)));
            return Poll::Pending;
        };
        close(core, scope, state, this.handle.as_deref());
        *this.open = None;
        let how = if result.is_ok() { "its future has ended" } else { "it has caught" };
        this.section.end(|| how.into());
        Poll::Ready(result)
    }
}

impl OpenScope {
    /// Returns whether the future has moved to another executor. Then its scope is in the
    /// former one's table.
    #[inline(always)]
    fn has_moved(&self, cx: &Context<'_>) -> bool {
        self.core.recognise(cx).is_none() && !context::is_current(&self.core)
    }

    /// Returns the scope, if a task is polled that may be in it.
    #[inline(always)]
    fn polled(&self) -> Option<(&Core, ScopeId, &Entry<ScopeState>)> {
        let Self { core, scope } = self;
        core.polling()?;
        Some((core, *scope, core.points.scope(*scope)?))
    }
}

/// Opens a scope in the task now polled, if there is one: something is in it from now on.
#[inline(always)]
fn enter(handle: Option<&ScopeHandle>, section: &mut Section) -> Option<OpenScope> {
    let core = context::try_current()?;
    let (scope, state) = core.points.open_scope(core.polling()?);
    match handle {
        Some(handle) => handle.enter(&core, scope, state),
        None => *section = Section::begin(|| CATCH_CANCEL.into()),
    }
    Some(OpenScope { core, scope })
}

/// Closes a scope when it is dropped, also if what was in the scope has panicked.
struct Leaving<'a> {
    open: &'a mut Option<OpenScope>,
    declaration: Option<u32>,
    handle: Option<&'a ScopeHandle>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        leave(self.open, self.declaration, self.handle);
    }
}

/// Closes a scope: nothing is in it any more.
#[inline(never)]
fn leave(open: &mut Option<OpenScope>, declaration: Option<u32>, handle: Option<&ScopeHandle>) {
    let Some(OpenScope { core, scope }) = open.take() else { return };
    let _entered = core.enter_to_give_up();
    if let Some(number) = declaration {
        core.points.declared.withdraw(number);
    }
    if let Some(state) = core.points.scope(scope) {
        close(&core, scope, state, handle);
    }
}

#[inline(always)]
fn close(core: &Core, scope: ScopeId, state: &Entry<ScopeState>, handle: Option<&ScopeHandle>) {
    if let Some(handle) = handle {
        handle.leave(scope, state);
        handle.redelivers.set(core.close_scope(scope, state));
    } else {
        core.close_scope(scope, state);
    }
}

/// Polls the future in a scope; or, if the scope is marked, catches. The scope also catches
/// if the future ends as cancelled, or if it is ready but has given up a scope in it that
/// was to catch.
#[inline(always)]
fn poll_in_scope<F: Future>(
    core: &Core,
    scope: ScopeId,
    state: &ScopeState,
    mut future: Pin<&mut Option<F>>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, Cancelled>> {
    let points = &core.points;
    let since = points.declared.len();
    let marked = core.begin_scope(scope, state, cx);
    // `thrown` is cleared, to be that of this scope. Its value comes back after the poll.
    let polling = Polling { points, state, thrown: points.thrown.take() };
    // The future of a marked scope isn't polled, even if it would be ready (F41, F42).
    let result = match future.as_mut().as_pin_mut() {
        Some(inner) if !marked => inner.poll(cx),
        _ => Poll::Pending,
    };
    let is_cancelled = marked || points.thrown.get();
    if is_cancelled || result.is_ready() {
        future.set(None); // It is dropped while its declarations can still be withdrawn.
    }
    drop(polling);
    if result.is_pending() && !is_cancelled {
        core.end_scope_poll(scope, state, since);
        return Poll::Pending;
    }
    // The future is gone, so nothing that it has declared is waited for.
    points.declared.take_since(since);
    let takes_request = marked || state.has_lost_catcher();
    if takes_request {
        core.catch(scope, state);
    }
    if is_cancelled || takes_request { Poll::Ready(Err(Cancelled(()))) } else { result.map(Ok) }
}

/// The poll of the future in a scope. Dropping this restores what was there before.
struct Polling<'a> {
    points: &'a Points,
    state: &'a ScopeState,
    /// True if a future beside the scope has ended as cancelled in this poll.
    thrown: bool,
}

/// Restores the scope around, even if the poll panics.
impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.points.scope.set(self.state.outer.get());
        self.points.thrown.set(self.thrown);
    }
}

impl Cancelled {
    /// Goes on with the cancellation, as [`end_as_cancelled`] does: ends all up to the next
    /// scope that catches, or the task, at once.
    ///
    /// It never returns, so the await of it has any type:
    ///
    /// ```
    /// use executor::{catch_cancel, spawn, yield_now};
    ///
    /// executor::block_on(async {
    ///     let task = spawn(async {
    ///         let number: u32 = match catch_cancel(std::future::pending()).await {
    ///             Ok(number) => number,
    ///             Err(cancelled) => cancelled.resume().await,
    ///         };
    ///         number + 1
    ///     });
    ///     yield_now().await;
    ///     task.cancel();
    ///     assert!(task.await.unwrap_err().is_cancelled());
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// Panics outside of a scope in the future that `block_on` was given, which can't end
    /// without a value, and outside of an executor.
    pub async fn resume(self) -> ! {
        end_as_cancelled().await
    }

    /// Notes whether the value that the task now polled is about to return is a failure.
    ///
    /// A task that returns while a cancellation of it is due, as it has cancelled
    /// itself, ends as cancelled, and what it returns is lost (F44). A failure is
    /// not: the cancellation gives way to it, as it does to exceptions in asyncio.
    /// If the task waits before it returns, or is cancelled again, it is as if this
    /// had not been called. It is for futures that tell failures from successes; outside
    /// of an executor it does nothing.
    pub fn give_way(to_failure: bool) {
        if let Some(core) = context::try_current() {
            core.give_way(to_failure);
        }
    }

    /// Does as [`end_as_cancelled`], for futures written by hand: `poll` has to return its
    /// result at once.
    ///
    /// `cx` is the context with which the future is polled. If that is a stranger's, as
    /// `FuturesUnordered` polls its futures, its waker is woken: the stranger sees a future that
    /// waits, and may poll it for other tasks as well. These are to poll it, too, and end so,
    /// instead of waiting for ever.
    ///
    /// # Panics
    ///
    /// Panics outside of a poll by an executor.
    #[must_use = "what it returns is to be returned"]
    #[track_caller]
    pub fn throw<T>(cx: &Context<'_>) -> Poll<T> {
        let core = context::current();
        assert!(core.polling().is_some(), "{THROWN_OUTSIDE}");
        core.points.thrown.set(true);
        if core.recognise(cx).is_none() {
            contain_quietly(|| cx.waker().wake_by_ref()); // This is foreign code (I7).
        }
        Poll::Pending
    }
}

/// Ends as cancelled all up to the next scope that catches, or the task, at once: as
/// `raise CancelledError` does in asyncio (F48). Whoever polls the same await again ends so, too.
///
/// Who has caught a cancellation goes on with it by [`Cancelled::resume`]. This is for code
/// that wants to end so by itself. It differs from a task that
/// [cancels itself](crate::TaskRef::cancel):
///
/// | | `end_as_cancelled().await` | `current_task().unwrap().cancel()` |
/// |---|---|---|
/// | takes effect | here: nothing after this await runs | when the task next waits, or returns |
/// | ends | what is in the innermost scope around this await | what the task then waits for, or what is in the innermost scope around that |
/// | counts as a [request](crate::TaskRef::cancelling) | no, so there is nothing to take back | yes |
///
/// Futures around the await finish the poll in which it ends. So a `join!` still polls what
/// stands beside it, and after a `select!` whose other branch is ready the code goes on until
/// it waits or returns.
///
/// ```
/// use executor::{end_as_cancelled, spawn};
///
/// executor::block_on(async {
///     let halved = async |number: u32| match number % 2 {
///         0 => number / 2,
///         _ => end_as_cancelled().await,
///     };
///     assert_eq!(halved(4).await, 2);
///     assert!(spawn(async move { halved(5).await }).await.unwrap_err().is_cancelled());
/// });
/// ```
///
/// # Panics
///
/// Panics as [`Cancelled::resume`] does.
pub async fn end_as_cancelled() -> ! {
    match poll_fn(|cx| Cancelled::throw::<Infallible>(cx)).await {}
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.0.open.borrow().is_some();
        f.debug_struct("Scope").field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for CatchCancel<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchCancel").field("ready", &self.future.is_none()).finish_non_exhaustive()
    }
}
