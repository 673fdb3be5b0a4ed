//! Step 2: a waker that ends a park.
//!
//! # Question
//!
//! How does the loop learn that it is worthwhile to poll again?
//!
//! # Answer
//!
//! Whoever the future waits for tells it. Each poll gets a [`Waker`] along. A future that
//! isn't ready keeps a clone of it, or gives that to somebody else. That is the whole contract:
//! *after `Pending`, whoever has the waker of the last poll calls it once it may be worthwhile
//! to poll again. It may come too often, but never too seldom.* Until then the loop parks its
//! thread.
//!
//! Here the waker holds the thread, and unparks it. And somebody has to count the time:
//! each sleep starts a thread that sleeps, and wakes.
//!
//! A wake that comes between the poll and the park isn't lost, for `unpark` leaves a token,
//! with which the next `park` returns at once.
//!
//! # Fault
//!
//! - There is one future, and one waker for all that it waits for. Who was woken? Nobody
//!   knows, so `wait` polls all ten coroutines for each wake: compare polls with wakes.
//! - There is one token for each thread, and anybody may take it. The program runs a future
//!   that is woken, and then waits for a message in the same poll, with a limit, as code that
//!   blocks does. That wait parks the thread, too, so it takes the token that was meant for
//!   the loop; and the loop parks for ever.
//!
//! Step 3 cures both.
//!
//! # Exercises
//!
//! They are in `demos/exercises`, where `cargo run` shows the one that is next.
//!
//! 1. `new_waker`: A sleep keeps the waker of its first poll only. But a future may be polled
//!    with another waker each time, for instance if it is handed from one task to another
//!    between two polls. Then the wake goes to a task that doesn't wait any more; fix that.
//! 2. `token`: Here is the second fault of this step. If a poll takes the thread's token away
//!    the loop parks although its future was woken, and if a token is left over from before
//!    the loop polls although nobody has woken it. Fix both: let the waker note that there was
//!    a wake, so that the token decides nothing.
//! 3. `parker`: A `Parker` doesn't use the thread's token, but a flag and a condition
//!    variable. It hangs if a wake comes before the park. Find the line that loses the wake,
//!    and fix it so that any number of wakes before a park end that one, and not the one
//!    after.

use std::future::poll_fn;
use std::mem::replace;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use steps::meter;

/// A waker that ends the park of a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        meter::count_wake();
        self.0.unpark();
    }
}

/// Runs a future to its end.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let mut main = pin!(main);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        meter::count_poll();
        if let Poll::Ready(output) = main.as_mut().poll(&mut cx) {
            return output;
        }
        thread::park();
    }
}

/// Sleeps for a duration: a thread of its own sleeps until then, and wakes.
pub async fn sleep(duration: Duration) {
    let deadline = Instant::now() + duration;
    let mut is_set = false;
    poll_fn(|cx| {
        if deadline <= Instant::now() {
            return Poll::Ready(());
        }
        if !replace(&mut is_set, true) {
            let waker = cx.waker().clone();
            thread::spawn(move || {
                thread::sleep(deadline.saturating_duration_since(Instant::now()));
                waker.wake();
            });
        }
        Poll::Pending
    })
    .await;
}

/// Shows what the program takes, and the rest that the text above names.
pub fn main() {
    steps::shows::step_2();
}
