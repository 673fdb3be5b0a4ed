//! Helpers that the tests share.

use std::env;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

/// A waker that counts how often it is called.
#[derive(Default)]
pub struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    /// Returns a counter, and the waker that counts there.
    pub fn new() -> (Arc<Self>, Waker) {
        let wakes = Arc::new(Self::default());
        (Arc::clone(&wakes), Waker::from(wakes))
    }

    /// Returns the number of wakes.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls a future once, with this waker.
pub fn poll_with<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// Polls a future once, with a waker that does nothing.
pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

/// Returns how long a test may take that hangs if its exercise isn't done. All of them take
/// some microseconds otherwise. The variable `TEST_LIMIT` is in seconds.
fn limit() -> Duration {
    let seconds = env::var("TEST_LIMIT").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(seconds.unwrap_or(3))
}

/// Runs a test that may hang. If it does, it fails, and says what it means that it hangs.
pub fn in_time(meaning: &str, test: impl FnOnce() + Send + 'static) {
    let (sender, ended) = channel();
    let runner = thread::spawn(move || {
        test();
        sender.send(()).expect("the receiver lives until the limit");
    });
    let hangs = ended.recv_timeout(limit()) == Err(RecvTimeoutError::Timeout);
    assert!(!hangs, "it hangs: {meaning}");
    runner.join().unwrap_or_else(|panic| resume_unwind(panic));
}
