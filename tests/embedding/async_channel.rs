//! async-channel: work goes to other threads, and comes back.

use std::thread;

use async_channel::{Receiver, Sender, bounded};
use executor::{block_on, spawn};

use crate::example;

/// An executor on a thread of its own. It ends when there is no more work.
fn start_worker(work: Receiver<u64>, results: Sender<u64>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        block_on(async {
            while let Ok(number) = work.recv().await {
                results.send(number * number).await.expect("somebody collects");
            }
        });
    })
}

#[test]
fn executors_on_three_threads_share_work() {
    example(async || {
        let (send_work, work) = bounded(10);
        let (send_result, results) = bounded(10);
        let workers = [(); 2].map(|()| start_worker(work.clone(), send_result.clone()));
        drop(send_result);

        let feeder = spawn(async move {
            for number in 1..=1000 {
                send_work.send(number).await.expect("somebody works");
            }
        });
        let mut sum = 0;
        while let Ok(square) = results.recv().await {
            sum += square;
        }
        assert_eq!(sum, (1..=1000).map(|number| number * number).sum());
        feeder.await.unwrap();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}
