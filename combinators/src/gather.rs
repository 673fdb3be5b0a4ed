//! `gather`: the results of several children, in the order of the arguments.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::children::{Children, Family, Over, number};
use crate::conditions::Progress;
use crate::failure::GatherError;
use crate::tasks::{IntoGather, Tasks};

const POLLED_AGAIN: &str = "`gather` was polled again after it had returned: await it once";

/// Runs children side by side and gathers their results, in the order of the
/// arguments.
///
/// `children` is anything that yields tasks or futures of one type, or a tuple
/// of two to eight of different types. Futures are spawned here and now.
///
/// Returns the values of all, or the first failure: as soon as a child fails,
/// panics or is cancelled, `gather` fails with an error that names it. With
/// [`return_exceptions`](Gather::return_exceptions) failures are results like
/// others.
///
/// | when `gather`                    | the children that haven't ended |
/// |----------------------------------|---------------------------------|
/// | fails                            | run on, detached                |
/// | is dropped or cancelled meanwhile | are cancelled                   |
/// | is dropped before it was awaited | run on, detached                |
///
/// It returns two turns after the last child, or the failed one, has ended;
/// at once if that had happened before.
///
/// For functions that take futures, `gather(..).into_future()` is one.
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
    Gather(State::start(Gathered { tasks: children.into_tasks(), failure_is_enough: true }))
}

/// A [`gather`] whose children run. Awaited, it is a [`Gathering`].
#[must_use = "its results are lost unless it is awaited"]
pub struct Gather<G: Tasks>(State<G>);

/// The future of a [`Gather`]: all values, or the first failure.
#[must_use = "futures do nothing unless polled"]
pub struct Gathering<G: Tasks>(State<G>);

/// The future of [`Gather::return_exceptions`]: all results.
#[must_use = "futures do nothing unless polled"]
pub struct GatherAll<G: Tasks>(State<G>);

impl<G: Tasks> Gather<G> {
    /// Returns all results, failures among them, and never fails itself.
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

impl<G: Tasks> IntoFuture for Gather<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;
    type IntoFuture = Gathering<G>;

    fn into_future(self) -> Gathering<G> {
        Gathering(self.0)
    }
}

impl<G: Tasks> Future for Gathering<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (tasks, failed) = ready!(self.0.poll(cx));
        Poll::Ready(match failed {
            Some(child) => Err(tasks.into_failure(child)),
            None => Ok(tasks.into_values()),
        })
    }
}

impl<G: Tasks> Future for GatherAll<G> {
    type Output = G::Results;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (tasks, _) = ready!(self.0.poll(cx));
        Poll::Ready(tasks.into_results())
    }
}

/// A gather of either kind.
struct State<G: Tasks> {
    /// Until it has returned.
    children: Option<Children<Gathered<G>>>,
    polled: bool,
}

/// The family of `gather`: its tasks, and whether one failure is enough.
struct Gathered<G> {
    tasks: G,
    failure_is_enough: bool,
}

impl<G: Tasks> Family for Gathered<G> {
    fn is_enough(&mut self, child: usize, _: Progress) -> bool {
        self.failure_is_enough && self.tasks.child(child).has_failed()
    }
}

impl<G: Tasks> State<G> {
    /// Watches the children. Those that have ended count at once, and may make
    /// the others' ends needless (F73).
    fn start(family: Gathered<G>) -> Self {
        let total = family.tasks.len();
        let children = Children::with_capacity(total);
        let mut ended = Vec::new();
        for child in 0..total {
            if !family.tasks.child(child).watch(&children.watch, number(child)) {
                ended.push(child);
            }
        }
        children.start(family, total);
        for child in ended {
            children.count(child);
        }
        Self { children: Some(children), polled: false }
    }

    /// The same, but no failure is enough. If one was already, and so nobody
    /// was asked about what ended since, it starts anew.
    fn without_failures(mut self) -> Self {
        let Some(children) = &self.children else { return self };
        let Some(mut family) = children.take_family() else { return self };
        family.failure_is_enough = false;
        if children.are_over() {
            self.children = None;
            return Self::start(family);
        }
        children.put_family(family);
        self
    }

    /// Ready with the tasks, and with the child whose failure was enough.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(G, Option<usize>)> {
        self.polled = true;
        let children = self.children.as_ref().expect(POLLED_AGAIN);
        let failed = match ready!(children.poll_over(cx)) {
            Over::Enough(child) => Some(child),
            Over::Exhausted => None,
        };
        let family = children.take_family();
        self.children = None;
        Poll::Ready((family.expect("nobody is asked while the parent is polled").tasks, failed))
    }
}

/// Dropping an unfinished gather cancels its children (F78).
impl<G: Tasks> Drop for State<G> {
    fn drop(&mut self) {
        let Some(children) = self.children.take().filter(|_| self.polled) else { return };
        if let Some(Gathered { tasks, .. }) = children.take_family() {
            (0..tasks.len()).for_each(|child| drop(tasks.child(child).cancel()));
        }
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
