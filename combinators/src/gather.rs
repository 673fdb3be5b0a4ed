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
/// # Panics
///
/// Panics if futures are given outside of a running executor, and when awaited
/// outside of the tasks' executor.
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
    Gather(children.into_tasks())
}

/// A [`gather`] whose children run, and which begins when it is awaited.
#[must_use = "it gathers nothing unless awaited"]
pub struct Gather<G: Tasks>(G);

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
    /// let results = executor::block_on(async { gather([odd(1), odd(2)]).return_exceptions().await });
    /// assert_eq!(*results[0].as_ref().unwrap(), 1);
    /// assert_eq!(results[1].as_ref().unwrap_err().to_string(), "2 is even");
    /// ```
    pub fn return_exceptions(self) -> GatherAll<G> {
        GatherAll(State::new(self.0))
    }
}

impl<G: Tasks> IntoFuture for Gather<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;
    type IntoFuture = Gathering<G>;

    fn into_future(self) -> Gathering<G> {
        Gathering(State::new(self.0))
    }
}

impl<G: Tasks> Future for Gathering<G> {
    type Output = Result<G::Values, GatherError<G::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut tasks, failed) = ready!(self.0.poll(true, cx));
        Poll::Ready(match failed {
            Some(child) => Err(tasks.failure(child)),
            None => Ok(tasks.into_values()),
        })
    }
}

impl<G: Tasks> Future for GatherAll<G> {
    type Output = G::Results;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (tasks, _) = ready!(self.0.poll(false, cx));
        Poll::Ready(tasks.into_results())
    }
}

/// A gather of either kind: before its first poll, running, then neither.
struct State<G: Tasks> {
    tasks: Option<G>,
    children: Option<Children<Gathered<G>>>,
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
    fn new(tasks: G) -> Self {
        Self { tasks: Some(tasks), children: None }
    }

    /// Ready with the tasks, and with the child whose failure was enough.
    fn poll(&mut self, failure_is_enough: bool, cx: &mut Context<'_>) -> Poll<(G, Option<usize>)> {
        if let Some(tasks) = self.tasks.take() {
            self.children = Some(start(Gathered { tasks, failure_is_enough }));
        }
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

/// Watches the children. Those that have ended count at once, and may make
/// the others' ends needless (F73).
fn start<G: Tasks>(family: Gathered<G>) -> Children<Gathered<G>> {
    let children = Children::new();
    let total = family.tasks.len();
    let mut ended = Vec::new();
    for child in 0..total {
        let task = family.tasks.child(child);
        if task.has_ended() {
            ended.push(child);
        } else {
            task.watch(&children.watch, number(child));
        }
    }
    children.start(family, total);
    for child in ended {
        children.count(child);
    }
    children
}

/// Dropping an unfinished gather cancels its children (F78).
impl<G: Tasks> Drop for State<G> {
    fn drop(&mut self) {
        if let Some(Gathered { tasks, .. }) = self.children.take().and_then(|it| it.take_family()) {
            (0..tasks.len()).for_each(|child| tasks.child(child).cancel());
        }
    }
}

impl<G: Tasks> fmt::Debug for Gather<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather").field("children", &self.0.len()).finish_non_exhaustive()
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
            Self { tasks: Some(_), .. } => "not started",
            Self { children: Some(_), .. } => "running",
            _ => "over",
        })
    }
}
