use std::time::Duration;

use executor::trace::printed;
use executor::{sleep, spawn};

const DAY: Duration = Duration::from_hours(24);

/// Two tasks sleep for a month, one of them a day longer.
pub(crate) async fn run() {
    let tasks = [30, 31].map(|days| {
        let task = spawn(async move {
            sleep(days * DAY).await;
            printed(format!("{days} days are over"));
        });
        task.named(format!("{days} days"))
    });
    for task in tasks {
        task.await.unwrap();
    }
}
