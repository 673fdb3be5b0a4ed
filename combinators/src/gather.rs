//! `gather`: the results of several children, in the order of the arguments.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use executor::{Cancelled, PassCancel};

use crate::children::{
    CancelledWithParent, Children, Family, FirstEnd, OUTCOME_TAKEN, Over, number,
};
use crate::conditions::{Counts, Progress};
use crate::failure::GatherError;
use crate::tasks::{IntoGather, Tasks};

const POLLED_AGAIN: &str = "`gather` was polled again after it had returned: await it once";

/// Runs children side by side and gathers their results, in the order of the
/// arguments.
///
/// `children` is anything that yields tasks or futures of one type, or a tuple
/// of two to eight of different types. Futures are spawned here and now, or, if they are
/// [`limited`](crate::limited()), so many at a time.
///
/// Returns the values of all, or the first failure: as soon as a child fails,
/// panics or is cancelled, `gather` fails with an error that names it. With
/// [`return_exceptions`](Gather::return_exceptions) failures are results like
/// others.
///
/// | when                              | the children that haven't ended |
/// |-----------------------------------|---------------------------------|
/// | `gather` fails                    | run on, detached                |
/// | the task that awaits is cancelled | are cancelled, and waited for   |
/// | it is dropped meanwhile           | are cancelled                   |
/// | it is dropped before the await    | run on, detached                |
///
/// A task that is cancelled while it awaits ends as cancelled when the first
/// child has ended so, or when all have ended (F78 to F82); if a child fails
/// first, it gets that failure.
///
/// It returns two turns after the last child, or the failed one, has ended;
/// at once if that had happened before.
///
/// # As an object
///
/// `gather(..).into_future()` is a future, for functions that take one. It can be
/// [looked at](Gathering::progress) and [cancelled](Gathering::cancel) before it is awaited,
/// and by who polls it. Spawned, it is a [`Task`](executor::Task), which anybody may await or
/// cancel; that takes a turn more.
///
/// ```
/// use combinators::gather;
/// use executor::{spawn, yield_now};
///
/// async fn square(i: u32) -> u32 {
///     yield_now().await;
///     i * i
/// }
///
/// executor::block_on(async {
///     let gathered = gather([1, 2].map(square));
///     yield_now().await;
///     assert_eq!((gathered.progress().ended, gathered.is_finished()), (0, false));
///     let squares = spawn(gathered.into_future());
///     assert_eq!(squares.await.unwrap().unwrap(), [1, 4]);
///
///     let gathered = gather([1, 2].map(square));
///     assert!(gathered.cancel());
///     let cancelled = spawn(gathered.into_future());
///     assert!(cancelled.await.unwrap_err().is_cancelled());
/// });
/// ```
///
/// # Panics
///
/// Panics if futures are given outside of a running executor, if the outcome of
/// a task was taken before, and when awaited outside of the tasks' executor.
///
/// # Examples
///
/// ```
/// use combinators::gather;
///
/// async fn square(i: u32) -> u32 {
///     executor::yield_now().await;
///     i * i
/// }
///
/// executor::block_on(async {
///     assert_eq!(gather((0..4).map(square)).await.unwrap(), [0, 1, 4, 9]);
///     let (number, word) = gather((square(3), async { "three" })).await.unwrap();
///     assert_eq!((number, word), (9, "three"));
/// });
/// ```
#[track_caller]
pub fn gather<M, C: IntoGather<M>>(children: C) -> Gather<C::Tasks> {
    let tasks = children.into_tasks();
    Gather(State::start(Gathered { tasks, failure_is_enough: true, cancelled: false }))
}

/// A [`gather`] whose children run. Awaited, it is a [`Gathering`].
#[must_use = "its results are lost unless it is awaited"]
pub struct Gather<G: Tasks>(State<G>);

/// The future of a [`Gather`]: all values, or the first failure.
#[must_use = "futures do nothing unless polled"]
pub struct Gathering<G: Tasks>(State<G>);

/// The future of [`Gather::return_exceptions`]: all results, each a `Result` of a child's value
/// and its [`Failure`](crate::Failure): a `Vec`, or a tuple if the children were one.
#[must_use = "futures do nothing unless polled"]
pub struct GatherAll<G: Tasks>(State<G>);

