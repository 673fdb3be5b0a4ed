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
//! [`wait_by_polling`](steps::lesson::wait_by_polling), by which the program waits for ten
//! coroutines at once, polls each of them in turn.
//!
//! That is a complete executor, and it is even exact: as long as it has the processor, it sees
//! the end of a sleep at once.
//!
//! # Fault
//!
//! It asks all the time. Look at the CPU time beside the time on the clock: while all
//! coroutines sleep, the loop keeps a processor busy, and polls about a million times to
//! learn that nothing has happened. Nobody tells it *when* to poll, and so it can't do
//! anything but ask. For that each poll passes the future a *waker*, which it could call when
//! there is something new; here it is one that does nothing. Step 2 cures this.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `yield_now`: The future that `yield_now` returns is ready at once. Change it so that its
//!    first poll returns `Pending` and the second one `Ready`, which lets others be polled in
//!    between. Before it returns `Pending` it has to call the waker, for from step 2 on a
//!    future is polled again only if it was woken.
//! 2. `poll_limit`: A future that is never ready keeps the loop of step 1 going for ever.
//!    Change `block_on_within` so that it polls at most as often as the limit says, and
//!    returns `None` if the future isn't ready by then. Along with the output it returns how
//!    many polls that took.
//! 3. `join`: `join` waits for two futures at once, as `wait` does for ten. It panics if one
//!    of them is ready before the other; find out why. Fix it: no output may get lost, and no
//!    future may be polled after it was ready.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

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
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_1();
}
