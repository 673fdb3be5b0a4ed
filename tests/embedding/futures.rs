//! futures: its combinators, its streams, and its trait for what can spawn.

use std::future::pending;
use std::time::Duration;

use combinators::{shield, timeout};
use executor::{now, sleep, spawn, yield_now};
use futures::future::{Either, FutureExt, join, join_all, select};
use futures::stream::{self, FuturesUnordered, StreamExt};
use futures::task::{LocalFutureObj, LocalSpawn, LocalSpawnExt, SpawnError};
use futures::{SinkExt, channel::mpsc, pin_mut};

use crate::example;

async fn slow(tens: u64) -> u64 {
    sleep(Duration::from_millis(10 * tens)).await;
    tens
}

#[test]
fn futures_are_joined_and_selected() {
    example(async || {
        assert_eq!(join_all([3, 1, 2].map(slow)).await, [3, 1, 2]);

        let (tortoise, hare) = (slow(100), slow(1));
        pin_mut!(tortoise, hare);
        assert!(matches!(select(tortoise, hare).await, Either::Right((1, _))));
    });
}

#[test]
fn futures_come_in_the_order_of_their_ends() {
    example(async || {
        let unordered: FuturesUnordered<_> = [3, 1, 2].map(slow).into_iter().collect();
        assert_eq!(unordered.collect::<Vec<_>>().await, [1, 2, 3]);

        let (start, four_at_once) = (now(), stream::repeat(2).take(12).map(slow));
        assert_eq!(four_at_once.buffer_unordered(4).count().await, 12);
        assert!(now() - start >= Duration::from_millis(60));
    });
}

/// What is in a future that tasks share is cancelled with one of them, and so ended for all.
#[test]
fn a_future_that_tasks_share_is_cancelled_for_all_of_them() {
    example(async || {
        let answer = timeout(Duration::from_hours(1), pending::<()>()).boxed_local().shared();
        let asked = spawn(join(answer.clone(), yield_now()));
        let other = spawn(answer);
        for _ in 0..3 {
            yield_now().await;
        }
        asked.cancel();
        assert!(other.await.unwrap_err().is_cancelled());
    });
}

/// A task that they share, each behind a shield, is left alone.
#[test]
fn a_task_that_tasks_share_behind_shields_is_left_alone() {
    example(async || {
        let answer = spawn(timeout(Duration::from_hours(1), slow(1))).shared();
        let [asked, other] = [(); 2].map(|()| spawn(shield(answer.clone())));
        yield_now().await;
        asked.cancel();
        assert_eq!(other.await.unwrap().unwrap(), Ok(1));
        assert!(asked.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_channel_joins_two_tasks() {
    example(async || {
        let (mut sender, receiver) = mpsc::channel(1);
        spawn(async move { sender.send_all(&mut stream::iter(0..100).map(Ok)).await });
        assert_eq!(receiver.fold(0, async |sum, number| sum + number).await, 4950);
    });
}

/// The executor that runs here, for libraries that want something to spawn on.
struct Here;

impl LocalSpawn for Here {
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        spawn(future);
        Ok(())
    }
}

#[test]
fn libraries_spawn_through_a_trait() {
    example(async || {
        let spawner: &dyn LocalSpawn = &Here;
        let handle = spawner.spawn_local_with_handle(slow(1)).unwrap();
        assert_eq!(handle.await, 1);
    });
}
