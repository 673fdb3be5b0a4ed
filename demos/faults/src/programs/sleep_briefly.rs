use std::time::Duration;

use executor::trace::printed;
use executor::{now, sleep, spawn};

/// A task sleeps for two and a half milliseconds.
pub(crate) async fn run() {
    let sleeper = spawn(async {
        let begun = now();
        sleep(Duration::from_micros(2_500)).await;
        printed(format!("slept for {:?}", now() - begun));
    });
    sleeper.named("sleeper").await.unwrap();
}
