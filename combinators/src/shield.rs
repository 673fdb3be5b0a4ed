//! `shield`: an await that no cancellation gets through.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use executor::{Handle, IntoHandle, JoinError, Watch, Watcher};

use crate::children::with_outcome;

const POLLED_AGAIN: &str = "`shield` was polled again after it had returned: await it once";

/// Awaits a task such that it runs on, whatever becomes of the await.
///
/// Gives the task's outcome, two turns after its end; at once if it had ended
/// before. A future is spawned here and now.
///
/// | when                              | the child         |
/// |-----------------------------------|-------------------|
/// | the task that awaits is cancelled | runs on           |
/// | it is dropped                     | runs on, detached |
///
/// ```
/// use combinators::shield;
/// use executor::{spawn, yield_now};
///
/// executor::block_on(async {
///     let precious = spawn(async {
///         yield_now().await;
///         "written"
///     }).shared();
///     let hasty = spawn(shield(precious.clone()));
///     yield_now().await;
///     hasty.cancel();
///     assert!(hasty.await.unwrap_err().is_cancelled());
///     assert_eq!(precious.await.unwrap(), "written");
/// });
/// ```
///
/// The future may be [looked at](Shield::is_finished), and given to another task. Spawned, as
/// above, it can be cancelled, and the child runs on.
///
/// # Panics
///
/// Panics if a future is given outside of a running executor, if the outcome of
/// the task was taken before, and when awaited outside of the task's executor.
#[track_caller]
pub fn shield<C: IntoHandle>(child: C) -> Shield<C::Handle> {
    Shield::new(child.into_handle())
}

/// The future of a [`shield`].
#[must_use = "futures do nothing unless polled"]
pub struct Shield<H: Handle> {
    /// The task; `None` once it has returned.
    handle: Option<H>,
    /// The watch on the task; `None` if the task had ended before.
    watch: Option<Watch>,
}

impl<H: Handle> Shield<H> {
    /// Returns whether the child has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.handle.as_ref().is_none_or(|handle| handle.task().is_finished())
    }

    /// Returns the child; `None` once its outcome was given.
    #[must_use]
    pub fn child(&self) -> Option<&H> {
        self.handle.as_ref()
    }

    #[track_caller]
    pub(crate) fn new(handle: H) -> Self {
        let handle = with_outcome(handle);
        let watch = Watch::new(Rc::new(AnyEnd));
        let runs = watch.add_running(handle.task(), 0);
        watch.describe(|| "shield".into());
        Self { handle: Some(handle), watch: runs.then_some(watch) }
    }
}

/// A watcher that is content with any end.
struct AnyEnd;

impl Watcher for AnyEnd {
    fn ended(&self, _: u32) -> bool {
        true
    }
}

/// It declares no wait, so a request ends at the task that awaits. And it holds a watch, not the
/// join of the task, whose drop would cancel that.
impl<H: Handle> Future for Shield<H> {
    type Output = Result<H::Output, JoinError>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(watch) = &self.watch {
            ready!(watch.poll_met(cx));
            watch.conclude(|| "its task has ended".into());
        }
        let handle = self.handle.take().expect(POLLED_AGAIN);
        Poll::Ready(handle.into_outcome().expect("the task has ended"))
    }
}

/// Marks the outcome as seen if the task has just ended. A shield that is given up
/// before that doesn't look at the task any more, as in asyncio (F118).
impl<H: Handle> Drop for Shield<H> {
    fn drop(&mut self) {
        let task = self.handle.as_ref().map(Handle::task);
        if let Some(task) = task.filter(|task| task.is_finished()) {
            task.mark_read();
        }
    }
}

impl<H: Handle> fmt::Debug for Shield<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shield").field(&self.handle.as_ref().map(Handle::task)).finish()
    }
}
