//! Who takes part, and what each must be able to do.

pub(crate) mod combinators;
mod futures;
#[cfg(target_os = "linux")]
mod glommio;
mod local_executor;
#[cfg(target_os = "linux")]
mod local_runtime;
#[cfg(target_os = "linux")]
mod monoio;
mod ours;
mod runite;
mod smol;
mod tokio;

use std::time::Duration;

use crate::measure::Reading;
use crate::workloads::{self, Size};
use combinators::{AsTasks, Buffered, JoinAll, Unordered};

/// A single-threaded executor. Cloned into the program that it runs.
pub(crate) trait Executor: Clone + 'static {
    type Handle<T: 'static>: Future + Unpin + 'static;
    type Sleep: Future + 'static;

    /// Builds an executor with its timers enabled, runs the program on it,
    /// calls `finally`, and drops the executor.
    fn run<F: Future<Output: 'static> + 'static>(
        program: impl FnOnce(Self) -> F,
        finally: impl FnOnce(),
    ) -> F::Output;

    fn spawn<F: Future<Output: 'static> + 'static>(&self, future: F) -> Self::Handle<F::Output>;

    /// Spawns a task that nobody will await.
    fn spawn_detached<F: Future<Output: 'static> + 'static>(&self, future: F);

    /// Returns the value of an awaited handle.
    fn value<T>(awaited: <Self::Handle<T> as Future>::Output) -> T;

    /// Ends a task early. Dropping the handle does, unless said otherwise.
    fn cancel<T>(handle: Self::Handle<T>) {
        drop(handle);
    }

    fn sleep(duration: Duration) -> Self::Sleep;
}

/// Something to measure.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    measure: fn(&str, Size) -> Option<Vec<Reading>>,
    unlike: &'static [Unlike],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    /// Ours waits as peers do. That is shown for comparison with `gather` and `wait`.
    OursAsPeers,
    /// An executor. The best of these is the one to beat.
    Peer,
    /// A combinator that polls its children itself instead of spawning them. It
    /// does less than tasks do, and is shown for comparison.
    Combinator,
    /// The least that the operating system asks for the same.
    Floor,
}

/// Workloads at which a contestant doesn't do the same work as the others. Its
/// figures are shown in parentheses, and it can't be the best peer there.
pub(crate) struct Unlike {
    pub(crate) workloads: &'static [&'static str],
    pub(crate) why: &'static str,
}

impl Contestant {
    /// Measures a workload once, in this process; `None` if it can't run it.
    pub(crate) fn measure(&self, workload: &str, size: Size) -> Option<Vec<Reading>> {
        (self.measure)(workload, size)
    }

    /// Returns why the contestant's figure for a row is out of competition.
    pub(crate) fn unlike(&self, row: &str) -> Option<&'static str> {
        self.unlike.iter().find(|it| it.workloads.contains(&row)).map(|it| it.why)
    }

    pub(crate) fn notes(&self) -> &'static [Unlike] {
        self.unlike
    }

    const fn ours() -> Self {
        let measure = |name: &str, size| {
            workloads::of_executors::<ours::Ours>(name, size)
                .or_else(|| workloads::of_combinators::<ours::Combinators>(name, size))
        };
        Self { name: "ours", kind: Kind::Ours, measure, unlike: &[] }
    }

    const fn ours_as_peers() -> Self {
        let measure = workloads::of_combinators::<AsTasks<ours::Ours>>;
        Self { name: "ours-as-peers", kind: Kind::OursAsPeers, measure, unlike: &[] }
    }

    const fn peer<E: Executor>(name: &'static str, unlike: &'static [Unlike]) -> Self {
        let measure = |name: &str, size| {
            workloads::of_executors::<E>(name, size)
                .or_else(|| workloads::of_combinators::<AsTasks<E>>(name, size))
        };
        Self { name, kind: Kind::Peer, measure, unlike }
    }

    /// A peer whose tasks can't be cancelled.
    #[cfg(target_os = "linux")]
    const fn peer_without_cancel<E: Executor>(
        name: &'static str,
        unlike: &'static [Unlike],
    ) -> Self {
        let measure = |name: &str, size| match name {
            "wait_first" => None,
            _ => workloads::of_executors::<E>(name, size)
                .or_else(|| workloads::of_combinators::<AsTasks<E>>(name, size)),
        };
        Self { name, kind: Kind::Peer, measure, unlike }
    }

    const fn combinator<C: combinators::Combinators>(name: &'static str) -> Self {
        let measure = workloads::of_combinators::<C>;
        Self { name, kind: Kind::Combinator, measure, unlike: &[] }
    }
}

/// Everyone, in the order of the columns.
pub(crate) const ALL: &[Contestant] = &[
    Contestant::ours(),
    Contestant::ours_as_peers(),
    Contestant::peer::<tokio::OnRuntime>("tokio", &[]),
    Contestant::peer::<tokio::OnSet>("tokio-localset", &[]),
    Contestant::peer::<smol::Smol<smol::Reactor>>("smol", &[]),
    Contestant::peer::<smol::Smol<smol::Lite>>("smol-lite", &[]),
    Contestant::peer::<futures::Pool>("localpool", &[]),
    #[cfg(target_os = "linux")]
    Contestant::peer_without_cancel::<monoio::Uring>("monoio", monoio::UNLIKE),
    #[cfg(target_os = "linux")]
    Contestant::peer_without_cancel::<monoio::Legacy>("monoio-epoll", monoio::UNLIKE),
    #[cfg(target_os = "linux")]
    Contestant::peer::<glommio::Glommio>("glommio", &[]),
    Contestant::peer::<local_executor::LocalExecutor>("async-local", &[]),
    #[cfg(target_os = "linux")]
    Contestant::peer::<local_runtime::LocalRuntime>("local-runtime", &[]),
    Contestant::peer::<runite::Runite>("runite", &[]),
    Contestant::combinator::<JoinAll>("join_all/select_all"),
    Contestant::combinator::<Unordered>("FuturesUnordered"),
    Contestant::combinator::<Buffered>("futures-buffered"),
    Contestant {
        name: "park/unpark",
        kind: Kind::Floor,
        measure: workloads::of_threads,
        unlike: &[],
    },
];
