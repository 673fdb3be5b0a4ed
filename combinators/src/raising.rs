//! `raising`: a future whose failures are exceptions, as asyncio has them.

use executor::{Cancelled, current_task};

use crate::outcome::{Outcome, error_text, readable};

/// Runs a future whose failure counts for more than a cancellation.
///
/// A task that returns while a cancellation of it is due, as it has cancelled
/// itself, ends as cancelled, and what it returns is lost. An exception in asyncio
/// isn't lost then. An `Err` is no exception: the executor doesn't know the type of
/// what it runs, and takes it for a value like any other. Within this future it is
/// one.
///
/// The tasks of a [`task_group`](crate::task_group()) run so by themselves, and the
/// error of a group counts for more than a cancellation anywhere.
///
/// ```
/// use combinators::raising;
/// use executor::{current_task, spawn};
///
/// async fn save() -> Result<(), &'static str> {
///     current_task().unwrap().cancel();
///     Err("the disk is full")
/// }
///
/// executor::block_on(async {
///     assert!(spawn(save()).await.unwrap_err().is_cancelled());
///     assert_eq!(spawn(raising(save())).await.unwrap(), Err("the disk is full"));
/// });
/// ```
pub async fn raising<F: IntoFuture<Output: Outcome>>(future: F) -> F::Output {
    raising_as(future, error_text).await
}

/// Does as [`raising`], with a text of the failure for recordings.
pub(crate) async fn raising_as<F: IntoFuture<Output: Outcome>>(
    future: F,
    text: fn(&F::Output) -> String,
) -> F::Output {
    let output = future.await;
    let failed = !output.is_success();
    if failed && let Some(task) = current_task() {
        task.describe_failure(|| readable(|| text(&output)));
    }
    Cancelled::give_way(failed);
    output
}
