//! runite: an event loop per thread, with microtasks and macrotasks as in a browser.

use std::time::Duration;

use runite::task::JoinError;
use runite::time::Sleep;
use runite::{Builder, JoinHandle};

use super::Executor;

#[derive(Clone)]
pub(crate) struct Runite;

impl Executor for Runite {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sleep = Sleep;

    /// The runtime belongs to the thread, so it is told to end.
    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let runtime = Builder::new().build().expect("a driver of the system");
        let output = runtime.block_on(program(Self));
        finally();
        runite::shutdown();
        output
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        runite::spawn(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        drop(runite::spawn(future));
    }

    fn value<T>(awaited: Result<T, JoinError>) -> T {
        awaited.expect("no task is aborted that is awaited")
    }

    fn cancel<T>(handle: JoinHandle<T>) {
        handle.abort();
    }

    fn sleep(duration: Duration) -> Sleep {
        runite::time::sleep(duration)
    }
}
