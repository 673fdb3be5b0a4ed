use executor::trace::printed;
use executor::{now, sleep_until, spawn, yield_now};

/// A timer is due at once, while a task is busy for some turns.
pub(crate) async fn run() {
    let sleeper = spawn(async {
        sleep_until(now()).await;
        printed("the timer has fired");
    });
    let sleeper = sleeper.named("sleeper");
    let busy = spawn(async {
        for _ in 0..4 {
            yield_now().await;
        }
        printed("no longer busy");
    });
    busy.named("busy").await.unwrap();
    sleeper.await.unwrap();
}
