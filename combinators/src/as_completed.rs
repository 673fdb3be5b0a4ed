//! `as_completed`: tasks one by one, in the order in which they end.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use executor::{Alarm, Handle, Instant, IntoHandle, Watch};
use futures_core::Stream;

use crate::children::{number, with_outcome};
use crate::consumers::{Consumer, Kind};
use crate::queue::Queue;

/// Gives tasks one by one, in the order in which they end.
///
/// `children` is anything that yields tasks or futures; futures are spawned here
/// and now. It gives the handles of the tasks: awaiting one gives the outcome at
/// once.
///
/// | when                      | the tasks that haven't ended          |
/// |---------------------------|---------------------------------------|
/// | the time is up            | run on; `into_pending` gives them     |
/// | it is dropped             | run on, detached                      |
/// | the consumer is cancelled | run on                                |
///
/// ```
/// use std::time::Duration;
/// use combinators::as_completed;
/// use executor::sleep;
///
/// async fn sleeper(time: u64) -> u64 {
///     sleep(Duration::from_millis(time)).await;
///     time
/// }
///
/// executor::block_on(async {
///     let mut completed = as_completed([3, 1, 2].map(sleeper));
///     while let Some(task) = completed.next().await {
///         println!("{}", task.await.unwrap()); // 1, 2, 3
///     }
/// });
/// ```
///
/// # Panics
///
/// Panics if futures are given outside of a running executor, or if the outcome
/// of a task was taken before.
#[track_caller]
pub fn as_completed<I>(children: I) -> AsCompleted<<I::Item as IntoHandle>::Handle>
where
    I: IntoIterator<Item: IntoHandle>,
{
    let children = children.into_iter();
    let mut tasks = Vec::with_capacity(children.size_hint().0);
    for child in children {
        tasks.push(Some(with_outcome(child.into_handle())));
    }
    let queue = Rc::new(Queue::default());
    queue.expect(tasks.len());
    let watch = Watch::without_log(Rc::clone(&queue) as _);
    for (child, task) in tasks.iter().flatten().enumerate() {
        watch.add(task.task(), number(child));
    }
    watch.describe(|| format!("as_completed of {}", tasks.len()));
    AsCompleted { tasks, queue, watch }
}

/// The tasks of an [`as_completed`], also as a [`Stream`].
#[must_use = "it gives nothing unless asked"]
pub struct AsCompleted<H: Handle> {
    /// The tasks by their numbers; `None` for one that was given away.
    tasks: Vec<Option<H>>,
    queue: Rc<Queue>,
    watch: Watch,
}

impl<H: Handle> AsCompleted<H> {
    /// Gives up after this time, counted from now, or never for `None`; what has ended by
    /// then is given all the same. A task that ends at the very instant at which the time is
    /// up is not: [`into_pending`](Self::into_pending) has it.
    ///
    /// # Panics
    ///
    /// Panics outside of a running executor.
    #[track_caller]
    pub fn timeout(self, limit: impl Into<Option<Duration>>) -> Self {
        self.limited(limit.into(), Alarm::after)
    }

    /// Gives up at an instant of the executor's [clock](executor::now), as
    /// [`timeout`](Self::timeout) does.
    ///
    /// # Panics
    ///
    /// Panics outside of a running executor.
    #[track_caller]
    pub fn timeout_at(self, deadline: impl Into<Option<Instant>>) -> Self {
        self.limited(deadline.into(), Alarm::at)
    }

    #[track_caller]
    fn limited<L>(self, limit: Option<L>, alarm: fn(L, Box<dyn FnOnce()>) -> Alarm) -> Self {
        if self.queue.running() > 0 {
            let queue = Rc::downgrade(&self.queue);
            let ring = move || queue.upgrade().into_iter().for_each(|queue| queue.time_out());
            self.queue.set_alarm(limit.map(|limit| alarm(limit, Box::new(ring))));
        }
        self
    }

    /// Returns the next task that ends; `None` when all were given, or when the
    /// time is up.
    #[expect(clippy::should_implement_trait, reason = "it is a stream's, not an iterator's")]
    pub fn next(&mut self) -> NextCompleted<'_, H> {
        NextCompleted(self)
    }

    /// Returns whether the time was up before all had ended.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.queue.timed_out()
    }

    /// Returns the tasks that were not given, in the order of the arguments.
    #[must_use]
    pub fn into_pending(self) -> Vec<H> {
        self.tasks.into_iter().flatten().collect()
    }

    #[track_caller]
    fn poll_task(&mut self, cx: &mut Context<'_>) -> Poll<Option<H>> {
        let mut consumer = Consumer::new(Kind::Alone);
        if let Some(child) = self.queue.pop(&mut consumer) {
            return Poll::Ready(self.tasks[child as usize].take());
        }
        if self.timed_out() || self.queue.running() == 0 {
            let why = if self.timed_out() { "the time is up" } else { "all have ended" };
            self.watch.conclude(|| why.into());
            return Poll::Ready(None);
        }
        // It is never content, but asking it checks that this is the tasks' executor.
        let _ = self.watch.poll_met(cx);
        self.queue.wait(&mut consumer, cx);
        Poll::Pending
    }
}

/// The future of [`AsCompleted::next`].
#[must_use = "futures do nothing unless polled"]
pub struct NextCompleted<'a, H: Handle>(&'a mut AsCompleted<H>);

impl<H: Handle> Future for NextCompleted<'_, H> {
    type Output = Option<H>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<H>> {
        self.0.poll_task(cx)
    }
}

impl<H: Handle> Stream for AsCompleted<H> {
    type Item = H;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<H>> {
        self.poll_task(cx)
    }
}

impl<H: Handle> fmt::Debug for NextCompleted<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NextCompleted").field(&self.0).finish()
    }
}

impl<H: Handle> fmt::Debug for AsCompleted<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.queue.running();
        f.debug_struct("AsCompleted").field("running", &running).finish_non_exhaustive()
    }
}
