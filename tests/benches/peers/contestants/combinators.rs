//! Waiting for several futures: over tasks, and without tasks.

use std::marker::PhantomData;

use futures::future::{join_all, select_all, try_join_all};
use futures::stream::{FuturesUnordered, Stream, StreamExt as _};
use futures_buffered::{
    FuturesUnorderedBounded, join_all as buffered_join_all, try_join_all as buffered_try_join_all,
};

use super::Executor;
use super::tokio::OnRuntime;
use crate::workloads::sum;

/// What is waited for: a future whose value can be summed.
pub(crate) trait Child: Future<Output = u64> + 'static {}

impl<F: Future<Output = u64> + 'static> Child for F {}

/// Such a child may fail, and doesn't.
pub(crate) trait Fallible: Future<Output = Result<u64, &'static str>> + 'static {}

impl<F: Future<Output = Result<u64, &'static str>> + 'static> Fallible for F {}

pub(crate) const NO_FAILURE: &str = "no child fails";

/// A contestant waits in each of these ways.
pub(crate) trait Combinators: 'static {
    type On: Executor;

    /// Waits for all, and returns the sum of their values.
    fn gather<F: Child>(
        on: &Self::On,
        children: impl Iterator<Item = F>,
    ) -> impl Future<Output = u64>;

    /// Waits for all, or until one fails, and returns the sum of their values.
    fn try_gather<F: Fallible>(
        on: &Self::On,
        children: impl Iterator<Item = F>,
    ) -> impl Future<Output = u64>;

    /// Waits until all have ended, and then takes and sums their values.
    fn wait_all<F: Child>(
        on: &Self::On,
        children: impl Iterator<Item = F>,
    ) -> impl Future<Output = u64> {
        Self::gather(on, children)
    }

    /// Waits for the first, returns its value, and asks the rest to end.
    fn first<F: Child>(
        on: &Self::On,
        children: impl Iterator<Item = F>,
    ) -> impl Future<Output = u64>;

    /// Waits for one after another, in the order in which they end.
    fn drain<F: Child>(
        on: &Self::On,
        children: impl Iterator<Item = F>,
        each: impl FnMut(u64),
    ) -> impl Future<Output = ()>;
}

/// Takes all that a stream yields.
async fn drain_stream<S: Stream + Unpin>(mut stream: S, mut each: impl FnMut(S::Item)) {
    while let Some(item) = stream.next().await {
        each(item);
    }
}

/// Each child is a task of the executor. Of what can wait for the handles, the
/// fastest does.
pub(crate) struct AsTasks<E>(PhantomData<E>);

impl<E: Executor> Combinators for AsTasks<E> {
    type On = E;

    /// Awaiting one handle after the other is the cheapest way to await all.
    async fn gather<F: Child>(on: &E, children: impl Iterator<Item = F>) -> u64 {
        sum::<E>(children.map(|child| on.spawn(child)).collect()).await
    }

    async fn try_gather<F: Fallible>(on: &E, children: impl Iterator<Item = F>) -> u64 {
        let handles: Vec<_> = children.map(|child| on.spawn(child)).collect();
        let mut sum = 0;
        for handle in handles {
            sum += E::value::<F::Output>(handle.await).expect(NO_FAILURE);
        }
        sum
    }

    async fn first<F: Child>(on: &E, children: impl Iterator<Item = F>) -> u64 {
        let handles = children.map(|child| on.spawn(child));
        let (awaited, _, rest) = select_all(handles).await;
        for handle in rest {
            E::cancel::<u64>(handle);
        }
        E::value::<u64>(awaited)
    }

    async fn drain<F: Child>(on: &E, children: impl Iterator<Item = F>, mut each: impl FnMut(u64)) {
        let handles: FuturesUnorderedBounded<_> = children.map(|child| on.spawn(child)).collect();
        drain_stream(handles, |awaited| each(E::value::<u64>(awaited))).await;
    }
}

/// futures-util's `join_all` and `select_all`, on tokio.
pub(crate) struct JoinAll;

impl Combinators for JoinAll {
    type On = OnRuntime;

    async fn gather<F: Child>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        join_all(children).await.into_iter().sum()
    }

    async fn try_gather<F: Fallible>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        try_join_all(children).await.expect(NO_FAILURE).into_iter().sum()
    }

    async fn first<F: Child>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        select_all(children.map(Box::pin)).await.0
    }

    async fn drain<F: Child>(
        _: &OnRuntime,
        children: impl Iterator<Item = F>,
        mut each: impl FnMut(u64),
    ) {
        let mut rest: Vec<_> = children.map(Box::pin).collect();
        while !rest.is_empty() {
            let (value, _, others) = select_all(rest).await;
            each(value);
            rest = others;
        }
    }
}

/// futures-util's `FuturesUnordered`, on tokio.
pub(crate) struct Unordered;

impl Combinators for Unordered {
    type On = OnRuntime;

    async fn gather<F: Child>(on: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        let mut sum = 0;
        Self::drain(on, children, |value| sum += value).await;
        sum
    }

    async fn try_gather<F: Fallible>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        let mut sum = 0;
        let children: FuturesUnordered<_> = children.collect();
        drain_stream(children, |value| sum += value.expect(NO_FAILURE)).await;
        sum
    }

    async fn first<F: Child>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        let mut children: FuturesUnordered<_> = children.collect();
        children.next().await.expect("there is a first")
    }

    async fn drain<F: Child>(
        _: &OnRuntime,
        children: impl Iterator<Item = F>,
        each: impl FnMut(u64),
    ) {
        drain_stream(children.collect::<FuturesUnordered<_>>(), each).await;
    }
}

/// futures-buffered, on tokio.
pub(crate) struct Buffered;

impl Combinators for Buffered {
    type On = OnRuntime;

    async fn gather<F: Child>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        buffered_join_all(children).await.into_iter().sum()
    }

    async fn try_gather<F: Fallible>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        buffered_try_join_all(children).await.expect(NO_FAILURE).into_iter().sum()
    }

    async fn first<F: Child>(_: &OnRuntime, children: impl Iterator<Item = F>) -> u64 {
        let mut children: FuturesUnorderedBounded<_> = children.collect();
        children.next().await.expect("there is a first")
    }

    async fn drain<F: Child>(
        _: &OnRuntime,
        children: impl Iterator<Item = F>,
        each: impl FnMut(u64),
    ) {
        drain_stream(children.collect::<FuturesUnorderedBounded<_>>(), each).await;
    }
}
