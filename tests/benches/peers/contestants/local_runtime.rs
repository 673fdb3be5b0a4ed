//! local-runtime: an executor and a reactor, which asks the kernel by `poll`.

use std::rc::Rc;
use std::time::Duration;

use local_runtime::TaskHandle;
use local_runtime::time::Timer;

use super::Executor;

#[derive(Clone)]
pub(crate) struct LocalRuntime(Rc<local_runtime::Executor<'static>>);

impl Executor for LocalRuntime {
    type Handle<T: 'static> = TaskHandle<T>;
    type Sleep = Timer;

    /// Says itself when the program has ended: `block_on` goes on to drop the tasks.
    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let executor = Rc::new(local_runtime::Executor::new());
        let program = program(Self(Rc::clone(&executor)));
        executor.block_on(async {
            let output = program.await;
            finally();
            output
        })
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> TaskHandle<F::Output> {
        self.0.spawn(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        drop(self.0.spawn(future));
    }

    fn value<T>(awaited: T) -> T {
        awaited
    }

    fn cancel<T>(handle: TaskHandle<T>) {
        handle.cancel();
    }

    fn sleep(duration: Duration) -> Timer {
        local_runtime::time::sleep(duration)
    }
}
