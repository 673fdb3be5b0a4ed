//! Step 1: a loop that polls.
//!
//! # Question
//!
//! A future does nothing by itself. `poll` takes it one step further, and says whether it is
//! ready. So what is the least that runs a future to its end?
//!
//! # Answer
//!
//! A loop that polls the future until it is ready: [`block_on`]. It need not know what the
//! future waits for. `sleep` needs no help either, as it looks at the clock in each poll. And
//! `wait`, which waits for ten coroutines at once, polls each of them in turn.
//!
//! That is a complete executor, and it is even exact: it sees the end of a sleep as soon as
//! anybody could.
//!
//! # Fault
//!
//! It asks all the time. Look at the CPU time beside the time on the clock: while all
//! coroutines sleep, the loop keeps a processor busy, and polls millions of times to learn
//! that nothing has happened. Nobody tells it *when* to poll, and so it can't do anything
//! but ask. The future gets a waker for that in each poll; here it is one that does nothing.
//! Step 2 cures this.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use steps::lesson::{self, Outcome};
use steps::meter;

/// Runs a future to its end.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let mut main = pin!(main);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        meter::count_poll();
        if let Poll::Ready(output) = main.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// Sleeps for a duration.
pub async fn sleep(duration: Duration) {
    let deadline = Instant::now() + duration;
    poll_fn(|_| if Instant::now() < deadline { Poll::Pending } else { Poll::Ready(()) }).await;
    meter::note_end_of_sleep(deadline);
}

async fn coroutine(number: usize) -> Outcome {
    sleep(lesson::nap(number)).await;
    lesson::outcome(number)
}

/// Waits for the first coroutine that fails.
pub async fn program() -> String {
    lesson::output(&lesson::wait_by_polling(coroutine).await)
}

/// Runs the program.
pub fn run() -> String {
    block_on(program())
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_1();
}
