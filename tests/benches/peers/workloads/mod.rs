//! What is measured. Each workload is written once, for every contestant.
//!
//! A workload does `n` things at a time, in `rounds` one after another, so that
//! there are about `n` times `rounds` operations. It checks its result.

mod cold;
mod cross;
mod groups;
mod idle;
mod tasks;
mod timers;

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::contestants::Executor;
use crate::contestants::combinators::Combinators;
use crate::measure::{Reading, Stopwatch};

#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) n: u64,
    pub(crate) rounds: u64,
}

impl Size {
    const fn new(n: u64, rounds: u64) -> Self {
        Self { n, rounds }
    }

    /// The number of operations.
    fn ops(self) -> u64 {
        self.n * self.rounds
    }
}

pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// What one operation is.
    pub(crate) op: &'static str,
    pub(crate) size: Size,
    /// Whether `n` is something that can grow.
    pub(crate) grows: bool,
}

const fn workload(name: &'static str, n: u64, rounds: u64, op: &'static str) -> Workload {
    Workload { name, op, size: Size::new(n, rounds), grows: true }
}

const fn of_one_size(name: &'static str, n: u64, rounds: u64, op: &'static str) -> Workload {
    Workload { name, op, size: Size::new(n, rounds), grows: false }
}

pub(crate) const ALL: &[Workload] = &[
    workload("spawn_join", 1_000_000, 1, "spawn a task among n, await it in order"),
    of_one_size("spawn_one", 1, 1_000_000, "spawn a task, await it at once"),
    workload("yield", 1000, 1000, "one of n tasks wakes itself and is polled again, fairly"),
    of_one_size("ping_pong", 1, 1_000_000, "two tasks wake each other, there and back"),
    workload("timer_churn", 1000, 1000, "set one of n timers, which never fires, and drop it"),
    workload("timer_fire", 100_000, 1, "one of n tasks sleeps for up to 1 s"),
    workload("gather_10", 10, 100_000, "a child of 10 yields once; all are gathered"),
    workload("gather_result", 10, 100_000, "the same with children that return a `Result`"),
    workload("wait_all", 10, 100_000, "the same, waited for until all have ended"),
    workload("gather_100k", 100_000, 10, "a child of n yields once; all are gathered"),
    of_one_size("gather_staggered", 20_000, 1, "a child of n yields 500.5 times on average"),
    workload("wait_first", 10_000, 20, "a child of n, of which one ends and the rest is cancelled"),
    workload("drain_first", 10_000, 10, "a child of n ends, is waited for, and the rest again"),
    of_one_size("cross_wake", 1, 20_000, "another thread wakes a parked executor, and is answered"),
    workload("cross_flood", 1000, 5000, "one of four threads wakes one of its n / 4 tasks"),
    workload("idle_mem", 1_000_000, 1, "a task that sleeps for an hour"),
    workload("spawn_pause", 1_000_000, 1, "a turn in which a thousand of n idle tasks are spawned"),
    of_one_size("run_cold", 1, 10_000, "an executor is built, runs `async { 1 }`, is dropped"),
];

/// Measures an executor at a workload that takes no combinators.
pub(crate) fn of_executors<E: Executor>(name: &str, size: Size) -> Option<Vec<Reading>> {
    Some(match name {
        "spawn_join" => tasks::spawn_join::<E>(size),
        "spawn_one" => tasks::spawn_one::<E>(size),
        "yield" => tasks::yields::<E>(size),
        "ping_pong" => tasks::ping_pong::<E>(size),
        "timer_churn" => timers::churn::<E>(size),
        "timer_fire" => timers::fire::<E>(size),
        "cross_wake" => cross::wake::<E>(size),
        "cross_flood" => cross::flood::<E>(size),
        "idle_mem" => idle::memory::<E>(size),
        "spawn_pause" => idle::longest_turn::<E>(size),
        "run_cold" => cold::run::<E>(size),
        _ => return None,
    })
}

/// Measures combinators at one of the other workloads.
pub(crate) fn of_combinators<C: Combinators>(name: &str, size: Size) -> Option<Vec<Reading>> {
    Some(match name {
        "gather_10" | "gather_100k" => groups::gather::<C>(size),
        "gather_result" => groups::gather_results::<C>(size),
        "wait_all" => groups::wait_all::<C>(size),
        "gather_staggered" => groups::staggered::<C>(size),
        "wait_first" => groups::wait_first::<C>(size),
        "drain_first" => groups::drain_first::<C>(size),
        _ => return None,
    })
}

/// Measures the floor under `cross_wake`: two threads and nothing else.
pub(crate) fn of_threads(name: &str, size: Size) -> Option<Vec<Reading>> {
    (name == "cross_wake").then(|| cross::wake_thread(size))
}

/// Runs a program on an executor, and measures from its first step until the
/// executor is dropped. How long building one takes is `run_cold`'s matter.
fn timed<E: Executor, F: Future<Output: 'static> + 'static>(
    ops: u64,
    program: impl FnOnce(E) -> F,
) -> (F::Output, Vec<Reading>) {
    let started = Rc::new(Cell::new(None));
    let output = E::run(
        |executor| {
            let (program, started) = (program(executor), Rc::clone(&started));
            async move {
                started.set(Some(Stopwatch::start()));
                program.await
            }
        },
        || (),
    );
    let started = started.get().expect("the program has run");
    (output, started.per_op(ops))
}

/// Awaits handles in order, and returns the sum of the values.
pub(crate) async fn sum<E: Executor>(handles: Vec<E::Handle<u64>>) -> u64 {
    let mut sum = 0;
    for handle in handles {
        sum += E::value::<u64>(handle.await);
    }
    sum
}

/// The sum of the numbers below `n`.
fn sum_below(n: u64) -> u64 {
    n * (n - 1) / 2
}

/// Wakes its own task, once: the same yield for everyone.
#[derive(Default)]
struct Yield {
    yielded: bool,
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// xorshift64 with a fixed seed: the same "random" numbers for everyone.
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
