//! Exercise 24, of step 8: a wait that can't end.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
        while !unpark.woken.swap(false, Ordering::SeqCst) {
            thread::park();
        }
    }
}
