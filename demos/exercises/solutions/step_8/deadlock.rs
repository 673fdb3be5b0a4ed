//! The loop itself has two references to the waker, so as long as somebody else has one,
//! `Arc::strong_count` says at least three. Look at it *before* you look at the flag. A thread
//! that wakes sets the flag first, and gives its clone up after that: if the count says two,
//! the flag is already set.
//!
//! In the executor: `Reactor::is_deadlocked` in `executor/src/run/reactor.rs`, and
//! `Wakers::any_is_held` in `executor/src/run/waker.rs`.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Nobody has a waker, so the future would never be polled again.
#[derive(Debug, PartialEq, Eq)]
pub struct Deadlock;

/// A waker that ends the park of a thread.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Runs a future to its end, or until it can never be polled again.
pub fn try_block_on<F: Future>(main: F) -> Result<F::Output, Deadlock> {
    let mut main = pin!(main);
    let (thread, woken) = (thread::current(), AtomicBool::new(false));
    let unpark = Arc::new(Unpark { thread, woken });
    let waker = Waker::from(Arc::clone(&unpark));
    loop {
        if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Ok(output);
        }
        loop {
            let is_held = Arc::strong_count(&unpark) > 2;
            fence(Ordering::Acquire); // Whoever had a clone has set the flag by now.
            if unpark.woken.swap(false, Ordering::SeqCst) {
                break;
            }
            if !is_held {
                return Err(Deadlock);
            }
            thread::park();
        }
    }
}
