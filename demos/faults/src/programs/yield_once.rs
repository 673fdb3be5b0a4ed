use executor::trace::printed;
use executor::{spawn, yield_now};

/// A task lets the others run once, and goes on.
pub(crate) async fn run() {
    let polite = spawn(async {
        yield_now().await;
        printed("back again");
    });
    polite.named("polite").await.unwrap();
}
