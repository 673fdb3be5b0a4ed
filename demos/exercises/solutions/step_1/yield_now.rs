//! The future needs to know whether it was polled before. A closure that `poll_fn` calls
//! in each poll can keep that in a variable that it owns.
//!
//! In the executor: `Yield` in `executor/src/run/sleep.rs`.

use std::future::poll_fn;
use std::mem::replace;
use std::task::Poll;

/// Gives way to other futures once.
pub fn yield_now() -> impl Future<Output = ()> {
    let mut was_polled = false;
    poll_fn(move |cx| {
        if replace(&mut was_polled, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