impl<G: Tasks> Gather<G> {
    /// Returns all results, failures among them, and never fails itself.
    ///
    /// Said after a child has failed, it counts at once all that have ended by then.
    ///
    /// ```
    /// use combinators::gather;
    ///
    /// async fn odd(i: u32) -> Result<u32, String> {
    ///     if i % 2 == 1 { Ok(i) } else { Err(format!("{i} is even")) }
    /// }
    ///
    /// executor::block_on(async {
    ///     let results = gather([odd(1), odd(2)]).return_exceptions().await;
    ///     assert_eq!(*results[0].as_ref().unwrap(), 1);
    ///     assert_eq!(results[1].as_ref().unwrap_err().to_string(), "2 is even");
    /// });
    /// ```
    pub fn return_exceptions(self) -> GatherAll<G> {
        GatherAll(self.0.without_failures())
    }
}

macro_rules! object {
    ($($gather:ident)+) => { $(
        impl<G: Tasks> $gather<G> {
            /// Cancels the children, as if the task that awaits had been cancelled: who awaits
            /// it ends as cancelled. Returns `false` if it is over, or all have ended.
            pub fn cancel(&self) -> bool {
                self.0.cancel()
            }

            /// Returns whether it is over, so that awaiting it gives the result at once.
            #[must_use]
            pub fn is_finished(&self) -> bool {
                self.0.is_finished()
            }

            /// Counts the children, by looking at each. Once it has given its result there are
            /// none.
            #[must_use]
            pub fn progress(&self) -> Progress {
                self.0.progress()
            }
        }
    )+ };
}

object!(Gather Gathering GatherAll);

impl<G: Tasks> IntoFuture for Gather<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;
    type IntoFuture = Gathering<G>;

    fn into_future(self) -> Gathering<G> {
        Gathering(self.0)
    }
}

impl<G: Tasks> Future for Gathering<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (Gathered { tasks, cancelled, .. }, failed) = ready!(self.0.poll(cx));
        match failed {
            Some(child) => {
                if cancelled && tasks.child(child).is_cancelled() {
                    tasks.run_on();
                    return self.0.throw(cx);
                }
                Poll::Ready(Err(tasks.into_failure(child)))
            }
            None if cancelled => self.0.throw(cx),
            None => Poll::Ready(Ok(tasks.into_values())),
        }
    }
}

impl<G: Tasks> Future for GatherAll<G> {
    type Output = G::Results;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (Gathered { tasks, cancelled, .. }, _) = ready!(self.0.poll(cx));
        if cancelled {
            tasks.run_on();
            return self.0.throw(cx);
        }
        Poll::Ready(tasks.into_results())
    }
}

/// A gather of either kind.
struct State<G: Tasks> {
    /// The children; `None` once it has returned.
    children: Option<Children<Gathered<G>>>,
    /// Passes cancellations on, from the first poll until it has returned.
    pass: Option<PassCancel>,
    polled: bool,
    /// Is set when it has ended as cancelled. It may be polled again in that poll of
    /// the task, by a `select` that goes on with its other futures.
    thrown: bool,
}

/// The family of `gather`.
struct Gathered<G> {
    tasks: G,
    failure_is_enough: bool,
    /// Is set when the parent was cancelled, and the children with it.
    cancelled: bool,
}

impl<G: Tasks> Gathered<G> {
    /// Says in the recording which of the children have failed.
    fn describe_failures(&self) {
        let children = (0..self.tasks.spawned()).map(|child| self.tasks.child(child));
        for child in children.filter(|child| child.is_finished()) {
            child.describe_end();
        }
    }

    fn progress(&self) -> Progress {
        let total = self.tasks.len();
        let (mut progress, mut counts) = (Progress::of(total), Counts::default());
        let spawned = (0..self.tasks.spawned()).map(|child| self.tasks.child(child));
        for (ended, child) in (1..).zip(spawned.filter(|child| child.is_finished())) {
            progress = counts.count(!child.has_failed(), ended, total);
        }
        progress
    }
}

impl<G: Tasks> Family for Gathered<G> {
    fn decide(&mut self, child: usize, ended: usize, _: usize) -> Option<Over> {
        if self.failure_is_enough && self.tasks.child(child).has_failed() {
            return Some(Over::Enough(child));
        }
        self.tasks.go_on(ended);
        // Of children in turn, those that never will be spawned count no more.
        (G::IN_TURN && ended == self.tasks.len()).then_some(Over::Exhausted)
    }

    fn describe_end(&self, child: usize) -> Option<&'static str> {
        Some(self.tasks.child(child).describe_end())
    }

    fn first_that_matters(&self, total: usize) -> FirstEnd {
        let asks = |may_fail| G::IN_TURN || self.failure_is_enough && may_fail;
        let first = |may_fail| if asks(may_fail) { 1 } else { total };
        FirstEnd { returned: first(G::MAY_FAIL), failed: first(true) }
    }
}

