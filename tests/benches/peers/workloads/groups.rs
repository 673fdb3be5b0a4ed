//! Waiting for several children: all of them, the first, one after another.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::hint::black_box;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::{Random, Size, Yield, sum_below, timed};
use crate::contestants::Executor;
use crate::contestants::combinators::Combinators;
use crate::measure::Reading;

pub(super) fn gather<C: Combinators>(size: Size) -> Vec<Reading> {
    gather_after::<C>(size, |_| 1)
}

pub(super) fn staggered<C: Combinators>(size: Size) -> Vec<Reading> {
    gather_after::<C>(size, |i| i % 1000 + 1)
}

/// Gathers children that yield as often as `yields` says.
fn gather_after<C: Combinators>(size: Size, yields: fn(u64) -> u64) -> Vec<Reading> {
    let child = move |i| yielding(i, yields(i));
    in_rounds(size, async move |on: &C::On| C::gather(on, (0..size.n).map(child)).await)
}

/// Awaits children, which return the numbers below `n`, in each round.
fn in_rounds<E: Executor>(size: Size, round: impl AsyncFn(&E) -> u64 + 'static) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let (total, readings) = timed(size.ops(), |executor: E| async move {
        let mut total = 0;
        for _ in 0..rounds {
            total += round(&executor).await;
        }
        total
    });
    assert_eq!(total, sum_below(n) * rounds);
    readings
}

pub(super) fn gather_results<C: Combinators>(size: Size) -> Vec<Reading> {
    let child = |i| async move { Ok(yielding(i, 1).await) };
    in_rounds(size, async move |on: &C::On| C::try_gather(on, (0..size.n).map(child)).await)
}

pub(super) fn wait_all<C: Combinators>(size: Size) -> Vec<Reading> {
    let child = |i| yielding(i, 1);
    in_rounds(size, async move |on: &C::On| C::wait_all(on, (0..size.n).map(child)).await)
}

async fn yielding(value: u64, times: u64) -> u64 {
    for _ in 0..times {
        Yield::default().await;
    }
    black_box(value)
}

/// Counts the children that live.
struct Alive(Rc<Cell<u64>>);

impl Alive {
    fn new(count: &Rc<Cell<u64>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A round is over when all children are gone.
pub(super) fn wait_first<C: Combinators>(size: Size) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let (total, readings) = timed(size.ops(), |executor: C::On| async move {
        let count = Rc::new(Cell::new(0));
        let mut total = 0;
        for _ in 0..rounds {
            let children = (0..n).map(|i| first_or_never(i, Alive::new(&count)));
            total += C::first(&executor, children).await;
            while count.get() > 0 {
                Yield::default().await;
            }
        }
        total
    });
    assert_eq!(total, 7 * rounds);
    readings
}

async fn first_or_never(i: u64, _alive: Alive) -> u64 {
    if i > 0 {
        pending::<()>().await;
    }
    Yield::default().await;
    black_box(7)
}

/// Opens for one child.
#[derive(Default)]
struct Gate {
    open: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

impl Gate {
    async fn pass(&self) {
        poll_fn(|cx| {
            if self.open.get() {
                return Poll::Ready(());
            }
            *self.waiter.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn open(&self) {
        self.open.set(true);
        let waiter = self.waiter.take();
        waiter.into_iter().for_each(Waker::wake);
    }
}

/// Another task opens a child's gate per turn of the loop, in shuffled order.
pub(super) fn drain_first<C: Combinators>(size: Size) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let (total, readings) = timed(size.ops(), |executor: C::On| async move {
        let mut total = 0;
        for _ in 0..rounds {
            let gates: Rc<[Gate]> = (0..n).map(|_| Gate::default()).collect();
            executor.spawn_detached(open_shuffled(Rc::clone(&gates)));
            let children = (0..gates.len()).map(|i| {
                let gates = Rc::clone(&gates);
                async move {
                    gates[i].pass().await;
                    1
                }
            });
            C::drain(&executor, children, |one| total += one).await;
        }
        total
    });
    assert_eq!(total, n * rounds);
    readings
}

async fn open_shuffled(gates: Rc<[Gate]>) {
    let mut random = Random::new();
    let mut order: Vec<usize> = (0..gates.len()).collect();
    for last in (1..order.len()).rev() {
        let limit = u64::try_from(last + 1).expect("fits");
        order.swap(last, usize::try_from(random.below(limit)).expect("fits"));
    }
    for i in order {
        gates[i].open();
        Yield::default().await;
    }
}
