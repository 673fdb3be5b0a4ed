//! async-local-executor: an executor to embed, which has no timers; async-io's go
//! with it.

use std::thread;
use std::time::Duration;

use async_io::Timer;
use async_local_executor::{JoinHandle, run_ready_tasks, spawn_local};

use super::Executor;

#[derive(Clone)]
pub(crate) struct LocalExecutor;

impl Executor for LocalExecutor {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sleep = Timer;

    /// Does what the crate's `block_on` does, which drops the executor too soon to
    /// say when.
    fn run<F: Future<Output: 'static> + 'static>(
        program: impl FnOnce(Self) -> F,
        finally: impl FnOnce(),
    ) -> F::Output {
        let this = thread::current();
        let mut executor = async_local_executor::Executor::new(move || this.unpark());
        let entered = executor.enter();
        let main = spawn_local(program(Self));
        run_ready_tasks();
        while !main.is_finished() {
            thread::park();
            run_ready_tasks();
        }
        finally();
        drop(entered);
        main.result().expect("it is finished")
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        spawn_local(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        drop(spawn_local(future));
    }

    fn value<T>(awaited: T) -> T {
        awaited
    }

    fn cancel<T>(handle: JoinHandle<T>) {
        handle.cancel();
    }

    fn sleep(duration: Duration) -> Timer {
        Timer::after(duration)
    }
}
