//! Cancellation as futures see it: catch it, pass it on, end by it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use crate::cancel::Pass;
use crate::context;
use crate::core::Core;
use crate::error::contain_quietly;
use crate::extras::CancelTarget;
use crate::id::TaskId;
use crate::slots::BlockedOn;

/// Runs a future, and catches the cancellation of the task that runs it.
///
/// Usually a cancelled task ends at its next turn, and none of its code runs
/// any more. Within this scope it is the future that ends so; the task goes on
/// with `Err`, and may clean up with awaits. Then it can end as cancelled after
/// all, by [`Cancelled::resume`], or go on as if nothing had been.
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
/// by `join!` or `select!`, the first that is polled catches. To cancel what is
/// in one scope, make it a [`Scope`].
///
/// Outside of an executor it only polls the future.
pub fn catch_cancel<F: IntoFuture>(future: F) -> CatchCancel<F::IntoFuture> {
    CatchCancel { future: Some(future.into_future()), nested: false, left: None, scope: None }
}

/// A scope that catches, and that can be cancelled by itself: as if the task had
/// been cancelled there. Clones are the same scope.
///
/// For futures that end what they run, as a timeout does. May run one future
/// after another. A cancellation counts with the task, until it is
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
pub struct Scope(Rc<State>);

#[derive(Default)]
struct State {
    /// A cancellation that the scope is to see to.
    requested: Cell<bool>,
    inside: RefCell<Option<Inside>>,
    /// A cancellation that was passed on to this task.
    passed_to: Cell<Option<TaskId>>,
    /// The scopes around this one, by address.
    around: RefCell<Vec<usize>>,
    /// Where a cancellation counts.
    counted: RefCell<Option<(Rc<Core>, TaskId)>>,
}

/// What a scope waits for, and who polls it.
struct Inside {
    core: Rc<Core>,
    task: TaskId,
    poller: Poller,
    blocked_on: BlockedOn,
}

enum Poller {
    /// The task itself.
    Task,
    /// A future in it that lends wakers of its own. `None` once that was woken.
    Stranger(Option<Waker>),
}

impl Scope {
    /// Runs a future in the scope, as [`catch_cancel`] does.
    pub fn catch<F: IntoFuture>(&self, future: F) -> CatchCancel<F::IntoFuture> {
        let mut caught = catch_cancel(future);
        caught.scope = Some(Rc::clone(&self.0));
        caught
    }

    /// Cancels what is in the scope: what it is blocked on first, as
    /// [`Task::cancel`](crate::Task::cancel) does.
    pub fn cancel(&self) {
        let inside = self.0.inside.borrow();
        let Some(Inside { core, task, blocked_on, .. }) = &*inside else {
            return self.0.requested.set(true);
        };
        let (core, task, blocked_on) = (Rc::clone(core), *task, *blocked_on);
        drop(inside);
        // Whoever passes it on may wake tasks, as in a turn.
        let _entered = context::enter_from_outside(&core);
        self.0.counted.replace(Some((Rc::clone(&core), task)));
        match core.cancel_scope(task, self.0.address(), blocked_on) {
            Pass::To(inner) => self.0.passed_to.set(Some(inner)),
            Pass::ToTarget => {}
            Pass::Await => self.0.requested.set(true),
            Pass::Wake => self.0.request(),
        }
    }

    /// Takes the cancellation back, if there was one. Returns how many others
    /// concern the scope: those of the task, and of scopes around this one.
    #[expect(clippy::must_use_candidate, reason = "the effect is what matters")]
    pub fn uncancel(&self) -> u32 {
        self.0.requested.set(false);
        let counted = self.0.counted.take();
        if let Some((core, task)) = &counted {
            core.uncancel_scope(*task, self.0.address());
        }
        let place = counted.or_else(|| {
            let core = context::try_current()?;
            let task = core.polling()?;
            Some((core, task))
        });
        place.map_or(0, |(core, task)| core.cancelling_around(task, &self.0.around.borrow()))
    }
}

/// A cancellation that wasn't taken back stays with the task.
impl Drop for State {
    fn drop(&mut self) {
        if let Some((core, task)) = self.counted.take() {
            let of_this = (task, self.address());
            core.cancelled_scopes.borrow_mut().retain(|it| *it != of_this);
        }
    }
}

