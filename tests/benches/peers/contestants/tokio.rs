//! tokio's scheduler for the current thread, with local tasks of either kind.
//!
//! The main future is `unconstrained`, as tokio's documentation advises where
//! the budget for cooperation is in the way: otherwise only 128 timers could be
//! polled per turn.

use std::marker::PhantomData;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::task::{JoinError, JoinHandle, LocalSet, spawn_local, unconstrained};
use tokio::time::Sleep;

use super::Executor;

const NEEDS_NOTHING: &str = "without I/O it needs nothing of the system";

/// tokio with one of the two homes for local tasks.
pub(crate) struct Tokio<H>(PhantomData<H>);

impl<H> Clone for Tokio<H> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

pub(crate) trait Home: 'static {
    fn run<F: Future>(main: F, finally: impl FnOnce()) -> F::Output;
}

/// The runtime itself: tasks take the path that they take from `tokio::spawn`
/// to the current-thread scheduler, but needn't be `Send`.
pub(crate) struct LocalRuntime;

impl Home for LocalRuntime {
    fn run<F: Future>(main: F, finally: impl FnOnce()) -> F::Output {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().build_local(LocalOptions::default());
        let runtime = runtime.expect(NEEDS_NOTHING);
        let output = runtime.block_on(main);
        finally();
        output
    }
}

impl Home for LocalSet {
    fn run<F: Future>(main: F, finally: impl FnOnce()) -> F::Output {
        let runtime = Builder::new_current_thread().enable_time().build().expect(NEEDS_NOTHING);
        let tasks = LocalSet::new();
        let output = tasks.block_on(&runtime, main);
        finally();
        output
    }
}

pub(crate) type OnRuntime = Tokio<LocalRuntime>;
pub(crate) type OnSet = Tokio<LocalSet>;

impl<H: Home> Executor for Tokio<H> {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sleep = Sleep;

    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        H::run(async { unconstrained(program(Self(PhantomData))).await }, finally)
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        spawn_local(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        drop(spawn_local(future));
    }

    fn value<T>(awaited: Result<T, JoinError>) -> T {
        awaited.expect("no task panics")
    }

    fn cancel<T>(handle: JoinHandle<T>) {
        handle.abort();
    }

    fn sleep(duration: Duration) -> Sleep {
        tokio::time::sleep(duration)
    }
}
