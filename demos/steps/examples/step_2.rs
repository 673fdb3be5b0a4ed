//! Step 2: a waker that ends a park.
//!
//! # Question
//!
//! How does the loop learn that it is worthwhile to poll again?
//!
//! # Answer
//!
//! Whoever the future waits for tells it. Each poll gets a [`Waker`] along. A future that
//! isn't ready keeps a clone of it, and gives that to somebody who will call
//! [`wake`](Waker::wake) once there is something new. That is the whole contract: *after
//! `Pending`, whoever has the waker calls it*. Until then the loop parks its thread.
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

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use steps::lesson::{self, Outcome, sleep_by_thread as sleep};
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
    steps::shows::step_2();
}
