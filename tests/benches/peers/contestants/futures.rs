//! futures' `LocalPool`. It has no timers; async-io's go with it.

use std::time::Duration;

use async_io::Timer;
use futures::executor::{LocalPool, LocalSpawner};
use futures::future::RemoteHandle;
use futures::task::LocalSpawnExt as _;

use super::Executor;

const GONE: &str = "the pool outlives the program";

#[derive(Clone)]
pub(crate) struct Pool(LocalSpawner);

impl Executor for Pool {
    type Handle<T: 'static> = RemoteHandle<T>;
    type Sleep = Timer;

    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let mut pool = LocalPool::new();
        let program = program(Self(pool.spawner()));
        let output = pool.run_until(program);
        finally();
        output
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> RemoteHandle<F::Output> {
        self.0.spawn_local_with_handle(future).expect(GONE)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        let future = async { drop(future.await) };
        self.0.spawn_local(future).expect(GONE);
    }

    fn value<T>(awaited: T) -> T {
        awaited
    }

    fn sleep(duration: Duration) -> Timer {
        Timer::after(duration)
    }
}
