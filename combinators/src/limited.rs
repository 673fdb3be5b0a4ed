//! `limited`: the futures of a `gather`, so many of which run at once.

use std::fmt;
use std::vec;

use executor::{Task, Watch, WatchRef, spawn};

use crate::children::number;
use crate::failure::GatherError;
use crate::foreign::drop_each;
use crate::outcome::Outcome;
use crate::tasks::{Child, IntoGather, Tasks};

const ZERO: &str = "with a limit of 0 no future would ever begin: give 1 at least";

/// Makes a [`gather`](crate::gather()) run so many futures at once. The others aren't even
/// spawned until one has ended.
///
/// They begin in the order in which they are given, each when one before it ends, and the
/// values are in that order, too. What becomes of those that haven't begun:
///
/// | when                              | the futures that haven't begun |
/// |-----------------------------------|--------------------------------|
/// | `gather` fails                    | are dropped                    |
/// | a child fails, with `return_exceptions` | begin in their turn      |
/// | the task that awaits is cancelled | are dropped                    |
/// | the gather is dropped             | are dropped                    |
///
/// ```
/// use combinators::{gather, limited};
/// use executor::{all_tasks, yield_now};
///
/// async fn fetch(page: u32) -> Result<u32, String> {
///     yield_now().await;
///     assert!(all_tasks().len() <= 1 + 3, "the main task, and three of these");
///     if page == 7 { Err("it is missing".into()) } else { Ok(page) }
/// }
///
/// executor::block_on(async {
///     let pages = gather(limited(3, (0..5).map(fetch))).await.unwrap();
///     assert_eq!(pages, [0, 1, 2, 3, 4]);
///     let pages = gather(limited(3, (0..10).map(fetch))).return_exceptions().await;
///     assert_eq!(pages.iter().filter(|page| page.is_ok()).count(), 9);
/// });
/// ```
///
/// For `wait` and `as_completed` there is no such limit, since they give tasks back, and what
/// hasn't begun is none: [`TaskSet`](crate::TaskSet) takes the next future when a task ends.
///
/// # Panics
///
/// Panics if the limit is 0.
#[track_caller]
pub fn limited<I>(limit: usize, futures: I) -> Limited<I::Item>
where
    I: IntoIterator<Item: Future + 'static>,
{
    assert!(limit > 0, "{ZERO}");
    Limited { limit, futures: futures.into_iter().collect() }
}

/// The futures of [`limited`], to be given to [`gather`](crate::gather()).
#[derive(Debug)]
#[must_use = "it is to be given to `gather`"]
pub struct Limited<F> {
    limit: usize,
    futures: Vec<F>,
}

/// Marks futures that don't run all at once. It is in no type that is kept.
#[derive(Debug)]
pub struct InTurn;

impl<F: Future<Output: Outcome> + 'static> IntoGather<InTurn> for Limited<F> {
    type Tasks = LimitedTasks<F>;

    #[track_caller]
    fn into_tasks(self) -> LimitedTasks<F> {
        let Self { limit, futures } = self;
        let (tasks, waiting) = (Vec::with_capacity(futures.len()), Waiting(futures.into_iter()));
        let mut tasks = LimitedTasks { limit, tasks, waiting, watch: None };
        tasks.go_on(0);
        tasks
    }
}

/// The children of a gather of [`limited`] futures, of which some haven't been spawned. It is
/// there to be named, as the parameter of a [`Gather`](crate::Gather) that is kept:
///
/// ```
/// use std::future::{Ready, ready};
/// use combinators::{Gathering, LimitedTasks, gather, limited};
///
/// struct Squares(Gathering<LimitedTasks<Ready<u32>>>);
///
/// executor::block_on(async {
///     let squares = gather(limited(2, (1..=3).map(|it| ready(it * it))));
///     let squares = Squares(squares.into_future());
///     assert_eq!(squares.0.await.unwrap(), [1, 4, 9]);
/// });
/// ```
pub struct LimitedTasks<F: Future<Output: 'static>> {
    limit: usize,
    tasks: Vec<Task<F::Output>>,
    waiting: Waiting<F>,
    /// The watch on the tasks, once there is one.
    watch: Option<WatchRef>,
}

/// Futures are moved into their tasks before they are pinned.
impl<F: Future<Output: 'static>> Unpin for LimitedTasks<F> {}

/// The futures that haven't begun. Their destructors are foreign code.
struct Waiting<F>(vec::IntoIter<F>);

impl<F> Waiting<F> {
    fn forget(&mut self) {
        drop_each(&mut self.0);
    }
}

impl<F> Drop for Waiting<F> {
    fn drop(&mut self) {
        self.forget();
    }
}

impl<F: Future<Output: Outcome> + 'static> Tasks for LimitedTasks<F> {
    type Values = <Vec<Task<F::Output>> as Tasks>::Values;
    type Error = <F::Output as Outcome>::Error;
    type Results = <Vec<Task<F::Output>> as Tasks>::Results;

    const MAY_FAIL: bool = F::Output::MAY_FAIL;
    const IN_TURN: bool = true;

    fn len(&self) -> usize {
        self.tasks.len() + self.waiting.0.len()
    }

    fn spawned(&self) -> usize {
        self.tasks.len()
    }

    fn watched_by(&mut self, watch: &Watch) {
        self.watch = watch.reference();
    }

    #[track_caller]
    fn go_on(&mut self, ended: usize) {
        while self.tasks.len() < ended.saturating_add(self.limit) {
            let Some(future) = self.waiting.0.next() else { return };
            let task = spawn(future);
            if let Some(watch) = &self.watch {
                watch.add(&task, number(self.tasks.len()));
            }
            self.tasks.push(task);
        }
    }

    fn stop(&mut self) {
        self.waiting.forget();
    }

    fn child(&self, child: usize) -> &dyn Child {
        &self.tasks[child]
    }

    fn into_failure(self, child: usize) -> GatherError<Self::Error> {
        self.tasks.into_failure(child)
    }

    fn run_on(self) {
        self.tasks.run_on();
    }

    fn into_values(self) -> Self::Values {
        self.tasks.into_values()
    }

    fn into_results(self) -> Self::Results {
        self.tasks.into_results()
    }
}

impl<F: Future<Output: 'static>> fmt::Debug for LimitedTasks<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, tasks, waiting, .. } = self;
        let mut debug = f.debug_struct("LimitedTasks");
        debug.field("limit", limit).field("tasks", tasks).field("waiting", &waiting.0.len());
        debug.finish_non_exhaustive()
    }
}
