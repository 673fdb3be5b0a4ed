//! Cancellations that were caught, and the ways to go on with one.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::{Context, Poll};

use crate::run::context;
use crate::run::error::contain_quietly;

/// A cancellation that was caught.
#[derive(Debug)]
#[must_use = "a cancellation that is neither resumed nor meant to be forgotten is lost"]
pub struct Cancelled(pub(crate) ());

const THROWN_OUTSIDE: &str = "nothing is polled that could end as cancelled: only a future that \
    the executor polls can, and not a destructor or a callback";
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
