use std::future::poll_fn;
use std::task::Poll;

use executor::trace::printed;
use executor::{spawn, yield_now};

/// A task wakes itself in its last poll. Then another task is spawned, and counts its polls.
pub(crate) async fn run() {
    let hasty = spawn(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Ready(())
    }));
    drop(hasty.named("hasty"));
    yield_now().await;
    let mut polls = 0;
    let next = spawn(poll_fn(move |_| {
        polls += 1;
        printed(format!("poll {polls}"));
        Poll::<()>::Pending
    }));
    let _next = next.named("next");
    yield_now().await;
}
