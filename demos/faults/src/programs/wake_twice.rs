use std::future::poll_fn;
use std::task::Poll;

use executor::trace::printed;
use executor::{spawn, yield_now};

/// A task wakes itself twice in its first poll, and counts its polls.
pub(crate) async fn run() {
    let mut polls = 0;
    let eager = spawn(poll_fn(move |cx| {
        polls += 1;
        printed(format!("poll {polls}"));
        if polls == 1 {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
        }
        Poll::<()>::Pending
    }));
    let _eager = eager.named("eager");
    yield_now().await;
    yield_now().await;
}