impl State {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Has the scope polled, to see to a cancellation. A stranger's waker is used up
    /// by that, and comes again with the poll.
    fn request(&self) {
        self.requested.set(true);
        let mut inside = self.inside.borrow_mut();
        let Some(Inside { core, task, poller, .. }) = &mut *inside else { return };
        match poller {
            Poller::Task => core.wake(*task),
            Poller::Stranger(waker) => {
                let waker = waker.take();
                drop(inside); // Waking is foreign code (I7).
                if let Some(waker) = waker {
                    contain_quietly(|| waker.wake());
                }
            }
        }
    }

    /// The scope waits.
    fn wait(&self, core: &Rc<Core>, cx: &Context<'_>, blocked_on: BlockedOn) {
        let Some(task) = core.polling() else { return };
        let poller = match core.recognise(cx) {
            Some(_) => Poller::Task,
            None => Poller::Stranger(Some(cx.waker().clone())),
        };
        let inside = Inside { core: Rc::clone(core), task, poller, blocked_on };
        let before = self.inside.replace(Some(inside));
        contain_quietly(|| drop(before)); // Maybe foreign (I7).
        // What it was passed on to has been given up: the scope takes it.
        if let Some(inner) = self.passed_to.take()
            && core.has_passed(self.address())
        {
            if blocked_on == BlockedOn::Task(inner.index) {
                self.passed_to.set(Some(inner));
            } else {
                core.forget_passed_by(self.address());
                self.request();
            }
        }
    }

    /// Nothing is in the scope any more.
    fn leave(&self) {
        let inside = self.inside.take();
        self.requested.set(false);
        if let (Some(Inside { core, .. }), Some(_)) = (&inside, self.passed_to.take()) {
            core.forget_passed_by(self.address());
        }
        contain_quietly(|| drop(inside)); // Maybe a stranger's waker.
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
        // Whether the last poll left another scope waiting within the future.
        nested: bool,
        // The poll that left this scope waiting, and where.
        left: Option<(Rc<Core>, u32)>,
        scope: Option<Rc<State>>,
    }

    impl<F> PinnedDrop for CatchCancel<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            leave_no_more(this.left);
            if let Some(scope) = this.scope.take() {
                scope.leave();
            }
        }
    }
}

/// What a scope has said in this poll doesn't count any more.
fn leave_no_more(left: &mut Option<(Rc<Core>, u32)>) {
    if let Some((core, poll)) = left.take() {
        core.suspension.drop_scope(poll);
    }
}

/// Says that a cancellation was caught.
#[derive(Debug)]
#[must_use = "a cancellation that is neither resumed nor meant to be forgotten is lost"]
pub struct Cancelled(());

const POLLED_AGAIN: &str = "`catch_cancel` was polled again after it was ready: await it once";

impl<F: Future> Future for CatchCancel<F> {
    type Output = Result<F::Output, Cancelled>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        leave_no_more(this.left);
        let core = context::try_current().filter(|core| core.polling().is_some());
        let Some(core) = core else {
            let future = this.future.as_pin_mut().expect(POLLED_AGAIN);
            return future.poll(cx).map(Ok);
        };
        if this.scope.as_ref().is_some_and(|scope| scope.requested.take()) {
            core.suspension.deliver();
        }
        if let Some(scope) = this.scope {
            let around = core.suspension.enter_named(scope.address());
            scope.around.replace(around);
        }
        let (caught, blocked_on) = catch(&core, this.nested, || {
            this.future.as_mut().as_pin_mut().expect(POLLED_AGAIN).poll(cx)
        });
        if this.scope.is_some() {
            core.suspension.exit_named();
        }
        if caught.is_ready() {
            this.future.set(None);
            this.scope.take().into_iter().for_each(|scope| scope.leave());
        } else {
            if let Some(scope) = this.scope {
                scope.wait(&core, cx, blocked_on);
            }
            let poll = core.suspension.leave_scope();
            *this.left = Some((core, poll));
        }
        caught
    }
}

/// Polls what is in a scope; or, if a cancellation is to be delivered and there is
/// no scope further inside, doesn't. Returns also what is waited for inside.
fn catch<T>(
    core: &Core,
    nested: &mut bool,
    poll: impl FnOnce() -> Poll<T>,
) -> (Poll<Result<T, Cancelled>>, BlockedOn) {
    let suspension = &core.suspension;
    let caught = (Poll::Ready(Err(Cancelled(()))), BlockedOn::Nothing);
    if !*nested && suspension.take_delivery() {
        core.take_passed();
        return caught;
    }
    let (scopes, thrown) = (suspension.scopes(), suspension.has_thrown());
    let outside = suspension.enter_scope();
    let result = poll();
    let blocked_on = suspension.exit_scope(&outside);
    if suspension.has_thrown() && !thrown {
        suspension.catch();
        return caught;
    }
    if suspension.take_delivery() {
        core.take_passed();
        return caught; // The scope further inside that was to take it is gone.
    }
    *nested = suspension.scopes() > scopes;
    (result.map(Ok), blocked_on)
}

