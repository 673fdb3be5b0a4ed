use std::time::Duration;

use combinators::wait;
use executor::{sleep, spawn};

/// Waits for three tasks.
pub(crate) async fn run() {
    let tasks = [10, 20, 30].map(|time| {
        let task = spawn(sleep(Duration::from_millis(time)));
        task.named(format!("sleep {time}"))
    });
    wait(tasks).await;
}
