use std::time::Duration;

use executor::trace::printed;
use executor::{sleep, spawn, yield_now};

/// A task is cancelled right after what it awaits has ended.
pub(crate) async fn run() {
    let inner = spawn(sleep(Duration::from_millis(10))).named("inner");
    let outer = spawn(async {
        inner.await.unwrap();
        sleep(Duration::from_millis(10)).await;
        printed("outer has done all its work");
    });
    let outer = outer.named("outer");
    yield_now().await;
    sleep(Duration::from_millis(10)).await; // It ends right after that of `inner`.
    outer.cancel();
    let end = outer.await;
    printed(format!("outer ended as cancelled: {}", end.is_err()));
}
