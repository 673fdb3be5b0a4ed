use std::time::Duration;

use executor::trace::printed;
use executor::{sleep, spawn};

/// Two tasks sleep equally long, twice.
pub(crate) async fn run() {
    let tasks = ["first", "second"].map(|name| {
        let task = spawn(async move {
            for _ in 0..2 {
                sleep(Duration::from_millis(10)).await;
                printed(name);
            }
        });
        task.named(name)
    });
    for task in tasks {
        task.await.unwrap();
    }
}
