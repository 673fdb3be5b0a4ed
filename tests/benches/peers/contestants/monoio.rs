//! monoio, on `io_uring` and on epoll.

use std::marker::PhantomData;
use std::time::Duration;

use monoio::task::JoinHandle;
use monoio::time::Sleep;
use monoio::{Buildable, Driver, IoUringDriver, LegacyDriver, Runtime, RuntimeBuilder};

use super::{Executor, Unlike};

pub(crate) const UNLIKE: &[Unlike] = &[
    Unlike {
        workloads: &[
            "yield",
            "gather_10",
            "gather_result",
            "wait_all",
            "gather_100k",
            "gather_staggered",
            "drain_first",
        ],
        why: "a task that wakes itself jumps the queue, so it is polled again at once, \
              with its memory still cached",
    },
    Unlike {
        workloads: &["idle_mem drop"],
        why: "tasks that live when the runtime is dropped are leaked",
    },
];

pub(crate) type Uring = Monoio<IoUringDriver>;
pub(crate) type Legacy = Monoio<LegacyDriver>;

pub(crate) struct Monoio<D>(PhantomData<D>);

impl<D> Clone for Monoio<D> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

pub(crate) trait Backend: 'static {
    fn runtime() -> Runtime<impl Driver>;
}

impl Backend for IoUringDriver {
    fn runtime() -> Runtime<impl Driver> {
        let builder = RuntimeBuilder::<Self>::new().enable_timer();
        Buildable::build(builder).expect("`io_uring`")
    }
}

impl Backend for LegacyDriver {
    fn runtime() -> Runtime<impl Driver> {
        let builder = RuntimeBuilder::<Self>::new().enable_timer();
        Buildable::build(builder).expect("epoll")
    }
}

impl<D: Backend> Executor for Monoio<D> {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sleep = Sleep;

    fn run<F: Future>(program: impl FnOnce(Self) -> F, finally: impl FnOnce()) -> F::Output {
        let mut runtime = D::runtime();
        let output = runtime.block_on(program(Self(PhantomData)));
        finally();
        output
    }

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        monoio::spawn(future)
    }

    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F) {
        drop(monoio::spawn(future));
    }

    fn value<T>(awaited: T) -> T {
        awaited
    }

    fn cancel<T>(_: JoinHandle<T>) {
        unreachable!("monoio can't cancel a task");
    }

    fn sleep(duration: Duration) -> Sleep {
        monoio::time::sleep(duration)
    }
}
