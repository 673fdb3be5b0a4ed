//! If only one of the two is ready, its output is dropped in the last arm, and the next poll
//! polls it again. Keep each output in an `Option` until both are there, and poll a future
//! only while its output isn't.
//!
//! In the executor: the life of a task, at the head of `executor/src/run/life.rs`. No arrow
//! leads back from its end.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Waits for two futures at once, and returns the outputs of both.
pub async fn join<A: Future, B: Future>(first: A, second: B) -> (A::Output, B::Output) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut one, mut two) = (None, None);
    poll_fn(|cx| {
        poll_unless_ready(first.as_mut(), &mut one, cx);
        poll_unless_ready(second.as_mut(), &mut two, cx);
        if one.is_some() && two.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    one.zip(two).expect("both are ready")
}

fn poll_unless_ready<F: Future>(
    future: Pin<&mut F>,
    output: &mut Option<F::Output>,
    cx: &mut Context<'_>,
) {
    if output.is_none()
        && let Poll::Ready(value) = future.poll(cx)
    {
        *output = Some(value);
    }
}
