//! Futures in scopes, which catch what they end by.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::cancel::cancelled::Cancelled;
use crate::cancel::point::{ScopeId, Wait};
use crate::cancel::points::{Points, ScopeState};
use crate::cancel::scope::{OpenScope, Scope, ScopeShared};
use crate::cancel::table::Entry;
use crate::run::context;
use crate::run::core::Core;
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

impl Scope {
    /// Runs a future in the scope, as [`catch_cancel`] does.
    pub fn catch<F: IntoFuture>(&self, future: F) -> CatchCancel<F::IntoFuture> {
        let mut caught = catch_cancel(future);
        caught.handle = Some(Rc::clone(&self.0));
        caught
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
        handle: Option<Rc<ScopeShared>>,
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
            this.handle.iter().for_each(|it| it.take_along());
            leave(this.open, *this.declaration, this.handle.as_deref());
        }
        if this.open.is_none() {
            *this.open = enter(this.handle.as_deref(), this.section);
            *this.declaration = None;
        }
        let Some((core, scope, state)) = this.open.as_ref().and_then(OpenScope::polled) else {
            // Without a task there is nothing to catch.
            let output = ready!(this.future.as_mut().as_pin_mut().expect(POLLED_AGAIN).poll(cx));
            this.future.set(None);
            leave(this.open, *this.declaration, this.handle.as_deref());
            return Poll::Ready(Ok(output));
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
        core.take_request(scope, state);
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
        self.points.polled_scope.set(self.state.outer.get());
        self.points.thrown.set(self.thrown);
    }
}

/// Opens a scope in the task now polled, if there is one: something is in it from now on.
#[inline(always)]
fn enter(handle: Option<&ScopeShared>, section: &mut Section) -> Option<OpenScope> {
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
    handle: Option<&'a ScopeShared>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        leave(self.open, self.declaration, self.handle);
    }
}

/// Closes a scope: nothing is in it any more.
#[inline(never)]
fn leave(open: &mut Option<OpenScope>, declaration: Option<u32>, handle: Option<&ScopeShared>) {
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
fn close(core: &Core, scope: ScopeId, state: &Entry<ScopeState>, handle: Option<&ScopeShared>) {
    if let Some(handle) = handle {
        handle.leave(scope, state);
        if core.close_scope(scope, state) {
            handle.owes_redelivery.set(true);
        }
    } else {
        core.close_scope(scope, state);
    }
}

impl<F> fmt::Debug for CatchCancel<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchCancel").field("ready", &self.future.is_none()).finish_non_exhaustive()
    }
}