impl Cancelled {
    /// Goes on with the cancellation: to the next scope that catches, or to the
    /// end of the task, there and then.
    ///
    /// # Panics
    ///
    /// In the future that `block_on` was given, which can't end without a value,
    /// it panics outside of a scope.
    pub fn resume(self) -> Resume {
        Resume(())
    }

    /// Says whether what the task now polled is about to return is a failure.
    ///
    /// A task that returns while a cancellation of it is due, as it has cancelled
    /// itself, ends as cancelled, and what it returns is lost (F44). A failure is
    /// not: the cancellation gives way to it, as it does to exceptions in asyncio.
    /// If the task waits before it returns, or is cancelled again, it is as if this
    /// had not been called. For futures that tell failures from successes; outside
    /// of an executor it does nothing.
    pub fn give_way(to_failure: bool) {
        if let Some(core) = context::try_current() {
            core.suspension.give_way(to_failure);
        }
    }

    /// As [`resume`](Self::resume), for futures written by hand: to be returned
    /// from `poll` at once.
    ///
    /// # Panics
    ///
    /// Panics outside of a poll by an executor.
    #[must_use = "what it returns is to be returned"]
    pub fn throw<T>() -> Poll<T> {
        context::current().suspension.throw();
        Poll::Pending
    }
}

/// The future of [`Cancelled::resume`], which never is ready.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Resume(());

impl Future for Resume {
    type Output = std::convert::Infallible;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Cancelled::throw()
    }
}

/// Passes a cancellation of the task that waits on to what it waits for; a part
/// of a future that waits for several tasks, as `gather` does.
///
/// When the task is cancelled the target is asked to cancel what it stands for
/// ([`CancelTarget::cancel`]). The task goes on waiting; the future may then end
/// it by [`Cancelled::throw`]. If several futures of one task wait and would
/// each take the cancellation, the task is cancelled itself. Outside of a task's
/// own poll, as in a future that lends wakers of its own, nothing is passed on.
pub struct PassCancel {
    target: Rc<dyn CancelTarget>,
    waiting: Option<Waiting>,
}

/// Who waits, and in which poll that was said.
struct Waiting {
    core: Rc<Core>,
    task: TaskId,
    poll: u32,
}

impl PassCancel {
    /// Creates what passes cancellations on to a target, once something waits.
    #[must_use]
    pub fn to(target: Rc<dyn CancelTarget>) -> Self {
        Self { target, waiting: None }
    }

    /// Says that the wait is over, and a cancellation that was passed on seen to.
    /// Without it, the task is cancelled for that when it next waits.
    pub fn conclude(self) {
        if let Some(Waiting { core, task, .. }) = &self.waiting {
            core.conclude_target(*task);
        }
    }

    /// Says that the task that is polled with this context waits. To be called
    /// by the future each time that it returns `Pending`.
    pub fn waits(&mut self, cx: &Context<'_>) {
        let Some(core) = context::try_current() else { return };
        if let Some(task) = core.recognise(cx) {
            self.waits_no_more();
            let poll = core.pass_to(task, &self.target);
            self.waiting = Some(Waiting { core, task, poll });
        }
    }

    fn waits_no_more(&mut self) {
        if let Some(Waiting { core, poll, .. }) = &self.waiting {
            core.suspension.retract(*poll);
        }
    }
}

/// Dropped with its future, it passes nothing on any more.
impl Drop for PassCancel {
    fn drop(&mut self) {
        self.waits_no_more();
        if let Some(Waiting { core, task, .. }) = self.waiting.take() {
            core.pass_no_more(task, &self.target);
        }
    }
}

impl fmt::Debug for PassCancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.waiting.as_ref().map(|waiting| waiting.task);
        f.debug_struct("PassCancel").field("waiting", &task).finish_non_exhaustive()
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.0.inside.borrow().is_some();
        f.debug_struct("Scope").field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for CatchCancel<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchCancel").field("ready", &self.future.is_none()).finish_non_exhaustive()
    }
}
