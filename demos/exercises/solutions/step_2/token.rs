//! Let the waker set an `AtomicBool` before it unparks the thread. Between two polls the loop
//! clears it by `swap`, and parks as long as it wasn't set: `park` then only saves time, and
//! nothing depends on the token.
//!
//! In the executor: `Inbox::wait` in `executor/src/run/inbox.rs` waits for its channel, which
//! has a lock of its own instead of the thread's token.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

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

/// Runs a future to its end.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let mut main = pin!(main);
    let (thread, woken) = (thread::current(), AtomicBool::new(false));
    let unpark = Arc::new(Unpark { thread, woken });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = main.as_mut().poll(&mut cx) {
            return output;
        }
        while !unpark.woken.swap(false, Ordering::SeqCst) {
            thread::park();
        }
    }
}