impl<G: Tasks> CancelledWithParent for Gathered<G> {
    fn cancel(&mut self) -> bool {
        self.tasks.stop();
        let tasks = &self.tasks;
        let cancelled = (0..tasks.spawned()).filter(|&child| tasks.child(child).cancel()).count();
        self.cancelled |= cancelled > 0;
        cancelled > 0
    }
}

impl<G: Tasks> State<G> {
    /// Watches the children. Those that have ended count at once, and may make
    /// the others' ends needless (F73).
    #[track_caller]
    fn start(mut family: Gathered<G>) -> Self {
        let total = family.tasks.len();
        let children = Children::unlogged();
        let mut ended = Vec::new();
        for child in 0..family.tasks.spawned() {
            let task = family.tasks.child(child);
            if !task.watch(&children.watch, number(child)) {
                assert!(task.has_outcome(), "{OUTCOME_TAKEN}");
                ended.push(child);
            }
        }
        family.tasks.watched_by(&children.watch);
        let failures = if family.failure_is_enough { "" } else { ", failures included" };
        children.watch.describe(|| format!("gather {total}{failures}"));
        children.start(family, total, &ended);
        Self { children: Some(children), pass: None, polled: false, thrown: false }
    }

    /// Makes it wait for all children, whether or not they fail. If a failure was
    /// enough already it starts anew, because ends since then weren't counted.
    #[track_caller]
    fn without_failures(mut self) -> Self {
        let Some(children) = &self.children else { return self };
        let Some(mut family) = children.take_family() else { return self };
        family.failure_is_enough = false;
        if children.are_enough() {
            self.children = None;
            return Self::start(family);
        }
        children.watch.describe(|| format!("gather {}, failures included", family.tasks.len()));
        children.put_family(family);
        self
    }

    /// Returns the family and, if a failure was enough, the child that has failed.
    #[track_caller]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(Gathered<G>, Option<usize>)> {
        self.polled = true;
        if self.thrown {
            return self.throw(cx);
        }
        let children = self.children.as_ref().expect(POLLED_AGAIN);
        let failed = match children.poll_over(cx) {
            Poll::Ready(Over::Enough(child)) => Some(child),
            Poll::Ready(Over::Exhausted | Over::Hopeless(_)) => None,
            Poll::Pending => {
                self.pass.get_or_insert_with(|| children.pass_cancel()).waits(cx);
                return Poll::Pending;
            }
        };
        let family = children.take_family().expect("nobody is asked while the parent is polled");
        children.watch.conclude(|| {
            family.describe_failures();
            match failed {
                Some(number) => {
                    let child = family.tasks.child(number);
                    let how = if child.is_cancelled() { "was cancelled" } else { "failed" };
                    format!("child {number} (`{}`) {how}", child.name())
                }
                None => "all have ended".into(),
            }
        });
        self.pass.take().into_iter().for_each(PassCancel::conclude);
        self.children = None;
        Poll::Ready((family, failed))
    }

    fn cancel(&self) -> bool {
        self.children.as_ref().is_some_and(Children::cancel)
    }

    fn is_finished(&self) -> bool {
        self.children.as_ref().is_none_or(Children::are_over)
    }

    fn progress(&self) -> Progress {
        let progress = self.children.as_ref().and_then(|it| it.look(Gathered::progress));
        progress.unwrap_or_else(|| Progress::of(0))
    }

    fn throw<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.thrown = true;
        Cancelled::throw(cx)
    }
}

/// Dropping an unfinished gather cancels its children.
impl<G: Tasks> Drop for State<G> {
    fn drop(&mut self) {
        // Whoever cancels the parent amid the cancellations below is to find nothing here to
        // pass that on to: the end of the children won't wake the parent any more.
        self.pass = None;
        let Some(children) = self.children.take().filter(|_| self.polled) else { return };
        let over = children.are_over();
        let Some(mut family) = children.take_family() else { return };
        if !over {
            family.cancel();
        }
        family.tasks.run_on();
    }
}

impl<G: Tasks> fmt::Debug for Gather<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gather").field(&self.0).finish()
    }
}

impl<G: Tasks> fmt::Debug for Gathering<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gathering").field(&self.0).finish()
    }
}

impl<G: Tasks> fmt::Debug for GatherAll<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GatherAll").field(&self.0).finish()
    }
}

impl<G: Tasks> fmt::Debug for State<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self { children: None, .. } => "over",
            Self { polled: true, .. } => "running",
            Self { polled: false, .. } => "not awaited",
        })
    }
}
