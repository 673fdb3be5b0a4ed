use std::time::Duration;

use executor::trace::printed;
use executor::{now, sleep, spawn, yield_now};

/// A task needs two turns for its work, while the main future sleeps.
pub(crate) async fn run() {
    let begun = now();
    let busy = spawn(async move {
        yield_now().await;
        printed(format!("done after {:?}", now() - begun));
    });
    let busy = busy.named("busy");
    sleep(Duration::from_millis(10)).await;
    busy.await.unwrap();
}
