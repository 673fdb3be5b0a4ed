//! glommio: thread per core, `io_uring`. Placed nowhere in particular.

use std::time::Duration;

use glommio::timer::Timer;
use glommio::{LocalExecutorBuilder, Placement, Task, spawn_local};

use super::Executor;

#[derive(Clone)]
pub(crate) struct Glommio;

impl Executor for Glommio {
    type Handle<T: 'static> = Task<T>;
    type Sleep = Timer;

    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let executor = LocalExecutorBuilder::new(Placement::Unbound).make();
        let executor = executor.expect("`io_uring` and memory that may be locked");
        let output = executor.run(program(Self));
        finally();
        output
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Task<F::Output> {
        spawn_local(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        spawn_local(future).detach();
    }

    fn value<T>(awaited: T) -> T {
        awaited
    }

    fn sleep(duration: Duration) -> Timer {
        Timer::new(duration)
    }
}
