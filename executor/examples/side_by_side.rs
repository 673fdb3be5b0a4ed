//! Three tasks that sleep side by side, and one that panics.
//!
//! ```console
//! $ cargo run -p wheelhouse-executor --example side_by_side
//! ```

use std::time::Duration;

use executor::{block_on, now, sleep, spawn};

async fn nap(ms: u64) -> u64 {
    assert_ne!(ms, 20, "twenty is too long for a nap");
    sleep(Duration::from_millis(ms)).await;
    ms
}

fn main() {
    block_on(async {
        let started = now();
        let tasks = [30, 20, 10].map(|ms| spawn(nap(ms)).named(format!("nap of {ms} ms")));
        for task in tasks {
            match task.await {
                Ok(ms) => println!("slept for {ms} ms"),
                Err(error) => println!("{error}"),
            }
        }
        println!("all three in {} ms", (now() - started).as_millis());
    });
}
