//! Exercise 3, of step 1: a future that is polled after its end.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Waits for two futures at once, and returns the outputs of both.
pub async fn join<A: Future, B: Future>(first: A, second: B) -> (A::Output, B::Output) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|cx| match (first.as_mut().poll(cx), second.as_mut().poll(cx)) {
        (Poll::Ready(one), Poll::Ready(two)) => Poll::Ready((one, two)),
        _ => Poll::Pending,
    })
    .await
}
