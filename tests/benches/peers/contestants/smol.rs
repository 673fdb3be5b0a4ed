//! smol's executor, async-executor, with async-io's timers.

use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use async_executor::{LocalExecutor, Task};
use async_io::Timer;

use super::Executor;

/// async-executor, driven by one of two `block_on`s.
pub(crate) struct Smol<D> {
    tasks: Rc<LocalExecutor<'static>>,
    driver: PhantomData<D>,
}

impl<D> Clone for Smol<D> {
    fn clone(&self) -> Self {
        Self { tasks: Rc::clone(&self.tasks), driver: PhantomData }
    }
}

pub(crate) trait Driver: 'static {
    fn block_on<F: Future>(future: F) -> F::Output;
}

/// async-io's `block_on`, which is smol's: cheap timers, and a look at the
/// reactor whenever the main future is woken.
pub(crate) struct Reactor;

impl Driver for Reactor {
    fn block_on<F: Future>(future: F) -> F::Output {
        async_io::block_on(future)
    }
}

/// futures-lite's `block_on`: cheap wakes, and timers by way of a thread that
/// async-io starts.
pub(crate) struct Lite;

impl Driver for Lite {
    fn block_on<F: Future>(future: F) -> F::Output {
        futures_lite::future::block_on(future)
    }
}

impl<D: Driver> Executor for Smol<D> {
    type Handle<T: 'static> = Task<T>;
    type Sleep = Timer;

    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let tasks = Rc::new(LocalExecutor::new());
        let program = program(Self { tasks: Rc::clone(&tasks), driver: PhantomData });
        let output = D::block_on(tasks.run(program));
        finally();
        output
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Task<F::Output> {
        self.tasks.spawn(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        self.tasks.spawn(future).detach();
    }

    fn value<T>(awaited: T) -> T {
        awaited
    }

    fn sleep(duration: Duration) -> Timer {
        Timer::after(duration)
    }
}
