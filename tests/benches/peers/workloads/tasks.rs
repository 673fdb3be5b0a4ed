//! Spawning, yielding, and waking one another.

use std::cell::Cell;
use std::future::poll_fn;
use std::hint::black_box;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::{Size, Yield, sum, sum_below, timed};
use crate::contestants::Executor;
use crate::measure::Reading;

pub(super) fn spawn_join<E: Executor>(size: Size) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let (total, readings) = timed(size.ops(), |executor: E| async move {
        let mut total = 0;
        for _ in 0..rounds {
            let task = |i| executor.spawn(async move { black_box(i) });
            total += sum::<E>((0..n).map(task).collect()).await;
        }
        total
    });
    assert_eq!(total, sum_below(n) * rounds);
    readings
}

pub(super) fn spawn_one<E: Executor>(size: Size) -> Vec<Reading> {
    let ops = size.ops();
    let (total, readings) = timed(ops, |executor: E| async move {
        let mut total = 0;
        for i in 0..ops {
            let handle = executor.spawn(async move { black_box(i) });
            total += E::value::<u64>(handle.await);
        }
        total
    });
    assert_eq!(total, sum_below(ops));
    readings
}

pub(super) fn yields<E: Executor>(size: Size) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let (total, readings) = timed(size.ops(), |executor: E| async move {
        sum::<E>((0..n).map(|_| executor.spawn(yielding(rounds))).collect()).await
    });
    assert_eq!(total, n * rounds);
    readings
}

async fn yielding(times: u64) -> u64 {
    let mut resumed = 0;
    for _ in 0..times {
        Yield::default().await;
        resumed = black_box(resumed + 1);
    }
    resumed
}

/// Where two tasks leave their wakers, and whose turn it is.
#[derive(Default)]
struct Table {
    turn: Cell<usize>,
    wakers: [Cell<Option<Waker>>; 2],
}

impl Table {
    async fn my_turn(&self, me: usize) {
        poll_fn(|cx| {
            if self.turn.get() == me {
                return Poll::Ready(());
            }
            self.wakers[me].set(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    fn pass_from(&self, me: usize) {
        self.turn.set(1 - me);
        if let Some(waker) = self.wakers[1 - me].take() {
            waker.wake();
        }
    }
}

pub(super) fn ping_pong<E: Executor>(size: Size) -> Vec<Reading> {
    let ops = size.ops();
    let (total, readings) = timed(ops, |executor: E| async move {
        let table = Rc::new(Table::default());
        let player = |me| {
            let table = Rc::clone(&table);
            executor.spawn(async move {
                let mut turns = 0;
                for _ in 0..ops {
                    table.my_turn(me).await;
                    turns += 1;
                    table.pass_from(me);
                }
                turns
            })
        };
        sum::<E>(vec![player(0), player(1)]).await
    });
    assert_eq!(total, 2 * ops);
    readings
}
