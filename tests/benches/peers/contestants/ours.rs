//! Wheelhouse: default settings, `gather` and `wait` from its combinators.

use std::time::Duration;

use combinators::{FirstCompleted, gather, wait};
use executor::{Join, JoinError, Sleep, Task, spawn};

use super::Executor;
use super::combinators::{self as contest, NO_FAILURE};

#[derive(Clone)]
pub(crate) struct Ours;

impl Executor for Ours {
    type Handle<T: 'static> = Join<T>;
    type Sleep = Sleep;

    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let executor = executor::Executor::new();
        let output = executor.block_on(program(Self));
        finally();
        output
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Join<F::Output> {
        spawn(future).into_future()
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        drop(spawn(future));
    }

    fn value<T>(awaited: Result<T, JoinError>) -> T {
        awaited.expect("no task panics")
    }

    fn sleep(duration: Duration) -> Sleep {
        executor::sleep(duration)
    }
}

pub(crate) struct Combinators;

impl contest::Combinators for Combinators {
    type On = Ours;

    async fn gather<F: contest::Child>(_: &Ours, children: impl Iterator<Item = F>) -> u64 {
        gather(children).await.expect(NO_FAILURE).into_iter().sum()
    }

    async fn try_gather<F: contest::Fallible>(_: &Ours, children: impl Iterator<Item = F>) -> u64 {
        gather(children).await.expect(NO_FAILURE).into_iter().sum()
    }

    async fn wait_all<F: contest::Child>(_: &Ours, children: impl Iterator<Item = F>) -> u64 {
        let waited = wait(children.map(spawn)).await;
        let value = |mut task: Task<u64>| task.take_outcome().expect("it has ended");
        waited.done.into_iter().map(|task| value(task).expect("no task panics")).sum()
    }

    async fn first<F: contest::Child>(_: &Ours, children: impl Iterator<Item = F>) -> u64 {
        let mut waited = wait(children.map(spawn)).return_when(FirstCompleted).await;
        for task in &waited.pending {
            task.cancel();
        }
        waited.done[0].take_outcome().expect("not taken yet").expect("no task panics")
    }

    async fn drain<F: contest::Child>(
        _: &Ours,
        children: impl Iterator<Item = F>,
        mut each: impl FnMut(u64),
    ) {
        let mut waited = wait(children.map(spawn)).return_when(FirstCompleted).await;
        loop {
            for task in waited.done {
                each(task.await.expect("no task panics"));
            }
            if waited.pending.is_empty() {
                return;
            }
            waited = wait(waited.pending).return_when(FirstCompleted).await;
        }
    }
}
