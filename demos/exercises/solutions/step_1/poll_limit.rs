//! A loop over the numbers of the polls, from one to the limit, has both: it ends by itself,
//! and knows which poll it is at. A limit of zero polls then needs no case of its own.
//!
//! In the executor: `Explorer` in `executor/src/trace/explore.rs` has a limit of steps, and
//! says of a run that takes more that it goes on for ever.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future to its end, with at most so many polls. Returns its output and the number
/// of polls, or `None` if it isn't ready after that many.
pub fn block_on_within<F: Future>(limit: usize, main: F) -> Option<(F::Output, usize)> {
    let mut main = pin!(main);
    let mut cx = Context::from_waker(Waker::noop());
    for polls in 1..=limit {
        if let Poll::Ready(output) = main.as_mut().poll(&mut cx) {
            return Some((output, polls));
        }
    }
    None
}
