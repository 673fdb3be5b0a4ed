//! `tokio::sync`, which wants no runtime of tokio's.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use combinators::{Elapsed, gather, timeout};
use executor::{block_on, spawn, yield_now};
use tokio::sync::{Mutex, Notify, broadcast, mpsc, oneshot, watch};

use crate::example;

#[test]
fn a_request_is_answered_through_mpsc_and_oneshot() {
    example(async || {
        let (requests, mut inbox) = mpsc::channel::<(u32, oneshot::Sender<u32>)>(4);
        let server = thread::spawn(move || {
            block_on(async {
                while let Some((number, answer)) = inbox.recv().await {
                    answer.send(number * 2).unwrap();
                }
            });
        });
        let asked = (0..100).map(|number| {
            let requests = requests.clone();
            async move {
                let (answer, answered) = oneshot::channel();
                requests.send((number, answer)).await.unwrap();
                answered.await.unwrap()
            }
        });
        assert!(gather(asked).await.unwrap().into_iter().eq((0..100).map(|number| number * 2)));
        drop(requests);
        server.join().unwrap();
    });
}

#[test]
fn tasks_share_a_mutex() {
    example(async || {
        let total = Arc::new(Mutex::new(0));
        let add = |number| {
            let total = Arc::clone(&total);
            async move {
                let mut total = total.lock().await;
                yield_now().await;
                *total += number;
            }
        };
        gather((0..100).map(add)).await.unwrap();
        assert_eq!(*total.lock().await, 4950);
    });
}

#[test]
fn news_are_spread_by_broadcast_watch_and_notify() {
    example(async || {
        let (teller, mut first) = broadcast::channel(4);
        let mut second = teller.subscribe();
        let (state, mut seen) = watch::channel("old");
        let bell = Arc::new(Notify::new());
        let rung = Arc::clone(&bell);
        spawn(async move {
            teller.send("news").unwrap();
            rung.notified().await;
            state.send("new").unwrap();
        });
        assert_eq!(futures::join!(first.recv(), second.recv()), (Ok("news"), Ok("news")));
        assert_eq!(timeout(Duration::from_millis(20), seen.changed()).await.err(), Some(Elapsed));
        bell.notify_one();
        seen.changed().await.unwrap();
        assert_eq!(*seen.borrow(), "new");
    });
}
