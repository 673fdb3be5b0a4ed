//! futures-concurrency: join, race and merge as methods.

use std::time::Duration;

use executor::sleep;
use futures::stream::{self, StreamExt};
use futures_concurrency::prelude::*;

use crate::example;

async fn slow(tens: u64) -> Result<u64, String> {
    sleep(Duration::from_millis(10 * tens)).await;
    if tens == 3 { Err(String::from("3 is unlucky")) } else { Ok(tens) }
}

#[test]
fn futures_are_joined_and_raced() {
    example(async || {
        assert_eq!((slow(2), async { "at once" }).join().await, (Ok(2), "at once"));
        assert_eq!([slow(100), slow(1)].race().await, Ok(1));
        assert_eq!([slow(4), slow(3)].race_ok().await.unwrap(), 4);
        assert_eq!(vec![slow(4), slow(3)].try_join().await, Err(String::from("3 is unlucky")));
    });
}

#[test]
fn streams_are_merged_and_worked_on_side_by_side() {
    example(async || {
        let merged = (stream::iter([1, 2]), stream::once(slow(1)).map(|_| 3)).merge();
        assert_eq!(merged.collect::<Vec<_>>().await, [1, 2, 3]);

        let doubled = vec![4, 2, 1].into_co_stream().map(async |n| slow(n).await.unwrap() * 2);
        assert_eq!(doubled.collect::<Vec<_>>().await, [2, 4, 8]);
    });
}
